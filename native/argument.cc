#include "argument.h"

namespace gan {
namespace {

std::string describe(const Context& context, napi_value value) {
  static constexpr const char* kTypes[] = {"undefined", "null",     "boolean", "number", "string",
                                           "symbol",    "object",   "function", "external", "bigint"};
  const napi_valuetype type = type_of(context, value);
  std::string text = kTypes[type];
  bool is_array = false;
  if (type == napi_object && napi_is_array(context.env, value, &is_array) == napi_ok && is_array) return "an array";
  if (type != napi_number && type != napi_boolean && type != napi_string) return text;
  napi_value as_text;
  if (napi_coerce_to_string(context.env, value, &as_text) != napi_ok) return text;
  char buffer[64];
  size_t length = 0;
  napi_get_value_string_utf8(context.env, as_text, buffer, sizeof buffer, &length);
  return std::string(buffer, length) + " (" + text + ")";
}

size_t element_size(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    default:
      return 8;
  }
}

int32_t read_handle(const Context& context, napi_value value) {
  int32_t handle = 0;
  if (napi_get_value_int32(context.env, value, &handle) != napi_ok) throw_expected(context, "a tensor", value);
  return handle;
}

}  // namespace

void throw_expected(const Context& context, const char* expected, napi_value received) {
  throw ArgumentError("ERR_INVALID_ARG", std::string("expected ") + expected + " but received " + describe(context, received));
}

std::string read_string(const Context& context, napi_value value, const char* expected) {
  size_t length = 0;
  if (napi_get_value_string_utf8(context.env, value, nullptr, 0, &length) != napi_ok)
    throw_expected(context, expected, value);
  std::string text(length, '\0');
  check(context, napi_get_value_string_utf8(context.env, value, text.data(), length + 1, &length));
  return text;
}

Bytes read_bytes(const Context& context, napi_value value) {
  bool matches = false;
  void* data = nullptr;
  size_t size = 0;
  check(context, napi_is_typedarray(context.env, value, &matches));
  if (matches) {
    napi_typedarray_type type;
    check(context, napi_get_typedarray_info(context.env, value, &type, &size, &data, nullptr, nullptr));
    return {static_cast<uint8_t*>(data), size * element_size(type)};
  }
  check(context, napi_is_arraybuffer(context.env, value, &matches));
  if (!matches) throw_expected(context, "a TypedArray or an ArrayBuffer", value);
  check(context, napi_get_arraybuffer_info(context.env, value, &data, &size));
  return {static_cast<uint8_t*>(data), size};
}

Int32Span read_int32_array(const Context& context, napi_value value) {
  bool matches = false;
  check(context, napi_is_typedarray(context.env, value, &matches));
  if (!matches) return {nullptr, 0, false};
  napi_typedarray_type type;
  void* data = nullptr;
  size_t length = 0;
  check(context, napi_get_typedarray_info(context.env, value, &type, &length, &data, nullptr, nullptr));
  if (type != napi_int32_array) throw_expected(context, "an Int32Array or an array of handles", value);
  return {static_cast<const int32_t*>(data), length, true};
}

at::Tensor& tensor_behind(const Context& context, int32_t handle) {
  at::Tensor* tensor = context.environment.tensors.find(handle);
  if (!tensor)
    throw ArgumentError("ERR_RELEASED", "expected a live tensor but received the handle of one that was released, or never was");
  return *tensor;
}

at::Scalar Argument<at::Scalar>::read(const Context& context, napi_value value) {
  double number = 0;
  if (napi_get_value_double(context.env, value, &number) == napi_ok) {
    const bool whole = std::trunc(number) == number && std::abs(number) <= 9007199254740992.0;
    if (whole && !(number == 0 && std::signbit(number))) return at::Scalar(static_cast<int64_t>(number));
    return at::Scalar(number);
  }
  bool boolean = false;
  if (napi_get_value_bool(context.env, value, &boolean) == napi_ok) return at::Scalar(boolean);
  if (type_of(context, value) != napi_bigint) throw_expected(context, "a number", value);
  return at::Scalar(Argument<int64_t>::read(context, value));
}

std::vector<at::Tensor> Argument<std::vector<at::Tensor>>::read(const Context& context, napi_value value) {
  const Int32Span packed = read_int32_array(context, value);
  if (!packed.found)
    return read_array<at::Tensor>(context, value, "an array of tensors", [](const Context& inner, napi_value element) {
      return tensor_behind(inner, read_handle(inner, element));
    });
  std::vector<at::Tensor> result;
  result.reserve(packed.size);
  for (size_t i = 0; i < packed.size; ++i) result.push_back(tensor_behind(context, packed.data[i]));
  return result;
}

c10::List<std::optional<at::Tensor>> Argument<c10::List<std::optional<at::Tensor>>>::read(const Context& context,
                                                                                          napi_value value) {
  const auto elements = read_array<std::optional<at::Tensor>>(
      context, value, "an array of tensors or nulls",
      [](const Context& inner, napi_value element) -> std::optional<at::Tensor> {
        if (is_nullish(inner, element)) return std::nullopt;
        return tensor_behind(inner, read_handle(inner, element));
      });
  c10::List<std::optional<at::Tensor>> list;
  for (const auto& element : elements) list.push_back(element);
  return list;
}

}  // namespace gan

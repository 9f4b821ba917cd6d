#include "argument.h"

#include <limits>

#include "addon.h"

namespace gan {
namespace {

std::string describe_value(const Context& context, napi_value value) {
  static constexpr const char* kTypes[] = {"undefined", "null",   "boolean",  "number",   "string",
                                           "symbol",    "object", "function", "external", "bigint"};
  const napi_valuetype type = type_of(context, value);
  std::string text = kTypes[type];
  bool is_array = false;
  if (type == napi_object && napi_is_array(context.env, value, &is_array) == napi_ok && is_array)
    return "an array";
  if (type != napi_number && type != napi_boolean && type != napi_string) return text;
  napi_value as_text;
  if (napi_coerce_to_string(context.env, value, &as_text) != napi_ok) return text;
  char buffer[64];
  size_t length = 0;
  napi_get_value_string_utf8(context.env, as_text, buffer, sizeof buffer, &length);
  return std::string(buffer, length) + " (" + text + ")";
}

/// Bytes of an element, or 0 for a kind that this Node-API does not know.
size_t element_size(int type) {
  // Float16Array, which Node-API has a name for only since Node 24.
  constexpr int kFloat16Array = 11;
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
    case kFloat16Array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 0;
  }
}

/// Throws unless `size` bytes at `offset` lie in `buffer`: it may have been resized or transferred under its
/// view.
void check_bounds(const Context& context, napi_value buffer, size_t offset, size_t size) {
  void* data = nullptr;
  size_t capacity = 0;
  // A SharedArrayBuffer is refused here; it never shrinks.
  if (napi_get_arraybuffer_info(context.env, buffer, &data, &capacity) != napi_ok) return;
  if (offset > capacity || size > capacity - offset)
    throw ArgumentError(
        "ERR_INVALID_ARG",
        "expected a view of live memory but received one whose buffer was resized or transferred");
}

struct TypedArrayInfo {
  int type;
  size_t length;
  const void* data;
};

/// Nothing where `value` is no TypedArray.
std::optional<TypedArrayInfo> typed_array(const Context& context, napi_value value) {
  bool matches = false;
  check(context, napi_is_typedarray(context.env, value, &matches));
  if (!matches) return std::nullopt;
  // Left as it is for a kind that this Node does not know.
  auto type = static_cast<napi_typedarray_type>(15);
  void* data = nullptr;
  napi_value buffer = nullptr;
  size_t length = 0;
  size_t offset = 0;
  check(context, napi_get_typedarray_info(context.env, value, &type, &length, &data, &buffer, &offset));
  const size_t size = element_size(type);
  if (size == 0)
    throw ArgumentError("ERR_INVALID_ARG", "expected a TypedArray of a known kind; pass its buffer instead");
  check_bounds(context, buffer, offset, length * size);
  return TypedArrayInfo{type, length, data};
}

}  // namespace

void throw_expected(const Context& context, const char* expected, napi_value received) {
  throw ArgumentError("ERR_INVALID_ARG", std::string("expected ") + expected + " but received " +
                                             describe_value(context, received));
}

std::string read_string(const Context& context, napi_value value, const char* expected) {
  size_t length = 0;
  if (napi_get_value_string_utf8(context.env, value, nullptr, 0, &length) != napi_ok)
    throw_expected(context, expected, value);
  std::string text(length, '\0');
  check(context, napi_get_value_string_utf8(context.env, value, text.data(), length + 1, &length));
  return text;
}

uint32_t read_length(const Context& context, napi_value value, const char* expected, uint32_t most) {
  bool is_array = false;
  check(context, napi_is_array(context.env, value, &is_array));
  if (!is_array) throw_expected(context, expected, value);
  uint32_t length = 0;
  check(context, napi_get_array_length(context.env, value, &length));
  if (length > most)
    throw ArgumentError("ERR_INVALID_ARG", std::string("expected ") + expected + " of at most " +
                                               std::to_string(most) + " elements but received " +
                                               std::to_string(length));
  return length;
}

Bytes read_bytes(const Context& context, napi_value value) {
  if (const auto array = typed_array(context, value))
    return {static_cast<const uint8_t*>(array->data), array->length * element_size(array->type)};
  bool matches = false;
  void* data = nullptr;
  size_t size = 0;
  check(context, napi_is_dataview(context.env, value, &matches));
  if (matches) {
    napi_value buffer = nullptr;
    size_t offset = 0;
    check(context, napi_get_dataview_info(context.env, value, &size, &data, &buffer, &offset));
    check_bounds(context, buffer, offset, size);
    return {static_cast<const uint8_t*>(data), size};
  }
  check(context, napi_is_arraybuffer(context.env, value, &matches));
  if (!matches) throw_expected(context, "a TypedArray, a DataView or an ArrayBuffer", value);
  check(context, napi_get_arraybuffer_info(context.env, value, &data, &size));
  return {static_cast<const uint8_t*>(data), size};
}

Int32Span read_int32_array(const Context& context, napi_value value) {
  const auto array = typed_array(context, value);
  if (!array) return {nullptr, 0, false};
  if (array->type != napi_int32_array) throw_expected(context, "an Int32Array or an array of handles", value);
  return {static_cast<const int32_t*>(array->data), array->length, true};
}

int32_t read_handle(const Context& context, napi_value value, const char* expected) {
  double number = 0;
  if (napi_get_value_double(context.env, value, &number) != napi_ok) throw_expected(context, expected, value);
  if (!(number >= 1 && number <= std::numeric_limits<int32_t>::max())) return 0;
  const auto handle = static_cast<int32_t>(number);
  return handle == number ? handle : 0;
}

at::Tensor& tensor_behind(const Context& context, int32_t handle) {
  at::Tensor* tensor = context.environment.tensors.find(handle);
  if (!tensor)
    throw ArgumentError(
        "ERR_RELEASED",
        "expected a live tensor but received the handle of one that was released, or never was");
  return *tensor;
}

at::Device Argument<at::Device>::read(const Context& context, napi_value value) {
  const at::Device device = device_named(read_string(context, value, "a device such as 'cpu' or 'cuda:0'"));
  require_device(device);
  return device;
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
    return read_array<at::Tensor>(context, value, "an array of tensors",
                                  [](const Context& inner, napi_value element) {
                                    return tensor_behind(inner, read_handle(inner, element, "a tensor"));
                                  });
  std::vector<at::Tensor> result;
  result.reserve(packed.size);
  for (size_t i = 0; i < packed.size; ++i) result.push_back(tensor_behind(context, packed.data[i]));
  return result;
}

c10::List<std::optional<at::Tensor>> Argument<c10::List<std::optional<at::Tensor>>>::read(
    const Context& context, napi_value value) {
  const auto elements = read_array<std::optional<at::Tensor>>(
      context, value, "an array of tensors or nulls",
      [](const Context& inner, napi_value element) -> std::optional<at::Tensor> {
        if (is_nullish(inner, element)) return std::nullopt;
        return tensor_behind(inner, read_handle(inner, element, "a tensor"));
      },
      /*most=*/1 << 16);
  c10::List<std::optional<at::Tensor>> list;
  for (const auto& element : elements) list.push_back(element);
  return list;
}

}  // namespace gan

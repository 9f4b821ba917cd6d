// JavaScript values to C++ arguments: one specialisation a type. `Storage` owns what an argument refers to
// for the length of the call; `pass` hands it on as the type that LibTorch's operator asks for.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/IListRef.h>
#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Scalar.h>
#include <c10/util/OptionalArrayRef.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "environment.h"
#include "names.h"

namespace gan {

struct Context {
  Napi::Env env;
  Environment& environment;
};

/// Thrown when JavaScript has an exception pending already: nothing is added to it.
struct PendingException {};

inline void check(const Context& context, napi_status status) {
  if (status == napi_ok) return;
  if (status == napi_pending_exception) throw PendingException();
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(context.env, &info);
  throw ArgumentError("ERR_NAPI", info && info->error_message ? info->error_message : "Node-API call failed");
}

inline napi_valuetype type_of(const Context& context, napi_value value) {
  napi_valuetype type;
  check(context, napi_typeof(context.env, value, &type));
  return type;
}

inline bool is_nullish(const Context& context, napi_value value) {
  const napi_valuetype type = type_of(context, value);
  return type == napi_undefined || type == napi_null;
}

[[noreturn]] void throw_expected(const Context& context, const char* expected, napi_value received);

std::string read_string(const Context& context, napi_value value, const char* expected);

/// No list is longer than there are handles.
constexpr uint32_t kMostElements = 1 << 24;

/// The length of a JavaScript array; throws for anything else, and for one of more than `most` elements.
uint32_t read_length(const Context& context, napi_value value, const char* expected, uint32_t most);

/// Reads a JavaScript array through `read`, one element at a time. An element may be a getter that runs any
/// JavaScript.
template <class T, class Read>
std::vector<T> read_array(const Context& context, napi_value value, const char* expected, Read read,
                          uint32_t most = kMostElements) {
  constexpr uint32_t kBlock = 1024;
  const uint32_t length = read_length(context, value, expected, most);
  std::vector<T> result;
  result.reserve(std::min(length, kBlock));
  for (uint32_t begin = 0; begin < length; begin += kBlock) {
    const Napi::HandleScope scope(context.env);
    for (uint32_t i = begin; i < std::min(length, begin + kBlock); ++i) {
      napi_value element;
      check(context, napi_get_element(context.env, value, i, &element));
      result.push_back(read(context, element));
    }
  }
  return result;
}

/// The bytes of a TypedArray, DataView or ArrayBuffer. They stay where they are only until JavaScript runs
/// again: arguments with getters are read before.
struct Bytes {
  const uint8_t* data;
  size_t size;
};
Bytes read_bytes(const Context& context, napi_value value);

/// The numbers of an Int32Array, or an empty span with `found` false when `value` is something else.
struct Int32Span {
  const int32_t* data;
  size_t size;
  bool found;
};
Int32Span read_int32_array(const Context& context, napi_value value);

/// A handle as an integer; 0, which is never live, for a number that cannot be one.
int32_t read_handle(const Context& context, napi_value value, const char* expected);

at::Tensor& tensor_behind(const Context& context, int32_t handle);

template <class T, class = void>
struct Argument;

/// Held for the length of the call: reading a later argument may run JavaScript that releases this one.
template <>
struct Argument<at::Tensor> {
  using Storage = at::Tensor;
  static Storage read(const Context& context, napi_value value) {
    return tensor_behind(context, read_handle(context, value, "a tensor"));
  }
  static at::Tensor& pass(Storage& tensor) { return tensor; }
  static const at::Tensor& pass(const Storage& tensor) { return tensor; }
};

/// A tensor that its slot alone holds: for calls that cannot run JavaScript between reading it and the end.
struct Borrowed {};

template <>
struct Argument<Borrowed> {
  using Storage = at::Tensor*;
  static Storage read(const Context& context, napi_value value) {
    return &tensor_behind(context, read_handle(context, value, "a tensor"));
  }
  static at::Tensor& pass(Storage tensor) { return *tensor; }
};

/// Whether reading an argument of this type may run JavaScript: an element of an array may be a getter. A raw
/// value is read later, by who asked for it.
template <class T>
inline constexpr bool kRunsJavaScript = std::is_same_v<T, Napi::Value>;
template <class T>
inline constexpr bool kRunsJavaScript<std::optional<T>> = kRunsJavaScript<T>;
template <class T>
inline constexpr bool kRunsJavaScript<at::ArrayRef<T>> = true;
template <class T>
inline constexpr bool kRunsJavaScript<c10::OptionalArrayRef<T>> = true;
template <class T>
inline constexpr bool kRunsJavaScript<std::vector<T>> = true;
template <class T>
inline constexpr bool kRunsJavaScript<c10::List<T>> = true;
template <>
inline constexpr bool kRunsJavaScript<at::ITensorListRef> = true;

/// A handle as such, live or not.
struct Handle {
  int32_t value;
};

template <>
struct Argument<Handle> {
  using Storage = Handle;
  static Handle read(const Context& context, napi_value value) {
    return {read_handle(context, value, "a handle")};
  }
  static Handle pass(Handle handle) { return handle; }
};

template <>
struct Argument<bool> {
  using Storage = bool;
  static bool read(const Context& context, napi_value value) {
    bool result = false;
    if (napi_get_value_bool(context.env, value, &result) != napi_ok)
      throw_expected(context, "a boolean", value);
    return result;
  }
  static bool pass(bool value) { return value; }
};

template <>
struct Argument<double> {
  using Storage = double;
  static double read(const Context& context, napi_value value) {
    double result = 0;
    if (napi_get_value_double(context.env, value, &result) != napi_ok)
      throw_expected(context, "a number", value);
    return result;
  }
  static double pass(double value) { return value; }
};

template <>
struct Argument<int64_t> {
  using Storage = int64_t;
  static int64_t read(const Context& context, napi_value value) {
    double number = 0;
    if (napi_get_value_double(context.env, value, &number) == napi_ok) {
      if (std::trunc(number) != number || std::abs(number) > 9007199254740992.0)
        throw_expected(context, "an integer", value);
      return static_cast<int64_t>(number);
    }
    int64_t result = 0;
    bool lossless = false;
    if (napi_get_value_bigint_int64(context.env, value, &result, &lossless) != napi_ok || !lossless)
      throw_expected(context, "an integer", value);
    return result;
  }
  static int64_t pass(int64_t value) { return value; }
};

template <>
struct Argument<c10::SymInt> {
  using Storage = int64_t;
  static int64_t read(const Context& context, napi_value value) {
    const int64_t number = Argument<int64_t>::read(context, value);
    // Lower ones stand for symbols inside LibTorch.
    if (number < -(int64_t{1} << 62)) throw_expected(context, "an integer of at least -2^62", value);
    return number;
  }
  static c10::SymInt pass(int64_t value) { return c10::SymInt(value); }
};

/// A whole number stays an integer, so that integer tensors keep their type beside it; a float tensor is the
/// same either way.
template <>
struct Argument<at::Scalar> {
  using Storage = at::Scalar;
  static at::Scalar read(const Context& context, napi_value value);
  static const at::Scalar& pass(const at::Scalar& value) { return value; }
};

template <>
struct Argument<std::string> {
  using Storage = std::string;
  static std::string read(const Context& context, napi_value value) {
    return read_string(context, value, "a string");
  }
  static const std::string& pass(const std::string& value) { return value; }
};

template <>
struct Argument<std::string_view> {
  using Storage = std::string;
  static std::string read(const Context& context, napi_value value) {
    return read_string(context, value, "a string");
  }
  static std::string_view pass(const std::string& value) { return value; }
};

template <>
struct Argument<at::ScalarType> {
  using Storage = at::ScalarType;
  static at::ScalarType read(const Context& context, napi_value value) {
    return dtype_named(read_string(context, value, "a dtype such as 'float32'"));
  }
  static at::ScalarType pass(at::ScalarType value) { return value; }
};

template <>
struct Argument<at::Device> {
  using Storage = at::Device;
  static at::Device read(const Context& context, napi_value value);
  static at::Device pass(at::Device value) { return value; }
};

template <>
struct Argument<at::MemoryFormat> {
  using Storage = at::MemoryFormat;
  static at::MemoryFormat read(const Context& context, napi_value value) {
    return memory_format_named(read_string(context, value, "a memory format such as 'channels_last'"));
  }
  static at::MemoryFormat pass(at::MemoryFormat value) { return value; }
};

/// Only dense tensors exist here, so a layout can only be left out.
template <>
struct Argument<at::Layout> {
  using Storage = at::Layout;
  static at::Layout read(const Context& context, napi_value value) {
    throw_expected(context, "no layout (undefined)", value);
  }
  static at::Layout pass(at::Layout value) { return value; }
};

template <>
struct Argument<at::Generator> {
  using Storage = at::Generator;
  static Storage read(const Context& context, napi_value value) {
    constexpr const char* kExpected = "a live random generator";
    const at::Generator* generator =
        context.environment.generators.find(read_handle(context, value, kExpected));
    if (!generator) throw_expected(context, kExpected, value);
    return *generator;
  }
  static const at::Generator& pass(const Storage& generator) { return generator; }
};

/// The value as it came, for the few entries that look at it themselves.
template <>
struct Argument<Napi::Value> {
  using Storage = Napi::Value;
  static Napi::Value read(const Context& context, napi_value value) { return {context.env, value}; }
  static Napi::Value pass(Napi::Value value) { return value; }
};

template <class T>
struct Argument<std::optional<T>> {
  using Storage = std::optional<typename Argument<T>::Storage>;
  static Storage read(const Context& context, napi_value value) {
    if (is_nullish(context, value)) return std::nullopt;
    return Argument<T>::read(context, value);
  }
  static std::optional<T> pass(const Storage& storage) {
    if (!storage) return std::nullopt;
    return Argument<T>::pass(*storage);
  }
};

template <class T>
struct Argument<at::ArrayRef<T>> {
  using Storage = std::vector<T>;
  static Storage read(const Context& context, napi_value value) {
    return read_array<T>(context, value, "an array of numbers", [](const Context& inner, napi_value element) {
      return T(Argument<T>::pass(Argument<T>::read(inner, element)));
    });
  }
  static at::ArrayRef<T> pass(const Storage& storage) { return storage; }
};

/// Tensors come as an array of handles, or packed in an Int32Array where the list is long and used every
/// step.
template <>
struct Argument<std::vector<at::Tensor>> {
  using Storage = std::vector<at::Tensor>;
  static Storage read(const Context& context, napi_value value);
  static const Storage& pass(const Storage& storage) { return storage; }
};

template <>
struct Argument<at::ArrayRef<at::Tensor>> {
  using Storage = std::vector<at::Tensor>;
  static Storage read(const Context& context, napi_value value) {
    return Argument<Storage>::read(context, value);
  }
  static at::TensorList pass(const Storage& storage) { return storage; }
};

template <>
struct Argument<at::ITensorListRef> : Argument<at::ArrayRef<at::Tensor>> {};

template <class T>
struct Argument<c10::OptionalArrayRef<T>> {
  using Storage = std::optional<std::vector<T>>;
  static Storage read(const Context& context, napi_value value) {
    if (is_nullish(context, value)) return std::nullopt;
    // A lone number is an array of one, as in PyTorch.
    if (type_of(context, value) == napi_number)
      return std::vector<T>{Argument<T>::pass(Argument<T>::read(context, value))};
    return Argument<at::ArrayRef<T>>::read(context, value);
  }
  static c10::OptionalArrayRef<T> pass(const Storage& storage) {
    if (!storage) return std::nullopt;
    return c10::OptionalArrayRef<T>(at::ArrayRef<T>(*storage));
  }
};

/// Indices of `index`: null leaves a dimension whole.
template <>
struct Argument<c10::List<std::optional<at::Tensor>>> {
  using Storage = c10::List<std::optional<at::Tensor>>;
  static Storage read(const Context& context, napi_value value);
  static const Storage& pass(const Storage& storage) { return storage; }
};

}  // namespace gan

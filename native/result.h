// C++ results to JavaScript values: tensors become handles, tuples and vectors become arrays, an in-place
// operator gives nothing.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "argument.h"

namespace gan {

/// A handle to a new tensor; 0 stands for an undefined one.
inline napi_value to_js(const Context& context, at::Tensor&& tensor) {
  const int32_t handle = tensor.defined() ? context.environment.tensors.add(std::move(tensor)) : 0;
  napi_value value;
  check(context, napi_create_int32(context.env, handle, &value));
  return value;
}

inline napi_value to_js(const Context& context, const at::Tensor& tensor) {
  return to_js(context, at::Tensor(tensor));
}

inline napi_value to_js(const Context& context, bool result) {
  napi_value value;
  check(context, napi_get_boolean(context.env, result, &value));
  return value;
}

inline napi_value to_js(const Context& context, double result) {
  napi_value value;
  check(context, napi_create_double(context.env, result, &value));
  return value;
}

inline napi_value to_js(const Context& context, int64_t result) {
  napi_value value;
  check(context, napi_create_int64(context.env, result, &value));
  return value;
}

inline napi_value to_js(const Context& context, const at::Scalar& result) {
  if (result.isBoolean()) return to_js(context, result.toBool());
  if (result.isFloatingPoint()) return to_js(context, result.toDouble());
  const int64_t number = result.toLong();
  constexpr int64_t kExact = 9007199254740992;
  if (number >= -kExact && number <= kExact) return to_js(context, number);
  napi_value value;
  check(context, napi_create_bigint_int64(context.env, number, &value));
  return value;
}

inline napi_value to_js(const Context& context, const std::string& text) {
  return Napi::String::New(context.env, text);
}

inline napi_value to_js(const Context& context, at::ScalarType dtype) {
  return to_js(context, std::string(name_of(dtype)));
}

inline napi_value to_js(const Context&, Napi::Value value) { return value; }

template <class T>
napi_value to_js(const Context& context, std::vector<T>&& elements) {
  if constexpr (std::is_same_v<T, at::Tensor>) context.environment.tensors.require_room(elements.size());
  const auto array = Napi::Array::New(context.env, elements.size());
  for (size_t i = 0; i < elements.size(); ++i)
    array.Set(static_cast<uint32_t>(i), to_js(context, std::move(elements[i])));
  return array;
}

template <class... T, size_t... I>
napi_value tuple_to_js(const Context& context, std::tuple<T...>&& elements, std::index_sequence<I...>) {
  context.environment.tensors.require_room(sizeof...(T));
  const auto array = Napi::Array::New(context.env, sizeof...(T));
  (array.Set(static_cast<uint32_t>(I), to_js(context, std::move(std::get<I>(elements)))), ...);
  return array;
}

template <class... T>
napi_value to_js(const Context& context, std::tuple<T...>&& elements) {
  return tuple_to_js(context, std::move(elements), std::index_sequence_for<T...>());
}

}  // namespace gan

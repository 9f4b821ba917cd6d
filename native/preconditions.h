// What a kernel of LibTorch takes for granted, and reads or writes out of bounds without, or never ends.
// Checked before it runs.
#pragma once

#include <ATen/Operators.h>

#include <algorithm>
#include <string>
#include <type_traits>

#include "bounds.h"
#include "environment.h"
#include "names.h"

namespace gan {

/// Called with an operator's arguments before it; null for the operators that check them all themselves.
template <class Op>
inline constexpr auto precondition = nullptr;

namespace detail {

/// Whether elements at the same place in memory have the same indices: a dimension of one element may have
/// any stride.
inline bool same_layout(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return false;
  for (int64_t i = 0; i < a.dim(); ++i)
    if (a.size(i) != 1 && a.stride(i) != b.stride(i)) return false;
  return true;
}

/// A fused optimizer walks parameter and state as flat arrays.
inline void check_like_parameters(at::TensorList parameters, at::TensorList others, const char* name) {
  if (others.size() != parameters.size())
    throw ArgumentError("ERR_INVALID_ARG", std::string("expected as many ") + name + " as parameters, " +
                                               std::to_string(parameters.size()) + ", but received " +
                                               std::to_string(others.size()));
  for (size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor &parameter = parameters[i], &other = others[i];
    const bool dense = parameter.layout() == at::kStrided && other.layout() == at::kStrided;
    if (!dense || !parameter.is_non_overlapping_and_dense())
      throw ArgumentError("ERR_INVALID_ARG", "expected dense parameters and state but number " +
                                                 std::to_string(i) + " is sparse or a view");
    if (parameter.scalar_type() != other.scalar_type() || parameter.device() != other.device() ||
        !same_layout(parameter, other))
      throw ArgumentError("ERR_INVALID_ARG", std::string("expected ") + name +
                                                 " like the parameters, in memory too, but number " +
                                                 std::to_string(i) + " is " + describe(other) + " beside " +
                                                 describe(parameter));
  }
}

inline void check_scalars(at::TensorList tensors, size_t count, const char* name) {
  if (tensors.size() != count)
    throw ArgumentError("ERR_INVALID_ARG", "expected " + std::to_string(count) + " " + name +
                                               " but received " + std::to_string(tensors.size()));
  for (const at::Tensor& tensor : tensors)
    if (tensor.layout() != at::kStrided || tensor.numel() != 1 || tensor.scalar_type() != at::kFloat)
      throw ArgumentError("ERR_INVALID_ARG", std::string("expected float32 tensors of one element for ") +
                                                 name + " but received " + describe(tensor));
}

/// A factor of a fused step, which reads it where the parameters are.
inline void check_scalar(const std::optional<at::Tensor>& tensor, at::TensorList parameters,
                         const char* name) {
  if (!tensor) return;
  check_scalars(*tensor, 1, name);
  if (!parameters.empty() && tensor->device() != parameters[0].device())
    throw ArgumentError("ERR_INVALID_ARG", std::string("expected ") + name + " on the parameters' device, " +
                                               parameters[0].device().str() + ", but received " +
                                               describe(*tensor));
}

template <class Rate>
void check_adam(at::TensorList self, at::TensorList grads, at::TensorList averages, at::TensorList squares,
                at::TensorList max_squares, at::TensorList steps, const Rate&, double, double, double, double,
                bool amsgrad, bool, const std::optional<at::Tensor>& grad_scale,
                const std::optional<at::Tensor>& found_inf) {
  check_like_parameters(self, self, "parameters");
  check_like_parameters(self, grads, "gradients");
  check_like_parameters(self, averages, "averages");
  check_like_parameters(self, squares, "squares");
  if (amsgrad || !max_squares.empty()) check_like_parameters(self, max_squares, "maximum squares");
  check_scalars(steps, self.size(), "step counts");
  check_scalar(grad_scale, self, "the gradient scale");
  check_scalar(found_inf, self, "found_inf");
}

template <class Rate>
void check_sgd(at::TensorList self, at::TensorList grads, at::TensorList momenta, double, double momentum,
               const Rate&, double, bool, bool, bool, const std::optional<at::Tensor>& grad_scale,
               const std::optional<at::Tensor>& found_inf) {
  check_like_parameters(self, self, "parameters");
  check_like_parameters(self, grads, "gradients");
  if (momentum != 0 || !momenta.empty()) check_like_parameters(self, momenta, "momentum buffers");
  check_scalar(grad_scale, self, "the gradient scale");
  check_scalar(found_inf, self, "found_inf");
}

template <class... Rest>
void check_index(const at::Tensor&, const c10::List<std::optional<at::Tensor>>& indices, const Rest&...) {
  for (size_t i = 0; i < indices.size(); ++i)
    if (indices.get(i)) return;
  throw ArgumentError("ERR_INVALID_ARG", "expected an index tensor for some dimension but received none");
}

// Groups of queries are counted by dividing by the heads of keys and values.
inline void check_attention(const at::Tensor&, const at::Tensor& key, const at::Tensor& value,
                            const std::optional<at::Tensor>&, double, bool, std::optional<double>,
                            bool grouped) {
  for (const at::Tensor& tensor : {key, value})
    if (grouped && tensor.dim() >= 3 && tensor.size(-3) == 0)
      throw ArgumentError("ERR_INVALID_ARG",
                          "expected keys and values of at least one head but received " + describe(tensor));
}

}  // namespace detail

template <>
inline constexpr auto precondition<at::_ops::scaled_dot_product_attention> = &detail::check_attention;

template <>
inline constexpr auto precondition<at::_ops::conv1d> = &detail::check_convolution;
template <>
inline constexpr auto precondition<at::_ops::conv2d> = &detail::check_convolution;
template <>
inline constexpr auto precondition<at::_ops::conv3d> = &detail::check_convolution;
template <>
inline constexpr auto precondition<at::_ops::conv2d_padding> = &detail::check_same_convolution;
template <>
inline constexpr auto precondition<at::_ops::conv_transpose1d> = &detail::check_transposed;
template <>
inline constexpr auto precondition<at::_ops::conv_transpose2d_input> = &detail::check_transposed;
template <>
inline constexpr auto precondition<at::_ops::max_pool2d> = &detail::check_max_pool;
template <>
inline constexpr auto precondition<at::_ops::expand> = &detail::check_expand;
template <>
inline constexpr auto precondition<at::_ops::randperm_generator> =
    &detail::check_permutation<std::optional<at::Generator>, std::optional<at::ScalarType>,
                               std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>>;
template <>
inline constexpr auto precondition<at::_ops::pad> = &detail::check_pad;
template <>
inline constexpr auto precondition<at::_ops::constant_pad_nd> = &detail::check_constant_pad;
template <>
inline constexpr auto precondition<at::_ops::replication_pad2d> = &detail::check_replication;

template <>
inline constexpr auto precondition<at::_ops::unbind_int> = &detail::check_unbind;
template <>
inline constexpr auto precondition<at::_ops::split_Tensor> = &detail::check_split;
template <>
inline constexpr auto precondition<at::_ops::chunk> = &detail::check_chunk;
template <>
inline constexpr auto precondition<at::_ops::index_Tensor> = &detail::check_index<>;
template <>
inline constexpr auto precondition<at::_ops::index_put> = &detail::check_index<at::Tensor, bool>;
template <>
inline constexpr auto precondition<at::_ops::index_put_> = &detail::check_index<at::Tensor, bool>;

template <>
inline constexpr auto precondition<at::_ops::_fused_adam_> = &detail::check_adam<double>;
template <>
inline constexpr auto precondition<at::_ops::_fused_adamw_> = &detail::check_adam<double>;
template <>
inline constexpr auto precondition<at::_ops::_fused_sgd_> = &detail::check_sgd<double>;
template <>
inline constexpr auto precondition<at::_ops::_fused_adam__tensor_lr> = &detail::check_adam<at::Tensor>;
template <>
inline constexpr auto precondition<at::_ops::_fused_adamw__tensor_lr> = &detail::check_adam<at::Tensor>;
template <>
inline constexpr auto precondition<at::_ops::_fused_sgd__tensor_lr> = &detail::check_sgd<at::Tensor>;

}  // namespace gan

// The operators of LibTorch that we have an own version of.
#pragma once

#include <ATen/Operators.h>

#include "avg_pool.h"
#include "batch_norm.h"
#include "border_windows.h"
#include "convolution.h"
#include "counted.h"
#include "dropout.h"
#include "finite.h"
#include "group_norm.h"
#include "linear.h"
#include "pixel_shuffle.h"
#include "rectifier.h"

namespace gan {

/// What runs when JavaScript calls an operator: LibTorch's own function, unless it is replaced below.
template <class Op>
inline constexpr auto implementation = &Op::call;

template <>
inline constexpr auto implementation<at::_ops::conv1d> = &kernels::BorderAsPixels<at::_ops::conv1d, 1>::call;
template <>
inline constexpr auto implementation<at::_ops::conv3d> = &kernels::BorderAsPixels<at::_ops::conv3d, 3>::call;
template <>
inline constexpr auto implementation<at::_ops::conv2d> = &kernels::conv2d;
template <>
inline constexpr auto implementation<at::_ops::conv2d_padding> = &kernels::conv2d_padding;
template <>
inline constexpr auto implementation<at::_ops::conv_transpose2d_input> = &kernels::conv_transpose2d;
template <>
inline constexpr auto implementation<at::_ops::linear> = &kernels::linear;
template <>
inline constexpr auto implementation<at::_ops::batch_norm> = &kernels::batch_norm;
template <>
inline constexpr auto implementation<at::_ops::group_norm> = &kernels::group_norm;
template <>
inline constexpr auto implementation<at::_ops::avg_pool2d> = &kernels::avg_pool2d;
template <>
inline constexpr auto implementation<at::_ops::pixel_shuffle> = &kernels::pixel_shuffle;
template <>
inline constexpr auto implementation<at::_ops::dropout> = &kernels::dropout;
template <>
inline constexpr auto implementation<at::_ops::relu> = &kernels::relu;
template <>
inline constexpr auto implementation<at::_ops::leaky_relu> = &kernels::leaky_relu;
template <>
inline constexpr auto implementation<at::_ops::_amp_foreach_non_finite_check_and_unscale_> =
    &kernels::find_non_finite;

template <>
inline constexpr auto implementation<at::_ops::_fused_adam_> =
    &kernels::Counted<at::_ops::_fused_adam_>::call;
template <>
inline constexpr auto implementation<at::_ops::_fused_adam__tensor_lr> =
    &kernels::Counted<at::_ops::_fused_adam__tensor_lr>::call;
template <>
inline constexpr auto implementation<at::_ops::_fused_adamw_> =
    &kernels::Counted<at::_ops::_fused_adamw_>::call;
template <>
inline constexpr auto implementation<at::_ops::_fused_adamw__tensor_lr> =
    &kernels::Counted<at::_ops::_fused_adamw__tensor_lr>::call;
template <>
inline constexpr auto implementation<at::_ops::_fused_sgd_> = &kernels::Counted<at::_ops::_fused_sgd_>::call;
template <>
inline constexpr auto implementation<at::_ops::_fused_sgd__tensor_lr> =
    &kernels::Counted<at::_ops::_fused_sgd__tensor_lr>::call;

}  // namespace gan

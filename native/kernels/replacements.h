// The operators of LibTorch that we have an own version of.
#pragma once

#include <ATen/Operators.h>

#include "convolution.h"
#include "dropout.h"
#include "linear.h"

namespace gan {

/// What runs when JavaScript calls an operator: LibTorch's own function, unless it is replaced below.
template <class Op>
inline constexpr auto implementation = &Op::call;

template <>
inline constexpr auto implementation<at::_ops::conv2d> = &kernels::conv2d;
template <>
inline constexpr auto implementation<at::_ops::conv_transpose2d_input> = &kernels::conv_transpose2d;
template <>
inline constexpr auto implementation<at::_ops::linear> = &kernels::linear;
template <>
inline constexpr auto implementation<at::_ops::dropout> = &kernels::dropout;

}  // namespace gan

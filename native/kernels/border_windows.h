// Convolutions of which a window may lie in the border alone: LibTorch's CPU kernels read outside of the
// image where all of them do. They are given the border as pixels.
#pragma once

#include <ATen/Operators.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace gan::kernels {

/// Whether a window of a convolution in so many directions may lie in the border alone.
inline bool windows_miss(size_t directions, const at::Tensor& input, const at::Tensor& weight,
                         c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation) {
  const auto fits = [&](c10::SymIntArrayRef list) { return list.size() == 1 || list.size() == directions; };
  const auto rank = static_cast<int64_t>(directions) + 2;
  if (!input.device().is_cpu() || weight.dim() != rank || (input.dim() != rank && input.dim() != rank - 1) ||
      !fits(padding) || !fits(dilation))
    return false;
  for (size_t i = 0; i < directions; ++i) {
    const c10::SymInt &border = padding[std::min(i, padding.size() - 1)],
                      &step = dilation[std::min(i, dilation.size() - 1)];
    if (border > 0 && step > 0 && border > (weight.size(static_cast<int64_t>(i) + 2) - 1) * step) return true;
  }
  return false;
}

/// Images with their border of zeros.
inline at::Tensor with_border(size_t directions, const at::Tensor& input, c10::SymIntArrayRef padding) {
  std::vector<c10::SymInt> border;
  // The last direction comes first.
  for (size_t i = directions; i-- > 0;)
    border.insert(border.end(), 2, padding[std::min(i, padding.size() - 1)]);
  return at::_ops::constant_pad_nd::call(input, border, 0);
}

/// LibTorch's convolution `Op` in so many directions.
template <class Op, size_t directions>
struct BorderAsPixels {
  static at::Tensor call(const at::Tensor& input, const at::Tensor& weight,
                         const std::optional<at::Tensor>& bias, c10::SymIntArrayRef stride,
                         c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                         const c10::SymInt& groups) {
    if (!windows_miss(directions, input, weight, padding, dilation))
      return Op::call(input, weight, bias, stride, padding, dilation, groups);
    const std::array<c10::SymInt, 1> none{0};
    return Op::call(with_border(directions, input, padding), weight, bias, stride, none, dilation, groups);
  }
};

}  // namespace gan::kernels

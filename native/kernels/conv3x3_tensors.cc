#include "conv3x3_tensors.h"

#include <ATen/Functions.h>

#include <array>
#include <optional>

#include "conv3x3.h"
#include "products.h"
#include "winograd3x3_conv.h"

namespace gan::conv3x3 {
namespace {

using winograd3x3::Maps;
using winograd3x3::Weights;

constexpr std::array<int64_t, 2> kOne{1, 1}, kNone{0, 0};

at::Tensor channels_last(const at::Tensor& tensor) {
  return tensor.contiguous(at::MemoryFormat::ChannelsLast);
}

/// The numbers of a channels_last tensor.
template <class T>
Maps<T> maps(const at::Tensor& tensor) {
  return {static_cast<T*>(const_cast<void*>(tensor.const_data_ptr())), tensor.size(0), tensor.size(2),
          tensor.size(3), tensor.size(1)};
}

/// Where weights lie, [outputs][inputs] of the convolution that reads them.
Weights layout_of(const at::Tensor& weight, bool turned) {
  const Weights layout{weight.stride(0), weight.stride(1), weight.stride(3)};
  return turned ? Weights{layout.input, layout.output, layout.tap} : layout;
}

/// Taps that follow each other at one distance.
at::Tensor with_even_taps(const at::Tensor& weight) {
  return weight.stride(2) == 3 * weight.stride(3) ? weight : weight.contiguous();
}

/// LibTorch's own, for gradients whose shapes are not worth more.
at::Tensor library(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                   const Geometry& geometry) {
  const auto dtype = x.scalar_type();
  const int64_t padding = geometry.turned ? 2 - geometry.padding : geometry.padding;
  return at::convolution(x, weight.to(dtype), bias.defined() ? std::optional(bias.to(dtype)) : std::nullopt, kOne,
                         std::array<int64_t, 2>{padding, padding}, kOne, geometry.turned, kNone, 1);
}

at::Tensor library_weight_gradient(const at::Tensor& x, const at::Tensor& y, const at::Tensor& weight,
                                   const Geometry& geometry) {
  const int64_t padding = geometry.turned ? 2 - geometry.padding : geometry.padding;
  const auto gradients = at::convolution_backward(y, x, weight, std::nullopt, kOne,
                                                  std::array<int64_t, 2>{padding, padding}, kOne, geometry.turned,
                                                  kNone, 1, {false, true, false});
  return std::get<1>(gradients).to(at::kFloat);
}

bool is_channels_last(const at::Tensor& tensor) {
  return tensor.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
}

}  // namespace

bool usable(at::IntArrayRef image, int64_t outputs, int64_t padding, at::ScalarType dtype) {
  const bool is_float = dtype == at::kFloat;
  // The products are of float32 numbers.
  if (!has_avx2() || (!is_float && has_amx())) return false;
  constexpr int64_t kGroup = winograd3x3::kGroupOf;
  const int64_t inputs = image[1], fewest = is_float && has_avx512(dtype) ? kGroup : 2 * kGroup;
  if (inputs < fewest || outputs < fewest || inputs % kGroup != 0 || outputs % kGroup != 0) return false;
  const int64_t height = image[2] + 2 * padding - 2, width = image[3] + 2 * padding - 2;
  if (padding < 0 || padding > 2 || image[2] < 1 || image[3] < 1 || height < 1 || width < 1) return false;
  // Pixels of tiles beyond the edges are work for nothing.
  const int64_t pixels = image[0] * height * width, computed = 16 * winograd3x3::tiles_of(image[0], height, width);
  return pixels > 0 && 8 * pixels >= (is_float ? 3 : 5) * computed;
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    const Geometry& geometry) {
  const int64_t outputs = weight.size(geometry.turned ? 1 : 0), growth = 2 * geometry.padding - 2;
  if (!usable(x.sizes(), outputs, geometry.padding, x.scalar_type())) return library(x, weight, bias, geometry);
  const bool last = is_channels_last(x) || is_channels_last(weight);
  const at::Tensor from = channels_last(x), w = with_even_taps(weight);
  const at::Tensor shift = bias.defined() ? bias.contiguous() : bias;
  const at::Tensor to = at::empty({x.size(0), outputs, x.size(2) + growth, x.size(3) + growth}, x.options(),
                                  at::MemoryFormat::ChannelsLast);
  by_dtype(x, [&]<class T>(T) {
    winograd3x3::convolve<T>(maps<const T>(from), w.const_data_ptr<float>(), layout_of(w, geometry.turned),
                             geometry.turned, geometry.padding,
                             shift.defined() ? shift.const_data_ptr<float>() : nullptr, maps<T>(to));
  });
  return last ? to : to.contiguous();
}

at::Tensor weight_gradient(const at::Tensor& x, const at::Tensor& y, const Geometry& geometry,
                           at::MemoryFormat format) {
  const int64_t first = geometry.turned ? x.size(1) : y.size(1), second = geometry.turned ? y.size(1) : x.size(1);
  const at::Tensor weight = at::empty({first, second, 3, 3}, x.options().dtype(at::kFloat), format);
  if (!usable(x.sizes(), y.size(1), geometry.padding, x.scalar_type()))
    return library_weight_gradient(x, y, weight.to(x.scalar_type()), geometry);
  const at::Tensor inputs = channels_last(x), outputs = channels_last(y);
  by_dtype(x, [&]<class T>(T) {
    // Of a transposed convolution, as that of a plain one whose sides have changed places.
    if (geometry.turned)
      winograd3x3::weight_gradient<T>(maps<const T>(outputs), maps<const T>(inputs), 2 - geometry.padding,
                                      weight.data_ptr<float>(), layout_of(weight, false));
    else
      winograd3x3::weight_gradient<T>(maps<const T>(inputs), maps<const T>(outputs), geometry.padding,
                                      weight.data_ptr<float>(), layout_of(weight, false));
  });
  return weight;
}

}  // namespace gan::conv3x3

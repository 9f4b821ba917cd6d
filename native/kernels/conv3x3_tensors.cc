#include "conv3x3_tensors.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <optional>

#include "conv3x3.h"
#include "direct3x3.h"
#include "products.h"
#include "winograd3x3_conv.h"

namespace gan::conv3x3 {
namespace {

using winograd3x3::Maps;
using winograd3x3::Weights;

constexpr std::array<int64_t, 2> kOne{1, 1}, kNone{0, 0};

/// The numbers of a channels_last tensor.
template <class T>
Maps<T> maps(const at::Tensor& tensor) {
  return {numbers<T>(tensor), tensor.size(0), tensor.size(2), tensor.size(3), tensor.size(1), tensor.size(1)};
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
  return at::convolution(x, weight.to(dtype), bias.defined() ? std::optional(bias.to(dtype)) : std::nullopt,
                         kOne, std::array<int64_t, 2>{padding, padding}, kOne, geometry.turned, kNone,
                         geometry.groups);
}

at::Tensor library_weight_gradient(const at::Tensor& x, const at::Tensor& y, const at::Tensor& weight,
                                   const Geometry& geometry) {
  const std::array<int64_t, 2> border{geometry.padding, geometry.padding};
  const auto gradients = at::convolution_backward(y, x, weight, std::nullopt, kOne, border, kOne, false,
                                                  kNone, geometry.groups, {false, true, false});
  return std::get<1>(gradients).to(at::kFloat);
}

/// A part of the numbers that are computed which somebody wants, in eighths: enough for our kernels to be the
/// quicker.
int64_t enough(bool is_float, bool wide) { return is_float && wide ? 3 : is_float ? 4 : 5; }

/// Whether the convolution itself, or its gradient by the weight, gains by Winograd's products.
bool gains(at::IntArrayRef image, int64_t all_outputs, int64_t padding, int64_t groups,
           at::ScalarType dtype) {
  const bool is_float = dtype == at::kFloat, wide = has_avx512(at::kFloat);
  if (!is_float && dtype != at::kBFloat16) return false;
  // Products are of float32 numbers in either case.
  if (!has_avx2() || (!is_float && has_amx())) return false;
  const int64_t inputs = image[1] / groups, outputs = all_outputs / groups;
  const int64_t height = image[2] + 2 * padding - 2, width = image[3] + 2 * padding - 2;
  if (image[0] < 1 || image[2] < 1 || image[3] < 1 || height < 1 || width < 1 || inputs < 1 || outputs < 1)
    return false;
  constexpr int64_t kGroup = winograd3x3::kGroupOf;
  // What is computed beyond the edges, and beyond the last channel, is for nothing.
  const double wanted = static_cast<double>(height) * static_cast<double>(width),
               computed = 16.0 * static_cast<double>(winograd3x3::tiles_of(1, height, width));
  const auto share = [](int64_t channels) {
    return static_cast<double>(channels) / static_cast<double>(multiple(channels, kGroup));
  };
  // LibTorch's convolutions to a few channels compute as many as ours.
  if (is_float && all_outputs < kGroup && groups == 1) return inputs >= 2 * kGroup && 2 * wanted >= computed;
  const int64_t fewest = is_float ? kGroup : 2 * kGroup;
  return inputs >= fewest && outputs >= fewest &&
         8 * wanted * share(inputs) * share(outputs) >=
             static_cast<double>(enough(is_float, wide)) * computed;
}

enum class Way { kWinograd, kDirect, kLibrary };

/// Whether a convolution of few channels gains as it is written, of images that there are.
bool gains_directly(at::IntArrayRef image, int64_t outputs, int64_t padding, int64_t groups,
                    at::ScalarType dtype) {
  if (dtype != at::kBFloat16 || groups != 1 || has_amx() || !direct3x3::usable(image[1], outputs))
    return false;
  return image[0] >= 1 && image[2] >= 1 && image[3] >= 1 && image[2] + 2 * padding >= 3 &&
         image[3] + 2 * padding >= 3;
}

/// The fastest way for the convolution itself.
Way way_of(at::IntArrayRef image, int64_t outputs, int64_t padding, int64_t groups, at::ScalarType dtype) {
  constexpr int64_t kGroup = winograd3x3::kGroupOf;
  // To three channels most of what is computed is for nothing: from 16 on less than LibTorch's.
  const bool fills = image[1] <= kGroup || outputs >= kGroup;
  if (fills && gains_directly(image, outputs, padding, groups, dtype)) return Way::kDirect;
  return gains(image, outputs, padding, groups, dtype) ? Way::kWinograd : Way::kLibrary;
}

/// The fastest way for its gradient by the weight.
Way gradient_way_of(at::IntArrayRef image, int64_t outputs, int64_t padding, int64_t groups,
                    at::ScalarType dtype) {
  if (gains(image, outputs, padding, groups, dtype)) return Way::kWinograd;
  const int64_t fewer = std::min(image[1], outputs), more = std::max(image[1], outputs);
  const bool fills = fewer == winograd3x3::kGroupOf || (fewer <= 4 && more % winograd3x3::kGroupOf == 0);
  return fills && gains_directly(image, outputs, padding, groups, dtype) ? Way::kDirect : Way::kLibrary;
}

}  // namespace

bool usable(at::IntArrayRef image, int64_t outputs, int64_t padding, int64_t groups, at::ScalarType dtype) {
  if (padding < 0 || padding > 2) return false;
  const std::array<int64_t, 4> result{image[0], outputs, image[2] + 2 * padding - 2,
                                      image[3] + 2 * padding - 2};
  return way_of(image, outputs, padding, groups, dtype) != Way::kLibrary ||
         way_of(result, image[1], 2 - padding, groups, dtype) != Way::kLibrary;
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    const Geometry& geometry) {
  const int64_t padding = geometry.padding, groups = geometry.groups;
  const int64_t outputs = geometry.turned ? groups * weight.size(1) : weight.size(0),
                growth = 2 * padding - 2;
  const Way way = way_of(x.sizes(), outputs, padding, groups, x.scalar_type());
  if (way == Way::kLibrary) return library(x, weight, bias, geometry);
  const bool last = is_channels_last(x) || is_channels_last(weight);
  const at::Tensor from = channels_last(x), w = with_even_taps(weight);
  const at::Tensor shift = bias.defined() ? bias.contiguous() : bias;
  const at::Tensor to = at::empty({x.size(0), outputs, x.size(2) + growth, x.size(3) + growth}, x.options(),
                                  at::MemoryFormat::ChannelsLast);
  by_dtype(x, [&]<class T>(T) {
    for (int64_t group = 0; group < groups; ++group) {
      const auto inputs = maps<const T>(from).part(group, groups);
      const auto results = maps<T>(to).part(group, groups);
      const float* const first = w.const_data_ptr<float>() + group * (w.size(0) / groups) * w.stride(0);
      const float* const biases =
          shift.defined() ? shift.const_data_ptr<float>() + group * (outputs / groups) : nullptr;
      const Weights layout = layout_of(w, geometry.turned);
      if constexpr (kPairs<T>)
        if (way == Way::kDirect) {
          direct3x3::convolve(inputs, first, layout, geometry.turned, padding, biases, results);
          continue;
        }
      winograd3x3::convolve<T>(inputs, first, layout, geometry.turned, padding, biases, results);
    }
  });
  return last ? to : to.contiguous();
}

at::Tensor weight_gradient(const at::Tensor& x, const at::Tensor& y, const Geometry& geometry,
                           at::MemoryFormat format) {
  const int64_t groups = geometry.groups;
  // That of a transposed convolution is that of the plain one, whose sides have changed places.
  if (geometry.turned) return weight_gradient(y, x, {2 - geometry.padding, groups, false}, format);
  const at::Tensor weight =
      at::empty({y.size(1), x.size(1) / groups, 3, 3}, x.options().dtype(at::kFloat), format);
  const Way way = gradient_way_of(x.sizes(), y.size(1), geometry.padding, groups, x.scalar_type());
  if (way == Way::kLibrary) return library_weight_gradient(x, y, weight.to(x.scalar_type()), geometry);
  const at::Tensor inputs = channels_last(x), outputs = channels_last(y);
  by_dtype(x, [&]<class T>(T) {
    for (int64_t group = 0; group < groups; ++group) {
      const auto left = maps<const T>(inputs).part(group, groups),
                 right = maps<const T>(outputs).part(group, groups);
      float* const first = weight.data_ptr<float>() + group * (weight.size(0) / groups) * weight.stride(0);
      const Weights layout = layout_of(weight, false);
      if constexpr (kPairs<T>)
        if (way == Way::kDirect) {
          // The side of fewer channels is the left one: turned, it is the same.
          if (right.channels < winograd3x3::kGroupOf)
            direct3x3::weight_gradient(right, left, 2 - geometry.padding, first + 8 * layout.tap,
                                       {layout.input, layout.output, -layout.tap});
          else
            direct3x3::weight_gradient(left, right, geometry.padding, first, layout);
          continue;
        }
      winograd3x3::weight_gradient<T>(left, right, geometry.padding, first, layout);
    }
  });
  return weight;
}

}  // namespace gan::conv3x3

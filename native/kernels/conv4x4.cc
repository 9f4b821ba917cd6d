#include "conv4x4.h"

#include <array>

#include "few_channels.h"
#include "winograd_conv.h"

#ifdef GAN_AVX512

namespace gan::conv4x4 {
namespace {

enum class Way { kWinograd, kFewChannels, kLibrary };

/// The fastest way for a convolution: below some number of tiles, transforming Winograd's weights costs more
/// than the products save. Sums over nothing are LibTorch's.
Way way_of(int64_t batch, int64_t n, int64_t small, int64_t large) {
  if (batch == 0 || small == 0 || large == 0) return Way::kLibrary;
  if (n < 2 || n % 2 != 0 || small % kGroup != 0) return Way::kLibrary;
  if (large <= few_channels::kMost) return Way::kFewChannels;
  return large % kGroup == 0 && winograd::tiles_of(batch, n) >= 4 * kGroup ? Way::kWinograd : Way::kLibrary;
}

at::Tensor like(const at::Tensor& tensor, int64_t channels, int64_t size) {
  return at::empty({tensor.size(0), channels, size, size}, tensor.options(), at::MemoryFormat::ChannelsLast);
}

/// LibTorch's own convolution, for gradients of gradients whose shapes are not worth more.
at::Tensor library(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                   bool transposed) {
  constexpr std::array<int64_t, 2> kTwo{2, 2}, kOne{1, 1}, kNone{0, 0};
  const auto dtype = input.scalar_type();
  return at::convolution(input, weight.to(dtype),
                         bias.defined() ? std::optional(bias.to(dtype)) : std::nullopt, kTwo, kOne, kOne,
                         transposed, kNone, 1);
}

at::Tensor library_weight_gradient(const at::Tensor& x, const at::Tensor& y) {
  constexpr std::array<int64_t, 2> kTwo{2, 2}, kOne{1, 1}, kNone{0, 0};
  const at::Tensor weight = at::empty({y.size(1), x.size(1), 4, 4}, x.options());
  const auto gradients = at::convolution_backward(y, x, weight, std::nullopt, kTwo, kOne, kOne, false, kNone,
                                                  1, {false, true, false});
  return std::get<1>(gradients).to(at::kFloat);
}

/// Adds a bias [channels] in place.
void add_bias(const at::Tensor& output, const at::Tensor& bias) {
  if (bias.defined()) output.add_(bias.to(output.scalar_type()).view({1, -1, 1, 1}));
}

}  // namespace

bool usable(int64_t batch, int64_t n, int64_t small, int64_t large, at::ScalarType dtype) {
  return has_vectors(dtype) && way_of(batch, n, small, large) != Way::kLibrary;
}

at::Tensor down(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const int64_t n = x.size(2) / 2, small = weight.size(0), large = weight.size(1);
  const Way way = way_of(x.size(0), n, small, large);
  if (way == Way::kLibrary) return library(x, weight, bias, false);
  const at::Tensor from = channels_last(x), w = channels_last(weight), to = like(x, small, n);
  const at::Tensor b = bias.defined() ? bias.contiguous() : bias;
  by_set(x, [&]<class Set, class T>(Set, T) {
    if (way == Way::kWinograd)
      winograd::down<Set, T>(images<const T>(from), w.const_data_ptr<float>(), images<T>(to));
    else
      few_channels::down<Set, T>(images<const T>(from), w.const_data_ptr<float>(),
                                 b.defined() ? b.const_data_ptr<float>() : nullptr, images<T>(to));
  });
  if (way == Way::kWinograd) add_bias(to, bias);
  return to;
}

at::Tensor up(const at::Tensor& y, const at::Tensor& weight, const at::Tensor& bias) {
  const int64_t n = y.size(2), small = weight.size(0), large = weight.size(1);
  const Way way = way_of(y.size(0), n, small, large);
  if (way == Way::kLibrary) return library(y, weight, bias, true);
  const at::Tensor from = channels_last(y), w = channels_last(weight), to = like(y, large, 2 * n);
  const at::Tensor b = bias.defined() ? bias.contiguous() : bias;
  by_set(y, [&]<class Set, class T>(Set, T) {
    if (way == Way::kWinograd)
      winograd::up<Set, T>(images<const T>(from), w.const_data_ptr<float>(), images<T>(to));
    else
      few_channels::up<Set, T>(images<const T>(from), w.const_data_ptr<float>(),
                               b.defined() ? b.const_data_ptr<float>() : nullptr, images<T>(to));
  });
  if (way == Way::kWinograd) add_bias(to, bias);
  return to;
}

at::Tensor weight_gradient(const at::Tensor& x, const at::Tensor& y) {
  const Way way = way_of(x.size(0), y.size(2), y.size(1), x.size(1));
  if (way == Way::kLibrary) return library_weight_gradient(x, y);
  const at::Tensor large = channels_last(x), small = channels_last(y);
  const at::Tensor weight =
      at::empty({y.size(1), x.size(1), 4, 4}, x.options().dtype(at::kFloat), at::MemoryFormat::ChannelsLast);
  by_set(x, [&]<class Set, class T>(Set, T) {
    const auto gradient =
        way == Way::kWinograd ? &winograd::weight_gradient<Set, T> : &few_channels::weight_gradient<Set, T>;
    gradient(images<const T>(large), images<const T>(small), weight.data_ptr<float>());
  });
  return weight;
}

}  // namespace gan::conv4x4

#else

namespace gan::conv4x4 {

bool usable(int64_t, int64_t, int64_t, int64_t, at::ScalarType) { return false; }

// Never called: nothing is usable.
at::Tensor down(const at::Tensor&, const at::Tensor&, const at::Tensor&) { return {}; }
at::Tensor up(const at::Tensor&, const at::Tensor&, const at::Tensor&) { return {}; }
at::Tensor weight_gradient(const at::Tensor&, const at::Tensor&) { return {}; }

}  // namespace gan::conv4x4

#endif

#include "pixel_shuffle.h"

#include <ATen/Functions.h>
#include <ATen/Operators.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "convolution.h"
#include "products.h"

namespace gan::kernels {

#ifdef GAN_AVX512

GAN_AVX512_BEGIN
namespace {

/// Numbers of a register.
template <class T>
constexpr int64_t kPerRegister = 64 / sizeof(T);

/// Where the numbers of a register go: from four of each channel beside each other to channels beside each
/// other, four times; and back.
template <class T>
GAN_INLINE __m512i order(bool back) {
  alignas(64) T places[kPerRegister<T>];
  constexpr int64_t kChannels = kPerRegister<T> / 4;
  for (int64_t i = 0; i < kPerRegister<T>; ++i)
    places[i] = static_cast<T>(back ? i % 4 * kChannels + i / 4 : i % kChannels * 4 + i / kChannels);
  return _mm512_load_si512(places);
}
GAN_INLINE __m512i permuted(uint16_t, __m512i places, __m512i numbers) {
  return _mm512_permutexvar_epi16(places, numbers);
}
GAN_INLINE __m512i permuted(uint32_t, __m512i places, __m512i numbers) {
  return _mm512_permutexvar_epi32(places, numbers);
}

/// Rows to columns of 4×4 quarters of registers.
GAN_INLINE void transpose_quarters(__m512i* rows) {
  const __m512i a = _mm512_shuffle_i32x4(rows[0], rows[1], 0x44),
                b = _mm512_shuffle_i32x4(rows[2], rows[3], 0x44),
                c = _mm512_shuffle_i32x4(rows[0], rows[1], 0xee),
                d = _mm512_shuffle_i32x4(rows[2], rows[3], 0xee);
  rows[0] = _mm512_shuffle_i32x4(a, b, 0x88);
  rows[1] = _mm512_shuffle_i32x4(a, b, 0xdd);
  rows[2] = _mm512_shuffle_i32x4(c, d, 0x88);
  rows[3] = _mm512_shuffle_i32x4(c, d, 0xdd);
}

/// A row of `width` pixels of 4 * channels numbers to two rows of 2 * width pixels of `channels`.
template <class T>
void spread(const T* from, int64_t width, int64_t channels, T* to) {
  const __m512i places = order<T>(false);
  for (int64_t x = 0; x < width; ++x)
    for (int64_t c = 0; c < channels; c += kPerRegister<T>) {
      const T* const pixel = from + (x * channels + c) * 4;
      __m512i rows[4];
      for (int64_t i = 0; i < 4; ++i)
        rows[i] = permuted(T(), places, _mm512_loadu_si512(pixel + i * kPerRegister<T>));
      transpose_quarters(rows);
      for (int64_t i = 0; i < 4; ++i)
        _mm512_storeu_si512(to + (i / 2 * 2 * width + 2 * x + i % 2) * channels + c, rows[i]);
    }
}

/// And back.
template <class T>
void gather(const T* from, int64_t width, int64_t channels, T* to) {
  const __m512i places = order<T>(true);
  for (int64_t x = 0; x < width; ++x)
    for (int64_t c = 0; c < channels; c += kPerRegister<T>) {
      T* const pixel = to + (x * channels + c) * 4;
      __m512i rows[4];
      for (int64_t i = 0; i < 4; ++i)
        rows[i] = _mm512_loadu_si512(from + (i / 2 * 2 * width + 2 * x + i % 2) * channels + c);
      transpose_quarters(rows);
      for (int64_t i = 0; i < 4; ++i)
        _mm512_storeu_si512(pixel + i * kPerRegister<T>, permuted(T(), places, rows[i]));
    }
}

}  // namespace
GAN_AVX512_END

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

template <class T>
void move(const at::Tensor& from, const at::Tensor& to, bool enlarges) {
  const at::Tensor& small = enlarges ? from : to;
  const int64_t width = small.size(3), row = width * small.size(1), channels = small.size(1) / 4;
  at::parallel_for(0, small.size(0) * small.size(2), at::divup(kLeast, row), [&](int64_t begin, int64_t end) {
    for (int64_t at = begin * row; at < end * row; at += row)
      if (enlarges)
        spread<T>(numbers<const T>(from) + at, width, channels, numbers<T>(to) + at);
      else
        gather<T>(numbers<const T>(from) + at, width, channels, numbers<T>(to) + at);
  });
}

/// The shuffle, or its inverse: each is linear, and the gradient of the other.
struct Shuffle : Function<Shuffle> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given, bool enlarges) {
    context->set_materialize_grads(false);
    context->saved_data["enlarges"] = enlarges;
    RECORD_FUNCTION(enlarges ? "gan::pixel_shuffle" : "gan::pixel_unshuffle",
                    (std::vector<c10::IValue>{given}));
    const at::Tensor x = channels_last(given);
    const int64_t n = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3);
    const at::Tensor y =
        enlarges ? at::empty({n, c / 4, 2 * h, 2 * w}, x.options(), at::MemoryFormat::ChannelsLast)
                 : at::empty({n, 4 * c, h / 2, w / 2}, x.options(), at::MemoryFormat::ChannelsLast);
    if (x.scalar_type() == at::kFloat)
      move<uint32_t>(x, y, enlarges);
    else
      move<uint16_t>(x, y, enlarges);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    if (!gradients[0].defined()) return {at::Tensor(), at::Tensor()};
    return {apply(gradients[0], !context->saved_data["enlarges"].toBool()), at::Tensor()};
  }
};

bool can_shuffle(const at::Tensor& x, int64_t factor) {
  if (factor != 2 || !enabled() || !x.device().is_cpu() || x.layout() != at::kStrided || x.dim() != 4)
    return false;
  const auto dtype = x.scalar_type();
  if ((dtype != at::kFloat && dtype != at::kBFloat16) || !has_avx512(dtype) || x.numel() == 0) return false;
  // A format of one's own: images of one pixel, or channel, are contiguous as well.
  return x.size(1) % (4 * (dtype == at::kFloat ? 16 : 32)) == 0 &&
         x.suggest_memory_format() == at::MemoryFormat::ChannelsLast &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

#endif

at::Tensor pixel_shuffle(const at::Tensor& input, int64_t factor) {
#ifdef GAN_AVX512
  if (can_shuffle(input, factor)) return Shuffle::apply(input, true);
#endif
  return at::_ops::pixel_shuffle::call(input, factor);
}

}  // namespace gan::kernels

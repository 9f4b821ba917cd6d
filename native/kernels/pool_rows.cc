#include "pool_rows.h"

#include "row_sums.h"

#ifdef GAN_AVX512

namespace gan::pool {
GAN_AVX512_BEGIN
using avx512::load;
using avx512::store;
using avx512::Vector;

namespace {

/// Channels that do not fill a register, as images have them: number by number.
template <class T>
GAN_INLINE void halve_few(const T* upper, const T* lower, int64_t width, int64_t channels, T* to) {
  for (int64_t pixel = 0; pixel < width; ++pixel, upper += channels, lower += channels)
    for (int64_t c = 0; c < channels; ++c, ++upper, ++lower, ++to) {
      float sum = rows::widened(upper[0]) + rows::widened(upper[channels]);
      sum += rows::widened(lower[0]);
      sum += rows::widened(lower[channels]);
      rows::put(*to, sum * 0.25F);
    }
}

template <class T>
GAN_INLINE void spread_few(const T* from, int64_t width, int64_t channels, T* upper, T* lower) {
  for (int64_t pixel = 0; pixel < width; ++pixel, upper += channels, lower += channels)
    for (int64_t c = 0; c < channels; ++c, ++from, ++upper, ++lower) {
      T value;
      rows::put(value, rows::widened(*from) * 0.25F);
      upper[0] = upper[channels] = lower[0] = lower[channels] = value;
    }
}

}  // namespace

template <class T>
void halve(const T* upper, const T* lower, int64_t width, int64_t channels, T* to) {
  if (channels % kLanes != 0) return halve_few(upper, lower, width, channels, to);
  const Vector quarter = _mm512_set1_ps(0.25F);
  for (int64_t pixel = 0; pixel < width; ++pixel)
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t left = 2 * pixel * channels + c, right = left + channels;
      // In LibTorch's order, so that the sums are its own.
      const Vector above = _mm512_add_ps(load(upper + left), load(upper + right));
      const Vector sum = _mm512_add_ps(_mm512_add_ps(above, load(lower + left)), load(lower + right));
      store(to + pixel * channels + c, _mm512_mul_ps(sum, quarter));
    }
}

template <class T>
void spread(const T* from, int64_t width, int64_t channels, T* upper, T* lower) {
  if (channels % kLanes != 0) return spread_few(from, width, channels, upper, lower);
  const Vector quarter = _mm512_set1_ps(0.25F);
  for (int64_t pixel = 0; pixel < width; ++pixel)
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t left = 2 * pixel * channels + c, right = left + channels;
      const Vector value = _mm512_mul_ps(load(from + pixel * channels + c), quarter);
      store(upper + left, value);
      store(upper + right, value);
      store(lower + left, value);
      store(lower + right, value);
    }
}

template void halve(const float*, const float*, int64_t, int64_t, float*);
template void halve(const Bf16*, const Bf16*, int64_t, int64_t, Bf16*);
template void spread(const float*, int64_t, int64_t, float*, float*);
template void spread(const Bf16*, int64_t, int64_t, Bf16*, Bf16*);

GAN_AVX512_END
}  // namespace gan::pool

#endif

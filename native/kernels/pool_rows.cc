#include "pool_rows.h"

#include "row_sums.h"
#include "vectors.h"

#ifdef GAN_AVX512

namespace gan::pool {
GAN_VECTORS_BEGIN
using simd::all_of;
using simd::load;
using simd::store;
using simd::Vector;

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

template <class Set, class T>
void halve(const T* upper, const T* lower, int64_t width, int64_t channels, T* to) {
  if (channels % kLanes != 0) return halve_few(upper, lower, width, channels, to);
  const Vector quarter = all_of(0.25F);
  for (int64_t pixel = 0; pixel < width; ++pixel)
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t left = 2 * pixel * channels + c, right = left + channels;
      // In LibTorch's order, so that the sums are its own.
      const Vector above = load(upper + left) + load(upper + right);
      const Vector sum = (above + load(lower + left)) + load(lower + right);
      store(to + pixel * channels + c, sum * quarter);
    }
}

template <class Set, class T>
void spread(const T* from, int64_t width, int64_t channels, T* upper, T* lower) {
  if (channels % kLanes != 0) return spread_few(from, width, channels, upper, lower);
  const Vector quarter = all_of(0.25F);
  for (int64_t pixel = 0; pixel < width; ++pixel)
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t left = 2 * pixel * channels + c, right = left + channels;
      const Vector value = load(from + pixel * channels + c) * quarter;
      store(upper + left, value);
      store(upper + right, value);
      store(lower + left, value);
      store(lower + right, value);
    }
}

#define GAN_ROWS(T)                                                       \
  template void halve<ThisSet>(const T*, const T*, int64_t, int64_t, T*); \
  template void spread<ThisSet>(const T*, int64_t, int64_t, T*, T*);
GAN_FOR_DTYPES(GAN_ROWS)
#undef GAN_ROWS

GAN_VECTORS_END
}  // namespace gan::pool

#endif

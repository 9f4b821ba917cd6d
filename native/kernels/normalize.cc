#include "normalize.h"

#include "vectors.h"

#ifdef GAN_AVX512

namespace gan::normalize {
GAN_VECTORS_BEGIN
using namespace simd;

namespace {

/// One channel block's constants.
struct ChannelConstants {
  Vector mean, scale, bias, slope;

  GAN_INLINE ChannelConstants(const Affine& affine, int64_t channel)
      : mean(load(affine.mean + channel)),
        scale(load(affine.scale + channel)),
        bias(load(affine.bias + channel)),
        slope(all_of(affine.slope)) {}

  GAN_INLINE Vector normalized(Vector centred) const { return fmadd(centred, scale, bias); }

  GAN_INLINE Vector activated(Vector centred) const {
    const Vector z = normalized(centred);
    return scaled_where(not_above_zero(z), z, slope);
  }

  /// dy through the leaky ReLU.
  GAN_INLINE Vector gradient(Vector centred, Vector dy) const {
    return scaled_where(not_above_zero(normalized(centred)), dy, slope);
  }
};

}  // namespace

template <class Set, class T>
void moments(const T* x, int64_t rows, int64_t channels, float* first, float* sum, float* squares) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Vector origin = load(x + c);
    // Two chains of additions, since each has to wait for itself.
    Vector sums[2] = {zeros(), zeros()};
    Vector products[2] = {zeros(), zeros()};
    int64_t row = 0;
    for (; row + 2 <= rows; row += 2)
      for (int i = 0; i < 2; ++i) {
        const Vector difference = load(x + (row + i) * channels + c) - origin;
        sums[i] = sums[i] + difference;
        products[i] = fmadd(difference, difference, products[i]);
      }
    if (row < rows) {
      const Vector difference = load(x + row * channels + c) - origin;
      sums[0] = sums[0] + difference;
      products[0] = fmadd(difference, difference, products[0]);
    }
    store(first + c, origin);
    store(sum + c, sums[0] + sums[1]);
    store(squares + c, products[0] + products[1]);
  }
}

template <class Set, class T>
void apply(const T* x, int64_t rows, int64_t channels, const Affine& affine, T* y) {
  int64_t c = 0;
  for (; c + kGroup <= channels; c += kGroup) {
    const ChannelConstants low(affine, c), high(affine, c + kLanes);
    for (int64_t row = 0; row < rows; ++row) {
      const T* const from = x + row * channels + c;
      store_group(y + row * channels + c, low.activated(load(from) - low.mean),
                  high.activated(load(from + kLanes) - high.mean));
    }
  }
  if (c == channels) return;
  const ChannelConstants last(affine, c);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t at = row * channels + c;
    store(y + at, last.activated(load(x + at) - last.mean));
  }
}

template <class Set, class T>
void gradient_sums(const T* x, const T* dy, int64_t rows, int64_t channels, const Affine& affine, float* sum,
                   float* product) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const ChannelConstants constants(affine, c);
    Vector sums[2] = {zeros(), zeros()};
    Vector products[2] = {zeros(), zeros()};
    const auto add = [&](int64_t row, int i) __attribute__((always_inline)) {
      const Vector centred = load(x + row * channels + c) - constants.mean;
      const Vector dz = constants.gradient(centred, load(dy + row * channels + c));
      sums[i] = sums[i] + dz;
      products[i] = fmadd(dz, centred, products[i]);
    };
    int64_t row = 0;
    for (; row + 2 <= rows; row += 2) {
      add(row, 0);
      add(row + 1, 1);
    }
    if (row < rows) add(row, 0);
    store(sum + c, sums[0] + sums[1]);
    store(product + c, products[0] + products[1]);
  }
}

template <class Set, class T>
void apply_gradient(const T* x, const T* dy, int64_t rows, int64_t channels, const Affine& affine,
                    const float* shift, const float* tilt, T* dx) {
  const auto gradient = [&](int64_t at, const ChannelConstants& constants, Vector shifts, Vector tilts)
      __attribute__((always_inline)) {
    const Vector centred = load(x + at) - constants.mean;
    const Vector dz = constants.gradient(centred, load(dy + at));
    return constants.scale * fnmadd(centred, tilts, dz - shifts);
  };
  int64_t c = 0;
  for (; c + kGroup <= channels; c += kGroup) {
    const ChannelConstants constants[2] = {{affine, c}, {affine, c + kLanes}};
    const Vector shifts[2] = {load(shift + c), load(shift + c + kLanes)};
    const Vector tilts[2] = {load(tilt + c), load(tilt + c + kLanes)};
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t at = row * channels + c;
      store_group(dx + at, gradient(at, constants[0], shifts[0], tilts[0]),
                  gradient(at + kLanes, constants[1], shifts[1], tilts[1]));
    }
  }
  if (c == channels) return;
  const ChannelConstants last(affine, c);
  const Vector shifts = load(shift + c), tilts = load(tilt + c);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t at = row * channels + c;
    store(dx + at, gradient(at, last, shifts, tilts));
  }
}

#define GAN_ROWS(T)                                                                                          \
  template void moments<ThisSet>(const T*, int64_t, int64_t, float*, float*, float*);                        \
  template void apply<ThisSet>(const T*, int64_t, int64_t, const Affine&, T*);                               \
  template void gradient_sums<ThisSet>(const T*, const T*, int64_t, int64_t, const Affine&, float*, float*); \
  template void apply_gradient<ThisSet>(const T*, const T*, int64_t, int64_t, const Affine&, const float*,   \
                                        const float*, T*);
GAN_FOR_DTYPES(GAN_ROWS)
#undef GAN_ROWS

GAN_VECTORS_END
}  // namespace gan::normalize

#endif

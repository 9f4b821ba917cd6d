#include "normalize.h"

#ifdef GAN_AVX512

namespace gan::normalize {
GAN_AVX512_BEGIN
using namespace avx512;

namespace {

/// One channel block's constants.
struct ChannelConstants {
  Vector mean, scale, bias, slope;

  GAN_INLINE ChannelConstants(const Affine& affine, int64_t channel)
      : mean(load(affine.mean + channel)),
        scale(load(affine.scale + channel)),
        bias(load(affine.bias + channel)),
        slope(_mm512_set1_ps(affine.slope)) {}

  GAN_INLINE Vector normalized(Vector centred) const { return _mm512_fmadd_ps(centred, scale, bias); }

  GAN_INLINE Vector activated(Vector centred) const {
    const Vector z = normalized(centred);
    return _mm512_mask_mul_ps(z, negative(z), z, slope);
  }

  /// dy through the leaky ReLU.
  GAN_INLINE Vector gradient(Vector centred, Vector dy) const {
    return _mm512_mask_mul_ps(dy, negative(normalized(centred)), dy, slope);
  }

  /// Not above zero. A NaN is above, and stays one.
  GAN_INLINE static __mmask16 negative(Vector z) {
    return _mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_LE_OQ);
  }
};

}  // namespace

template <class T>
void moments(const T* x, int64_t rows, int64_t channels, float* first, float* sum, float* squares) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Vector origin = load(x + c);
    // Two chains of additions, since each has to wait for itself.
    Vector sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    Vector products[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    int64_t row = 0;
    for (; row + 2 <= rows; row += 2)
      for (int i = 0; i < 2; ++i) {
        const Vector difference = _mm512_sub_ps(load(x + (row + i) * channels + c), origin);
        sums[i] = _mm512_add_ps(sums[i], difference);
        products[i] = _mm512_fmadd_ps(difference, difference, products[i]);
      }
    if (row < rows) {
      const Vector difference = _mm512_sub_ps(load(x + row * channels + c), origin);
      sums[0] = _mm512_add_ps(sums[0], difference);
      products[0] = _mm512_fmadd_ps(difference, difference, products[0]);
    }
    store(first + c, origin);
    store(sum + c, _mm512_add_ps(sums[0], sums[1]));
    store(squares + c, _mm512_add_ps(products[0], products[1]));
  }
}

template <class T>
void apply(const T* x, int64_t rows, int64_t channels, const Affine& affine, T* y) {
  int64_t c = 0;
  for (; c + kGroup <= channels; c += kGroup) {
    const ChannelConstants low(affine, c), high(affine, c + kLanes);
    for (int64_t row = 0; row < rows; ++row) {
      const T* const from = x + row * channels + c;
      store_group(y + row * channels + c, low.activated(_mm512_sub_ps(load(from), low.mean)),
                  high.activated(_mm512_sub_ps(load(from + kLanes), high.mean)));
    }
  }
  if (c == channels) return;
  const ChannelConstants last(affine, c);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t at = row * channels + c;
    store(y + at, last.activated(_mm512_sub_ps(load(x + at), last.mean)));
  }
}

template <class T>
void gradient_sums(const T* x, const T* dy, int64_t rows, int64_t channels, const Affine& affine, float* sum,
                   float* product) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const ChannelConstants constants(affine, c);
    Vector sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    Vector products[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    const auto add = [&](int64_t row, int i) __attribute__((always_inline)) {
      const Vector centred = _mm512_sub_ps(load(x + row * channels + c), constants.mean);
      const Vector dz = constants.gradient(centred, load(dy + row * channels + c));
      sums[i] = _mm512_add_ps(sums[i], dz);
      products[i] = _mm512_fmadd_ps(dz, centred, products[i]);
    };
    int64_t row = 0;
    for (; row + 2 <= rows; row += 2) {
      add(row, 0);
      add(row + 1, 1);
    }
    if (row < rows) add(row, 0);
    store(sum + c, _mm512_add_ps(sums[0], sums[1]));
    store(product + c, _mm512_add_ps(products[0], products[1]));
  }
}

template <class T>
void apply_gradient(const T* x, const T* dy, int64_t rows, int64_t channels, const Affine& affine,
                    const float* shift, const float* tilt, T* dx) {
  const auto gradient = [&](int64_t at, const ChannelConstants& constants, Vector shifts, Vector tilts)
      __attribute__((always_inline)) {
    const Vector centred = _mm512_sub_ps(load(x + at), constants.mean);
    const Vector dz = constants.gradient(centred, load(dy + at));
    return _mm512_mul_ps(constants.scale, _mm512_fnmadd_ps(centred, tilts, _mm512_sub_ps(dz, shifts)));
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

template void moments(const float*, int64_t, int64_t, float*, float*, float*);
template void moments(const Bf16*, int64_t, int64_t, float*, float*, float*);
template void apply(const float*, int64_t, int64_t, const Affine&, float*);
template void apply(const Bf16*, int64_t, int64_t, const Affine&, Bf16*);
template void gradient_sums(const float*, const float*, int64_t, int64_t, const Affine&, float*, float*);
template void gradient_sums(const Bf16*, const Bf16*, int64_t, int64_t, const Affine&, float*, float*);
template void apply_gradient(const float*, const float*, int64_t, int64_t, const Affine&, const float*,
                             const float*, float*);
template void apply_gradient(const Bf16*, const Bf16*, int64_t, int64_t, const Affine&, const float*,
                             const float*, Bf16*);

GAN_AVX512_END
}  // namespace gan::normalize

#endif

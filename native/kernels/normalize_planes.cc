#include "normalize_planes.h"

#include <algorithm>

#ifdef GAN_AVX512

namespace gan::normalize {
GAN_AVX512_BEGIN
using namespace avx512;

namespace {

/// Numbers whose sums are taken together in float32: sums of sums are exact enough.
constexpr int64_t kBlock = 2048;
/// Chains of additions, since each has to wait for itself.
constexpr int64_t kChains = 4;

/// Calls `work(offset, mask, chain)` for the numbers from `begin` to `end`, a register at a time.
template <class Work>
GAN_INLINE void each_vector(int64_t begin, int64_t end, Work work) {
  constexpr __mmask16 kAll = 0xffff;
  int64_t at = begin;
  for (; at + kChains * kLanes <= end; at += kChains * kLanes)
    for (int64_t chain = 0; chain < kChains; ++chain) work(at + chain * kLanes, kAll, chain);
  for (; at + kLanes <= end; at += kLanes) work(at, kAll, 0);
  if (at < end) work(at, first_lanes(end - at), 0);
}

GAN_INLINE double total(const Vector* chains) {
  float lanes[kLanes];
  store(lanes, _mm512_add_ps(_mm512_add_ps(chains[0], chains[1]), _mm512_add_ps(chains[2], chains[3])));
  double sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

struct PlaneConstants {
  Vector mean, scale, bias, slope;

  GAN_INLINE explicit PlaneConstants(const PlaneAffine& affine)
      : mean(_mm512_set1_ps(affine.mean)),
        scale(_mm512_set1_ps(affine.scale)),
        bias(_mm512_set1_ps(affine.bias)),
        slope(_mm512_set1_ps(affine.slope)) {}

  GAN_INLINE Vector through(Vector centred, Vector value) const {
    return _mm512_mask_mul_ps(value, negative(_mm512_fmadd_ps(centred, scale, bias)), value, slope);
  }

  /// Not above zero. A NaN is above, and stays one.
  GAN_INLINE static __mmask16 negative(Vector z) {
    return _mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_LE_OQ);
  }
};

}  // namespace

template <class T>
PlaneMoments plane_moments(const T* x, int64_t count) {
  double mean = 0, squares = 0;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = std::min(count, begin + kBlock);
    const Vector origin = _mm512_set1_ps(_mm512_cvtss_f32(load_some(x + begin, 1)));
    Vector sums[kChains] = {}, products[kChains] = {};
    each_vector(
        begin, end, [&](int64_t i, __mmask16 mask, int64_t chain) __attribute__((always_inline)) {
          const Vector difference = _mm512_maskz_sub_ps(mask, load_some(x + i, mask), origin);
          sums[chain] = _mm512_add_ps(sums[chain], difference);
          products[chain] = _mm512_fmadd_ps(difference, difference, products[chain]);
        });
    const auto before = static_cast<double>(begin), own = static_cast<double>(end - begin);
    const double sum = total(sums), shift = sum / own;
    const double difference = _mm512_cvtss_f32(origin) + shift - mean;
    squares += total(products) - shift * sum + difference * difference * before * own / (before + own);
    mean += difference * own / (before + own);
  }
  return {mean, std::max(0.0, squares) / static_cast<double>(count)};
}

template <class T>
void apply_plane(const T* x, int64_t count, const PlaneAffine& affine, T* y) {
  const PlaneConstants constants(affine);
  each_vector(
      0, count, [&](int64_t i, __mmask16 mask, int64_t) __attribute__((always_inline)) {
        const Vector centred = _mm512_sub_ps(load_some(x + i, mask), constants.mean);
        const Vector z = _mm512_fmadd_ps(centred, constants.scale, constants.bias);
        store_some(y + i, mask, constants.through(centred, z));
      });
}

template <class T>
PlaneSums plane_gradient_sums(const T* x, const T* dy, int64_t count, const PlaneAffine& affine) {
  const PlaneConstants constants(affine);
  PlaneSums all{0, 0};
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    Vector sums[kChains] = {}, products[kChains] = {};
    each_vector(
        begin, std::min(count, begin + kBlock),
        [&](int64_t i, __mmask16 mask, int64_t chain) __attribute__((always_inline)) {
          const Vector centred = _mm512_maskz_sub_ps(mask, load_some(x + i, mask), constants.mean);
          const Vector dz = constants.through(centred, load_some(dy + i, mask));
          sums[chain] = _mm512_add_ps(sums[chain], dz);
          products[chain] = _mm512_fmadd_ps(dz, centred, products[chain]);
        });
    all.sum += total(sums);
    all.product += total(products);
  }
  return all;
}

template <class T>
void apply_plane_gradient(const T* x, const T* dy, int64_t count, const PlaneAffine& affine, float shift,
                          float tilt, T* dx) {
  const PlaneConstants constants(affine);
  const Vector shifts = _mm512_set1_ps(shift), tilts = _mm512_set1_ps(tilt);
  each_vector(
      0, count, [&](int64_t i, __mmask16 mask, int64_t) __attribute__((always_inline)) {
        const Vector centred = _mm512_sub_ps(load_some(x + i, mask), constants.mean);
        const Vector dz = constants.through(centred, load_some(dy + i, mask));
        const Vector rest = _mm512_fnmadd_ps(centred, tilts, _mm512_sub_ps(dz, shifts));
        store_some(dx + i, mask, _mm512_mul_ps(constants.scale, rest));
      });
}

#define GAN_PLANES(T)                                                                      \
  template PlaneMoments plane_moments(const T*, int64_t);                                  \
  template void apply_plane(const T*, int64_t, const PlaneAffine&, T*);                    \
  template PlaneSums plane_gradient_sums(const T*, const T*, int64_t, const PlaneAffine&); \
  template void apply_plane_gradient(const T*, const T*, int64_t, const PlaneAffine&, float, float, T*);
GAN_PLANES(float)
GAN_PLANES(Bf16)
#undef GAN_PLANES

GAN_AVX512_END
}  // namespace gan::normalize

#endif

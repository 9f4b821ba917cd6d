#include "normalize_planes.h"

#include <algorithm>

#include "row_sums.h"
#include "vectors.h"

#ifdef GAN_AVX512

namespace gan::normalize {
GAN_VECTORS_BEGIN
using namespace simd;

namespace {

/// Numbers whose sums are taken together in float32: sums of sums are exact enough.
constexpr int64_t kBlock = 2048;
/// Chains of additions, since each has to wait for itself.
constexpr int64_t kChains = 4;

/// Calls `work(offset, mask, chain)` for the numbers from `begin` to `end`, a register at a time.
template <class Work>
GAN_INLINE void each_vector(int64_t begin, int64_t end, Work work) {
  int64_t at = begin;
  for (; at + kChains * kLanes <= end; at += kChains * kLanes)
    for (int64_t chain = 0; chain < kChains; ++chain) work(at + chain * kLanes, All(), chain);
  for (; at + kLanes <= end; at += kLanes) work(at, All(), 0);
  if (at < end) work(at, first_lanes(end - at), 0);
}

GAN_INLINE double total(const Vector* chains) {
  float lanes[kLanes];
  store(lanes, (chains[0] + chains[1]) + (chains[2] + chains[3]));
  double sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

struct PlaneConstants {
  Vector mean, scale, bias, slope;

  GAN_INLINE explicit PlaneConstants(const PlaneAffine& affine)
      : mean(all_of(affine.mean)),
        scale(all_of(affine.scale)),
        bias(all_of(affine.bias)),
        slope(all_of(affine.slope)) {}

  GAN_INLINE Vector through(Vector centred, Vector value) const {
    return scaled_where(not_above_zero(fmadd(centred, scale, bias)), value, slope);
  }
};

}  // namespace

template <class Set, class T>
PlaneMoments plane_moments(const T* x, int64_t count) {
  double mean = 0, squares = 0;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = std::min(count, begin + kBlock);
    const float first = rows::widened(x[begin]);
    const Vector origin = all_of(first);
    Vector sums[kChains] = {}, products[kChains] = {};
    each_vector(
        begin, end, [&](int64_t i, auto mask, int64_t chain) __attribute__((always_inline)) {
          const Vector difference = difference_where(mask, load_some(x + i, mask), origin);
          sums[chain] = sums[chain] + difference;
          products[chain] = fmadd(difference, difference, products[chain]);
        });
    const auto before = static_cast<double>(begin), own = static_cast<double>(end - begin);
    const double sum = total(sums), shift = sum / own;
    const double difference = first + shift - mean;
    squares += total(products) - shift * sum + difference * difference * before * own / (before + own);
    mean += difference * own / (before + own);
  }
  return {mean, std::max(0.0, squares) / static_cast<double>(count)};
}

template <class Set, class T>
void apply_plane(const T* x, int64_t count, const PlaneAffine& affine, T* y) {
  const PlaneConstants constants(affine);
  each_vector(
      0, count, [&](int64_t i, auto mask, int64_t) __attribute__((always_inline)) {
        const Vector centred = load_some(x + i, mask) - constants.mean;
        const Vector z = fmadd(centred, constants.scale, constants.bias);
        store_some(y + i, mask, constants.through(centred, z));
      });
}

template <class Set, class T>
PlaneSums plane_gradient_sums(const T* x, const T* dy, int64_t count, const PlaneAffine& affine) {
  const PlaneConstants constants(affine);
  PlaneSums all{0, 0};
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    Vector sums[kChains] = {}, products[kChains] = {};
    each_vector(
        begin, std::min(count, begin + kBlock),
        [&](int64_t i, auto mask, int64_t chain) __attribute__((always_inline)) {
          const Vector centred = difference_where(mask, load_some(x + i, mask), constants.mean);
          const Vector dz = constants.through(centred, load_some(dy + i, mask));
          sums[chain] = sums[chain] + dz;
          products[chain] = fmadd(dz, centred, products[chain]);
        });
    all.sum += total(sums);
    all.product += total(products);
  }
  return all;
}

template <class Set, class T>
void apply_plane_gradient(const T* x, const T* dy, int64_t count, const PlaneAffine& affine, float shift,
                          float tilt, T* dx) {
  const PlaneConstants constants(affine);
  const Vector shifts = all_of(shift), tilts = all_of(tilt);
  each_vector(
      0, count, [&](int64_t i, auto mask, int64_t) __attribute__((always_inline)) {
        const Vector centred = load_some(x + i, mask) - constants.mean;
        const Vector dz = constants.through(centred, load_some(dy + i, mask));
        const Vector rest = fnmadd(centred, tilts, dz - shifts);
        store_some(dx + i, mask, constants.scale * rest);
      });
}

#define GAN_PLANES(T)                                                                                        \
  template PlaneMoments plane_moments<ThisSet>(const T*, int64_t);                                           \
  template void apply_plane<ThisSet>(const T*, int64_t, const PlaneAffine&, T*);                             \
  template PlaneSums plane_gradient_sums<ThisSet>(const T*, const T*, int64_t, const PlaneAffine&);          \
  template void apply_plane_gradient<ThisSet>(const T*, const T*, int64_t, const PlaneAffine&, float, float, \
                                              T*);
GAN_FOR_DTYPES(GAN_PLANES)
#undef GAN_PLANES

GAN_VECTORS_END
}  // namespace gan::normalize

#endif

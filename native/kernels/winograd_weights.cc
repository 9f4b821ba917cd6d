// The weights' side of winograd.h.
#include "vectors.h"
#include "winograd.h"

#ifdef GAN_AVX512

namespace gan::winograd {
GAN_VECTORS_BEGIN
using namespace simd;

namespace {

/// Taps of the 4×4 kernel that meet the plane of `parity` (row, column): even pixels 1 and 3, odd ones 0
/// and 2.
GAN_INLINE int tap(int parity, int i, int j) {
  const int row = 2 * i + 1 - parity / 2, column = 2 * j + 1 - parity % 2;
  return 4 * row + column;
}

/// G g Gᵀ of the taps of one parity: `w` points at [4][4][large] + channel.
GAN_INLINE void transform_weights(const float* w, int64_t large, int parity, Vector* u) {
  const Vector g00 = load(w + tap(parity, 0, 0) * large), g01 = load(w + tap(parity, 0, 1) * large);
  const Vector g10 = load(w + tap(parity, 1, 0) * large), g11 = load(w + tap(parity, 1, 1) * large);
  u[0] = g00;
  u[1] = g00 + g01;
  u[2] = g01;
  u[6] = g10;
  u[7] = g10 + g11;
  u[8] = g11;
  for (int j = 0; j < 3; ++j) u[3 + j] = u[j] + u[6 + j];
}

}  // namespace

template <>
void weights_down<ThisSet>(const float* weights, int64_t large, int64_t block, int64_t begin, int64_t end,
                           float* out) {
  for (int64_t k = begin; k < end; k += kLanes)
    for (int64_t c = 0; c < large; c += kLanes)
      for (int parity = 0; parity < 4; ++parity) {
        Lanes u[kProducts][16];
        for (int i = 0; i < 16; ++i) {
          Vector v[kProducts];
          transform_weights(weights + (k + i) * 16 * large + c, large, parity, v);
          for (int p = 0; p < kProducts; ++p) u[p][i] = lanes_of(v[p]);
        }
        for (int p = 0; p < kProducts; ++p) {
          transpose(u[p]);
          float* const to =
              out + ((k / block * kProducts + p) * 4 * large + parity * large + c) * block + k % block;
          for (int i = 0; i < 16; ++i) store_lanes(to + i * block, u[p][i]);
        }
      }
}

#ifdef GAN_WITH_BF16
template <>
void weights_down<ThisSet>(const float* weights, int64_t large, int64_t block, int64_t begin, int64_t end,
                           Bf16* out) {
  for (int64_t k = begin; k < end; k += kLanes)
    for (int64_t c = 0; c < large; c += 2 * kLanes)
      for (int parity = 0; parity < 4; ++parity) {
        Lanes u[kProducts][16];
        for (int i = 0; i < 16; ++i) {
          Vector low[kProducts], high[kProducts];
          const float* const from = weights + (k + i) * 16 * large + c;
          transform_weights(from, large, parity, low);
          transform_weights(from + kLanes, large, parity, high);
          for (int p = 0; p < kProducts; ++p) u[p][i] = neighbours(low[p], high[p]);
        }
        for (int p = 0; p < kProducts; ++p) {
          transpose(u[p]);
          Bf16* const to =
              out + ((k / block * kProducts + p) * 4 * large + parity * large + c) * block + 2 * (k % block);
          for (int i = 0; i < 16; ++i) store_lanes(to + 2 * i * block, u[p][i]);
        }
      }
}
#endif

template <>
void weights_up<ThisSet>(const float* weights, int64_t small, int64_t large, int64_t block, int64_t begin,
                         int64_t end, float* out) {
  for (int parity = 0; parity < 4; ++parity)
    for (int64_t k = begin; k < end; ++k)
      for (int64_t c = 0; c < large; c += kLanes) {
        Vector u[kProducts];
        transform_weights(weights + k * 16 * large + c, large, parity, u);
        float* const to =
            out + ((parity * (large / block) + c / block) * kProducts * small + k) * block + c % block;
        for (int p = 0; p < kProducts; ++p) store(to + p * small * block, u[kProducts - 1 - p]);
      }
}

#ifdef GAN_WITH_BF16
template <>
void weights_up<ThisSet>(const float* weights, int64_t small, int64_t large, int64_t block, int64_t begin,
                         int64_t end, Bf16* out) {
  for (int parity = 0; parity < 4; ++parity)
    for (int64_t k = begin; k < end; k += 2)
      for (int64_t c = 0; c < large; c += kLanes) {
        Vector even[kProducts], odd[kProducts];
        transform_weights(weights + k * 16 * large + c, large, parity, even);
        transform_weights(weights + (k + 1) * 16 * large + c, large, parity, odd);
        Bf16* const to =
            out + ((parity * (large / block) + c / block) * kProducts * small + k) * block + 2 * (c % block);
        for (int p = 0; p < kProducts; ++p)
          store_lanes(to + p * small * block, paired(even[kProducts - 1 - p], odd[kProducts - 1 - p]));
      }
}
#endif

template <>
void weight_gradient<ThisSet>(const float* u, int64_t rows, int64_t columns, int parity, float* weights,
                              int64_t large) {
  const int64_t product_stride = rows * columns;
  for (int64_t k = 0; k < rows; ++k)
    for (int64_t c = 0; c < columns; c += kLanes) {
      const float* const from = u + k * columns + c;
      float* const to = weights + k * 16 * large + c;
      Vector top[3], bottom[3];
      for (int j = 0; j < 3; ++j) {
        const Vector middle = load(from + (3 + j) * product_stride);
        top[j] = load(from + j * product_stride) + middle;
        bottom[j] = middle + load(from + (6 + j) * product_stride);
      }
      store(to + tap(parity, 0, 0) * large, top[0] + top[1]);
      store(to + tap(parity, 0, 1) * large, top[1] + top[2]);
      store(to + tap(parity, 1, 0) * large, bottom[0] + bottom[1]);
      store(to + tap(parity, 1, 1) * large, bottom[1] + bottom[2]);
    }
}

GAN_VECTORS_END
}  // namespace gan::winograd

#endif

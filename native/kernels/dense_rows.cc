#include "dense_rows.h"

#include <algorithm>

#include "vectors.h"

#ifdef GAN_AVX512

namespace gan::dense {
GAN_VECTORS_BEGIN
using namespace simd;

namespace {

/// 16 rows of 16 numbers from a place on, transposed, with zeros beyond the matrix. Loads and stores of some
/// lanes take several times a whole one's time.
GAN_INLINE void transposed_rows(const Rows<float>& from, int64_t row, int64_t column, Lanes* block) {
  const int64_t count = from.columns - column;
  const Mask some = first_lanes(count);
  const float* const first = from.data + row * from.stride + column;
  for (int64_t i = 0; i < kLanes; ++i)
    block[i] = lanes_of(row + i >= from.rows ? zeros()
                        : count >= kLanes    ? load(first + i * from.stride)
                                             : load_some(first + i * from.stride, some));
  simd::transpose(block);
}

/// Gradients of a ReLU's outcomes; what is no number lets its own pass, as LibTorch's does.
GAN_INLINE Vector passed(Vector slopes, Vector outcome) { return where(above_zero(outcome), slopes); }

}  // namespace

template <>
void FloatRows<ThisSet>::transpose(const Rows<float>& from, float* to, int64_t stride) {
  for (int64_t row = 0; row < from.rows; row += kLanes)
    for (int64_t column = 0; column < from.columns; column += kLanes) {
      Lanes block[kLanes];
      transposed_rows(from, row, column, block);
      for (int64_t i = 0; i < kLanes; ++i) store_lanes(to + (column + i) * stride + row, block[i]);
    }
}

template <>
void FloatRows<ThisSet>::transpose_with_bias(const Rows<float>& from, const float* bias, bool rectifies,
                                             float* to, int64_t stride) {
  for (int64_t row = 0; row < from.rows; row += kLanes) {
    const int64_t rows = from.rows - row;
    const Mask some = first_lanes(rows);
    const Vector shift = bias ? load_some(bias + row, some) : zeros();
    for (int64_t column = 0; column < from.columns; column += kLanes) {
      Lanes block[kLanes];
      transposed_rows(from, row, column, block);
      const int64_t count = std::min(kLanes, from.columns - column);
      for (int64_t i = 0; i < count; ++i) {
        const Vector shifted = numbers_of(block[i]) + shift;
        const Vector sums = rectifies ? simd::rectified(shifted) : shifted;
        float* const results = to + (column + i) * stride + row;
        if (rows >= kLanes)
          store(results, sums);
        else
          store_some(results, some, sums);
      }
    }
  }
}

template <>
void FloatRows<ThisSet>::mask(const float* gradients, const float* outputs, int64_t count, float* to) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(to + i, passed(load(gradients + i), load(outputs + i)));
  if (i == count) return;
  const Mask some = first_lanes(count - i);
  store_some(to + i, some, passed(load_some(gradients + i, some), load_some(outputs + i, some)));
}

GAN_VECTORS_END
}  // namespace gan::dense

#endif

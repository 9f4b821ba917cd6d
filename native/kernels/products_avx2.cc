#include "products_avx2.h"

#include <algorithm>
#include <utility>

#include "avx2.h"

#ifdef GAN_AVX512

namespace gan::avx2 {
GAN_AVX2_BEGIN
namespace {

/// Numbers of C that stay in registers: 6 rows of two vectors, which leaves four registers for what is read.
constexpr int64_t kRows = 6, kColumns = 16;

/// Rows of B that are laid out at a time: with as many columns of a few rows of A they stay in the
/// first-level cache.
constexpr int64_t kDepth = 256;

/// Rows of A from which on it is worth laying out B: fewer read its rows where they lie, if those are no
/// further apart than kNear numbers.
constexpr int64_t kManyRows = 48, kNear = 64;

/// kColumns columns of B, rows `stride` numbers apart.
struct Columns {
  const float* first;
  int64_t stride;
};

/// kDepth rows and kColumns columns of B, one row after another.
struct Panel {
  alignas(32) float numbers[kDepth * kColumns];

  void read(const float* from, int64_t rows, int64_t columns, int64_t stride) {
    if (columns == kColumns) {
      for (int64_t row = 0; row < rows; ++row, from += stride) {
        _mm256_store_ps(numbers + row * kColumns, _mm256_loadu_ps(from));
        _mm256_store_ps(numbers + row * kColumns + 8, _mm256_loadu_ps(from + 8));
      }
      return;
    }
    for (int64_t row = 0; row < rows; ++row, from += stride)
      std::fill(std::copy_n(from, columns, numbers + row * kColumns), numbers + (row + 1) * kColumns, 0.0F);
  }
};

/// Adds a number of A times a row of B to a row of C.
GAN_INLINE void add_product(const float* a, __m256 b_low, __m256 b_high, __m256& low, __m256& high) {
  const __m256 left = _mm256_broadcast_ss(a);
  low = _mm256_fmadd_ps(left, b_low, low);
  high = _mm256_fmadd_ps(left, b_high, high);
}

/// Rows of C, of kColumns columns. By folds: of loops over rows GCC may keep the sums in memory.
template <int... kRow>
GAN_INLINE void multiply_rows_of(std::integer_sequence<int, kRow...> /*rows*/, const float* a, int64_t lda,
                                 const Columns& columns, int64_t depth, bool add, float* c, int64_t ldc) {
  __m256 low[sizeof...(kRow)], high[sizeof...(kRow)];
  if (add)
    ((low[kRow] = _mm256_loadu_ps(c + kRow * ldc), high[kRow] = _mm256_loadu_ps(c + kRow * ldc + 8)), ...);
  else
    ((low[kRow] = high[kRow] = _mm256_setzero_ps()), ...);
  const float* b = columns.first;
  for (int64_t i = 0; i < depth; ++i, b += columns.stride) {
    const __m256 b_low = _mm256_loadu_ps(b), b_high = _mm256_loadu_ps(b + 8);
    (add_product(a + kRow * lda + i, b_low, b_high, low[kRow], high[kRow]), ...);
  }
  ((_mm256_storeu_ps(c + kRow * ldc, low[kRow]), _mm256_storeu_ps(c + kRow * ldc + 8, high[kRow])), ...);
}
template <int kCount>
void multiply_rows(const float* a, int64_t lda, const Columns& columns, int64_t depth, bool add, float* c,
                   int64_t ldc) {
  multiply_rows_of(std::make_integer_sequence<int, kCount>(), a, lda, columns, depth, add, c, ldc);
}

using Rows = void (*)(const float*, int64_t, const Columns&, int64_t, bool, float*, int64_t);

/// All rows of C, of kColumns columns.
void multiply_panel(const float* a, int64_t lda, const Columns& columns, int64_t rows, int64_t depth,
                    bool add, float* c, int64_t ldc) {
  static constexpr Rows kRest[kRows] = {nullptr,          multiply_rows<1>, multiply_rows<2>,
                                        multiply_rows<3>, multiply_rows<4>, multiply_rows<5>};
  int64_t row = 0;
  for (; row + kRows <= rows; row += kRows)
    multiply_rows<kRows>(a + row * lda, lda, columns, depth, add, c + row * ldc, ldc);
  if (row < rows) kRest[rows - row](a + row * lda, lda, columns, depth, add, c + row * ldc, ldc);
}

}  // namespace

void multiply(const Product& p, const float* a, const float* b, float* c) {
  Panel panel;
  const bool few = p.m < kManyRows && p.ldb <= kNear;
  for (int64_t from = 0; from < p.k; from += kDepth) {
    const int64_t depth = std::min(kDepth, p.k - from);
    const bool add = p.add || from > 0;
    for (int64_t column = 0; column < p.n; column += kColumns) {
      const int64_t columns = std::min(kColumns, p.n - column);
      const float* const first = b + from * p.ldb + column;
      if (columns == kColumns && few) {
        multiply_panel(a + from, p.lda, {first, p.ldb}, p.m, depth, add, c + column, p.ldc);
        continue;
      }
      panel.read(first, depth, columns, p.ldb);
      if (columns == kColumns) {
        multiply_panel(a + from, p.lda, {panel.numbers, kColumns}, p.m, depth, add, c + column, p.ldc);
        continue;
      }
      // What is left of a row has no room for whole vectors.
      for (int64_t row = 0; row < p.m; row += kRows) {
        const int64_t rows = std::min(kRows, p.m - row);
        float rest[kRows * kColumns] = {};
        float* const to = c + row * p.ldc + column;
        if (add)
          for (int64_t i = 0; i < rows; ++i) std::copy_n(to + i * p.ldc, columns, rest + i * kColumns);
        multiply_panel(a + row * p.lda + from, p.lda, {panel.numbers, kColumns}, rows, depth, add, rest,
                       kColumns);
        for (int64_t i = 0; i < rows; ++i) std::copy_n(rest + i * kColumns, columns, to + i * p.ldc);
      }
    }
  }
}

GAN_AVX2_END
}  // namespace gan::avx2

#endif

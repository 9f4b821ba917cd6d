// What goes into the products of dense.cc and dense_bf16.cc, and what is done with what comes out. For the
// processor's bfloat16 instructions numbers are rounded and laid out as those want them. A right side holds
// pairs of rows interleaved, [k / 2][columns][2], and the sides' k is even: an odd one gets a last row, or
// column, of zeros.
#pragma once

#include "avx512.h"

#ifdef GAN_AVX512

namespace gan::dense {

/// A row-major matrix, or a part of one.
template <class T>
struct Rows {
  const T* data;
  int64_t rows, columns, stride;
};

/// Rows of an even length: to[row * stride + column].
void copy(const Rows<Bf16>& from, Bf16* to, int64_t stride);

/// The matrix as a right side: to[row / 2 * 2 * stride + 2 * column + row % 2].
void pair_rows(const Rows<float>& from, Bf16* to, int64_t stride);
void pair_rows(const Rows<Bf16>& from, Bf16* to, int64_t stride);

/// The transpose of the matrix as a right side: to[column / 2 * 2 * stride + 2 * row + column % 2]. Rows up
/// to the next multiple of 16 become columns of zeros.
void pair_columns(const Rows<float>& from, Bf16* to, int64_t stride);

/// The transpose of the matrix as a left side: to[column * stride + row]. Rows up to the next multiple of 32
/// become zeros, and so many columns as fill 16 are written.
void transpose(const Rows<Bf16>& from, Bf16* to, int64_t stride);

/// to[column * stride + row]. Rows up to the next multiple of 16 become zeros, and so many columns as fill 16
/// are written.
void transpose(const Rows<float>& from, float* to, int64_t stride);

/// Adds `bias`, if there is one, to rows of float32, takes the larger of each and 0 if that is wanted, and
/// rounds.
void round(const Rows<float>& from, const float* bias, bool rectifies, Bf16* to, int64_t stride);

/// The transpose of the matrix plus `bias`, if there is one, or the larger of that and 0: to[column * stride
/// + row].
void transpose_with_bias(const Rows<float>& from, const float* bias, bool rectifies, float* to,
                         int64_t stride);

/// Gradients where outputs of a ReLU are not 0, and 0 elsewhere.
void mask(const float* gradients, const float* outputs, int64_t count, float* to);

}  // namespace gan::dense

#endif

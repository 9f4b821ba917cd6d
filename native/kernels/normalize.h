// Batch normalisation and a leaky ReLU in one go over memory, channel by channel:
//   z = (x − mean) · scale + bias,   y = z if z > 0 else slope · z,   with scale = weight / √(var + eps).
// Rows are pixels of `channels` numbers, a multiple of kHalfGroup.
#pragma once

#include "avx512.h"

namespace gan::normalize {

/// Rows whose sums are taken together: sums of sums, so that they are exact enough and the same for any
/// number of threads.
constexpr int64_t kRows = 128;
/// Channels that are handled together at least.
constexpr int64_t kHalfGroup = kGroup / 2;

/// What is applied to a channel.
struct Affine {
  const float* mean;
  const float* scale;
  const float* bias;
  float slope;
};

/// Sum and sum of squares of the differences to the rows' first, `first`: three times [channels].
template <class Set, class T>
void moments(const T* x, int64_t rows, int64_t channels, float* first, float* sum, float* squares);

/// y of so many rows.
template <class Set, class T>
void apply(const T* x, int64_t rows, int64_t channels, const Affine& affine, T* y);

/// Sums of dz and of dz · (x − mean), where dz is dy through the leaky ReLU.
template <class Set, class T>
void gradient_sums(const T* x, const T* dy, int64_t rows, int64_t channels, const Affine& affine, float* sum,
                   float* product);

/// dx = scale · (dz − shift − (x − mean) · tilt).
template <class Set, class T>
void apply_gradient(const T* x, const T* dy, int64_t rows, int64_t channels, const Affine& affine,
                    const float* shift, const float* tilt, T* dx);

}  // namespace gan::normalize

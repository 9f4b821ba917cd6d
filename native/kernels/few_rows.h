// The rows of pixels that few_channels.cc works on. A pixel's patch is 4 rows of `span` = 4 * channels
// numbers, of the image with a border of zeros; from one pixel to the next it moves on by 2 * channels.
#pragma once

#include "avx512.h"

namespace gan::few_channels {

/// The patches of `count` pixels of a row, one after another: out[pixel * 4 * span], with room for 16 numbers
/// more. `rows` begins at the patch of the first, `stride` is from one row of the bordered image to the next.
template <class Set, class T>
void gather(const T* rows, int64_t stride, int64_t count, int64_t span, T* out);

/// The same for bfloat16 with pairs of pixels interleaved.
template <class Set>
void gather_pairs(const Bf16* rows, int64_t stride, int64_t count, int64_t span, Bf16* out);

/// Adds up what two rows of pixels, `first` and `second`, bring to one row of the image, with `bias` [2 * n *
/// channels]: `span` numbers from each of their `n` pixels, 4 * span apart. Each may be null. `room` holds 2
/// * (2 * n * channels + 2 * span) + 32 numbers.
template <class Set, class T>
void fold(const float* first, const float* second, const float* bias, int64_t n, int64_t span, float* room,
          T* row);

/// Adds `bias`, if there is one, to rows of `columns` numbers: out[row * stride + column].
template <class Set, class T>
void finish(const float* from, int64_t rows, int64_t columns, const float* bias, T* out, int64_t stride);

/// Columns to rows: out[channel * out_stride + pixel] of 32 pixels, `channels` numbers apart.
template <class Set, class T>
void transpose(const T* pixels, int64_t channels, T* out, int64_t out_stride);

/// Float32 [rows][columns] to bfloat16 with pairs of rows interleaved.
template <class Set>
void pair_rows(const float* from, int64_t rows, int64_t columns, Bf16* to);

}  // namespace gan::few_channels

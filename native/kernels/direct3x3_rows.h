// The innermost loops of direct3x3.cc: rows of pixels of bfloat16, sixteen output channels a register.
#pragma once

#include "avx512.h"
#include "winograd3x3.h"

#ifdef GAN_AVX512

namespace gan::direct3x3 {

using winograd3x3::Weights;

using avx512::kLanes;

constexpr int64_t kTaps = 3;

/// The most channels of either side.
constexpr int64_t kMost = 32;

/// Channels that pixels of so many, at most kMost, are filled up to, with zeros.
constexpr int64_t filled(int64_t channels) { return channels <= 4 ? 4 : channels <= 16 ? 16 : kMost; }

/// Weights for a convolution of `filled(inputs)` channels: out[((group * 9 + tap) * channels / 2 + pair) * 32
/// + 2 * lane + input % 2], of groups of 16 outputs.
void lay_out(const float* weight, const Weights& layout, bool turned, int64_t inputs, int64_t outputs,
             Bf16* out);

/// `width` pixels of `outputs` numbers, `step` apart, from three rows of at least width + 2 pixels of
/// `channels` numbers. `bias` holds a multiple of 16 numbers.
struct Row {
  const Bf16* above[kTaps];
  int64_t width, channels;
  const Bf16* weights;
  const float* bias;
  int64_t outputs, step;
};
void convolve(const Row& row, Bf16* to);

/// A row of an image, pixels of `channels` numbers that are `step` apart. A null one is a row of zeros.
struct Line {
  const Bf16* data;
  int64_t width, channels, step;
};

/// The row between `padding` pixels of zeros, its pixels filled up to `filled` numbers.
void copy(const Line& line, int64_t padding, int64_t filled, Bf16* to);

/// The same as pairs of a number and its neighbour in the next pixel: to[(pixel * filled + channel) * 2].
void copy_pairs(const Line& line, int64_t padding, int64_t filled, Bf16* to);

/// The two sides of a gradient by the weight, of 4, 16 or 32 channels: x [rows + 2][x_pixels][channels][2] as
/// copy_pairs writes it, and y [rows][pairs of pixels][outputs][2].
struct Sides {
  const Bf16 *x, *y;
  int64_t rows, pairs, channels, x_pixels, outputs;
};

/// Adds up x and y at every tap: sums[((group * 9 + tap) * channels + input) * 16 + lane].
void add_products(const Sides& sides, float* sums);

}  // namespace gan::direct3x3

#endif

// The arithmetic of a 3×3 convolution of stride 1 with a quarter of the multiplications.
//
// A tile of 4×4 outputs from 6×6 inputs takes 36 products in the place of 144, in the form that Winograd gave
// it, F(4×4, 3×3):
//   y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A
// The ⊙ over all tiles and channels are 36 matrix products. By the weights, F(3×3, 4×4) is its transpose:
//   dg = Gᵀ[(A dy Aᵀ) ⊙ (Bᵀ d B)]G
// (Winograd, "Arithmetic Complexity of Computations", 1980; Lavin and Gray, arXiv:1509.09308).
//
// The polynomials behind it are taken at 0, ±5/8, ±3/2 and ∞: all constants of A and B are exact in float32
// and near 1, so that the result's rounding is less than twice that of the plain sum, where the customary
// points 0, ±1, ±2 have four times (Alam et al., "Winograd convolution for deep neural networks: efficient
// point selection", 2022).
//
// This header is about one tile: the loops around, threads and matrix products are in winograd3x3_conv.cc.
#pragma once

#include <cstdint>

#include "avx512.h"

namespace gan::winograd3x3 {

/// Products for one tile, the pixels of one that go in, and those that come out, each way.
constexpr int64_t kProducts = 36, kInput = 6, kOutput = 4, kTaps = 3;

/// Tiles whose products are laid out together where tiles follow each other in memory.
constexpr int64_t kTiles = 16;

/// One image in NHWC order, or some of its channels: pixels are `step` numbers apart.
template <class T>
struct Map {
  T* data;
  int64_t height, width, channels, step;
};

/// Channels are handled in groups of this size: where there are fewer, the rest counts as zeros, for which
/// products have room.
constexpr int64_t kGroupOf = 16;

/// Bᵀ d B of the tile whose first pixel is (row, column), to out[p * stride + c]. Pixels outside of the map
/// count as `zeros`, which has as many channels as the map.
template <class T>
void input(const Map<const T>& map, int64_t row, int64_t column, const T* zeros, float* out, int64_t stride);

/// Aᵀ m A of a tile of products m[p * stride + c], plus `bias` where that is not null: `channels` channels
/// from `channel` on of the pixels from (row, column) on, as far as the map goes.
template <class T>
void output(const float* m, int64_t stride, const float* bias, const Map<T>& map, int64_t row, int64_t column,
            int64_t channel, int64_t channels);

/// A dy Aᵀ of 16 tiles, channels first: out[p * product_stride + c * channel_stride + tile]. A null map is a
/// tile of zeros, and so are pixels outside.
struct Place {
  int64_t row, column;
};
template <class T>
void spread(const Map<const T>* maps, const Place* places, const T* zeros, float* out, int64_t product_stride,
            int64_t channel_stride);

/// Where the numbers of weights [outputs][inputs][3][3] lie: distances of neighbours in each direction.
struct Weights {
  int64_t output, input, tap;
};

/// G g Gᵀ for 16 input and `block` output channels, of which there are `inputs` and `outputs`:
/// out[p * product_stride + input * block + output]. With `turned` the kernels are turned by 180°, as a
/// gradient by the input wants them.
void weights(const float* from, const Weights& layout, bool turned, int64_t inputs, int64_t outputs,
             int64_t block, float* out, int64_t product_stride);

/// Gᵀ u G, back to the weights of one output: u[p * product_stride + input].
void gradient(const float* u, int64_t product_stride, int64_t inputs, float* to, const Weights& layout);

}  // namespace gan::winograd3x3

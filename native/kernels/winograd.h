// The arithmetic of a 4×4 convolution of stride 2 and padding 1, with a fraction 9/16 of the multiplications.
//
// Split by the parity of rows and columns, such a convolution is the sum of four 2×2 convolutions of stride
// 1, one for each of four half-size planes of the input, and its transpose is four such convolutions beside
// each other. Each of them runs in the form that Winograd gave it, F(2×2, 2×2): a tile of 2×2 outputs from
// 3×3 inputs by 9 products instead of 16,
//   y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A,   Bᵀ = [1 -1 0; 0 1 0; 0 -1 1],   G = [1 0; 1 1; 0 1],   Aᵀ = [1 1 0; 0 1
//   1],
// whose constants are 0 and ±1, so that no accuracy is spent on them (Winograd, "Arithmetic Complexity of
// Computations", 1980; Lavin and Gray, arXiv:1509.09308). The ⊙ over all tiles and channels are nine matrix
// products.
//
// This header is about one tile and one block of channels, for one instruction set: the loops around, threads
// and matrix products are in winograd_conv.cc.
#pragma once

#include <cstdint>

#include "avx512.h"

namespace gan::winograd {

/// Products for one tile.
constexpr int64_t kProducts = 9;

/// An image in NHWC order: `size` rows and columns of `channels` numbers.
template <class T>
struct Plane {
  T* data;
  int64_t size;
  int64_t channels;
};

/// Where a tile's rows and columns begin in a plane, and how far apart they are. Those outside count as zero.
struct Window {
  int64_t row;
  int64_t column;
  int64_t step;
};

/// Bᵀ d B of one tile: out[p * product_stride + c].
template <class Set, class T>
void input(const Plane<const T>& plane, const Window& window, T* out, int64_t product_stride);

/// The same for two tiles as a matrix product's right side wants it: for float32 two rows of `channels`, for
/// bfloat16 pairs (first, second) channel by channel.
template <class Set, class T>
void input_pair(const Plane<const T>& plane0, const Window& window0, const Plane<const T>& plane1,
                const Window& window1, T* out, int64_t product_stride);

/// Aᵀ m A of one tile: `m` is read at m[p * product_stride + c] for `channels` channels from `channel` on.
template <class Set, class T>
void output(const float* m, int64_t product_stride, const Plane<T>& plane, const Window& window,
            int64_t channel, int64_t channels);

/// A g Aᵀ, the transpose of `output`, of 32 tiles, channels first: out[p * product_stride + c *
/// channel_stride + tile]. A null plane is a tile of zeros.
template <class Set, class T>
void output_gradient(const Plane<const T>* planes, const Window* windows, T* out, int64_t product_stride,
                     int64_t channel_stride);

/// G g Gᵀ of the weights [small][4][4][large] for the rows `parity` of the product: large channels down,
/// small ones across in blocks of `block` columns. out is [small / block][products][4 * large][block], for
/// bfloat16 with pairs of rows interleaved.
template <class Set, class T>
void weights_down(const float* weights, int64_t large, int64_t block, int64_t begin, int64_t end, T* out);

/// The same for the transpose: out is [parities][large / block][products][small][block], of which the small
/// channels from `begin` to `end` are written.
template <class Set, class T>
void weights_up(const float* weights, int64_t small, int64_t large, int64_t block, int64_t begin, int64_t end,
                T* out);

/// Gᵀ u G, the transpose of the weights' transform, for the taps of one parity: u is
/// [products][rows][columns], and goes to as many small and large channels of `weights` [small][4][4][large].
template <class Set>
void weight_gradient(const float* u, int64_t rows, int64_t columns, int parity, float* weights,
                     int64_t large);

}  // namespace gan::winograd

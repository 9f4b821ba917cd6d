// 4×4 convolutions of stride 2 and padding 1 by Winograd's products; what those are is told in winograd.h.
#pragma once

#include "products.h"

namespace gan::winograd {

/// Tiles of a batch of `batch` images of size n on the small side: so many rows each of the nine products
/// has.
inline int64_t tiles_of(int64_t batch, int64_t n) { return batch * (n / 2) * (n / 2); }

// Both sides have a multiple of kGroup channels, and the small images an even size.

/// y = conv2d(x, weight); weight is [small][4][4][large].
template <class Set, class T>
void down(const Images<const T>& x, const float* weight, const Images<T>& y);

/// x = conv_transpose2d(y, weight).
template <class Set, class T>
void up(const Images<const T>& y, const float* weight, const Images<T>& x);

/// The gradient of sum(y * down(x, weight)) by the weight.
template <class Set, class T>
void weight_gradient(const Images<const T>& x, const Images<const T>& y, float* weight);

}  // namespace gan::winograd

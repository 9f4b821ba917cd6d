// 4×4 convolutions of stride 2 and padding 1 whose large images have up to four channels: a network's first
// layer, or its last. Each pixel of the small side meets 16 * channels numbers, so that one product of
// matrices does it; what remains is to gather and to spread those numbers, which lie 4 * channels at a time
// beside each other.
#pragma once

#include "products.h"

namespace gan::few_channels {

constexpr int64_t kMost = 4;

/// y = conv2d(x, weight) + bias; weight is [small][4][4][large] and bias [small] or null.
template <class Set, class T>
void down(const Images<const T>& x, const float* weight, const float* bias, const Images<T>& y);

/// x = conv_transpose2d(y, weight) + bias, with a bias [large] or null.
template <class Set, class T>
void up(const Images<const T>& y, const float* weight, const float* bias, const Images<T>& x);

/// The gradient of sum(y * down(x, weight)) by the weight.
template <class Set, class T>
void weight_gradient(const Images<const T>& x, const Images<const T>& y, float* weight);

}  // namespace gan::few_channels

// 3×3 convolutions of stride 1 by Winograd's products; what those are is told in winograd3x3.h.
#pragma once

#include <ATen/core/Tensor.h>

#include "winograd3x3.h"

namespace gan::winograd3x3 {

/// Tiles of 4×4 that cover all images of a batch.
inline int64_t tiles_of(int64_t count, int64_t height, int64_t width) {
  return count * ((height + kOutput - 1) / kOutput) * ((width + kOutput - 1) / kOutput);
}

/// A batch of images in NHWC order, or some of their channels: pixels are `step` numbers apart.
template <class T>
struct Maps {
  T* data;
  int64_t count, height, width, channels, step;

  Map<T> operator[](int64_t image) const {
    return {data + image * height * width * step, height, width, channels, step};
  }
  /// The part `index` of `parts` equal ones.
  Maps part(int64_t index, int64_t parts) const {
    return {data + index * (channels / parts), count, height, width, channels / parts, step};
  }
  int64_t tiles() const { return tiles_of(count, height, width); }
};

/// y = conv2d(x, weight, bias) with `padding` pixels of zeros around x. `layout` is that of weight [y's
/// channels][x's]; it is turned by 180° where `turned`. `bias` may be null.
template <class T>
void convolve(const Maps<const T>& x, const float* weight, const Weights& layout, bool turned,
              int64_t padding, const float* bias, const Maps<T>& y);

/// The gradient of sum(y * convolve(x, weight)) by the weight, [y's channels][x's].
template <class T>
void weight_gradient(const Maps<const T>& x, const Maps<const T>& y, int64_t padding, float* weight,
                     const Weights& layout);

}  // namespace gan::winograd3x3

// What normalize.h does, of planes: all numbers of one channel of one image, one after another.
#pragma once

#include "avx512.h"

namespace gan::normalize {

/// What is applied to a plane: z = (x − mean) · scale + bias, y = z if z > 0 else slope · z.
struct PlaneAffine {
  float mean, scale, bias, slope;
};

/// Mean and biased variance.
struct PlaneMoments {
  double mean, variance;
};

/// Sums of dz and of dz · (x − mean), where dz is dy through the leaky ReLU.
struct PlaneSums {
  double sum, product;
};

template <class Set, class T>
PlaneMoments plane_moments(const T* x, int64_t count);

/// y
template <class Set, class T>
void apply_plane(const T* x, int64_t count, const PlaneAffine& affine, T* y);

template <class Set, class T>
PlaneSums plane_gradient_sums(const T* x, const T* dy, int64_t count, const PlaneAffine& affine);

/// dx = scale · (dz − shift − (x − mean) · tilt).
template <class Set, class T>
void apply_plane_gradient(const T* x, const T* dy, int64_t count, const PlaneAffine& affine, float shift,
                          float tilt, T* dx);

}  // namespace gan::normalize

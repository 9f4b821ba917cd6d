// Products of a matrix and a vector on one thread, and sums of vectors. The order of their sums is fixed.
#pragma once

#include <cstdint>

namespace gan::vectors {

/// Σ a[i] b[i].
float dot(const float* a, const float* b, int64_t count);

/// to[i] += factor · from[i].
void add(float factor, const float* from, int64_t count, float* to);

/// to[i] = factor · from[i].
void scale(float factor, const float* from, int64_t count, float* to);

/// to[i] = a · x[i] + b · y[i].
void combine(float a, const float* x, float b, const float* y, int64_t count, float* to);

}  // namespace gan::vectors

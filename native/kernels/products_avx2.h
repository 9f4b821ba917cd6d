// Products of float32 matrices with AVX2.
#pragma once

#include "products.h"

namespace gan::avx2 {

/// What `multiply` tells.
void multiply(const Product& product, const float* a, const float* b, float* c);

}  // namespace gan::avx2

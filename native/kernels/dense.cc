#include "dense.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "channel_sums.h"
#include "dense_pack.h"
#include "dense_rows.h"
#include "products.h"
#include "turns.h"

namespace gan::dense {

#ifdef GAN_AVX512

namespace {

/// Rows of a batch that are multiplied together, and units of a layer.
constexpr int64_t kBand = 64, kBlock = 64;

Rows<float> rows_of(const at::Tensor& tensor) {
  return {numbers<const float>(tensor), tensor.size(0), tensor.size(1), tensor.size(1)};
}

/// At most `rows` and `columns` of a matrix from one on.
Rows<float> part(const Rows<float>& of, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  return {of.data + row * of.stride + column, std::min(rows, of.rows - row),
          std::min(columns, of.columns - column), of.stride};
}

/// The rooms of a thread: a band of a batch as columns, and a product.
struct Band {
  explicit Band(int64_t inputs) : columns(multiple(inputs, avx512::kLanes) * kBand), sums(kBlock * kBand) {}
  Room<float> columns, sums;
  int64_t held = -1;
};

/// gᵀ x for the units from `first` on, which `room` holds as rows.
void weights_gradient(const Rows<float>& g, const Rows<float>& x, int64_t first, float* room, float* to) {
  const Rows<float> slopes = part(g, 0, g.rows, first, kBlock);
  const int64_t stride = multiple(g.rows, avx512::kLanes);
  transpose(slopes, room, stride);
  multiply({slopes.columns, x.columns, g.rows, stride, x.stride, x.columns, false}, room, x.data,
           to + first * x.columns);
}

}  // namespace

bool usable(int64_t rows, int64_t inputs, int64_t outputs) {
  return rows >= 16 && rows <= 256 && inputs >= 16 && outputs >= 16 && inputs * outputs >= 1 << 12 &&
         has_vectors(at::kFloat);
}

void transpose(const Rows<float>& from, float* to, int64_t stride) {
  (has_avx512(at::kFloat) ? FloatRows<Avx512>::transpose : FloatRows<Avx2>::transpose)(from, to, stride);
}

void transpose_with_bias(const Rows<float>& from, const float* bias, bool rectifies, float* to,
                         int64_t stride) {
  (has_avx512(at::kFloat) ? FloatRows<Avx512>::transpose_with_bias : FloatRows<Avx2>::transpose_with_bias)(
      from, bias, rectifies, to, stride);
}

void mask(const float* gradients, const float* outputs, int64_t count, float* to) {
  (has_avx512(at::kFloat) ? FloatRows<Avx512>::mask : FloatRows<Avx2>::mask)(gradients, outputs, count, to);
}

at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias, bool rectifies) {
  // As the transpose of w xᵀ: the weights are read where they lie.
  const Rows<float> batch = rows_of(x), weights = rows_of(w);
  const int64_t inputs = weights.columns, outputs = weights.rows;
  at::Tensor result = at::empty({batch.rows, outputs}, x.options());
  float* const to = numbers<float>(result);
  const float* const shift = bias.defined() ? numbers<const float>(bias) : nullptr;
  const int64_t bands = at::divup(batch.rows, kBand), blocks = at::divup(outputs, kBlock);
  const auto make_room = [&] { return Band(inputs); };
  const auto work = [&](int64_t task, Band& band) {
    const int64_t index = task / blocks, row = index * kBand, first = task % blocks * kBlock;
    const Rows<float> rows = part(batch, row, kBand, 0, inputs),
                      units = part(weights, first, kBlock, 0, inputs);
    if (band.held != index) transpose(rows, band.columns.data(), kBand);
    band.held = index;
    // Fewer than 16 columns would be no quicker; those beyond are zeros.
    multiply({units.rows, std::max(rows.rows, avx512::kLanes), inputs, inputs, kBand, kBand, false},
             units.data, band.columns.data(), band.sums.data());
    transpose_with_bias({band.sums.data(), units.rows, rows.rows, kBand}, shift ? shift + first : nullptr,
                        rectifies, to + row * outputs + first, outputs);
  };
  in_turn(bands * blocks, threads_worth(batch.rows * inputs * outputs), make_room, work);
  return result;
}

Gradients gradients(const at::Tensor& g, const at::Tensor& x, const at::Tensor& w, const Wanted& wanted) {
  Gradients result;
  const Rows<float> slopes = rows_of(g);
  Rows<float> batch{}, weights{};
  int64_t products = 0, blocks = 0, bands = 0;
  if (wanted.x) {
    weights = rows_of(w);
    result.x = at::empty({slopes.rows, weights.columns}, g.options());
    bands = at::divup(slopes.rows, kBand);
    products += slopes.rows * weights.rows * weights.columns;
  }
  if (wanted.w) {
    batch = rows_of(x);
    result.w = at::empty({slopes.columns, batch.columns}, g.options());
    blocks = at::divup(slopes.columns, kBlock);
    products += slopes.rows * slopes.columns * batch.columns;
  }
  const int64_t parts = wanted.x ? bands * at::divup(weights.columns, kBlock) : 0;
  const auto make_room = [&] {
    return Room<float>(wanted.w ? kBlock * multiple(slopes.rows, avx512::kLanes) : 0);
  };
  const auto work = [&](int64_t task, const Room<float>& room) {
    if (task < parts) {
      const int64_t row = task % bands * kBand, column = task / bands * kBlock;
      const Rows<float> left = part(slopes, row, kBand, 0, slopes.columns);
      const Rows<float> right = part(weights, 0, weights.rows, column, kBlock);
      multiply({left.rows, right.columns, left.columns, left.stride, right.stride, weights.columns, false},
               left.data, right.data, numbers<float>(result.x) + row * weights.columns + column);
    } else if (task < parts + blocks) {
      weights_gradient(slopes, batch, (task - parts) * kBlock, room.data(), numbers<float>(result.w));
    } else {
      const at::NoGradGuard plain;
      result.bias = kernels::channel_sums(g);
    }
  };
  in_turn(parts + blocks + (wanted.bias ? 1 : 0), threads_worth(products), make_room, work);
  return result;
}

at::Tensor masked(const at::Tensor& g, const at::Tensor& output) {
  at::Tensor result = at::empty_like(g);
  // So quick that it is hardly ever worth another thread.
  constexpr int64_t kLeastOfMasks = 1 << 18;
  at::parallel_for(0, g.numel(), kLeastOfMasks, [&](int64_t begin, int64_t end) {
    mask(numbers<const float>(g) + begin, numbers<const float>(output) + begin, end - begin,
         numbers<float>(result) + begin);
  });
  return result;
}

#else

bool usable(int64_t, int64_t, int64_t) { return false; }
at::Tensor forward(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool) { return {}; }
Gradients gradients(const at::Tensor&, const at::Tensor&, const at::Tensor&, const Wanted&) { return {}; }
at::Tensor masked(const at::Tensor&, const at::Tensor&) { return {}; }

#endif

}  // namespace gan::dense

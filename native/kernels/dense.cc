#include "dense.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <array>

#include "products.h"

namespace gan::dense {
namespace {

/// A row-major matrix, or a part of one.
template <class T>
struct Matrix {
  T* data;
  int64_t rows, columns, stride;

  /// Rows from `begin` on, at most `count`.
  Matrix rows_from(int64_t begin, int64_t count) const {
    return {data + begin * stride, std::min(count, rows - begin), columns, stride};
  }
  Matrix columns_from(int64_t begin, int64_t count) const {
    return {data + begin, rows, std::min(count, columns - begin), stride};
  }
};

Matrix<const float> input(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), tensor.size(0), tensor.size(1), tensor.size(1)};
}
Matrix<float> output(const at::Tensor& tensor) {
  return {tensor.mutable_data_ptr<float>(), tensor.size(0), tensor.size(1), tensor.size(1)};
}

void multiply(const Matrix<const float>& a, const Matrix<const float>& b, const Matrix<float>& c) {
  at::native::cpublas::brgemm(a.rows, b.columns, a.columns, a.stride, b.stride, c.stride, false, a.data,
                              b.data, c.data, false);
}

/// Blocks that one thread takes, of so many multiplications each: a small layer is not worth another one.
int64_t blocks_at_once(int64_t multiplications) {
  constexpr int64_t kWork = 1 << 20;
  return std::max<int64_t>(1, kWork / std::max<int64_t>(1, multiplications));
}

/// The cache line's worth of numbers that transposing goes by.
constexpr int64_t kLine = 16;

/// to = fromᵀ, plus a number for each column of `to` where `bias` is not null.
void transpose(const Matrix<const float>& from, const Matrix<float>& to, const float* bias) {
  for (int64_t r = 0; r < from.rows; r += kLine) {
    const int64_t count = std::min(kLine, from.rows - r);
    std::array<float, kLine> shift{};
    if (bias) std::copy_n(bias + r, count, shift.begin());
    const float* column = from.data + r * from.stride;
    float* line = to.data + r;
    for (int64_t c = 0; c < from.columns; ++c, ++column, line += to.stride)
      for (int64_t i = 0; i < count; ++i) line[i] = column[i * from.stride] + shift[i];
  }
}

/// A transposed copy, made by all threads.
at::Tensor transposed(const at::Tensor& tensor) {
  const at::Tensor result = at::empty({tensor.size(1), tensor.size(0)}, tensor.options());
  const Matrix<const float> from = input(tensor);
  const Matrix<float> to = output(result);
  constexpr int64_t kBlock = 64;
  at::parallel_for(0, at::divup(from.columns, kBlock), blocks_at_once(16 * kBlock * from.rows),
                   [&](int64_t begin, int64_t end) {
                     const int64_t first = begin * kBlock, count = (end - begin) * kBlock;
                     transpose(from.columns_from(first, count), to.rows_from(first, count), nullptr);
                   });
  return result;
}

}  // namespace

bool usable(int64_t rows, int64_t inputs, int64_t outputs) {
  return rows >= 16 && rows <= 256 && inputs >= 16 && outputs >= 16 && inputs * outputs >= 1 << 12 &&
         has_avx512(at::kFloat);
}

at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias) {
  // As the transpose of w xᵀ: the weights are read where they lie, once.
  const at::Tensor columns = transposed(x), result = at::empty({x.size(0), w.size(0)}, x.options());
  const Matrix<const float> right = input(columns), weights = input(w);
  const Matrix<float> to = output(result);
  const float* shift = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
  constexpr int64_t kRows = 32;
  const int64_t grain = blocks_at_once(kRows * weights.columns * right.columns);
  at::parallel_for(0, at::divup(weights.rows, kRows), grain, [&](int64_t begin, int64_t end) {
    const at::Tensor room = at::empty({kRows, right.columns}, x.options());
    for (int64_t first = begin * kRows; first < std::min(end * kRows, weights.rows); first += kRows) {
      const Matrix<float> product = output(room).rows_from(0, weights.rows - first);
      multiply(weights.rows_from(first, kRows), right, product);
      transpose({product.data, product.rows, product.columns, product.stride}, to.columns_from(first, kRows),
                shift ? shift + first : nullptr);
    }
  });
  return result;
}

at::Tensor input_gradient(const at::Tensor& g, const at::Tensor& w) {
  const at::Tensor result = at::empty({g.size(0), w.size(1)}, g.options());
  const Matrix<const float> left = input(g), weights = input(w);
  const Matrix<float> to = output(result);
  constexpr int64_t kColumns = 64;
  const int64_t grain = blocks_at_once(kColumns * left.rows * left.columns);
  at::parallel_for(0, at::divup(to.columns, kColumns), grain, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin * kColumns; first < std::min(end * kColumns, to.columns); first += kColumns)
      multiply(left, weights.columns_from(first, kColumns), to.columns_from(first, kColumns));
  });
  return result;
}

at::Tensor weight_gradient(const at::Tensor& g, const at::Tensor& x) {
  const at::Tensor rows = transposed(g), result = at::empty({g.size(1), x.size(1)}, g.options());
  const Matrix<const float> left = input(rows), right = input(x);
  const Matrix<float> to = output(result);
  constexpr int64_t kRows = 64;
  const int64_t grain = blocks_at_once(kRows * left.columns * right.columns);
  at::parallel_for(0, at::divup(to.rows, kRows), grain, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin * kRows; first < std::min(end * kRows, to.rows); first += kRows)
      multiply(left.rows_from(first, kRows), right, to.rows_from(first, kRows));
  });
  return result;
}

}  // namespace gan::dense

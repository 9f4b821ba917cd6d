#include "dense_bf16.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <optional>

#include "dense_pack.h"
#include "products.h"

namespace gan::dense_bf16 {

#ifdef GAN_AVX512

namespace {

using dense::Rows;

template <class T>
Rows<T> rows_of(const at::Tensor& tensor) {
  return {numbers<const T>(tensor), tensor.size(0), tensor.size(1), tensor.size(1)};
}

/// Columns of a result that are made together, and rows of a weight's gradient.
constexpr int64_t kBlock = 64;

/// Multiplications that are worth another thread.
constexpr int64_t kWork = 1 << 20;

/// Rooms that a thread works in, of so many numbers.
struct Rooms {
  Rooms(int64_t short_numbers, int64_t numbers) : side(short_numbers), sums(numbers) {}
  Room<Bf16> side;
  Room<float> sums;
  Products<Bf16> held;
};

/// Calls `work` with the beginning of each block of `count` numbers and rooms, on all threads where blocks
/// are of so many multiplications that it pays.
template <class Work>
void by_blocks(int64_t count, int64_t multiplications, int64_t short_numbers, int64_t sums, Work work) {
  const int64_t blocks = at::divup(count, kBlock), grain = std::max<int64_t>(1, kWork / multiplications);
  at::parallel_for(0, blocks, grain, [&](int64_t begin, int64_t end) {
    const Rooms rooms(short_numbers, sums);
    for (int64_t block = begin; block < end; ++block) work(block * kBlock, rooms);
  });
}

/// The left side of a product: the tensor itself, unless its rows are of odd length.
class Left {
 public:
  explicit Left(const at::Tensor& tensor)
      : from_(rows_of<Bf16>(tensor)), depth_(multiple(tensor.size(1), 2)) {
    if (depth_ == from_.columns) return;
    copy_.emplace(from_.rows * depth_);
    dense::copy(from_, copy_->data(), depth_);
  }
  const Bf16* data() const { return copy_ ? copy_->data() : from_.data; }
  int64_t rows() const { return from_.rows; }
  int64_t depth() const { return depth_; }

 private:
  Rows<Bf16> from_;
  int64_t depth_;
  std::optional<Room<Bf16>> copy_;
};

/// left · right + bias, rounded, where `lay_out` writes at most kBlock columns of the right side from one on.
template <class LayOut>
at::Tensor product(const at::Tensor& tensor, int64_t columns, const float* bias, LayOut lay_out) {
  const Left left(tensor);
  const int64_t rows = left.rows(), depth = left.depth();
  at::Tensor result = at::empty({rows, columns}, tensor.options());
  Bf16* const to = numbers<Bf16>(result);
  const auto work = [&](int64_t first, const Rooms& rooms) {
    const int64_t count = std::min(kBlock, columns - first), stride = multiple(count, avx512::kLanes);
    Bf16* const right = rooms.side.data();
    float* const sums = rooms.sums.data();
    lay_out(first, count, right, stride);
    multiply({rows, count, depth, depth, stride, stride, false}, left.data(), right, sums);
    dense::round({sums, rows, count, stride}, bias ? bias + first : nullptr, to + first, columns);
  };
  by_blocks(columns, rows * depth * kBlock, depth * kBlock, rows * kBlock, work);
  return result;
}

}  // namespace

bool usable(int64_t rows, int64_t inputs, int64_t outputs) {
  return rows >= 16 && rows <= 512 && inputs >= 16 && outputs >= 16 && has_avx512(at::kBFloat16);
}

at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias) {
  const Rows<float> weights = rows_of<float>(w);
  const float* const shift = bias.defined() ? numbers<const float>(bias) : nullptr;
  return product(x, weights.rows, shift, [&](int64_t first, int64_t count, Bf16* to, int64_t stride) {
    dense::pair_columns({weights.data + first * weights.stride, count, weights.columns, weights.stride}, to,
                        stride);
  });
}

at::Tensor input_gradient(const at::Tensor& g, const at::Tensor& w) {
  const Rows<float> weights = rows_of<float>(w);
  return product(g, weights.columns, nullptr, [&](int64_t first, int64_t count, Bf16* to, int64_t stride) {
    dense::pair_rows(Rows<float>{weights.data + first, weights.rows, count, weights.stride}, to, stride);
  });
}

at::Tensor weight_gradient(const at::Tensor& g, const at::Tensor& x) {
  const Rows<Bf16> slopes = rows_of<Bf16>(g), inputs = rows_of<Bf16>(x);
  const int64_t depth = multiple(slopes.rows, 32), stride = multiple(inputs.columns, avx512::kLanes);
  at::Tensor result = at::empty({slopes.columns, inputs.columns}, g.options().dtype(at::kFloat));
  float* const to = numbers<float>(result);
  const Room<Bf16> right(depth * stride);
  std::fill_n(right.data() + multiple(slopes.rows, 2) * stride, (depth - multiple(slopes.rows, 2)) * stride,
              Bf16{0});
  dense::pair_rows(inputs, right.data(), stride);
  const auto work = [&](int64_t first, const Rooms& rooms) {
    const int64_t count = std::min(kBlock, slopes.columns - first);
    Bf16* const left = rooms.side.data();
    dense::transpose({slopes.data + first, slopes.rows, count, slopes.stride}, left, depth);
    multiply({count, inputs.columns, depth, depth, stride, inputs.columns, false}, left, right.data(),
             to + first * inputs.columns);
  };
  by_blocks(slopes.columns, depth * inputs.columns * kBlock, kBlock * depth, 0, work);
  return result;
}

#else

bool usable(int64_t, int64_t, int64_t) { return false; }
at::Tensor forward(const at::Tensor&, const at::Tensor&, const at::Tensor&) { return {}; }
at::Tensor input_gradient(const at::Tensor&, const at::Tensor&) { return {}; }
at::Tensor weight_gradient(const at::Tensor&, const at::Tensor&) { return {}; }

#endif

}  // namespace gan::dense_bf16

#include "dense_bf16.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <optional>

#include "channel_sums.h"
#include "dense_pack.h"
#include "products.h"
#include "turns.h"

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

/// Rooms that a thread works in, of so many numbers.
struct Rooms {
  Rooms(int64_t short_numbers, int64_t numbers) : side(short_numbers), sums(numbers) {}
  Room<Bf16> side;
  Room<float> sums;
  Products<Bf16> held;
};

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

/// left · right + bias, rounded, for at most kBlock columns of the result from `first` on, where `lay_out`
/// writes those of the right side.
struct RoundedProduct {
  const Left& left;
  int64_t columns;
  const float* bias;
  bool rectifies;
  Bf16* to;

  Rooms rooms() const { return {left.depth() * kBlock, left.rows() * kBlock}; }
  template <class LayOut>
  void make(int64_t first, const Rooms& rooms, LayOut lay_out) const {
    const int64_t count = std::min(kBlock, columns - first), stride = multiple(count, avx512::kLanes);
    Bf16* const right = rooms.side.data();
    float* const sums = rooms.sums.data();
    lay_out(count, right, stride);
    multiply({left.rows(), count, left.depth(), left.depth(), stride, stride, false}, left.data(), right,
             sums);
    dense::round({sums, left.rows(), count, stride}, bias ? bias + first : nullptr, rectifies, to + first,
                 columns);
  }
};

/// gᵀ x for rows of the result, whose right side is laid out once.
class WeightGradient {
 public:
  WeightGradient(const at::Tensor& g, const at::Tensor& x)
      : slopes_(rows_of<Bf16>(g)),
        inputs_(x.size(1)),
        depth_(multiple(slopes_.rows, 32)),
        stride_(multiple(inputs_, avx512::kLanes)),
        right_(depth_ * stride_) {
    const int64_t written = multiple(slopes_.rows, 2) * stride_;
    std::fill_n(right_.data() + written, depth_ * stride_ - written, Bf16{0});
    dense::pair_rows(rows_of<Bf16>(x), right_.data(), stride_);
  }
  int64_t depth() const { return depth_; }
  void make(int64_t first, const Rooms& rooms, float* to) const {
    const int64_t count = std::min(kBlock, slopes_.columns - first);
    Bf16* const left = rooms.side.data();
    dense::transpose({slopes_.data + first, slopes_.rows, count, slopes_.stride}, left, depth_);
    multiply({count, inputs_, depth_, depth_, stride_, inputs_, false}, left, right_.data(),
             to + first * inputs_);
  }

 private:
  Rows<Bf16> slopes_;
  int64_t inputs_, depth_, stride_;
  Room<Bf16> right_;
};

}  // namespace

bool usable(int64_t rows, int64_t inputs, int64_t outputs) {
  return rows >= 16 && rows <= 512 && inputs >= 16 && outputs >= 16 && has_avx512(at::kBFloat16);
}

at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias, bool rectifies) {
  const Rows<float> weights = rows_of<float>(w);
  const Left left(x);
  at::Tensor result = at::empty({x.size(0), weights.rows}, x.options());
  const RoundedProduct product{left, weights.rows, bias.defined() ? numbers<const float>(bias) : nullptr,
                               rectifies, numbers<Bf16>(result)};
  const auto work = [&](int64_t block, const Rooms& rooms) {
    const float* const first = weights.data + block * kBlock * weights.stride;
    product.make(block * kBlock, rooms, [&](int64_t count, Bf16* to, int64_t stride) {
      dense::pair_columns({first, count, weights.columns, weights.stride}, to, stride);
    });
  };
  in_turn(
      at::divup(weights.rows, kBlock), threads_worth(left.rows() * w.numel()),
      [&] { return product.rooms(); }, work);
  return result;
}

dense::Gradients gradients(const at::Tensor& g, const at::Tensor& x, const at::Tensor& w,
                           const dense::Wanted& wanted) {
  dense::Gradients result;
  const int64_t rows = g.size(0), outputs = g.size(1);
  int64_t parts = 0, blocks = 0, products = 0;
  Rows<float> weights{};
  std::optional<Left> left;
  std::optional<RoundedProduct> product;
  std::optional<WeightGradient> gradient;
  if (wanted.x) {
    left.emplace(g);
    weights = rows_of<float>(w);
    result.x = at::empty({rows, weights.columns}, g.options());
    product.emplace(RoundedProduct{*left, weights.columns, nullptr, false, numbers<Bf16>(result.x)});
    parts = at::divup(weights.columns, kBlock);
    products += rows * w.numel();
  }
  if (wanted.w) {
    gradient.emplace(g, x);
    result.w = at::empty({outputs, x.size(1)}, g.options().dtype(at::kFloat));
    blocks = at::divup(outputs, kBlock);
    products += outputs * x.numel();
  }
  const auto make_room = [&] {
    return Rooms(kBlock * std::max(left ? left->depth() : 0, gradient ? gradient->depth() : 0),
                 left ? rows * kBlock : 0);
  };
  const auto work = [&](int64_t task, const Rooms& rooms) {
    if (task < parts) {
      const float* const first = weights.data + task * kBlock;
      product->make(task * kBlock, rooms, [&](int64_t count, Bf16* to, int64_t stride) {
        dense::pair_rows(Rows<float>{first, weights.rows, count, weights.stride}, to, stride);
      });
    } else if (task < parts + blocks) {
      gradient->make((task - parts) * kBlock, rooms, numbers<float>(result.w));
    } else {
      const at::NoGradGuard plain;
      result.bias = kernels::channel_sums(g);
    }
  };
  in_turn(parts + blocks + (wanted.bias ? 1 : 0), threads_worth(products), make_room, work);
  return result;
}

#else

bool usable(int64_t, int64_t, int64_t) { return false; }
at::Tensor forward(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool) { return {}; }
dense::Gradients gradients(const at::Tensor&, const at::Tensor&, const at::Tensor&, const dense::Wanted&) {
  return {};
}

#endif

}  // namespace gan::dense_bf16

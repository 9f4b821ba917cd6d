#include "pointwise.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "channel_sums.h"
#include "dense_pack.h"
#include "gradients.h"
#include "products.h"

namespace gan::pointwise {

#ifdef GAN_AVX512

namespace {

using dense::Rows;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

using Bias = std::optional<at::Tensor>;

/// Pixels whose products are made together: they stay in the second-level cache.
constexpr int64_t kPixels = 128;

/// Sums of a weight's gradient that are added up at the end, in their order: the same bits on any number of
/// threads.
constexpr int64_t kSums = 16;

/// Multiplications that are worth another thread.
constexpr int64_t kWork = 1 << 19;

/// Images as a row for each pixel.
template <class T>
Rows<T> pixels_of(const at::Tensor& images) {
  const int64_t channels = images.size(1);
  return {numbers<const T>(images), images.numel() / channels, channels, channels};
}

template <class T>
Rows<T> part(const Rows<T>& rows, int64_t first, int64_t most) {
  return {rows.data + first * rows.stride, std::min(most, rows.rows - first), rows.columns, rows.stride};
}

/// Weights [outputs][inputs], wherever the two ones of their kernels lie.
at::Tensor matrix_of(const at::Tensor& weight) {
  return weight.reshape({weight.size(0), weight.size(1)}).contiguous();
}

/// The right side of products with wᵀ, or with w where it is the way back: rows are `stride` numbers apart.
void lay_out(const Rows<float>& weights, bool back, Bf16* to, int64_t stride) {
  if (back)
    dense::pair_rows(weights, to, stride);
  else
    dense::pair_columns(weights, to, stride);
}
void lay_out(const Rows<float>& weights, bool back, float* to, int64_t stride) {
  if (back)
    for (int64_t row = 0; row < weights.rows; ++row)
      std::copy_n(weights.data + row * weights.stride, weights.columns, to + row * stride);
  else
    dense::transpose(weights, to, stride);
}

/// The products of a few pixels, plus a bias, unless it is null.
void multiply_pixels(const Rows<Bf16>& left, const Bf16* right, int64_t stride, const float* bias,
                     int64_t outputs, float* sums, Bf16* to) {
  multiply({left.rows, outputs, left.columns, left.stride, stride, stride, false}, left.data, right, sums);
  dense::round({sums, left.rows, outputs, stride}, bias, false, to, outputs);
}
void multiply_pixels(const Rows<float>& left, const float* right, int64_t stride, const float* bias,
                     int64_t outputs, float*, float* to) {
  multiply({left.rows, outputs, left.columns, left.stride, stride, outputs, false}, left.data, right, to);
  if (bias)
    for (float* row = to; row < to + left.rows * outputs; row += outputs)
      for (int64_t i = 0; i < outputs; ++i) row[i] += bias[i];
}

/// x wᵀ + bias, or x w where it is the way back.
template <class T>
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const Bias& bias, bool back) {
  const at::Tensor from = channels_last(x), w = matrix_of(weight);
  const Rows<T> pixels = pixels_of<T>(from);
  const Rows<float> weights{w.const_data_ptr<float>(), w.size(0), w.size(1), w.size(1)};
  const int64_t outputs = back ? weights.columns : weights.rows, depth = pixels.columns,
                stride = multiple(outputs, avx512::kLanes);
  const at::Tensor shift = bias ? bias->contiguous() : at::Tensor();
  const float* const shifts = bias ? shift.const_data_ptr<float>() : nullptr;
  at::Tensor result =
      at::empty({x.size(0), outputs, x.size(2), x.size(3)}, x.options(), at::MemoryFormat::ChannelsLast);
  T* const to = numbers<T>(result);
  const Room<T> right(multiple(depth, avx512::kLanes) * stride);
  lay_out(weights, back, right.data(), stride);
  const int64_t grain = at::divup(kWork, kPixels * depth * outputs);
  at::parallel_for(0, at::divup(pixels.rows, kPixels), grain, [&](int64_t begin, int64_t end) {
    const Room<float> sums(kPairs<T> ? kPixels * stride : 0);
    const Products<T> held;
    for (int64_t first = begin * kPixels; first < std::min(end * kPixels, pixels.rows); first += kPixels)
      multiply_pixels(part(pixels, first, kPixels), right.data(), stride, shifts, outputs, sums.data(),
                      to + first * outputs);
  });
  const bool last = x.suggest_memory_format() == at::MemoryFormat::ChannelsLast ||
                    weight.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
  return last ? result : result.contiguous();
}

/// Room for both sides of yᵀ x of a few pixels, and the product.
template <class T>
struct Sides;
/// A last block that is short ends in zeros.
template <>
struct Sides<Bf16> {
  int64_t rows, columns, stride = multiple(columns, avx512::kLanes);
  Room<Bf16> left{multiple(rows, avx512::kLanes) * kPixels}, right{kPixels * stride};

  void multiply_pixels(const Rows<Bf16>& x, const Rows<Bf16>& y, float* to, bool add) const {
    std::fill_n(right.data() + x.rows / 2 * 2 * stride, (kPixels - x.rows / 2 * 2) * stride, Bf16{0});
    dense::pair_rows(x, right.data(), stride);
    dense::transpose(y, left.data(), kPixels);
    multiply({rows, columns, multiple(x.rows, 32), kPixels, stride, columns, add}, left.data(), right.data(),
             to);
  }
};
template <>
struct Sides<float> {
  int64_t rows, columns;
  Room<float> left{multiple(rows, avx512::kLanes) * kPixels};

  void multiply_pixels(const Rows<float>& x, const Rows<float>& y, float* to, bool add) const {
    dense::transpose(y, left.data(), kPixels);
    multiply({rows, columns, x.rows, kPixels, x.stride, columns, add}, left.data(), x.data, to);
  }
};

/// yᵀ x, of all pixels.
template <class T>
at::Tensor sum_products(const at::Tensor& x, const at::Tensor& y) {
  const at::Tensor images = channels_last(x), results = channels_last(y);
  const Rows<T> inputs = pixels_of<T>(images), slopes = pixels_of<T>(results);
  const int64_t columns = inputs.columns, rows = slopes.columns, count = rows * columns,
                blocks = at::divup(inputs.rows, kPixels), sums = std::min(kSums, blocks);
  const Room<float> room(sums * count);
  const int64_t grain = at::divup(kWork, at::divup(blocks, sums) * kPixels * count);
  at::parallel_for(0, sums, grain, [&](int64_t begin, int64_t end) {
    const Sides<T> sides{rows, columns};
    const Products<T> held;
    for (int64_t sum = begin; sum < end; ++sum) {
      const int64_t start = sum * blocks / sums;
      for (int64_t block = start; block < (sum + 1) * blocks / sums; ++block)
        sides.multiply_pixels(part(inputs, block * kPixels, kPixels), part(slopes, block * kPixels, kPixels),
                              room.data() + sum * count, block > start);
    }
  });
  float* const total = room.data();
  for (int64_t sum = 1; sum < sums; ++sum)
    for (int64_t i = 0; i < count; ++i) total[i] += total[sum * count + i];
  // A matrix is a weight of 1×1 in any memory format.
  at::Tensor result = at::empty({rows, columns, 1, 1}, x.options().dtype(at::kFloat));
  std::copy_n(total, count, result.data_ptr<float>());
  return result;
}

// The convolution and its gradients by input and weight are each linear in both arguments, and each one's
// gradients are the other two: so derivatives of every order stay among two functions.

struct Convolution : Function<Convolution> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const Bias& bias, bool back) {
    context->set_materialize_grads(false);
    context->save_for_backward({x, weight});
    context->saved_data[kHasBias] = bias.has_value();
    context->saved_data["back"] = back;
    RECORD_FUNCTION("gan::conv1x1", (std::vector<c10::IValue>{x, weight}));
    return x.scalar_type() == at::kFloat ? convolve<float>(x, weight, bias, back)
                                         : convolve<Bf16>(x, weight, bias, back);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// By weight, of <y, conv2d(x, weight)>.
struct WeightGradient : Function<WeightGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& y) {
    context->set_materialize_grads(false);
    context->save_for_backward({x, y});
    RECORD_FUNCTION("gan::conv1x1_weight_gradient", (std::vector<c10::IValue>{x, y}));
    return x.scalar_type() == at::kFloat ? sum_products<float>(x, y) : sum_products<Bf16>(x, y);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

variable_list Convolution::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &weight = saved[1], &y = gradients[0];
  const bool back = context->saved_data["back"].toBool(), biased = context->saved_data[kHasBias].toBool();
  return {wanted(context, 0, gradients) ? Convolution::apply(y, weight, Bias(), !back) : at::Tensor(),
          !wanted(context, 1, gradients) ? at::Tensor()
          : back                         ? WeightGradient::apply(y, x)
                                         : WeightGradient::apply(x, y),
          biased && wanted(context, 2, gradients) ? kernels::channel_sums(y) : at::Tensor(), at::Tensor()};
}

variable_list WeightGradient::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &y = saved[1], &weight = gradients[0];
  return {wanted(context, 0, gradients) ? Convolution::apply(y, weight, Bias(), true) : at::Tensor(),
          wanted(context, 1, gradients) ? Convolution::apply(x, weight, Bias(), false) : at::Tensor()};
}

/// Fewer pixels are LibTorch's.
constexpr int64_t kFewest = 256;

}  // namespace

bool usable(at::IntArrayRef image, int64_t outputs, at::ScalarType dtype) {
  const int64_t inputs = image[1];
  const bool is_float = dtype == at::kFloat, pairs = inputs % 2 == 0 && outputs % 2 == 0;
  if (!(is_float || (dtype == at::kBFloat16 && pairs && !has_amx())) || !has_vectors(dtype)) return false;
  return std::min(inputs, outputs) >= avx512::kLanes && std::max(inputs, outputs) <= 512 &&
         image[0] * image[2] * image[3] >= kFewest;
}

at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const Bias& bias) {
  return Convolution::apply(x, weight, bias, false);
}

#else

bool usable(at::IntArrayRef, int64_t, at::ScalarType) { return false; }
at::Tensor conv2d(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&) { return {}; }

#endif

}  // namespace gan::pointwise

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
Rows<Bf16> pixels_of(const at::Tensor& images) {
  const int64_t channels = images.size(1);
  return {numbers<const Bf16>(images), images.numel() / channels, channels, channels};
}

Rows<Bf16> part(const Rows<Bf16>& rows, int64_t first, int64_t most) {
  return {rows.data + first * rows.stride, std::min(most, rows.rows - first), rows.columns, rows.stride};
}

/// Weights [outputs][inputs], wherever the two ones of their kernels lie.
at::Tensor matrix_of(const at::Tensor& weight) {
  return weight.reshape({weight.size(0), weight.size(1)}).contiguous();
}

/// x wᵀ + bias, or x w where it is the way back.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const Bias& bias, bool back) {
  const at::Tensor from = channels_last(x), w = matrix_of(weight);
  const Rows<Bf16> pixels = pixels_of(from);
  const Rows<float> weights{w.const_data_ptr<float>(), w.size(0), w.size(1), w.size(1)};
  const int64_t outputs = back ? weights.columns : weights.rows, depth = pixels.columns,
                stride = multiple(outputs, avx512::kLanes);
  const at::Tensor shift = bias ? bias->contiguous() : at::Tensor();
  const float* const shifts = bias ? shift.const_data_ptr<float>() : nullptr;
  at::Tensor result =
      at::empty({x.size(0), outputs, x.size(2), x.size(3)}, x.options(), at::MemoryFormat::ChannelsLast);
  Bf16* const to = numbers<Bf16>(result);
  const Room<Bf16> right(depth * stride);
  if (back)
    dense::pair_rows(weights, right.data(), stride);
  else
    dense::pair_columns(weights, right.data(), stride);
  const int64_t grain = at::divup(kWork, kPixels * depth * outputs);
  at::parallel_for(0, at::divup(pixels.rows, kPixels), grain, [&](int64_t begin, int64_t end) {
    const Room<float> sums(kPixels * stride);
    const Products<Bf16> held;
    for (int64_t first = begin * kPixels; first < std::min(end * kPixels, pixels.rows); first += kPixels) {
      const Rows<Bf16> left = part(pixels, first, kPixels);
      multiply({left.rows, outputs, depth, left.stride, stride, stride, false}, left.data, right.data(),
               sums.data());
      dense::round({sums.data(), left.rows, outputs, stride}, shifts, to + first * outputs, outputs);
    }
  });
  const bool last = x.suggest_memory_format() == at::MemoryFormat::ChannelsLast ||
                    weight.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
  return last ? result : result.contiguous();
}

/// yᵀ x, of all pixels.
at::Tensor sum_products(const at::Tensor& x, const at::Tensor& y) {
  const at::Tensor images = channels_last(x), results = channels_last(y);
  const Rows<Bf16> inputs = pixels_of(images), slopes = pixels_of(results);
  const int64_t columns = inputs.columns, rows = slopes.columns, count = rows * columns,
                stride = multiple(columns, avx512::kLanes), blocks = at::divup(inputs.rows, kPixels),
                sums = std::min(kSums, blocks);
  const Room<float> room(sums * count);
  const int64_t grain = at::divup(kWork, at::divup(blocks, sums) * kPixels * count);
  at::parallel_for(0, sums, grain, [&](int64_t begin, int64_t end) {
    const Room<Bf16> left(multiple(rows, avx512::kLanes) * kPixels), right(kPixels * stride);
    const Products<Bf16> held;
    for (int64_t sum = begin; sum < end; ++sum) {
      float* const to = room.data() + sum * count;
      const int64_t start = sum * blocks / sums;
      for (int64_t block = start; block < (sum + 1) * blocks / sums; ++block) {
        const Rows<Bf16> from = part(inputs, block * kPixels, kPixels);
        // A last block that is short ends in zeros.
        std::fill_n(right.data() + from.rows / 2 * 2 * stride, (kPixels - from.rows / 2 * 2) * stride,
                    Bf16{0});
        dense::pair_rows(from, right.data(), stride);
        const int64_t depth = multiple(from.rows, 32);
        dense::transpose(part(slopes, block * kPixels, kPixels), left.data(), kPixels);
        multiply({rows, columns, depth, kPixels, stride, columns, block > start}, left.data(), right.data(),
                 to);
      }
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
    return convolve(x, weight, bias, back);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// By weight, of <y, conv2d(x, weight)>.
struct WeightGradient : Function<WeightGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& y) {
    context->set_materialize_grads(false);
    context->save_for_backward({x, y});
    RECORD_FUNCTION("gan::conv1x1_weight_gradient", (std::vector<c10::IValue>{x, y}));
    return sum_products(x, y);
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
  return dtype == at::kBFloat16 && !has_amx() && has_avx512(dtype) && inputs >= avx512::kLanes &&
         outputs >= avx512::kLanes && inputs % 2 == 0 && outputs % 2 == 0 && inputs <= 512 &&
         outputs <= 512 && image[0] * image[2] * image[3] >= kFewest;
}

at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const Bias& bias) {
  return Convolution::apply(x, weight, bias, false);
}

#else

bool usable(at::IntArrayRef, int64_t, at::ScalarType) { return false; }
at::Tensor conv2d(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&) { return {}; }

#endif

}  // namespace gan::pointwise

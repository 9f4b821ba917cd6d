#include "batch_norm.h"

#include <ATen/Functions.h>
#include <ATen/Operators.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <cmath>
#include <vector>

#include "convolution.h"
#include "gradients.h"
#include "normalize_rows.h"
#include "plain_strides.h"
#include "products.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;
using Optional = std::optional<at::Tensor>;

/// What normalises, and how it moves.
struct Settings {
  Optional running_mean, running_var;
  bool training;
  double momentum, eps, slope;
};

at::Tensor by_library(const at::Tensor& input, const Optional& weight, const Optional& bias,
                      const Settings& settings) {
  const at::Tensor normalized =
      at::batch_norm(with_plain_strides(input), without_gaps(weight), bias, settings.running_mean,
                     settings.running_var, settings.training, settings.momentum, settings.eps, true);
  return settings.slope == 0 ? normalized.relu() : at::leaky_relu(normalized, settings.slope);
}

#ifdef GAN_AVX512

using normalize::Affine;
using normalize::Moments;
using normalize::Rows;

template <class T>
Rows<T> rows_of(const at::Tensor& tensor) {
  const int64_t channels = tensor.size(1);
  return {numbers<T>(tensor), tensor.numel() / channels, channels};
}

std::vector<double> doubles(const at::Tensor& tensor) {
  return {numbers<float>(tensor), numbers<float>(tensor) + tensor.numel()};
}

/// Moves the running statistics towards those of the batch, whose variance they keep unbiased.
void move(const Settings& settings, const Moments& batch, int64_t count) {
  if (!settings.running_mean) return;
  float* const running_mean = settings.running_mean->data_ptr<float>();
  float* const running_var = settings.running_var->data_ptr<float>();
  const double momentum = settings.momentum,
               unbiased = static_cast<double>(count) / static_cast<double>(count - 1);
  for (size_t c = 0; c < batch.mean.size(); ++c) {
    running_mean[c] = static_cast<float>((1 - momentum) * running_mean[c] + momentum * batch.mean[c]);
    running_var[c] =
        static_cast<float>((1 - momentum) * running_var[c] + momentum * batch.variance[c] * unbiased);
  }
  settings.running_mean->unsafeGetTensorImpl()->bump_version();
  settings.running_var->unsafeGetTensorImpl()->bump_version();
}

struct BatchNormLeakyRelu : Function<BatchNormLeakyRelu> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, const Settings& settings) {
    RECORD_FUNCTION("gan::batch_norm_leaky_relu", (std::vector<c10::IValue>{x}));
    const int64_t channels = x.size(1);
    const at::Tensor mean = at::empty({channels}, weight.options()), inverse = at::empty_like(mean),
                     scale = at::empty_like(mean);
    at::Tensor y = at::empty_like(x);
    by_set(x, [&]<class Set, class T>(Set, T) {
      const Rows<const T> from = rows_of<const T>(x);
      const Moments by = settings.training
                             ? normalize::moments_of<Set>(from)
                             : Moments{doubles(*settings.running_mean), doubles(*settings.running_var)};
      if (settings.training) move(settings, by, from.count);
      for (int64_t c = 0; c < channels; ++c) {
        mean.data_ptr<float>()[c] = static_cast<float>(by.mean[c]);
        const double reciprocal = 1 / std::sqrt(by.variance[c] + settings.eps);
        inverse.data_ptr<float>()[c] = static_cast<float>(reciprocal);
        scale.data_ptr<float>()[c] = static_cast<float>(numbers<float>(weight)[c] * reciprocal);
      }
      const Affine affine{numbers<float>(mean), numbers<float>(scale), numbers<float>(bias),
                          static_cast<float>(settings.slope)};
      normalize::apply_to<Set>(from, affine, rows_of<T>(y));
    });
    context->save_for_backward({x, weight, bias, mean, inverse, scale});
    context->saved_data["training"] = settings.training;
    context->saved_data["eps"] = settings.eps;
    context->saved_data["slope"] = settings.slope;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    if (!gradients[0].defined()) return {at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
    return at::GradMode::is_enabled() ? differentiable(context, gradients[0]) : direct(context, gradients[0]);
  }

 private:
  static variable_list direct(AutogradContext* context, const at::Tensor& gradient) {
    RECORD_FUNCTION("gan::batch_norm_leaky_relu_backward", (std::vector<c10::IValue>{gradient}));
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2], &mean = saved[3],
                     &inverse = saved[4], &scale = saved[5];
    // As x lies, by `can_normalize`; what x would suggest goes by the strides of dimensions of one, too.
    const at::Tensor dy =
        gradient.contiguous(x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
    const bool training = context->saved_data["training"].toBool();
    const auto slope = static_cast<float>(context->saved_data["slope"].toDouble());
    const int64_t channels = x.size(1);
    at::Tensor dx = at::empty_like(x), dweight = at::empty_like(weight), dbias = at::empty_like(bias);
    by_set(x, [&]<class Set, class T>(Set, T) {
      const Rows<const T> rows = rows_of<const T>(x), incoming = rows_of<const T>(dy);
      const Affine affine{numbers<float>(mean), numbers<float>(scale), numbers<float>(bias), slope};
      const Room<float> constants(2 * channels);
      const std::vector<double> sums = normalize::gradient_sums_of<Set>(rows, incoming, affine);
      float *const shift = constants.data(), *const tilt = shift + channels;
      for (int64_t c = 0; c < channels; ++c) {
        const double reciprocal = numbers<float>(inverse)[c];
        const double product = sums[channels + c];
        dbias.data_ptr<float>()[c] = static_cast<float>(sums[c]);
        dweight.data_ptr<float>()[c] = static_cast<float>(product * reciprocal);
        const double share = training ? 1.0 / static_cast<double>(rows.count) : 0;
        shift[c] = static_cast<float>(sums[c] * share);
        tilt[c] = static_cast<float>(product * reciprocal * reciprocal * share);
      }
      normalize::apply_gradient_to<Set>(rows, incoming, affine, shift, tilt, rows_of<T>(dx));
    });
    return {dx, dweight, dbias, at::Tensor()};
  }

  /// Gradients with a graph of their own: those of LibTorch's operators.
  static variable_list differentiable(AutogradContext* context, const at::Tensor& gradient) {
    const variable_list saved = context->get_saved_variables();
    const double slope = context->saved_data["slope"].toDouble();
    return differentiable_gradients(
        gradient, {saved[0], saved[1], saved[2]}, 4, [&](const std::vector<at::Tensor>& inputs) {
          const at::Tensor &x = inputs[0], &weight = inputs[1], &bias = inputs[2];
          if (context->saved_data["training"].toBool())
            return by_library(
                x, weight, bias,
                {std::nullopt, std::nullopt, true, 0, context->saved_data["eps"].toDouble(), slope});
          // The running statistics as they were.
          std::vector<int64_t> shape(x.dim(), 1);
          shape[1] = x.size(1);
          const at::Tensor centred = x.to(at::kFloat).sub(saved[3].view(shape)).mul(saved[4].view(shape));
          return at::leaky_relu(centred.mul(weight.view(shape)).add(bias.view(shape)), slope)
              .to(x.scalar_type());
        });
  }
};

bool is_vector(const Optional& tensor, int64_t size) {
  return tensor && tensor->defined() && tensor->device().is_cpu() && tensor->scalar_type() == at::kFloat &&
         tensor->dim() == 1 && tensor->size(0) == size && tensor->is_contiguous();
}

bool can_normalize(const at::Tensor& x, const Optional& weight, const Optional& bias,
                   const Settings& settings) {
  if (!enabled() || !x.device().is_cpu() || x.layout() != at::kStrided || !has_vectors(x.scalar_type()))
    return false;
  if (!(x.dim() == 2 ? x.is_contiguous() : x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast)))
    return false;
  const int64_t channels = x.size(1);
  if (channels == 0 || channels % normalize::kHalfGroup != 0 || x.numel() < 2 * channels) return false;
  const bool running = settings.running_mean && settings.running_mean->defined();
  if (running ? !(is_vector(settings.running_mean, channels) && is_vector(settings.running_var, channels))
              : !settings.training)
    return false;
  return is_vector(weight, channels) && is_vector(bias, channels);
}

#endif

}  // namespace

at::Tensor batch_norm_leaky_relu(const at::Tensor& input, const Optional& weight, const Optional& bias,
                                 const Optional& running_mean, const Optional& running_var, bool training,
                                 double momentum, double eps, double slope) {
  const Settings settings{running_mean, running_var, training, momentum, eps, slope};
#ifdef GAN_AVX512
  if (can_normalize(input, weight, bias, settings))
    return BatchNormLeakyRelu::apply(input, *weight, *bias, settings);
#endif
  return by_library(input, weight, bias, settings);
}

at::Tensor batch_norm(const at::Tensor& input, const Optional& weight, const Optional& bias,
                      const Optional& running_mean, const Optional& running_var, bool training,
                      double momentum, double eps, bool cudnn_enabled) {
#ifdef GAN_AVX512
  // A slope of 1 is no ReLU.
  const Settings settings{running_mean, running_var, training, momentum, eps, 1};
  if (input.defined() && input.dim() >= 2 && input.device().is_cpu()) {
    const auto given = [&](const Optional& vector, float value) {
      return vector && vector->defined()
                 ? vector
                 : Optional(at::full({input.size(1)}, value, at::TensorOptions(at::kFloat)));
    };
    const Optional scale = given(weight, 1), shift = given(bias, 0);
    if (can_normalize(input, scale, shift, settings))
      return BatchNormLeakyRelu::apply(input, *scale, *shift, settings);
  }
#endif
  return at::_ops::batch_norm::call(with_plain_strides(input), without_gaps(weight), bias, running_mean,
                                    running_var, training, momentum, eps, cudnn_enabled);
}

}  // namespace gan::kernels

#include "instance_norm.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <vector>

#include "convolution.h"
#include "gradients.h"
#include "normalize_planes.h"
#include "normalize_rows.h"
#include "products.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;
using Optional = std::optional<at::Tensor>;

at::Tensor by_library(const at::Tensor& input, const Optional& weight, const Optional& bias, double eps,
                      double slope) {
  const at::Tensor normalized = at::instance_norm(input, weight, bias, {}, {}, true, 0, eps, true);
  if (slope == 1) return normalized;
  return slope == 0 ? normalized.relu() : at::leaky_relu(normalized, slope);
}

#ifdef GAN_AVX512

using normalize::Affine;
using normalize::Moments;
using normalize::PlaneAffine;
using normalize::Rows;

/// Images [images, channels, pixels], or [images, pixels, channels] where they are channels_last.
struct PlaneShape {
  int64_t images, channels, pixels;
  bool last;
  int64_t planes() const { return images * channels; }

  explicit PlaneShape(const at::Tensor& x)
      : images(x.size(0)), channels(x.size(1)), pixels(x.size(2) * x.size(3)), last(!x.is_contiguous()) {}

  /// Calls `work(image)` on all threads. The only image of a batch is shared by them further in.
  template <class Work>
  void each_image(Work work) const {
    at::parallel_for(0, images, 1, [&](int64_t begin, int64_t end) {
      for (int64_t image = begin; image < end; ++image) work(image);
    });
  }

  /// Calls `work(plane)` on all threads.
  template <class Work>
  void each_plane(Work work) const {
    constexpr int64_t kLeast = 1 << 14;
    at::parallel_for(0, planes(), at::divup(kLeast, pixels), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) work(plane);
    });
  }

  template <class T>
  Rows<T> rows(T* data, int64_t image) const {
    return {data + image * pixels * channels, pixels, channels};
  }
};

/// Of each image's each channel, float32 [images, channels].
struct Normalisation {
  at::Tensor mean, inverse, scale;

  void set(int64_t plane, double average, double variance, double eps, double weight) const {
    const double reciprocal = 1 / std::sqrt(variance + eps);
    numbers<float>(mean)[plane] = static_cast<float>(average);
    numbers<float>(inverse)[plane] = static_cast<float>(reciprocal);
    numbers<float>(scale)[plane] = static_cast<float>(weight * reciprocal);
  }
  Affine of_image(int64_t first, const float* bias, float slope) const {
    return {numbers<float>(mean) + first, numbers<float>(scale) + first, bias, slope};
  }
  PlaneAffine of_plane(int64_t plane, float bias, float slope) const {
    return {numbers<float>(mean)[plane], numbers<float>(scale)[plane], bias, slope};
  }
};

struct InstanceNormLeakyRelu : Function<InstanceNormLeakyRelu> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, double eps, double slope) {
    RECORD_FUNCTION("gan::instance_norm_leaky_relu", (std::vector<c10::IValue>{x}));
    const PlaneShape shape(x);
    const at::TensorOptions options = x.options().dtype(at::kFloat);
    const Normalisation norm{at::empty({shape.planes()}, options), at::empty({shape.planes()}, options),
                             at::empty({shape.planes()}, options)};
    at::Tensor y = at::empty_like(x);
    by_set(x, [&]<class Set, class T>(Set, T) {
      const auto* const from = numbers<const T>(x);
      auto* const to = numbers<T>(y);
      const float *const weights = numbers<float>(weight), *const biases = numbers<float>(bias);
      const auto by = static_cast<float>(slope);
      if (shape.last) {
        shape.each_image([&](int64_t image) {
          const Rows<const T> rows = shape.rows(from, image);
          const Moments moments = normalize::moments_of<Set>(rows);
          const int64_t first = image * shape.channels;
          for (int64_t c = 0; c < shape.channels; ++c)
            norm.set(first + c, moments.mean[c], moments.variance[c], eps, weights[c]);
          normalize::apply_to<Set>(rows, norm.of_image(first, biases, by), shape.rows(to, image));
        });
      } else {
        shape.each_plane([&](int64_t plane) {
          const int64_t c = plane % shape.channels, at = plane * shape.pixels;
          const normalize::PlaneMoments moments = normalize::plane_moments<Set>(from + at, shape.pixels);
          norm.set(plane, moments.mean, moments.variance, eps, weights[c]);
          normalize::apply_plane<Set>(from + at, shape.pixels, norm.of_plane(plane, biases[c], by), to + at);
        });
      }
    });
    context->save_for_backward({x, weight, bias, norm.mean, norm.inverse, norm.scale});
    context->saved_data["eps"] = eps;
    context->saved_data["slope"] = slope;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    if (!gradients[0].defined()) return variable_list(5);
    return at::GradMode::is_enabled() ? differentiable(context, gradients[0]) : direct(context, gradients[0]);
  }

 private:
  static variable_list direct(AutogradContext* context, const at::Tensor& gradient) {
    RECORD_FUNCTION("gan::instance_norm_leaky_relu_backward", (std::vector<c10::IValue>{gradient}));
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const Normalisation norm{saved[3], saved[4], saved[5]};
    const PlaneShape shape(x);
    const at::Tensor dy =
        gradient.contiguous(shape.last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
    at::Tensor dx = at::empty_like(x);
    // Of each plane, dz and dz · (x − mean).
    std::vector<double> sums(2 * shape.planes());
    by_set(x, [&]<class Set, class T>(Set, T) {
      const auto *const from = numbers<const T>(x), *const incoming = numbers<const T>(dy);
      auto* const to = numbers<T>(dx);
      const float *const biases = numbers<float>(saved[2]), *const inverse = numbers<float>(norm.inverse);
      const auto slope = static_cast<float>(context->saved_data["slope"].toDouble());
      const double share = 1.0 / static_cast<double>(shape.pixels);
      if (shape.last) {
        shape.each_image([&](int64_t image) {
          const Rows<const T> rows = shape.rows(from, image), slopes = shape.rows(incoming, image);
          const int64_t first = image * shape.channels;
          const Affine affine = norm.of_image(first, biases, slope);
          const std::vector<double> own = normalize::gradient_sums_of<Set>(rows, slopes, affine);
          std::vector<float> shift(shape.channels), tilt(shape.channels);
          for (int64_t c = 0; c < shape.channels; ++c) {
            const double reciprocal = inverse[first + c];
            sums[2 * (first + c)] = own[c];
            sums[2 * (first + c) + 1] = own[shape.channels + c];
            shift[c] = static_cast<float>(own[c] * share);
            tilt[c] = static_cast<float>(own[shape.channels + c] * reciprocal * reciprocal * share);
          }
          normalize::apply_gradient_to<Set>(rows, slopes, affine, shift.data(), tilt.data(),
                                            shape.rows(to, image));
        });
      } else {
        shape.each_plane([&](int64_t plane) {
          const int64_t at = plane * shape.pixels;
          const PlaneAffine affine = norm.of_plane(plane, biases[plane % shape.channels], slope);
          const normalize::PlaneSums own =
              normalize::plane_gradient_sums<Set>(from + at, incoming + at, shape.pixels, affine);
          const double reciprocal = inverse[plane];
          sums[2 * plane] = own.sum;
          sums[2 * plane + 1] = own.product;
          normalize::apply_plane_gradient<Set>(
              from + at, incoming + at, shape.pixels, affine, static_cast<float>(own.sum * share),
              static_cast<float>(own.product * reciprocal * reciprocal * share), to + at);
        });
      }
    });
    return {dx, context->needs_input_grad(1) ? by_weight(shape, norm, sums) : at::Tensor(),
            context->needs_input_grad(2) ? by_bias(shape, norm, sums) : at::Tensor(), at::Tensor(),
            at::Tensor()};
  }

  static at::Tensor by_weight(const PlaneShape& shape, const Normalisation& norm,
                              const std::vector<double>& sums) {
    return by_channel(shape, norm, [&](int64_t plane) {
      return sums[2 * plane + 1] * numbers<float>(norm.inverse)[plane];
    });
  }

  static at::Tensor by_bias(const PlaneShape& shape, const Normalisation& norm,
                            const std::vector<double>& sums) {
    return by_channel(shape, norm, [&](int64_t plane) { return sums[2 * plane]; });
  }

  /// The sum over the images of what each plane gives.
  template <class Give>
  static at::Tensor by_channel(const PlaneShape& shape, const Normalisation& norm, Give give) {
    at::Tensor result = at::empty({shape.channels}, norm.mean.options());
    for (int64_t c = 0; c < shape.channels; ++c) {
      double sum = 0;
      for (int64_t image = 0; image < shape.images; ++image) sum += give(image * shape.channels + c);
      result.data_ptr<float>()[c] = static_cast<float>(sum);
    }
    return result;
  }

  /// Gradients with a graph of their own: those of LibTorch's operators.
  static variable_list differentiable(AutogradContext* context, const at::Tensor& gradient) {
    const variable_list saved = context->get_saved_variables();
    return differentiable_gradients(
        gradient, {saved[0], saved[1], saved[2]}, 5, [&](const std::vector<at::Tensor>& inputs) {
          return by_library(inputs[0], inputs[1], inputs[2], context->saved_data["eps"].toDouble(),
                            context->saved_data["slope"].toDouble());
        });
  }
};

bool is_vector_or_none(const Optional& tensor, int64_t size) {
  if (!tensor || !tensor->defined()) return true;
  return tensor->device().is_cpu() && tensor->scalar_type() == at::kFloat && tensor->dim() == 1 &&
         tensor->size(0) == size && tensor->is_contiguous();
}

bool can_normalize(const at::Tensor& x, const Optional& weight, const Optional& bias) {
  if (!enabled() || !x.device().is_cpu() || x.layout() != at::kStrided || x.dim() != 4 ||
      !has_vectors(x.scalar_type()))
    return false;
  const int64_t channels = x.size(1);
  if (x.numel() == 0 || x.size(2) * x.size(3) < 2) return false;
  if (!x.is_contiguous() &&
      !(channels % normalize::kHalfGroup == 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast)))
    return false;
  return is_vector_or_none(weight, channels) && is_vector_or_none(bias, channels);
}

#endif

}  // namespace

at::Tensor instance_norm_leaky_relu(const at::Tensor& input, const Optional& weight, const Optional& bias,
                                    double eps, double slope) {
#ifdef GAN_AVX512
  if (can_normalize(input, weight, bias)) {
    const at::TensorOptions options = input.options().dtype(at::kFloat);
    const auto given = [](const Optional& tensor) { return tensor && tensor->defined(); };
    return InstanceNormLeakyRelu::apply(input, given(weight) ? *weight : at::ones({input.size(1)}, options),
                                        given(bias) ? *bias : at::zeros({input.size(1)}, options), eps,
                                        slope);
  }
#endif
  return by_library(input, weight, bias, eps, slope);
}

}  // namespace gan::kernels

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <vector>

#include "convolution.h"
#include "exponential.h"
#include "formula.h"
#include "gradients.h"
#include "in_full.h"
#include "products.h"
#include "variational.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/// LibTorch's operators.
at::Tensor bernoulli_by_library(const at::Tensor& logits, const at::Tensor& images) {
  return sums_of_images(at::binary_cross_entropy_with_logits(in_full(logits), images.add(1).mul(0.5), {}, {},
                                                             at::Reduction::None));
}

/// (1 − t) x − ln σ(x) of logits x and pixels t, and how σ(x) − t: both without overflow.
template <class V>
GAN_ALWAYS_INLINE void bernoulli_term(V& result, const V& x, const V& t) {
  const V size = x < 0 ? -x : x, least = -size;
  V decay, rest;
  lanes::exponential(decay, least);
  lanes::log_of_one_plus(rest, decay);
  result = (1 - t) * x + ((x < 0 ? size : V{}) + rest);
}
template <class V>
GAN_ALWAYS_INLINE void bernoulli_slope(V& result, const V& x, const V& t) {
  const V least = x < 0 ? x : -x;
  V decay;
  lanes::exponential(decay, least);
  result = (x < 0 ? decay : V{} + 1) / (1 + decay) - t;
}

/// Numbers whose sum is one of float32, before it is added to others in double.
constexpr int64_t kAtOnce = 1024;

template <class T>
float bernoulli_sum(const T* logits, const float* images, int64_t count) {
  return lanes::by_processor([&]<class V>(lanes::As<V>) GAN_INLINED {
    constexpr int64_t kLanes = lanes::kLanes<V>;
    V sums{}, x, pixels, term;
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
      lanes::read(x, logits + i);
      lanes::read(pixels, images + i);
      bernoulli_term<V>(term, x, (pixels + 1) * 0.5f);
      sums += term;
    }
    if (i < count) {
      lanes::read_some(x, logits + i, count - i);
      lanes::read_some(pixels, images + i, count - i);
      bernoulli_term<V>(term, x, (pixels + 1) * 0.5f);
      for (int64_t lane = 0; lane < count - i; ++lane) sums[lane] += term[lane];
    }
    float sum = 0;
    for (int64_t lane = 0; lane < kLanes; ++lane) sum += sums[lane];
    return sum;
  });
}

/// σ(x) − t, times a number.
struct ScaledSlope {
  float scale;
  template <class V>
  GAN_ALWAYS_INLINE void operator()(V& result, const V* given) const {
    V slope;
    bernoulli_slope<V>(slope, given[0], (given[1] + 1) * 0.5f);
    result = slope * scale;
  }
};

/// Pixels that are worth another thread.
constexpr int64_t kWorthAThread = 1 << 13;

/// Calls `work` with the index of each image, on all threads.
template <class Work>
void by_images(const at::Tensor& images, Work work) {
  const int64_t count = images.size(0), size = images.numel() / count;
  at::parallel_for(0, count, at::divup(kWorthAThread, size), [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; ++image) work(image, size);
  });
}

struct BernoulliNll : Function<BernoulliNll> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& logits, const at::Tensor& images) {
    RECORD_FUNCTION("gan::bernoulli_nll", (std::vector<c10::IValue>{logits, images}));
    context->save_for_backward({logits, images});
    at::Tensor result = at::empty({logits.size(0)}, images.options());
    auto* const sums = numbers<float>(result);
    const auto* const pixels = numbers<const float>(images);
    by_dtype(logits, [&](auto zero) {
      const auto* const from = numbers<const decltype(zero)>(logits);
      by_images(images, [&](int64_t image, int64_t size) {
        double sum = 0;
        for (int64_t first = image * size, end = first + size; first < end; first += kAtOnce)
          sum += bernoulli_sum(from + first, pixels + first, std::min(kAtOnce, end - first));
        sums[image] = static_cast<float>(sum);
      });
    });
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    if (!wanted(context, 0, gradients)) return variable_list(2);
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &logits = saved[0], &images = saved[1];
    if (at::GradMode::is_enabled())
      return differentiable_gradients(gradients[0], {logits}, 2, [&](const std::vector<at::Tensor>& inputs) {
        return bernoulli_by_library(inputs[0], images);
      });
    RECORD_FUNCTION("gan::bernoulli_nll_backward", (std::vector<c10::IValue>{logits, images}));
    const at::Tensor scales = gradients[0].contiguous(), result = at::empty_like(logits);
    const auto* const scale = numbers<const float>(scales);
    const auto* const pixels = numbers<const float>(images);
    by_dtype(logits, [&](auto zero) {
      using T = decltype(zero);
      by_images(images, [&](int64_t image, int64_t size) {
        const int64_t first = image * size;
        lanes::evaluate(ScaledSlope{scale[image]}, size, numbers<T>(result) + first,
                        numbers<const T>(logits) + first, pixels + first);
      });
    });
    return {result, at::Tensor()};
  }
};

/// Whether the numbers of each image lie together, in an order that `format` names.
bool lies_as(const at::Tensor& tensor, at::MemoryFormat format) {
  return tensor.device().is_cpu() && tensor.layout() == at::kStrided && tensor.is_contiguous(format);
}

}  // namespace

at::Tensor bernoulli_nll(const at::Tensor& logits, const at::Tensor& images) {
  const bool fits = enabled() && logits.dim() > 0 && logits.numel() > 0 && logits.sizes() == images.sizes() &&
                    logits.layout() == at::kStrided && images.layout() == at::kStrided &&
                    images.scalar_type() == at::kFloat && !images.requires_grad() &&
                    (logits.scalar_type() == at::kFloat || logits.scalar_type() == at::kBFloat16);
  if (!fits) return bernoulli_by_library(logits, images);
  const at::MemoryFormat format = logits.suggest_memory_format();
  const at::Tensor pixels = images.contiguous(format);
  return lies_as(logits, format) && lies_as(pixels, format) ? BernoulliNll::apply(logits, pixels)
                                                            : bernoulli_by_library(logits, images);
}

}  // namespace gan::kernels

#include "avg_pool.h"

#include <ATen/Functions.h>
#include <ATen/Operators.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "convolution.h"
#include "pool_rows.h"
#include "products.h"

namespace gan::kernels {
namespace {

#ifdef GAN_AVX512

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

at::Tensor empty_images(const at::Tensor& like, int64_t height, int64_t width) {
  return at::empty({like.size(0), like.size(1), height, width}, like.options(),
                   at::MemoryFormat::ChannelsLast);
}

/// Calls `work(large, small)` for every row of the smaller images, with where its two and itself begin.
template <class Work>
void each_row(const at::Tensor& smaller, Work work) {
  const int64_t rows = smaller.size(0) * smaller.size(2), step = smaller.size(3) * smaller.size(1);
  if (step == 0) return;
  at::parallel_for(0, rows, at::divup(kLeast, step), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) work(4 * row * step, row * step);
  });
}

/// The means, or their transpose: each is linear, and the gradient of the other.
struct Pool : Function<Pool> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given, bool halves) {
    context->set_materialize_grads(false);
    context->saved_data["halves"] = halves;
    RECORD_FUNCTION(halves ? "gan::avg_pool2d" : "gan::avg_pool2d_backward",
                    (std::vector<c10::IValue>{given}));
    const at::Tensor x = given.contiguous(at::MemoryFormat::ChannelsLast);
    const int64_t channels = x.size(1), height = x.size(2), width = x.size(3);
    const at::Tensor y =
        halves ? empty_images(x, height / 2, width / 2) : empty_images(x, 2 * height, 2 * width);
    by_set(x, [&]<class Set, class T>(Set, T) {
      const auto* const from = numbers<const T>(x);
      auto* const to = numbers<T>(y);
      const int64_t row = (halves ? width : 2 * width) * channels;
      each_row(halves ? y : x, [&](int64_t large, int64_t small) {
        if (halves)
          pool::halve<Set>(from + large, from + large + row, width / 2, channels, to + small);
        else
          pool::spread<Set>(from + small, width, channels, to + large, to + large + row);
      });
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    if (!gradients[0].defined()) return {at::Tensor(), at::Tensor()};
    return {apply(gradients[0], !context->saved_data["halves"].toBool()), at::Tensor()};
  }
};

bool are(at::IntArrayRef numbers, int64_t value) {
  return std::all_of(numbers.begin(), numbers.end(), [&](int64_t number) { return number == value; });
}

/// The most channels that are handled one by one: those of images.
constexpr int64_t kFewChannels = 4;

bool can_pool(const at::Tensor& x) {
  return enabled() && x.device().is_cpu() && x.layout() == at::kStrided && x.dim() == 4 &&
         has_vectors(x.scalar_type()) && x.numel() > 0 &&
         (x.size(1) % pool::kLanes == 0 || x.size(1) <= kFewChannels) && x.size(2) % 2 == 0 &&
         x.size(3) % 2 == 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

#endif

}  // namespace

at::Tensor avg_pool2d(const at::Tensor& input, at::IntArrayRef size, at::IntArrayRef stride,
                      at::IntArrayRef padding, bool ceil_mode, bool count_include_pad,
                      std::optional<int64_t> divisor) {
#ifdef GAN_AVX512
  const bool by_twos = !size.empty() && are(size, 2) && are(stride, 2) && are(padding, 0) && !divisor;
  if (by_twos && can_pool(input)) return Pool::apply(input, true);
#endif
  return at::_ops::avg_pool2d::call(input, size, stride, padding, ceil_mode, count_include_pad, divisor);
}

}  // namespace gan::kernels

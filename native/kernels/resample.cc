#include "resample.h"

#include <ATen/Functions.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "../bounds.h"
#include "../names.h"
#include "convolution.h"
#include "filter_by_operators.h"
#include "filter_planes.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/// Along both directions, with the same taps.
struct Filters {
  Filter vertical, horizontal;
};

/// Whether the CPU's own way takes it.
bool can_filter(const at::Tensor& input) {
  const at::ScalarType dtype = input.scalar_type();
  return enabled() && input.device().is_cpu() &&
         (dtype == at::kFloat || dtype == at::kDouble || dtype == at::kBFloat16);
}

template <class T>
void filter_images(const at::Tensor& input, const at::Tensor& output, const Planes& planes,
                   const Filters& filters) {
  filter_planes(static_cast<const T*>(input.const_data_ptr()), static_cast<T*>(output.mutable_data_ptr()),
                planes, filters.vertical, filters.horizontal);
}

at::Tensor by_planes(const at::Tensor& input, const Filters& filters) {
  const at::MemoryFormat format = input.suggest_memory_format();
  // Pixels of a few channels would leave most of a vector empty.
  const bool by_pixel = format == at::MemoryFormat::ChannelsLast && input.size(1) >= 8;
  const at::MemoryFormat order = by_pixel ? format : at::MemoryFormat::Contiguous;
  const int64_t batch = input.size(0), channels = input.size(1);
  const at::Tensor x = input.contiguous(order);
  const at::Tensor y =
      at::empty({batch, channels, filters.vertical.output, filters.horizontal.output}, x.options(), order);
  if (y.numel() == 0) return y;
  const Planes planes = by_pixel ? Planes{batch, channels} : Planes{batch * channels, 1};
  if (x.scalar_type() == at::kFloat)
    filter_images<float>(x, y, planes, filters);
  else if (x.scalar_type() == at::kDouble)
    filter_images<double>(x, y, planes, filters);
  else
    filter_images<Bf16>(x, y, planes, filters);
  return y.contiguous(format);
}

constexpr const char* kTaps = "taps";
constexpr const char* kSizes = "sizes";

void save(AutogradContext* context, const Filters& filters) {
  const auto& [vertical, horizontal] = filters;
  context->saved_data[kTaps] = vertical.taps;
  context->saved_data[kSizes] =
      std::vector<int64_t>{vertical.up,     vertical.down,     vertical.before,  vertical.input,
                           vertical.output, horizontal.before, horizontal.input, horizontal.output};
}

Filters saved(AutogradContext* context) {
  const std::vector<double> taps = context->saved_data[kTaps].toDoubleVector();
  const std::vector<int64_t> n = context->saved_data[kSizes].toIntVector();
  return {{taps, n[0], n[1], n[2], n[3], n[4]}, {taps, n[0], n[1], n[5], n[6], n[7]}};
}

/// Linear, so that its gradient is its adjoint, whatever the order.
struct UpFirDown : Function<UpFirDown> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const Filters& filters) {
    context->set_materialize_grads(false);
    save(context, filters);
    RECORD_FUNCTION("gan::up_fir_down", (std::vector<c10::IValue>{input}));
    return can_filter(input) ? by_planes(input, filters)
                             : filter_by_operators(input, filters.vertical, filters.horizontal);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    if (!gradients[0].defined()) return {at::Tensor(), at::Tensor()};
    const auto& [vertical, horizontal] = saved(context);
    return {apply(gradients[0], Filters{vertical.adjoint(), horizontal.adjoint()}), at::Tensor()};
  }
};

[[noreturn]] void refuse(const std::string& message) { throw ArgumentError("ERR_INVALID_ARG", message); }

void require_between(int64_t least, int64_t most, int64_t received, const char* what) {
  if (received < least || received > most)
    refuse(std::string("expected ") + what + " of " + std::to_string(least) + " to " + std::to_string(most) +
           " but received " + std::to_string(received));
}

Filter filter_of(at::ArrayRef<double> taps, int64_t up, int64_t down, int64_t input, int64_t before,
                 int64_t after) {
  constexpr int64_t kFarthest = 1 << 16;
  require_between(-kFarthest, kFarthest, before, "paddings");
  require_between(-kFarthest, kFarthest, after, "paddings");
  detail::require_at_most(1 << 30, input, "images with sides");
  const int64_t room = input * up + before + after - static_cast<int64_t>(taps.size());
  if (room < 0)
    refuse("expected a kernel of at most the " + std::to_string(input * up + before + after) +
           " pixels that padded images have in a direction but received " + std::to_string(taps.size()));
  return {taps.vec(), up, down, before, input, room / down + 1};
}

}  // namespace

at::Tensor up_fir_down(const at::Tensor& input, at::ArrayRef<double> taps, int64_t up, int64_t down,
                       at::IntArrayRef padding) {
  constexpr int64_t kMost = 64;
  if (input.dim() != 4 || input.layout() != at::kStrided || !at::isFloatingType(input.scalar_type()))
    refuse("expected floating-point images [N, C, H, W] but received " + describe(input));
  require_between(1, kMost, static_cast<int64_t>(taps.size()), "a kernel");
  require_between(1, kMost, up, "factors");
  require_between(1, kMost, down, "factors");
  require_between(4, 4, static_cast<int64_t>(padding.size()), "a list of paddings");
  const Filters filters{filter_of(taps, up, down, input.size(2), padding[2], padding[3]),
                        filter_of(taps, up, down, input.size(3), padding[0], padding[1])};
  const auto pixels = [&](int64_t height, int64_t width) {
    return static_cast<double>(input.size(0)) * static_cast<double>(height) * static_cast<double>(width);
  };
  detail::require_growth(pixels(input.size(2), input.size(3)),
                         pixels(filters.vertical.output, filters.horizontal.output), kMost * kMost);
  return UpFirDown::apply(input, filters);
}

}  // namespace gan::kernels

// Batch norm over the batch of all processes of a group, which bring as many values each.
#include <ATen/Functions.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/gradients.h"
#include "kernels/in_full.h"
#include "kernels/plain_strides.h"
#include "names.h"
#include "reducing.h"

namespace gan {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;
using Optional = std::optional<at::Tensor>;

/// Mean and biased variance a channel, in float32 or more.
struct Moments {
  at::Tensor mean, variance;
};

struct Settings {
  c10::intrusive_ptr<Held> held;
  int64_t size;
  double eps;
};

/// E[x] and E[x²] − E[x]², of the members' moments in float64: what cancels there is far below the last bit
/// of float32.
Moments of_all(const Moments& own, const Settings& settings) {
  const at::Tensor mean = own.mean.to(at::kDouble);
  const at::Tensor sums = at::cat({mean, own.variance.to(at::kDouble).add(mean.square())});
  const auto all = sum_of_all(sums, settings.held).div(settings.size).chunk(2);
  const at::ScalarType dtype = own.mean.scalar_type();
  return {all[0].to(dtype), all[1].sub(all[0].square()).clamp_min(0).to(dtype)};
}

Moments moments_of_all(const at::Tensor& x, const Settings& settings) {
  const auto [mean, variance] = at::batch_norm_update_stats(in_full(x), {}, {}, 0);
  return of_all({mean, variance}, settings);
}

/// The values a channel, of all members.
double count_of(const at::Tensor& x, int64_t size) {
  return static_cast<double>(x.numel() / x.size(1)) * static_cast<double>(size);
}

/// The same by operators that have gradients of every order.
at::Tensor by_operators(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                        const Settings& settings) {
  const at::Tensor values = in_full(x);
  std::vector<int64_t> dims{0}, shape(values.dim(), 1);
  for (int64_t dim = 2; dim < values.dim(); ++dim) dims.push_back(dim);
  shape[1] = values.size(1);
  const Moments all = of_all({values.mean(dims), values.var(dims, 0)}, settings);
  at::Tensor scale = all.variance.add(settings.eps).rsqrt();
  if (weight.defined()) scale = scale.mul(weight);
  at::Tensor y = values.sub(all.mean.view(shape)).mul(scale.view(shape));
  if (bias.defined()) y = y.add(bias.view(shape));
  return y.to(x.scalar_type());
}

struct GroupBatchNorm : Function<GroupBatchNorm> {
  static constexpr size_t kArguments = 6;

  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Optional& weight,
                            const Optional& bias, const at::Tensor& mean, const at::Tensor& variance,
                            const Settings& settings) {
    RECORD_FUNCTION("gan::group_batch_norm", (std::vector<c10::IValue>{x}));
    context->save_for_backward(
        {x, weight.value_or(at::Tensor()), bias.value_or(at::Tensor()), mean, variance});
    context->saved_data["group"] = settings.held->capsule();
    context->saved_data["size"] = settings.size;
    context->saved_data["eps"] = settings.eps;
    return std::get<0>(
        at::native_batch_norm(x, weight, bias, mean, variance, /*training=*/false, 0, settings.eps));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    variable_list saved = context->get_saved_variables();
    const Settings settings{Held::of(context->saved_data["group"]), context->saved_data["size"].toInt(),
                            context->saved_data["eps"].toDouble()};
    return at::GradMode::is_enabled() ? differentiable(saved, gradients[0], settings)
                                      : direct(context, saved, gradients[0], settings);
  }

 private:
  /// dx = scale · (dy − Σ dy / n − x̂ · Σ dy x̂ / n), with sums over all members.
  static variable_list direct(AutogradContext* context, const variable_list& saved,
                              const at::Tensor& gradient, const Settings& settings) {
    RECORD_FUNCTION("gan::group_batch_norm_backward", (std::vector<c10::IValue>{gradient}));
    const at::Tensor &x = saved[0], &weight = saved[1], &mean = saved[3], &variance = saved[4];
    const at::Tensor dy = gradient.contiguous(x.suggest_memory_format());
    const bool by_input = context->needs_input_grad(0);
    auto [dx, dweight, dbias] =
        at::native_batch_norm_backward(dy, x, without_gaps(weight), mean, variance, {}, {},
                                       /*train=*/false, settings.eps, {by_input, true, true});
    if (by_input) {
      at::Tensor sums = at::cat({dbias, dweight}).to(at::kDouble);
      settings.held->group.sum(sums);
      const auto means = sums.div(count_of(x, settings.size)).chunk(2);
      const at::Tensor inverse = variance.to(at::kDouble).add(settings.eps).rsqrt();
      const at::Tensor scale = weight.defined() ? inverse.mul(weight) : inverse;
      const at::Tensor tilt = scale.mul(inverse).mul(means[1]);
      const at::Tensor shift = scale.mul(means[0]).sub(tilt.mul(mean));
      std::vector<int64_t> shape(x.dim(), 1);
      shape[1] = x.size(1);
      const auto per_channel = [&](const at::Tensor& each) {
        return each.to(mean.scalar_type()).view(shape);
      };
      dx = in_full(dx)
               .sub(per_channel(shift))
               .addcmul_(in_full(x), per_channel(tilt), -1)
               .to(dx.scalar_type());
    }
    if (!weight.defined()) dweight = dbias = at::Tensor();
    return {dx, dweight, dbias, at::Tensor(), at::Tensor(), at::Tensor()};
  }

  static variable_list differentiable(const variable_list& saved, const at::Tensor& gradient,
                                      const Settings& settings) {
    return differentiable_gradients(gradient, {saved[0], saved[1], saved[2]}, kArguments,
                                    [&](const std::vector<at::Tensor>& inputs) {
                                      return by_operators(inputs[0], inputs[1], inputs[2], settings);
                                    });
  }
};

void move(const Optional& running, const at::Tensor& batch, double momentum) {
  if (running && running->defined()) running->lerp_(batch.to(running->scalar_type()), momentum);
}

/// Batch norm in training by the batches of the `size` members of a group.
at::Tensor groupBatchNorm(const Context& context, Handle group, int64_t size, const at::Tensor& input,
                          const Optional& weight, const Optional& bias, const Optional& running_mean,
                          const Optional& running_var, double momentum, double eps) {
  const bool fits = input.dim() >= 2 && input.numel() > 0 && size > 0 && input.layout() == at::kStrided &&
                    at::isFloatingType(input.scalar_type());
  if (!fits)
    throw ArgumentError("ERR_INVALID_ARG",
                        "expected floating-point values [N, C, …] but received " + describe(input));
  for (const Optional& each : {weight, bias, running_mean, running_var})
    if (each && each->defined() && !(each->dim() == 1 && each->size(0) == input.size(1)))
      throw ArgumentError("ERR_INVALID_ARG", "expected a number a channel, [" +
                                                 std::to_string(input.size(1)) + "], but received " +
                                                 describe(*each));
  if ((weight && weight->defined()) != (bias && bias->defined()))
    throw ArgumentError("ERR_INVALID_ARG", "expected weight and bias, or neither");
  const double count = count_of(input, size);
  if (count < 2)
    throw ArgumentError("ERR_INVALID_ARG",
                        "expected more than one value a channel of all members together but received " +
                            describe(input) + " of one");
  const Settings settings{held(context, group), size, eps};
  Moments all;
  {
    const at::NoGradGuard no_grad;
    all = moments_of_all(input, settings);
    move(running_mean, all.mean, momentum);
    move(running_var, all.variance.mul(count / (count - 1)), momentum);
  }
  return GroupBatchNorm::apply(with_plain_strides(input), weight, bias, all.mean, all.variance, settings);
}

}  // namespace

void define_group_batch_norm(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, groupBatchNorm);
}

}  // namespace gan

#include "sum.h"

#include <ATen/Functions.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "host_sum.h"
#include "names.h"

namespace gan {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/// By the addon for MPI, which calls MPI in the thread that calls it: autograd works on tensors of the CPU in
/// the thread that asked it to.
struct HostSums : Summing {
  explicit HostSums(const HostSum& by) : by(by) {}

  void sum(const at::Tensor& row) override {
    if (!row.device().is_cpu())
      throw ArgumentError("ERR_INVALID_ARG", "expected a tensor on the CPU but received " + describe(row));
    at::Tensor result = at::empty_like(row);
    const char* problem = by.sum(row.const_data_ptr(), result.mutable_data_ptr(),
                                 static_cast<size_t>(row.numel()), row.scalar_type() == at::kDouble);
    if (problem) {
      // MPI may still read one and write the other.
      new std::pair(row, result);
      throw ArgumentError("ERR_PARALLEL", problem);
    }
    row.copy_(result);
  }

  const HostSum& by;
};

constexpr const char* kGroup = "group";

/// y = Σ x over all processes at each of them, so that what reaches an x is the sum of what reaches all y.
struct SumOfAll : Function<SumOfAll> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const c10::intrusive_ptr<Held>& held) {
    RECORD_FUNCTION("gan::sum_of_all", (std::vector<c10::IValue>{x}));
    context->saved_data[kGroup] = held->capsule();
    at::Tensor y = x.clone(at::MemoryFormat::Contiguous);
    if (y.numel() > 0) held->group.sum(y);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {apply(gradients[0], Held::of(context->saved_data[kGroup])), at::Tensor()};
  }
};

/// Takes what the addon for MPI offers.
int64_t joinHostSums(const Context& context, Napi::Value offered) {
  if (!offered.IsExternal() || !offered.As<Napi::External<HostSum>>().CheckTypeTag(&kHostSumTag))
    throw_expected(context, "what the addon for MPI offers", offered);
  return context.environment.resources.add(
      std::make_shared<HostSums>(*offered.As<Napi::External<HostSum>>().Data()));
}

at::Tensor sumOfAll(const Context& context, Handle group, const at::Tensor& tensor) {
  const auto by = held(context, group);
  const at::ScalarType dtype = tensor.scalar_type();
  if (tensor.layout() != at::kStrided || (dtype != at::kFloat && dtype != at::kDouble))
    throw ArgumentError("ERR_INVALID_ARG",
                        "expected a tensor of float32 or float64 but received " + describe(tensor));
  return sum_of_all(tensor, by);
}

}  // namespace

Held::Held(std::shared_ptr<Resource> resource)
    : resource(std::move(resource)), group(dynamic_cast<Summing&>(*this->resource)) {}

c10::IValue Held::capsule() {
  return c10::IValue::make_capsule(c10::intrusive_ptr<torch::CustomClassHolder>::reclaim_copy(this));
}

c10::intrusive_ptr<Held> Held::of(const c10::IValue& capsule) {
  return c10::static_intrusive_pointer_cast<Held>(capsule.toCapsule());
}

c10::intrusive_ptr<Held> held(const Context& context, Handle group) {
  const std::shared_ptr<Resource>* found = context.environment.resources.find(group.value);
  if (!found || !dynamic_cast<Summing*>(found->get()))
    throw ArgumentError("ERR_RELEASED", "expected a live group of processes");
  return c10::make_intrusive<Held>(*found);
}

at::Tensor sum_of_all(const at::Tensor& tensor, const c10::intrusive_ptr<Held>& held) {
  return SumOfAll::apply(tensor, held);
}

void define_sum(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, joinHostSums);
  GAN_DEFINE(context, exports, sumOfAll);
}

}  // namespace gan

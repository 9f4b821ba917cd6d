#include "reducing.h"

#include <ATen/Functions.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "names.h"

namespace gan {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

HostType host_type(const at::Tensor& row) {
  switch (row.scalar_type()) {
    case at::kFloat:
      return HostType::kFloat32;
    case at::kDouble:
      return HostType::kFloat64;
    case at::kLong:
      return HostType::kInt64;
    default:
      throw ArgumentError("ERR_INVALID_ARG",
                          "expected float32, float64 or int64 but received " + describe(row));
  }
}

/// By the addon for MPI, which calls MPI in the thread that calls it: autograd works on tensors of the CPU in
/// the thread that asked it to.
struct HostGroup : Reducing {
  explicit HostGroup(const HostReductions& by) : by(by) {}

  void reduce(const at::Tensor& row, Reduction operation) override {
    const at::Tensor host = on_host(row);
    require_none(by.reduce(host.mutable_data_ptr(), elements(host), host_type(host), operation), host);
    if (!host.is_same(row)) row.copy_(host);
  }

  void sum(const at::Tensor& row) override {
    if (!row.device().is_cpu())
      throw ArgumentError("ERR_INVALID_ARG", "expected a tensor on the CPU but received " + describe(row));
    require_none(by.sum(row.mutable_data_ptr(), elements(row), host_type(row)), row);
  }

 private:
  static at::Tensor on_host(const at::Tensor& row) { return row.device().is_cpu() ? row : row.to(at::kCPU); }
  static size_t elements(const at::Tensor& row) { return static_cast<size_t>(row.numel()); }

  static void require_none(const char* problem, const at::Tensor& row) {
    if (!problem) return;
    // MPI may still write to it.
    new at::Tensor(row);
    throw ArgumentError("ERR_PARALLEL", problem);
  }

  const HostReductions& by;
};

Reduction reduction_of(const std::string& name) {
  if (name == "sum") return Reduction::kSum;
  if (name == "max") return Reduction::kMax;
  if (name == "min") return Reduction::kMin;
  throw ArgumentError("ERR_INVALID_ARG", "expected sum, max or min but received " + name);
}

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
int64_t joinHost(const Context& context, Napi::Value offered) {
  if (!offered.IsExternal() ||
      !offered.As<Napi::External<HostReductions>>().CheckTypeTag(&kHostReductionsTag))
    throw_expected(context, "what the addon for MPI offers", offered);
  return context.environment.resources.add(
      std::make_shared<HostGroup>(*offered.As<Napi::External<HostReductions>>().Data()));
}

void reduceOfAll(const Context& context, Handle group, const at::Tensor& row, std::string operation) {
  const auto by = held(context, group);
  if (!row.is_contiguous())
    throw ArgumentError("ERR_INVALID_ARG", "expected a contiguous tensor but received " + describe(row));
  const at::NoGradGuard no_grad;
  by->group.reduce(row, reduction_of(operation));
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
    : resource(std::move(resource)), group(dynamic_cast<Reducing&>(*this->resource)) {}

c10::IValue Held::capsule() {
  return c10::IValue::make_capsule(c10::intrusive_ptr<torch::CustomClassHolder>::reclaim_copy(this));
}

c10::intrusive_ptr<Held> Held::of(const c10::IValue& capsule) {
  return c10::static_intrusive_pointer_cast<Held>(capsule.toCapsule());
}

c10::intrusive_ptr<Held> held(const Context& context, Handle group) {
  const std::shared_ptr<Resource>* found = context.environment.resources.find(group.value);
  if (!found || !dynamic_cast<Reducing*>(found->get()))
    throw ArgumentError("ERR_RELEASED", "expected a live group of processes");
  return c10::make_intrusive<Held>(*found);
}

at::Tensor sum_of_all(const at::Tensor& tensor, const c10::intrusive_ptr<Held>& held) {
  return SumOfAll::apply(tensor, held);
}

void define_reducing(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, joinHost);
  GAN_DEFINE(context, exports, reduceOfAll);
  GAN_DEFINE(context, exports, sumOfAll);
}

}  // namespace gan

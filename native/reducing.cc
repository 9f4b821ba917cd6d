#include "reducing.h"

#include <ATen/Functions.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <utility>
#include <vector>

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

  void reduce(at::TensorList tensors, Reduction operation) override {
    std::vector<at::Tensor> on_host;
    std::vector<HostPiece> pieces;
    for (const at::Tensor& tensor : tensors) {
      on_host.push_back(tensor.device().is_cpu() ? tensor : tensor.to(at::kCPU));
      pieces.push_back(piece_of(on_host.back()));
    }
    if (pieces.empty()) return;
    const HostType type = host_type(tensors[0]);
    require_none(by.reduce(pieces.data(), pieces.size(), type, operation), on_host);
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (on_host[i].is_same(tensors[i]))
        changed(tensors[i]);
      else
        tensors[i].copy_(on_host[i]);
    }
  }

  void sum(const at::Tensor& row) override {
    if (!row.device().is_cpu())
      throw ArgumentError("ERR_INVALID_ARG", "expected a tensor on the CPU but received " + describe(row));
    require_none(by.sum(piece_of(row), host_type(row)), {row});
  }

  bool takes_pieces() const override { return by.takes_pieces(); }

 private:
  static HostPiece piece_of(const at::Tensor& tensor) {
    return {tensor.mutable_data_ptr(), static_cast<size_t>(tensor.numel())};
  }

  /// For autograd, which may have kept what was there before.
  static void changed(const at::Tensor& tensor) {
    if (!tensor.is_inference()) tensor.unsafeGetTensorImpl()->bump_version();
  }

  static void require_none(const char* problem, at::TensorList written_to) {
    if (!problem) return;
    // MPI may still write to them.
    new std::vector<at::Tensor>(written_to.vec());
    throw ArgumentError("ERR_PARALLEL", problem);
  }

  const HostReductions& by;
};

Reduction reduction_of(const std::string& name) {
  if (name == "sum") return Reduction::kSum;
  if (name == "mean") return Reduction::kMean;
  if (name == "max") return Reduction::kMax;
  if (name == "min") return Reduction::kMin;
  throw ArgumentError("ERR_INVALID_ARG", "expected sum, mean, max or min but received " + name);
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

void reduceOfAll(const Context& context, Handle group, std::vector<at::Tensor> tensors,
                 std::string operation) {
  const auto by = held(context, group);
  for (const at::Tensor& tensor : tensors)
    if (tensor.scalar_type() != tensors[0].scalar_type() || !tensor.is_non_overlapping_and_dense())
      throw ArgumentError("ERR_INVALID_ARG",
                          "expected dense tensors of one dtype but received " + describe(tensor));
  const Reduction reduction = reduction_of(operation);
  if (reduction == Reduction::kMean && !tensors.empty() && !tensors[0].is_floating_point())
    throw ArgumentError("ERR_INVALID_ARG",
                        "expected floating tensors for a mean but received " + describe(tensors[0]));
  const at::NoGradGuard no_grad;
  by->group.reduce(tensors, reduction);
}

bool is_in_place(const at::Tensor& tensor) {
  const at::ScalarType dtype = tensor.scalar_type();
  return tensor.device().is_cpu() && tensor.is_non_overlapping_and_dense() &&
         (dtype == at::kFloat || dtype == at::kDouble || dtype == at::kLong);
}

/// Whether two of them share memory.
bool overlap(const std::vector<at::Tensor>& tensors) {
  std::vector<std::pair<const char*, size_t>> places;
  for (const at::Tensor& tensor : tensors)
    if (tensor.numel() > 0)
      places.emplace_back(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
  std::sort(places.begin(), places.end());
  for (size_t i = 1; i < places.size(); ++i)
    if (places[i - 1].first + places[i - 1].second > places[i].first) return true;
  return false;
}

/// A number that is equal where tensors of the same shapes lie in memory in one order, and 0 where they
/// cannot be reduced where they are: they are no dense ones of the CPU, or share memory, or the group is
/// quicker with one row.
int64_t orderInMemory(const Context& context, Handle group, std::vector<at::Tensor> tensors) {
  if (!held(context, group)->group.takes_pieces() ||
      !std::all_of(tensors.begin(), tensors.end(), is_in_place) || overlap(tensors))
    return 0;
  uint32_t order = 2166136261;
  for (const at::Tensor& tensor : tensors)
    for (int64_t i = 0; i < tensor.dim(); ++i) {
      // The stride of a dimension of one is never gone by.
      const int64_t stride = tensor.size(i) == 1 ? 0 : tensor.stride(i);
      order = (order ^ static_cast<uint32_t>(stride)) * 16777619;
      order = (order ^ static_cast<uint32_t>(tensor.size(i))) * 16777619;
    }
  return std::max<int64_t>(order, 1);
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
  GAN_DEFINE(context, exports, orderInMemory);
  GAN_DEFINE(context, exports, reduceOfAll);
  GAN_DEFINE(context, exports, sumOfAll);
}

}  // namespace gan

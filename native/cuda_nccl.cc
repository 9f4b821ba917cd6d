// GPUs of one or several machines connected by NCCL, through LibTorch's c10d. Where they meet, and what is no
// tensor, is in a TCPStore at rank 0. no_nccl.cc stands in without NCCL.
#include <c10/cuda/CUDAGuard.h>

#include <chrono>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <vector>

#include "nccl.h"
#include "reducing.h"

namespace gan {
namespace {

struct NcclGroup : Reducing {
  c10::intrusive_ptr<c10d::TCPStore> store;
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> group;

  /// The current stream waits for the result, the host does not.
  void reduce(at::TensorList tensors, Reduction operation) override {
    for (const at::Tensor& tensor : tensors) {
      const c10::cuda::CUDAGuard guard(tensor.device());
      std::vector<at::Tensor> rows{tensor};
      c10d::AllreduceOptions options;
      options.reduceOp = operation == Reduction::kMax   ? c10d::ReduceOp::MAX
                         : operation == Reduction::kMin ? c10d::ReduceOp::MIN
                                                        : c10d::ReduceOp::SUM;
      group->allreduce(rows, options)->wait();
      if (operation == Reduction::kMean) rows[0].div_(group->getSize());
    }
  }

  void sum(const at::Tensor& row) override { reduce({row}, Reduction::kSum); }
};

NcclGroup& group_of(const Context& context, Handle handle) {
  const std::shared_ptr<Resource>* found = context.environment.resources.find(handle.value);
  auto* group = found ? dynamic_cast<NcclGroup*>(found->get()) : nullptr;
  if (!group) throw ArgumentError("ERR_RELEASED", "expected a live group of processes");
  return *group;
}

bool builtWithNccl(const Context&) { return true; }

/// Joins the group that meets at `address`, where rank 0 listens on `port`; all that waits does so for
/// `seconds`. This process's part is on `device`.
int64_t joinNccl(const Context& context, std::string address, int64_t port, int64_t rank, int64_t size,
                 at::Device device, double seconds) {
  require_device(device);
  const c10::cuda::CUDAGuard guard(device);
  const auto limit = std::chrono::milliseconds(static_cast<int64_t>(1000 * seconds));
  c10d::TCPStoreOptions store_options;
  store_options.port = static_cast<uint16_t>(port);
  store_options.isServer = rank == 0;
  store_options.numWorkers = static_cast<size_t>(size);
  store_options.timeout = limit;
  auto joined = std::make_shared<NcclGroup>();
  joined->store = c10::make_intrusive<c10d::TCPStore>(address, store_options);
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = limit;
  joined->group = c10::make_intrusive<c10d::ProcessGroupNCCL>(joined->store, static_cast<int>(rank),
                                                              static_cast<int>(size), options);
  joined->group->setBoundDeviceId(device);
  return context.environment.resources.add(std::move(joined));
}

void ncclBroadcast(const Context& context, Handle group, const at::Tensor& row, int64_t root) {
  const c10::cuda::CUDAGuard guard(row.device());
  std::vector<at::Tensor> rows{row};
  c10d::BroadcastOptions options;
  options.rootRank = root;
  group_of(context, group).group->broadcast(rows, options)->wait();
}

void setInStore(const Context& context, Handle group, std::string key, std::string value) {
  group_of(context, group).store->set(key, std::vector<uint8_t>(value.begin(), value.end()));
}

/// The text under a key, or none where there is none yet.
std::string getFromStore(const Context& context, Handle group, std::string key) {
  auto& store = *group_of(context, group).store;
  if (!store.check({key})) return {};
  const std::vector<uint8_t> value = store.get(key);
  return {value.begin(), value.end()};
}

void deleteFromStore(const Context& context, Handle group, std::string key) {
  group_of(context, group).store->deleteKey(key);
}

/// Ends this process's part; all must have come to it.
void leaveNccl(const Context& context, Handle group) {
  group_of(context, group).group->shutdown();
  context.environment.resources.remove(group.value);
}

}  // namespace

void define_nccl(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, builtWithNccl);
  GAN_DEFINE(context, exports, joinNccl);
  GAN_DEFINE(context, exports, ncclBroadcast);
  GAN_DEFINE(context, exports, setInStore);
  GAN_DEFINE(context, exports, getFromStore);
  GAN_DEFINE(context, exports, deleteFromStore);
  GAN_DEFINE(context, exports, leaveNccl);
}

}  // namespace gan

// The entries of cuda_nccl.cc where it is not compiled: each says what is missing.
#include "nccl.h"

namespace gan {
namespace {

[[noreturn]] void throw_no_nccl() {
  throw ArgumentError(
      "ERR_NO_NCCL", std::string("expected an addon with NCCL, which connects GPUs, but this one is compiled "
                                 "without: it needs a LibTorch with CUDA, and nccl.h beside it (`pip install "
                                 "nvidia-nccl-cu13`) or in the system (libnccl-dev); then ") +
                         kSetupCuda);
}

bool builtWithNccl(const Context&) { return false; }
int64_t joinNccl(const Context&, std::string, int64_t, int64_t, int64_t, at::Device, double) {
  throw_no_nccl();
}
void ncclBroadcast(const Context&, Handle, const at::Tensor&, int64_t) { throw_no_nccl(); }
void setInStore(const Context&, Handle, std::string, std::string) { throw_no_nccl(); }
std::string getFromStore(const Context&, Handle, std::string) { throw_no_nccl(); }
void deleteFromStore(const Context&, Handle, std::string) { throw_no_nccl(); }
void leaveNccl(const Context&, Handle) { throw_no_nccl(); }

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

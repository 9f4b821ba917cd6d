// The entries of cuda.cc and cuda_graph.cc for a LibTorch without CUDA: each says what to install.
#include "addon.h"

namespace gan {
namespace {

[[noreturn]] void throw_no_cuda() {
  throw ArgumentError(
      "ERR_NO_CUDA",
      std::string("expected a LibTorch with CUDA but this one is built for CPU only; ") + kSetupCuda);
}

std::string cudaDeviceName(const Context&, at::Device) { throw_no_cuda(); }
void cudaSynchronize(const Context&, at::Device) { throw_no_cuda(); }
std::vector<int64_t> cudaMemory(const Context&, at::Device) { throw_no_cuda(); }
void cudaEmptyCache(const Context&) { throw_no_cuda(); }

int64_t makeStudio(const Context&, at::Device) { throw_no_cuda(); }
void enterStudio(const Context&, Handle) { throw_no_cuda(); }
void leaveStudio(const Context&, Handle) { throw_no_cuda(); }
int64_t beginRecording(const Context&, Handle, napi_value) { throw_no_cuda(); }
void endRecording(const Context&, Handle) { throw_no_cuda(); }
void abandonRecording(const Context&, Handle) { throw_no_cuda(); }
void replayRecording(const Context&, Handle) { throw_no_cuda(); }
bool releaseResource(const Context&, Handle) { throw_no_cuda(); }
void forbidCudaSync(const Context&, bool) { throw_no_cuda(); }

}  // namespace

bool recording_now() { return false; }

void define_cuda(const Context& context, napi_value exports) {
  GAN_DEFINE(context, exports, cudaDeviceName);
  GAN_DEFINE(context, exports, cudaSynchronize);
  GAN_DEFINE(context, exports, cudaMemory);
  GAN_DEFINE(context, exports, cudaEmptyCache);
}

void define_cuda_graph(const Context& context, napi_value exports) {
  GAN_DEFINE(context, exports, makeStudio);
  GAN_DEFINE(context, exports, enterStudio);
  GAN_DEFINE(context, exports, leaveStudio);
  GAN_DEFINE(context, exports, beginRecording);
  GAN_DEFINE(context, exports, endRecording);
  GAN_DEFINE(context, exports, abandonRecording);
  GAN_DEFINE(context, exports, replayRecording);
  GAN_DEFINE(context, exports, releaseResource);
  GAN_DEFINE(context, exports, forbidCudaSync);
}

}  // namespace gan

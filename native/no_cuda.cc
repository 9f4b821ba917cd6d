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
std::vector<int64_t> cudaCapability(const Context&, at::Device) { throw_no_cuda(); }
void cudaSynchronize(const Context&, at::Device) { throw_no_cuda(); }
std::vector<int64_t> cudaMemory(const Context&, at::Device) { throw_no_cuda(); }
void cudaEmptyCache(const Context&) { throw_no_cuda(); }

int64_t makeCaptureStream(const Context&, at::Device) { throw_no_cuda(); }
void enterCaptureStream(const Context&, Handle) { throw_no_cuda(); }
void leaveCaptureStream(const Context&, Handle) { throw_no_cuda(); }
int64_t beginCapture(const Context&, Handle, Napi::Value) { throw_no_cuda(); }
void endCapture(const Context&, Handle) { throw_no_cuda(); }
void abandonCapture(const Context&, Handle) { throw_no_cuda(); }
void replayGraph(const Context&, Handle) { throw_no_cuda(); }
bool releaseResource(const Context&, Handle) { throw_no_cuda(); }
void forbidCudaSync(const Context&, bool) { throw_no_cuda(); }

}  // namespace

bool capturing_now() { return false; }

void define_cuda(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, cudaDeviceName);
  GAN_DEFINE(context, exports, cudaCapability);
  GAN_DEFINE(context, exports, cudaSynchronize);
  GAN_DEFINE(context, exports, cudaMemory);
  GAN_DEFINE(context, exports, cudaEmptyCache);
}

void define_cuda_graph(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, makeCaptureStream);
  GAN_DEFINE(context, exports, enterCaptureStream);
  GAN_DEFINE(context, exports, leaveCaptureStream);
  GAN_DEFINE(context, exports, beginCapture);
  GAN_DEFINE(context, exports, endCapture);
  GAN_DEFINE(context, exports, abandonCapture);
  GAN_DEFINE(context, exports, replayGraph);
  GAN_DEFINE(context, exports, releaseResource);
  GAN_DEFINE(context, exports, forbidCudaSync);
}

}  // namespace gan

// The entries of cuda.cc for a LibTorch without CUDA: each says what to install.
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

}  // namespace

void define_cuda(const Context& context, napi_value exports) {
  GAN_DEFINE(context, exports, cudaDeviceName);
  GAN_DEFINE(context, exports, cudaSynchronize);
  GAN_DEFINE(context, exports, cudaMemory);
  GAN_DEFINE(context, exports, cudaEmptyCache);
}

}  // namespace gan

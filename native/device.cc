// What LibTorch is and can do here, and its process-wide switches.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/version.h>

#include <algorithm>
#include <thread>

#include "addon.h"

namespace gan {
namespace {

std::string version(const Context&) { return TORCH_VERSION; }
std::string buildConfiguration(const Context&) { return at::show_config(); }
std::string cpuCapability(const Context&) { return at::get_cpu_capability(); }
int64_t threads(const Context&) { return at::get_num_threads(); }

void setThreads(const Context&, int64_t count) {
  // OpenMP ends the process where it cannot start as many as it was told to.
  const int64_t most = std::max<int64_t>(std::thread::hardware_concurrency(), 64);
  if (count < 1 || count > most)
    throw ArgumentError("ERR_INVALID_ARG", "expected 1 to " + std::to_string(most) +
                                               " threads but received " + std::to_string(count));
  at::set_num_threads(static_cast<int>(count));
}

bool builtWithCuda(const Context&) { return kBuiltWithCuda; }
int64_t cudaDeviceCount(const Context&) {
  return at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
}

std::string cudnnVersion(const Context&) {
  if (!at::hasCUDA() || !at::detail::getCUDAHooks().compiledWithCuDNN()) return "";
  return std::to_string(at::detail::getCUDAHooks().versionCuDNN());
}

/// Bit-equal results from run to run: an operator that has no deterministic kernel throws.
void setDeterministic(const Context&, bool enabled) {
  at::globalContext().setDeterministicAlgorithms(enabled, /*warn_only=*/false);
  at::globalContext().setDeterministicCuDNN(enabled);
}

bool deterministic(const Context&) { return at::globalContext().deterministicAlgorithms(); }

/// Lets cuDNN time its convolution kernels on first use and keep the fastest.
void setBenchmark(const Context&, bool enabled) { at::globalContext().setBenchmarkCuDNN(enabled); }

bool benchmark(const Context&) { return at::globalContext().benchmarkCuDNN(); }

/// Lets matrix products and convolutions on CUDA round their float32 inputs to 10 bits (TF32): faster, and
/// less exact.
void setTf32(const Context&, bool enabled) {
  at::globalContext().setAllowTF32CuBLAS(enabled);
  at::globalContext().setAllowTF32CuDNN(enabled);
}

/// Sets up how this process keeps the memory that LibTorch frees. What is allocated already stays as it is.
void tuneMemory(const Context&) { install_allocator(keep_freed_memory()); }

bool memoryTuned(const Context&) { return allocator_installed(); }

/// Reading the argument is the check.
void requireDevice(const Context&, at::Device) {}

}  // namespace

void require_device(at::Device device) {
  if (!device.is_cuda()) return;
  if (!kBuiltWithCuda)
    throw ArgumentError("ERR_NO_CUDA", "expected a LibTorch with CUDA for device '" + device.str() +
                                           "' but this one is built for CPU only; " + kSetupCuda +
                                           ", or use --device cpu");
  // Without a device a LibTorch with CUDA says that it has none.
  const int64_t count = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  if (count == 0)
    throw ArgumentError("ERR_NO_CUDA",
                        "expected an NVIDIA GPU for device '" + device.str() +
                            "' but the driver shows none; check nvidia-smi, or use --device cpu");
  if (device.has_index() && device.index() >= count)
    throw ArgumentError("ERR_NO_CUDA", "expected a CUDA device up to 'cuda:" + std::to_string(count - 1) +
                                           "' but received '" + device.str() + "'");
}

void define_device(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, version);
  GAN_DEFINE(context, exports, buildConfiguration);
  GAN_DEFINE(context, exports, cpuCapability);
  GAN_DEFINE(context, exports, threads);
  GAN_DEFINE(context, exports, setThreads);
  GAN_DEFINE(context, exports, builtWithCuda);
  GAN_DEFINE(context, exports, cudaDeviceCount);
  GAN_DEFINE(context, exports, cudnnVersion);
  GAN_DEFINE(context, exports, setDeterministic);
  GAN_DEFINE(context, exports, deterministic);
  GAN_DEFINE(context, exports, setBenchmark);
  GAN_DEFINE(context, exports, benchmark);
  GAN_DEFINE(context, exports, setTf32);
  GAN_DEFINE(context, exports, tuneMemory);
  GAN_DEFINE(context, exports, memoryTuned);
  GAN_DEFINE(context, exports, requireDevice);
}

}  // namespace gan

// What only a LibTorch with CUDA can tell: memory statistics, device names, synchronisation. no_cuda.cc
// stands in elsewhere.
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>

#include "addon.h"

namespace gan {
namespace {

c10::DeviceIndex index_of(at::Device device) {
  require_device(device);
  return device.has_index() ? device.index() : c10::cuda::current_device();
}

/// By c10 alone: ATen's CUDA context would ask for the headers of cuBLAS, cuSPARSE and cuSOLVER.
cudaDeviceProp properties(at::Device device) {
  cudaDeviceProp result;
  C10_CUDA_CHECK(cudaGetDeviceProperties(&result, index_of(device)));
  return result;
}

std::string cudaDeviceName(const Context&, at::Device device) { return properties(device).name; }

/// Its compute capability: [major, minor].
std::vector<int64_t> cudaCapability(const Context&, at::Device device) {
  const cudaDeviceProp found = properties(device);
  return {found.major, found.minor};
}

/// Waits until the device has done everything it was given.
void cudaSynchronize(const Context&, at::Device device) {
  const c10::cuda::CUDAGuard guard(index_of(device));
  c10::cuda::device_synchronize();
}

/// Bytes [in tensors, reserved from the driver, highest in tensors so far, the device's total].
std::vector<int64_t> cudaMemory(const Context&, at::Device device) {
  namespace allocator = c10::cuda::CUDACachingAllocator;
  const c10::DeviceIndex index = index_of(device);
  const auto stats = allocator::getDeviceStats(index);
  constexpr auto kAll = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return {stats.allocated_bytes[kAll].current, stats.reserved_bytes[kAll].current,
          stats.allocated_bytes[kAll].peak, static_cast<int64_t>(properties(device).totalGlobalMem)};
}

void cudaEmptyCache(const Context&) { c10::cuda::CUDACachingAllocator::emptyCache(); }

}  // namespace

void define_cuda(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, cudaDeviceName);
  GAN_DEFINE(context, exports, cudaCapability);
  GAN_DEFINE(context, exports, cudaSynchronize);
  GAN_DEFINE(context, exports, cudaMemory);
  GAN_DEFINE(context, exports, cudaEmptyCache);
}

}  // namespace gan

// The rooms of the addon, each putting its entries on `exports`.
#pragma once

#include "entry.h"

namespace gan {

#ifdef HAVE_CUDA
constexpr bool kBuiltWithCuda = true;
#else
constexpr bool kBuiltWithCuda = false;
#endif

/// How to get a LibTorch with CUDA: in a clone, and from the package.
constexpr const char* kSetupCuda =
    "run `npx ts-node scripts/setup.ts --cuda` in a clone, `npx libtorch-gan setup --cuda` elsewhere";

/// Throws ERR_NO_CUDA, with what to do about it, where `device` is a CUDA device that cannot be used.
void require_device(at::Device device);

/// Gives tensors an allocator that keeps what is freed, big blocks too where it is told to; once a process.
void install_allocator(bool keeps_big);
/// Whether LibTorch allocates with it now.
bool allocator_installed();
/// Has malloc keep what is freed for the next step. What the user set by MALLOC_… variables or GLIBC_TUNABLES
/// stays; whether there is nothing of it, and this is glibc.
bool keep_freed_memory();
/// Whether the current CUDA stream is being captured: host data given to it now would be read at every
/// replay.
bool capturing_now();

void define_ops(const Context& context, Napi::Object exports);
void define_tensors(const Context& context, Napi::Object exports);
void define_autograd(const Context& context, Napi::Object exports);
void define_snapshot(const Context& context, Napi::Object exports);
void define_random(const Context& context, Napi::Object exports);
void define_device(const Context& context, Napi::Object exports);
void define_kernels(const Context& context, Napi::Object exports);
void define_profile(const Context& context, Napi::Object exports);
void define_script(const Context& context, Napi::Object exports);
void define_cuda(const Context& context, Napi::Object exports);
void define_cuda_graph(const Context& context, Napi::Object exports);

}  // namespace gan

// The entries of cuda_nccl.cc, or of no_nccl.cc where LibTorch or this machine has no NCCL.
#pragma once

#include "addon.h"

namespace gan {

void define_nccl(const Context& context, Napi::Object exports);

}  // namespace gan

// What an optimizer's step goes over, in parts for threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "lying_flat.h"

namespace gan::kernels {

/// Some parameters, or parts of them, with what is kept of each.
struct OptimizerPart {
  FlatLists lists;
  std::vector<at::Tensor> steps;
};

/// Parts of about as many numbers, some for each thread; none where the step of LibTorch is to take the lists
/// as they are. LibTorch goes over tensor after tensor on all threads, which wait for each other at the end
/// of each, be it a bias of 20 numbers.
std::vector<OptimizerPart> parts_of(const FlatLists& lists, at::TensorList steps);

}  // namespace gan::kernels

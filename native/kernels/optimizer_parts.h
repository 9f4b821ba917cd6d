// What an optimizer's step goes over, in parts for threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "adam_step.h"
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

/// Makes Adam's step where our own kernel does, and gives what is left to LibTorch's.
OptimizerPart left_by_own_step(const OptimizerPart& part, const adam::Rates& rates);

}  // namespace gan::kernels

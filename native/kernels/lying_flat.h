// Tensors as vectors, for operators that go over them number by number.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <vector>

namespace gan::kernels {

/// A parameter and what an optimizer keeps of it, in a list each; a list may be empty.
constexpr size_t kLists = 5;
using Lists = std::array<at::TensorList, kLists>;
using FlatLists = std::array<std::vector<at::Tensor>, kLists>;

/// The same numbers, as vectors in the order that they lie in, where all tensors of an index lie alike and
/// are not contiguous: LibTorch's Adam copies the gradient of channels_last weights otherwise, which takes as
/// long as the step itself. On the CPU, without gradients of the operator.
FlatLists lying_flat(const Lists& lists);

}  // namespace gan::kernels

#include "lying_flat.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace gan::kernels {
namespace {

/// Whether the tensor's numbers fill a piece of memory in another order than that of its indices.
bool is_reordered(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device().is_cpu() && tensor.layout() == at::kStrided &&
         !tensor.is_contiguous() && tensor.is_non_overlapping_and_dense();
}

bool lie_alike(const Lists& lists, size_t index) {
  const at::Tensor& first = lists[0][index];
  return std::all_of(lists.begin(), lists.end(), [&](at::TensorList list) {
    if (list.empty()) return true;
    if (list.size() != lists[0].size()) return false;
    const at::Tensor& tensor = list[index];
    return is_reordered(tensor) && tensor.sizes() == first.sizes() && tensor.strides() == first.strides();
  });
}

}  // namespace

FlatLists lying_flat(const Lists& lists) {
  FlatLists flat;
  for (size_t n = 0; n < kLists; ++n) flat[n] = lists[n].vec();
  if (at::GradMode::is_enabled()) return flat;
  for (size_t i = 0; i < lists[0].size(); ++i) {
    if (!is_reordered(lists[0][i]) || !lie_alike(lists, i)) continue;
    for (size_t n = 0; n < kLists; ++n)
      if (!lists[n].empty()) flat[n][i] = lists[n][i].as_strided({lists[n][i].numel()}, {1});
  }
  return flat;
}

}  // namespace gan::kernels

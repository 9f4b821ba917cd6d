#include "optimizer_parts.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "convolution.h"

namespace gan::kernels {
namespace {

/// Numbers that are worth another thread.
constexpr int64_t kWorthParts = 1 << 15;
/// LibTorch handles what is left of these by other instructions, which may round otherwise.
constexpr int64_t kTogether = 64;

bool is_plain_row(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device().is_cpu() && tensor.layout() == at::kStrided &&
         tensor.scalar_type() == at::kFloat && tensor.is_contiguous() && !tensor.is_neg();
}

bool are_plain(const FlatLists& lists, at::TensorList steps) {
  const size_t count = lists[0].size();
  if (steps.size() != count) return false;
  return std::all_of(lists.begin(), lists.end(), [&](const std::vector<at::Tensor>& list) {
    if (list.empty()) return &list != &lists[0];
    if (list.size() != count) return false;
    for (size_t i = 0; i < count; ++i)
      if (!is_plain_row(list[i]) || list[i].numel() != lists[0][i].numel()) return false;
    return true;
  });
}

at::Tensor piece(const at::Tensor& of, int64_t first, int64_t count) {
  return count == of.numel() ? of : of.as_strided({count}, {1}, of.storage_offset() + first);
}

}  // namespace

std::vector<OptimizerPart> parts_of(const FlatLists& lists, at::TensorList steps) {
  if (!enabled() || at::GradMode::is_enabled() || at::get_num_threads() < 2 || !are_plain(lists, steps))
    return {};
  int64_t total = 0;
  for (const at::Tensor& tensor : lists[0]) total += tensor.numel();
  if (total < kWorthParts) return {};
  const int64_t size = at::divup(total, 3 * at::get_num_threads());
  std::vector<OptimizerPart> parts(1);
  int64_t room = size;
  for (size_t i = 0; i < lists[0].size(); ++i)
    for (int64_t first = 0, end = lists[0][i].numel(); first < end;) {
      if (room <= 0) {
        parts.emplace_back();
        room = size;
      }
      const int64_t rest = end - first, wanted = at::divup(room, kTogether) * kTogether;
      const int64_t count = std::min(rest, wanted);
      for (size_t n = 0; n < kLists; ++n)
        if (!lists[n].empty()) parts.back().lists[n].push_back(piece(lists[n][i], first, count));
      parts.back().steps.push_back(steps[i]);
      first += count;
      room -= count;
    }
  return parts;
}

}  // namespace gan::kernels

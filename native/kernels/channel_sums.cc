#include "channel_sums.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <vector>

#include "products.h"
#include "sum_rows.h"

namespace gan::kernels {

#ifdef GAN_AVX512

namespace {

/// Numbers that are added up at a time, whatever the number of threads.
constexpr int64_t kAtATime = 8192;

bool can_sum(const at::Tensor& tensor) {
  if (at::GradMode::is_enabled() && tensor.requires_grad()) return false;
  const at::ScalarType dtype = tensor.scalar_type();
  if ((dtype != at::kFloat && dtype != at::kBFloat16) || !has_vectors(dtype) || tensor.numel() == 0)
    return false;
  return tensor.size(1) % kRowLanes == 0 &&
         tensor.is_contiguous(tensor.dim() == 4 ? at::MemoryFormat::ChannelsLast
                                                : at::MemoryFormat::Contiguous);
}

at::Tensor sums_of(const at::Tensor& tensor) {
  const int64_t channels = tensor.size(1), rows = tensor.numel() / channels;
  const int64_t part = std::max<int64_t>(kAtATime / channels, 16), parts = at::divup(rows, part);
  const Room<float> room(parts * channels);
  by_set(tensor, [&]<class Set, class T>(Set, T) {
    const auto* const from = numbers<const T>(tensor);
    at::parallel_for(0, parts, 8, [&](int64_t begin, int64_t end) {
      for (int64_t index = begin; index < end; ++index)
        sum_rows<Set>(from + index * part * channels, std::min(part, rows - index * part), channels,
                      room.data() + index * channels);
    });
  });
  std::vector<double> totals(static_cast<size_t>(channels));
  for (int64_t index = 0; index < parts; ++index)
    for (int64_t c = 0; c < channels; ++c) totals[c] += room.data()[index * channels + c];
  at::Tensor result = at::empty({channels}, tensor.options().dtype(at::kFloat));
  std::transform(totals.begin(), totals.end(), numbers<float>(result),
                 [](double total) { return static_cast<float>(total); });
  return result;
}

}  // namespace

#endif

at::Tensor channel_sums(const at::Tensor& tensor) {
#ifdef GAN_AVX512
  if (can_sum(tensor)) return sums_of(tensor);
#endif
  constexpr std::array<int64_t, 3> kOthers{0, 2, 3};
  return tensor.sum(at::IntArrayRef(kOthers).slice(0, tensor.dim() == 4 ? 3 : 1), false, at::kFloat);
}

}  // namespace gan::kernels

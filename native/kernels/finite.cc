#include "finite.h"

#include <ATen/Operators.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "convolution.h"
#include "lanes.h"
#include "turns.h"

namespace gan::kernels {
namespace {

using Check = at::_ops::_amp_foreach_non_finite_check_and_unscale_;

/// Numbers that are looked at in one go.
constexpr int64_t kPiece = 1 << 14;
/// Pieces that are worth another thread.
constexpr int64_t kPieces = 8;

struct Piece {
  const float* from;
  int64_t count;
};

/// The exponent of an infinity and of a NaN is the largest.
bool all_finite(const float* from, int64_t count) {
  return lanes::by_processor([=](auto) GAN_INLINED {
    constexpr uint32_t kExponent = 0x7f800000;
    const auto* const bits = reinterpret_cast<const uint32_t*>(from);
    uint32_t largest = 0;
    for (int64_t i = 0; i < count; ++i) {
      const uint32_t exponent = bits[i] & kExponent;
      largest = exponent > largest ? exponent : largest;
    }
    return largest != kExponent;
  });
}

bool is_plain_number(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.layout() == at::kStrided && tensor.scalar_type() == at::kFloat &&
         tensor.numel() == 1 && !tensor.requires_grad();
}

/// Whether the tensor's numbers fill a piece of memory.
bool is_readable(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device().is_cpu() && tensor.layout() == at::kStrided &&
         tensor.scalar_type() == at::kFloat && !tensor.requires_grad() &&
         tensor.is_non_overlapping_and_dense();
}

}  // namespace

void find_non_finite(at::TensorList tensors, at::Tensor& found, const at::Tensor& scale) {
  const bool reads = enabled() && is_plain_number(found) && is_plain_number(scale) &&
                     *scale.const_data_ptr<float>() == 1 &&
                     std::all_of(tensors.begin(), tensors.end(), is_readable);
  if (!reads) return Check::call(tensors, found, scale);
  RECORD_FUNCTION("gan::find_non_finite", (std::vector<c10::IValue>{}));
  std::vector<Piece> pieces;
  for (const at::Tensor& tensor : tensors)
    for (int64_t first = 0; first < tensor.numel(); first += kPiece)
      pieces.push_back({tensor.const_data_ptr<float>() + first, std::min(kPiece, tensor.numel() - first)});
  std::atomic<bool> finite{true};
  const auto count = static_cast<int64_t>(pieces.size());
  in_turn(count, std::min<int64_t>(at::divup(count, kPieces), at::get_num_threads()), [&](int64_t index) {
    if (finite && !all_finite(pieces[index].from, pieces[index].count)) finite = false;
  });
  if (!finite) *found.mutable_data_ptr<float>() = 1;
}

}  // namespace gan::kernels

#include "bytes.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "convolution.h"
#include "lanes.h"
#include "products.h"

namespace gan::kernels {
namespace {

/// A product with the reciprocal would round otherwise.
void levels_of(const uint8_t* from, int64_t count, float* to) {
  lanes::by_processor([=](auto) GAN_INLINED {
    for (int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]) / 127.5f - 1;
  });
}

bool are_bytes(const at::Tensor& bytes) {
  return bytes.device().is_cpu() && bytes.layout() == at::kStrided && bytes.scalar_type() == at::kByte &&
         bytes.dim() > 0 && bytes.numel() > 0 && bytes.is_contiguous();
}

/// The places that `rows` names among so many; none where one is not there, which LibTorch has an error for.
std::vector<int64_t> places_of(const at::Tensor& rows, int64_t count) {
  if (!rows.device().is_cpu() || rows.layout() != at::kStrided || rows.dim() != 1 || !rows.is_contiguous())
    return {};
  std::vector<int64_t> places;
  if (rows.scalar_type() == at::kInt)
    places.assign(rows.const_data_ptr<int32_t>(), rows.const_data_ptr<int32_t>() + rows.numel());
  else if (rows.scalar_type() == at::kLong)
    places.assign(rows.const_data_ptr<int64_t>(), rows.const_data_ptr<int64_t>() + rows.numel());
  const bool known =
      std::all_of(places.begin(), places.end(), [&](int64_t place) { return place >= 0 && place < count; });
  return known ? places : std::vector<int64_t>();
}

/// Bytes that are worth another thread.
constexpr int64_t kBytesAThread = 1 << 17;

}  // namespace

at::Tensor images_of_bytes(const at::Tensor& bytes, const std::optional<at::Tensor>& rows) {
  const bool fits = enabled() && are_bytes(bytes);
  std::vector<int64_t> places;
  if (fits && rows) places = places_of(*rows, bytes.size(0));
  if (!fits || (rows && places.empty()))
    return (rows ? at::index_select(bytes, 0, *rows) : bytes).div(127.5).sub_(1);
  RECORD_FUNCTION("gan::images_of_bytes", (std::vector<c10::IValue>{bytes}));
  std::vector<int64_t> shape = bytes.sizes().vec();
  if (rows) shape[0] = static_cast<int64_t>(places.size());
  const at::Tensor result = at::empty(shape, bytes.options().dtype(at::kFloat));
  const int64_t size = bytes.numel() / bytes.size(0);
  const auto* const from = bytes.const_data_ptr<uint8_t>();
  auto* const to = result.mutable_data_ptr<float>();
  at::parallel_for(0, shape[0], at::divup(kBytesAThread, size), [&](int64_t begin, int64_t end) {
    if (!rows) return levels_of(from + begin * size, (end - begin) * size, to + begin * size);
    for (int64_t row = begin; row < end; ++row) levels_of(from + places[row] * size, size, to + row * size);
  });
  return result;
}

}  // namespace gan::kernels

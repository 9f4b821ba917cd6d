#include "strided_pixels.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <vector>

#include "pairs.h"

namespace gan::kernels {
namespace {

constexpr size_t kDirections = 2;

/// The dimension of a direction, counted from the end.
int64_t dimension(size_t direction) { return static_cast<int64_t>(direction) - int64_t{kDirections}; }

/// The pixels of a transposed convolution's output, of `count` ones of its input.
int64_t spread_size(int64_t count, int64_t stride, int64_t padding, int64_t beyond) {
  return (count - 1) * stride - 2 * padding + 1 + beyond;
}

}  // namespace

bool leaves_pixels_out(const at::Tensor& input, const at::Tensor& weight, c10::SymIntArrayRef stride,
                       c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation) {
  if (!input.device().is_cpu() || !weight.device().is_cpu() || weight.dim() != 4 ||
      (input.dim() != 4 && input.dim() != 3) || weight.size(2) != 1 || weight.size(3) != 1 ||
      !are_pairs({stride, padding, dilation}))
    return false;
  bool any = false;
  for (size_t i = 0; i < kDirections; ++i) {
    if (number_of(stride, i) < 1 || number_of(padding, i) < 0 || number_of(dilation, i) < 1 ||
        input.size(dimension(i)) < 1)
      return false;
    any = any || number_of(stride, i) > 1;
  }
  return any;
}

at::Tensor every(const at::Tensor& images, c10::SymIntArrayRef stride) {
  at::Tensor seen = images;
  for (size_t i = 0; i < kDirections; ++i)
    seen = seen.slice(dimension(i), 0, std::nullopt, number_of(stride, i));
  return seen;
}

bool can_spread(const at::Tensor& pixels, c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                c10::SymIntArrayRef beyond, c10::SymIntArrayRef dilation) {
  if (!are_pairs({beyond})) return false;
  for (size_t i = 0; i < kDirections; ++i) {
    const int64_t more = number_of(beyond, i), step = number_of(stride, i);
    if (more < 0 || more >= std::max(step, number_of(dilation, i)) ||
        spread_size(pixels.size(dimension(i)), step, number_of(padding, i), more) < 1)
      return false;
  }
  return true;
}

at::Tensor spread(const at::Tensor& pixels, c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                  c10::SymIntArrayRef beyond) {
  std::vector<int64_t> shape = pixels.sizes().vec();
  at::Tensor seen = pixels;
  // Of the pixels, those that do not fall into the padding; of the images, where the first of them goes.
  std::vector<int64_t> places;
  for (size_t i = 0; i < kDirections; ++i) {
    const int64_t step = number_of(stride, i), cut = number_of(padding, i), count = pixels.size(dimension(i));
    int64_t& size = shape[shape.size() - kDirections + i];
    size = spread_size(count, step, cut, number_of(beyond, i));
    const int64_t first = (cut + step - 1) / step, end = std::min(count, (cut + size - 1) / step + 1);
    seen = seen.slice(dimension(i), first, std::max(first, end));
    places.push_back(first * step - cut);
  }
  const at::MemoryFormat format =
      pixels.dim() == 4 ? pixels.suggest_memory_format() : at::MemoryFormat::Contiguous;
  const at::Tensor images = at::zeros(shape, pixels.options()).contiguous(format);
  at::Tensor there = images;
  for (size_t i = 0; i < kDirections; ++i)
    there = there.slice(dimension(i), places[i], std::nullopt, number_of(stride, i))
                .narrow(dimension(i), 0, seen.size(dimension(i)));
  there.copy_(seen);
  return images;
}

}  // namespace gan::kernels

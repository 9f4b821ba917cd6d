// Bounds of arguments of which one odd number would keep a kernel busy for minutes or for ever: nothing can
// interrupt it. They are far beyond what a network needs.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/SymIntArrayRef.h>

#include <algorithm>
#include <optional>
#include <string>

#include "environment.h"

namespace gan::detail {

/// Throws where `received` is more than `most` of `what`.
inline void require_at_most(int64_t most, int64_t received, const char* what) {
  if (received > most)
    throw ArgumentError("ERR_INVALID_ARG", std::string("expected ") + what + " of at most " +
                                               std::to_string(most) + " but received " +
                                               std::to_string(received));
}

inline void require_parts(int64_t parts) {
  constexpr int64_t kMost = 1 << 24;
  if (parts > kMost)
    throw ArgumentError("ERR_INVALID_ARG", "expected at most 16,777,216 tensors to come of it but counted " +
                                               std::to_string(parts));
}

/// The size of a dimension, or 0 where there is none: LibTorch tells that better.
inline int64_t extent(const at::Tensor& self, int64_t dim) {
  const int64_t index = dim < 0 ? dim + self.dim() : dim;
  return index >= 0 && index < self.dim() ? self.size(index) : 0;
}

// A tensor without elements may have a dimension of any size, and a tensor for each of them fills all memory.
inline void check_unbind(const at::Tensor& self, int64_t dim) { require_parts(extent(self, dim)); }

inline void check_split(const at::Tensor& self, const c10::SymInt& size, int64_t dim) {
  require_parts(extent(self, dim) / std::max<int64_t>(size.expect_int(), 1));
}

inline void check_chunk(const at::Tensor& self, int64_t chunks, int64_t dim) {
  const int64_t size = extent(self, dim);
  require_parts(size == 0 ? chunks : std::min(chunks, size));
}

inline void require_paddings(c10::SymIntArrayRef paddings, int64_t most) {
  for (const c10::SymInt& padding : paddings) require_at_most(most, padding.expect_int(), "paddings");
}

/// One number for each dimension, or one for all.
inline double number_at(c10::SymIntArrayRef numbers, size_t index) {
  if (numbers.empty()) return 0;
  return static_cast<double>(numbers[std::min(index, numbers.size() - 1)].expect_int());
}

/// The pixels of a batch of images [N, C, …], or of one without a batch, when each size becomes
/// `grown(size, dimension)`.
template <class Grown>
double pixels(const at::Tensor& images, size_t dimensions, Grown grown) {
  const auto first = static_cast<int64_t>(images.dim()) - static_cast<int64_t>(dimensions);
  double count = first == 2 ? static_cast<double>(images.size(0)) : 1;
  for (size_t i = 0; i < dimensions && first >= 0; ++i)
    count *= std::max(grown(static_cast<double>(images.size(first + static_cast<int64_t>(i))), i), 0.0);
  return count;
}

/// Throws where images become more than `times` as large, and large at all.
inline void require_growth(double before, double after, double times) {
  constexpr double kAlways = 1 << 24;
  const double most = std::max(kAlways, times * before);
  if (after > most)
    throw ArgumentError("ERR_INVALID_ARG", "expected images of at most " +
                                               std::to_string(static_cast<int64_t>(most)) +
                                               " pixels to come of it but counted " +
                                               std::to_string(static_cast<int64_t>(std::min(after, 9e18))));
}

// A convolution computes every pixel of its border too.
inline void check_convolution(const at::Tensor& input, const at::Tensor& weight,
                              const std::optional<at::Tensor>&, c10::SymIntArrayRef,
                              c10::SymIntArrayRef padding, c10::SymIntArrayRef, const c10::SymInt&) {
  require_paddings(padding, 1 << 16);
  const auto dimensions = static_cast<size_t>(std::max<int64_t>(weight.dim() - 2, 0));
  const double before = pixels(input, dimensions, [](double size, size_t) { return size; });
  const double after =
      pixels(input, dimensions, [&](double size, size_t i) { return size + 2 * number_at(padding, i); });
  require_growth(before, after, 64);
}

// 'same' pads by what a dilated kernel reaches beyond the image.
inline void check_same_convolution(const at::Tensor&, const at::Tensor& weight,
                                   const std::optional<at::Tensor>&, c10::SymIntArrayRef, c10::string_view,
                                   c10::SymIntArrayRef dilation, const c10::SymInt&) {
  for (size_t i = 0; i + 2 < static_cast<size_t>(weight.dim()); ++i)
    if (weight.size(static_cast<int64_t>(i) + 2) > 1)
      require_at_most(1 << 16, static_cast<int64_t>(number_at(dilation, i)), "dilations");
}

inline void check_transposed(const at::Tensor& input, const at::Tensor& weight,
                             const std::optional<at::Tensor>&, c10::SymIntArrayRef stride,
                             c10::SymIntArrayRef padding, c10::SymIntArrayRef output_padding,
                             const c10::SymInt&, c10::SymIntArrayRef dilation) {
  const auto dimensions = static_cast<size_t>(std::max<int64_t>(weight.dim() - 2, 0));
  const double before = pixels(input, dimensions, [](double size, size_t) { return size; });
  const double after = pixels(input, dimensions, [&](double size, size_t i) {
    const auto kernel = static_cast<double>(weight.size(static_cast<int64_t>(i) + 2));
    return (size - 1) * number_at(stride, i) - 2 * number_at(padding, i) +
           number_at(dilation, i) * (kernel - 1) + number_at(output_padding, i) + 1;
  });
  require_growth(before, after, 4096);
}

// It walks from the border to the image, for every window.
inline void check_max_pool(const at::Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef padding,
                           at::IntArrayRef, bool) {
  for (const int64_t number : padding) require_at_most(1 << 16, number, "paddings");
}

inline void check_pad(const at::Tensor&, c10::SymIntArrayRef pad, c10::string_view, std::optional<double>) {
  require_paddings(pad, 1 << 20);
}

inline void check_constant_pad(const at::Tensor&, c10::SymIntArrayRef pad, const at::Scalar&) {
  require_paddings(pad, 1 << 20);
}

inline void check_replication(const at::Tensor&, c10::SymIntArrayRef pad) { require_paddings(pad, 1 << 20); }

// A permutation is drawn number by number, on one thread, all over memory.
template <class... Rest>
void check_permutation(const c10::SymInt& n, const Rest&...) {
  require_at_most(1 << 27, n.expect_int(), "permutations");
}

// An expanded tensor takes no memory, but whoever reads it counts all its elements.
inline void check_expand(const at::Tensor& self, c10::SymIntArrayRef size, bool) {
  constexpr double kMost = 0x1p36;
  const auto added = static_cast<int64_t>(size.size()) - self.dim();
  double count = 1;
  for (size_t i = 0; i < size.size(); ++i) {
    const int64_t wanted = size[i].expect_int(), old = static_cast<int64_t>(i) - added;
    // -1 leaves a size as it is.
    count *= wanted == -1 && old >= 0 ? static_cast<double>(self.size(old)) : static_cast<double>(wanted);
  }
  if (count > kMost && self.numel() > 0)
    throw ArgumentError("ERR_INVALID_ARG",
                        "expected at most 68719476736 elements to come of it but counted " +
                            std::to_string(static_cast<int64_t>(std::min(count, 9e18))));
}

}  // namespace gan::detail

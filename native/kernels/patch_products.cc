#include "patch_products.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "dense.h"
#include "dense_pack.h"
#include "lanes.h"
#include "products.h"

namespace gan::patches {

#ifdef GAN_AVX512

namespace {

using dense::Rows;

/// Numbers of patches that are multiplied together: they stay in the second-level cache.
constexpr int64_t kTogether = 1 << 15;

void add_to(float* to, const float* from, int64_t count) {
  lanes::by_processor([=](auto) GAN_INLINED {
    for (int64_t i = 0; i < count; ++i) to[i] += from[i];
  });
}

/// Copies the patch of the pixel in that row and column of an image's result, zeros outside of the image.
void read_patch(const float* image, const Shape& shape, int64_t row, int64_t column, float* to) {
  const int64_t channels = shape.channels, length = shape.columns * channels;
  const int64_t top = row * shape.geometry.stride[0] - shape.geometry.padding[0],
                left = column * shape.geometry.stride[1] - shape.geometry.padding[1];
  const int64_t begin = std::clamp<int64_t>(-left, 0, shape.columns),
                end = std::clamp<int64_t>(shape.width - left, begin, shape.columns);
  const bool misses = begin == end;
  for (int64_t r = top; r < top + shape.rows; ++r, to += length) {
    if (misses || r < 0 || r >= shape.height) {
      std::fill_n(to, length, 0.0F);
      continue;
    }
    std::fill_n(to, begin * channels, 0.0F);
    std::copy_n(image + (r * shape.width + left + begin) * channels, (end - begin) * channels,
                to + begin * channels);
    std::fill(to + end * channels, to + length, 0.0F);
  }
}

/// The patches of `count` pixels of all images' results from one on.
void read_patches(const float* images, const Shape& shape, int64_t first, int64_t count, float* to) {
  const int64_t down = shape.down(), across = shape.across();
  for (int64_t pixel = first; pixel < first + count; ++pixel, to += shape.patch())
    read_patch(images + pixel / (down * across) * shape.height * shape.width * shape.channels, shape,
               pixel / across % down, pixel % across, to);
}

/// Those of all pixels, one a row.
at::Tensor patches_of(const at::Tensor& x, const Shape& shape) {
  const at::Tensor patches = at::empty({shape.pixels(), shape.patch()}, x.options());
  at::parallel_for(0, shape.pixels(), at::divup(kLeast, shape.patch()), [&](int64_t begin, int64_t end) {
    read_patches(numbers<const float>(x), shape, begin, end - begin,
                 numbers<float>(patches) + begin * shape.patch());
  });
  return patches;
}

/// Adds what patches have for the pixels of one row of an image to that row, which begins as `shift` or as
/// zeros. `patches` are those of y's rows from `above` on.
void fold_row(const float* patches, int64_t above, const Shape& shape, const float* shift, int64_t row,
              float* to) {
  const auto& [stride, padding] = shape.geometry;
  const int64_t down = shape.down(), across = shape.across(), channels = shape.channels;
  for (int64_t column = 0; column < shape.width; ++column)
    if (shift)
      std::copy_n(shift, channels, to + column * channels);
    else
      std::fill_n(to + column * channels, channels, 0.0F);
  for (int64_t i = (row + padding[0]) % stride[0]; i < shape.rows; i += stride[0]) {
    const int64_t r = (row + padding[0] - i) / stride[0];
    if (row + padding[0] < i || r >= down) continue;
    for (int64_t c = 0; c < across; ++c) {
      const int64_t left = c * stride[1] - padding[1];
      const int64_t begin = std::clamp<int64_t>(-left, 0, shape.columns),
                    end = std::clamp<int64_t>(shape.width - left, begin, shape.columns);
      if (begin == end) continue;
      const float* const from =
          patches + ((r - above) * across + c) * shape.patch() + (i * shape.columns + begin) * channels;
      add_to(to + (left + begin) * channels, from, (end - begin) * channels);
    }
  }
}

at::Tensor forward_of_few(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                          const Shape& shape) {
  return dense::forward(patches_of(x, shape), weight, bias, false);
}

at::Tensor forward_of_many(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           const Shape& shape) {
  const int64_t outputs = shape.outputs, patch = shape.patch(), pixels = shape.pixels();
  const int64_t block = block_of(outputs), blocks = outputs / block;
  const Room<float> right(outputs * patch);
  at::parallel_for(0, blocks, at::divup(kLeast, block * patch), [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index)
      dense::transpose(Rows<float>{numbers<const float>(weight) + index * block * patch, block, patch, patch},
                       right.data() + index * block * patch, block);
  });
  const at::Tensor result = at::empty({pixels, outputs}, weight.options());
  const float* const shift = bias.defined() ? numbers<const float>(bias) : nullptr;
  const int64_t together = std::clamp<int64_t>(kTogether / patch / 12 * 12, 12, 96);
  at::parallel_for(0, at::divup(pixels, together), 1, [&](int64_t begin, int64_t end) {
    const Room<float> room(together * patch);
    for (int64_t first = begin * together; first < std::min(pixels, end * together); first += together) {
      const int64_t count = std::min(together, pixels - first);
      float* const to = numbers<float>(result) + first * outputs;
      read_patches(numbers<const float>(x), shape, first, count, room.data());
      for (int64_t index = 0; index < blocks; ++index)
        multiply({count, block, patch, patch, block, outputs, false}, room.data(),
                 right.data() + index * block * patch, to + index * block);
      if (shift)
        for (int64_t pixel = 0; pixel < count; ++pixel) add_to(to + pixel * outputs, shift, outputs);
    }
  });
  return result;
}

at::Tensor by_input_of_few(const at::Tensor& y, const at::Tensor& weight, const float* shift,
                           const Shape& shape) {
  const at::Tensor patches = dense::gradients(y, {}, weight, {.x = true, .w = false, .bias = false}).x;
  at::Tensor result = at::empty({shape.batch, shape.channels, shape.height, shape.width}, y.options(),
                                at::MemoryFormat::ChannelsLast);
  const int64_t line = shape.width * shape.channels;
  at::parallel_for(0, shape.batch * shape.height, at::divup(kLeast, shape.rows * line),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t row = begin; row < end; ++row)
                       fold_row(numbers<const float>(patches) +
                                    row / shape.height * shape.down() * shape.across() * shape.patch(),
                                0, shape, shift, row % shape.height, numbers<float>(result) + row * line);
                   });
  return result;
}

/// Band by band of x's rows, each by the rows of y that meet it: those that meet two bands are multiplied
/// twice.
at::Tensor by_input_of_many(const at::Tensor& y, const at::Tensor& weight, const float* shift,
                            const Shape& shape) {
  const int64_t stride = shape.geometry.stride[0], padding = shape.geometry.padding[0];
  const int64_t down = shape.down(), across = shape.across(), patch = shape.patch(), outputs = shape.outputs;
  at::Tensor result = at::empty({shape.batch, shape.channels, shape.height, shape.width}, y.options(),
                                at::MemoryFormat::ChannelsLast);
  const int64_t beyond = (shape.rows - 1) / stride,
                wanted = std::max<int64_t>(2 * kTogether / (across * patch) - beyond, 4 * beyond),
                bands = at::divup(down, std::clamp<int64_t>(wanted, 1, down)),
                height = at::divup(shape.height, bands), line = shape.width * shape.channels;
  at::parallel_for(0, shape.batch * bands, 1, [&](int64_t begin, int64_t end) {
    const Room<float> room((at::divup(height, stride) + beyond + 1) * across * patch);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t image = task / bands, top = task % bands * height,
                    bottom = std::min(shape.height, top + height);
      if (top >= bottom) continue;
      const int64_t above = std::max<int64_t>(0, at::divup(top + padding - shape.rows + 1, stride)),
                    below = std::min(down, (bottom - 1 + padding) / stride + 1);
      if (above < below)
        multiply({(below - above) * across, patch, outputs, outputs, patch, patch, false},
                 numbers<const float>(y) + (image * down + above) * across * outputs,
                 numbers<const float>(weight), room.data());
      for (int64_t row = top; row < bottom; ++row)
        fold_row(room.data(), above, shape, shift, row,
                 numbers<float>(result) + (image * shape.height + row) * line);
    }
  });
  return result;
}

at::Tensor by_weight_of_few(const at::Tensor& x, const at::Tensor& y, const Shape& shape) {
  return dense::gradients(y, patches_of(x, shape), {}, {.x = false, .w = true, .bias = false}).w;
}

/// Numbers of all sums of a weight's gradient that are added up at the end.
constexpr int64_t kSummed = 1 << 19;

/// Sums of parts of the pixels are added up at the end, in their order: the same bits on any number of
/// threads.
at::Tensor by_weight_of_many(const at::Tensor& x, const at::Tensor& y, const Shape& shape) {
  const int64_t outputs = shape.outputs, patch = shape.patch(), pixels = shape.pixels(),
                count = outputs * patch;
  const int64_t together = std::clamp<int64_t>(2 * kTogether / patch / 16 * 16, 32, 128),
                blocks = at::divup(pixels, together),
                sums = std::min(blocks, std::clamp<int64_t>(kSummed / count / 4 * 4, 4, 16));
  const Room<float> room(sums * count);
  at::parallel_for(0, sums, 1, [&](int64_t begin, int64_t end) {
    const Room<float> left(outputs * together), right(together * patch);
    for (int64_t sum = begin; sum < end; ++sum)
      for (int64_t block = sum * blocks / sums; block < (sum + 1) * blocks / sums; ++block) {
        const int64_t first = block * together, some = std::min(together, pixels - first);
        read_patches(numbers<const float>(x), shape, first, some, right.data());
        dense::transpose(Rows<float>{numbers<const float>(y) + first * outputs, some, outputs, outputs},
                         left.data(), together);
        multiply({outputs, patch, some, together, patch, patch, block > sum * blocks / sums}, left.data(),
                 right.data(), room.data() + sum * count);
      }
  });
  const at::Tensor result = at::empty({outputs, patch}, y.options());
  at::parallel_for(0, count, kLeast, [&](int64_t begin, int64_t end) {
    float* const to = numbers<float>(result);
    std::copy(room.data() + begin, room.data() + end, to + begin);
    for (int64_t sum = 1; sum < sums; ++sum)
      for (int64_t i = begin; i < end; ++i) to[i] += room.data()[sum * count + i];
  });
  return result;
}

}  // namespace

at::Tensor forward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                   const Shape& shape) {
  return shape.few() ? forward_of_few(x, weight, bias, shape) : forward_of_many(x, weight, bias, shape);
}

at::Tensor by_input(const at::Tensor& y, const at::Tensor& weight, const at::Tensor& bias,
                    const Shape& shape) {
  const float* const shift = bias.defined() ? numbers<const float>(bias) : nullptr;
  return shape.few() ? by_input_of_few(y, weight, shift, shape) : by_input_of_many(y, weight, shift, shape);
}

at::Tensor by_weight(const at::Tensor& x, const at::Tensor& y, const Shape& shape) {
  return shape.few() ? by_weight_of_few(x, y, shape) : by_weight_of_many(x, y, shape);
}

#else

at::Tensor forward(const at::Tensor&, const at::Tensor&, const at::Tensor&, const Shape&) { return {}; }
at::Tensor by_input(const at::Tensor&, const at::Tensor&, const at::Tensor&, const Shape&) { return {}; }
at::Tensor by_weight(const at::Tensor&, const at::Tensor&, const Shape&) { return {}; }

#endif

}  // namespace gan::patches

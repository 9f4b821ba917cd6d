#include "direct3x3.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "dense_pack.h"
#include "direct3x3_rows.h"
#include "products.h"

namespace gan::direct3x3 {

#ifdef GAN_AVX512

namespace {

/// Bytes of an image's rows that are worked on together: they stay in the first-level cache.
constexpr int64_t kBytes = 32 << 10;

/// Sums of a weight's gradient that are added up at the end, in their order: the same bits on any number of
/// threads.
constexpr int64_t kSums = 32;

/// Rows of all images, a few of one image at a time.
struct Blocks {
  int64_t height, rows, of_image, count;

  Blocks(int64_t images, int64_t image_height, int64_t row_bytes)
      : height(image_height),
        rows(at::divup(image_height, at::divup(image_height * row_bytes, kBytes))),
        of_image(at::divup(image_height, rows)),
        count(images * of_image) {}
  struct Block {
    int64_t image, first, rows;
  };
  Block operator[](int64_t index) const {
    const int64_t first = index % of_image * rows;
    return {index / of_image, first, std::min(rows, height - first)};
  }
};

/// A row of an image, or of its border.
Line line_of(const winograd3x3::Map<const Bf16>& image, int64_t row) {
  const bool real = row >= 0 && row < image.height;
  return {real ? image.data + row * image.width * image.step : nullptr, image.width, image.channels,
          image.step};
}

/// A weight's gradient, and what its loops are about.
struct WeightGradient {
  const Maps<const Bf16>&x, &y;
  int64_t padding;

  int64_t channels = filled(x.channels), outputs = multiple(y.channels, kLanes);
  int64_t pairs = at::divup(y.width, 2), x_pixels = x.width + 2 * padding;
  Blocks blocks{y.count, y.height, (x_pixels * channels + pairs * outputs) * 4};
  int64_t sums = std::min(kSums, blocks.count), count = kTaps * kTaps * channels * outputs;

  /// Both sides of a block's products.
  void lay_out(const Blocks::Block& block, Bf16* left, Bf16* right) const {
    const auto from = x[block.image], slopes = y[block.image];
    for (int64_t row = 0; row < block.rows + 2; ++row)
      copy_pairs(line_of(from, block.first + row - padding), padding, channels,
                 left + row * x_pixels * channels * 2);
    for (int64_t row = 0; row < block.rows; ++row)
      dense::pair_rows(dense::Rows<Bf16>{slopes.data + (block.first + row) * slopes.width * slopes.step,
                                         slopes.width, slopes.channels, slopes.step},
                       right + row * pairs * 2 * outputs, outputs);
  }

  /// One of the sums: those of as many blocks as the others have.
  void add_blocks(int64_t sum, Bf16* left, Bf16* right, float* to) const {
    std::fill_n(to, count, 0.0f);
    for (int64_t index = sum * blocks.count / sums; index < (sum + 1) * blocks.count / sums; ++index) {
      const Blocks::Block block = blocks[index];
      lay_out(block, left, right);
      add_products({left, right, block.rows, pairs, channels, x_pixels, outputs}, to);
    }
  }

  void write(const float* total, float* weight, const Weights& layout) const {
    for (int64_t o = 0; o < y.channels; ++o)
      for (int64_t i = 0; i < x.channels; ++i)
        for (int64_t tap = 0; tap < kTaps * kTaps; ++tap)
          weight[o * layout.output + i * layout.input + tap * layout.tap] =
              total[((o / kLanes * kTaps * kTaps + tap) * channels + i) * kLanes + o % kLanes];
  }
};

}  // namespace

bool usable(int64_t inputs, int64_t outputs) {
  return std::min(inputs, outputs) >= 1 && std::max(inputs, outputs) <= kMost && has_avx512(at::kBFloat16);
}

void convolve(const Maps<const Bf16>& x, const float* weight, const Weights& layout, bool turned,
              int64_t padding, const float* bias, const Maps<Bf16>& y) {
  const int64_t channels = filled(x.channels), outputs = multiple(y.channels, kLanes),
                length = (x.width + 2 * padding) * channels;
  const Room<Bf16> weights(kTaps * kTaps * channels * outputs);
  lay_out(weight, layout, turned, x.channels, y.channels, weights.data());
  std::vector<float> shifts(static_cast<size_t>(bias ? outputs : 0));
  if (bias) std::copy_n(bias, y.channels, shifts.data());
  const Blocks blocks(y.count, y.height, length * 2);
  at::parallel_for(0, blocks.count, 1, [&](int64_t begin, int64_t end) {
    const Room<Bf16> room((blocks.rows + 2) * length);
    for (int64_t index = begin; index < end; ++index) {
      const Blocks::Block block = blocks[index];
      const auto image = x[block.image];
      const auto to = y[block.image];
      for (int64_t row = 0; row < block.rows + 2; ++row)
        copy(line_of(image, block.first + row - padding), padding, channels, room.data() + row * length);
      for (int64_t row = 0; row < block.rows; ++row) {
        const Bf16* const from = room.data() + row * length;
        convolve({{from, from + length, from + 2 * length},
                  y.width,
                  channels,
                  weights.data(),
                  bias ? shifts.data() : nullptr,
                  y.channels,
                  y.step},
                 to.data + (block.first + row) * to.width * to.step);
      }
    }
  });
}

void weight_gradient(const Maps<const Bf16>& x, const Maps<const Bf16>& y, int64_t padding, float* weight,
                     const Weights& layout) {
  const WeightGradient gradient{x, y, padding};
  const Room<float> sums(gradient.sums * gradient.count);
  at::parallel_for(0, gradient.sums, 1, [&](int64_t begin, int64_t end) {
    const int64_t rows = gradient.blocks.rows;
    const Room<Bf16> left((rows + 2) * gradient.x_pixels * gradient.channels * 2),
        right(rows * gradient.pairs * 2 * gradient.outputs);
    for (int64_t sum = begin; sum < end; ++sum)
      gradient.add_blocks(sum, left.data(), right.data(), sums.data() + sum * gradient.count);
  });
  float* const total = sums.data();
  for (int64_t sum = 1; sum < gradient.sums; ++sum)
    for (int64_t i = 0; i < gradient.count; ++i) total[i] += sums.data()[sum * gradient.count + i];
  gradient.write(total, weight, layout);
}

#else

bool usable(int64_t, int64_t) { return false; }
void convolve(const Maps<const Bf16>&, const float*, const Weights&, bool, int64_t, const float*,
              const Maps<Bf16>&) {}
void weight_gradient(const Maps<const Bf16>&, const Maps<const Bf16>&, int64_t, float*, const Weights&) {}

#endif

}  // namespace gan::direct3x3

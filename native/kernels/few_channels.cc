#include "few_channels.h"

#ifdef GAN_AVX512

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "few_rows.h"

namespace gan::few_channels {
namespace {

/// Numbers that are written beyond a row's patches.
constexpr int64_t kBeyond = 16;

/// An image with a border of one pixel of zeros, and room after it for loads that reach too far.
template <class T>
class Bordered {
 public:
  Bordered(int64_t size, int64_t channels)
      : size_(size),
        channels_(channels),
        stride_((size + 2) * channels),
        pixels_((size + 2) * stride_ + 16, T{}) {}

  void fill(const T* image) {
    for (int64_t row = 0; row < size_; ++row)
      std::copy_n(image + row * size_ * channels_, size_ * channels_,
                  pixels_.data() + (row + 1) * stride_ + channels_);
  }

  int64_t stride() const { return stride_; }
  /// Where the patch of a row's first pixel begins.
  const T* patch(int64_t row) const { return pixels_.data() + 2 * row * stride_; }

 private:
  int64_t size_, channels_, stride_;
  std::vector<T> pixels_;
};

/// The weights [small][columns] as the right side of a product, [columns][small].
template <class Set, class T>
void weights_across(const float* weight, int64_t small, int64_t columns, T* out) {
  std::vector<float> turned(small * columns);
  for (int64_t k = 0; k < small; ++k)
    for (int64_t c = 0; c < columns; ++c) turned[c * small + k] = weight[k * columns + c];
  if constexpr (kPairs<T>)
    pair_rows<Set>(turned.data(), columns, small, out);
  else
    std::copy(turned.begin(), turned.end(), out);
}

}  // namespace

template <class Set, class T>
void down(const Images<const T>& x, const float* weight, const float* bias, const Images<T>& y) {
  const int64_t small = y.channels, span = 4 * x.channels, columns = 4 * span, n = y.size;
  const Room<T> right(columns * small);
  weights_across<Set>(weight, small, columns, right.data());
  at::parallel_for(0, x.count, 1, [&](int64_t begin, int64_t end) {
    Bordered<T> image(x.size, x.channels);
    const Room<T> patches(n * columns + kBeyond);
    const Room<float> products(n * small);
    const Products<T> held;
    for (int64_t index = begin; index < end; ++index) {
      image.fill(x[index]);
      for (int64_t row = 0; row < n; ++row) {
        gather<Set>(image.patch(row), image.stride(), n, span, patches.data());
        multiply({n, small, columns, columns, small, small, false}, patches.data(), right.data(),
                 products.data());
        finish<Set>(products.data(), n, small, bias, y[index] + row * n * small, small);
      }
    }
  });
}

template <class Set, class T>
void up(const Images<const T>& y, const float* weight, const float* bias, const Images<T>& x) {
  const int64_t small = y.channels, span = 4 * x.channels, columns = 4 * span, n = y.size,
                width = 2 * n * x.channels;
  const Room<T> pairs(small * columns);
  const T* right = nullptr;
  if constexpr (kPairs<T>) {
    pair_rows<Set>(weight, small, columns, pairs.data());
    right = pairs.data();
  } else {
    right = weight;
  }
  std::vector<float> biases(bias ? width : 0);
  for (size_t i = 0; i < biases.size(); ++i) biases[i] = bias[i % x.channels];
  at::parallel_for(0, y.count, 1, [&](int64_t begin, int64_t end) {
    const Room<float> products(n * n * columns), room(2 * (width + 2 * span) + 32);
    const float* const m = products.data();
    const Products<T> held;
    for (int64_t image = begin; image < end; ++image) {
      multiply({n * n, columns, small, small, columns, columns, false}, y[image], right, products.data());
      const auto from = [&](int64_t i, int64_t tap) {
        return i < 0 || i >= n ? nullptr : m + i * n * columns + tap * span;
      };
      for (int64_t row = 0; row < 2 * n; ++row) {
        const int64_t i = row / 2, odd = row % 2;
        fold<Set, T>(from(i, 1 + odd), odd ? from(i + 1, 0) : from(i - 1, 3), bias ? biases.data() : nullptr,
                     n, span, room.data(), x[image] + row * width);
      }
    }
  });
}

template <class Set, class T>
void weight_gradient(const Images<const T>& x, const Images<const T>& y, float* weight) {
  const int64_t small = y.channels, span = 4 * x.channels, columns = 4 * span, n = y.size,
                count = small * columns;
  // A sum for every few images, so that the order of additions is the same for any number of threads.
  constexpr int64_t kImages = 4;
  const int64_t sums = at::divup(x.count, kImages), pixels = multiple(n * n, kGroup);
  const Room<float> partial(sums * count);
  at::parallel_for(0, sums, 1, [&](int64_t begin, int64_t end) {
    Bordered<T> image(x.size, x.channels);
    const Room<T> left(small * pixels), right(pixels * columns + kBeyond);
    // Pixels beyond the last: zeros on the left, something finite on the right.
    std::vector<T> tail(kGroup * small);
    std::fill_n(right.data(), pixels * columns, T{});
    const Products<T> held;
    for (int64_t sum = begin; sum < end; ++sum)
      for (int64_t index = sum * kImages; index < std::min(x.count, (sum + 1) * kImages); ++index) {
        image.fill(x[index]);
        for (int64_t row = 0; row < n; ++row) {
          if constexpr (kPairs<T>)
            gather_pairs<Set>(image.patch(row), image.stride(), n, span, right.data() + row * n * columns);
          else
            gather<Set>(image.patch(row), image.stride(), n, span, right.data() + row * n * columns);
        }
        for (int64_t pixel = 0; pixel < pixels; pixel += kGroup) {
          const int64_t real = std::min(kGroup, n * n - pixel);
          const T* from = y[index] + pixel * small;
          if (real < kGroup) {
            std::fill(std::copy_n(from, real * small, tail.begin()), tail.end(), T{});
            from = tail.data();
          }
          transpose<Set>(from, small, left.data() + pixel, pixels);
        }
        multiply({small, columns, pixels, pixels, columns, columns, index > sum * kImages}, left.data(),
                 right.data(), partial.data() + sum * count);
      }
  });
  std::copy_n(partial.data(), count, weight);
  for (int64_t sum = 1; sum < sums; ++sum)
    for (int64_t i = 0; i < count; ++i) weight[i] += partial.data()[sum * count + i];
}

#define GAN_FEW(Set, T)                                                                          \
  template void down<Set>(const Images<const T>&, const float*, const float*, const Images<T>&); \
  template void up<Set>(const Images<const T>&, const float*, const float*, const Images<T>&);   \
  template void weight_gradient<Set>(const Images<const T>&, const Images<const T>&, float*);
GAN_FEW(Avx512, float)
GAN_FEW(Avx512, Bf16)
GAN_FEW(Avx2, float)
#undef GAN_FEW

}  // namespace gan::few_channels

#endif

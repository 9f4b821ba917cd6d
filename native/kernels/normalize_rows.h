// Numbers as rows of channels, in blocks that any number of threads may share.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <vector>

#include "normalize.h"
#include "products.h"

namespace gan::normalize {

/// Rows of channels, one pixel each.
template <class T>
struct Rows {
  T* data;
  int64_t count, channels;
  T* operator[](int64_t row) const { return data + row * channels; }
  int64_t blocks() const { return at::divup(count, kRows); }
  int64_t in_block(int64_t block) const { return std::min(kRows, count - block * kRows); }
};

/// Calls `work(block)` for every block of rows, on all threads.
template <class T, class Work>
void each_block(const Rows<T>& rows, Work work) {
  at::parallel_for(0, rows.blocks(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) work(block);
  });
}

/// Mean and biased variance of every channel.
struct Moments {
  std::vector<double> mean, variance;
};

/// Of each block by the differences to its first row, put together as Chan, Golub and LeVeque (1983) do.
template <class Set, class T>
Moments moments_of(const Rows<const T>& x) {
  const int64_t channels = x.channels;
  const Room<float> room(x.blocks() * 3 * channels);
  each_block(x, [&](int64_t block) {
    float* const sums = room.data() + block * 3 * channels;
    moments<Set>(x[block * kRows], x.in_block(block), channels, sums, sums + channels, sums + 2 * channels);
  });
  std::vector<double> mean(channels), variance(channels);
  double before = 0;
  for (int64_t block = 0; block < x.blocks(); ++block) {
    const float* const first = room.data() + block * 3 * channels;
    const float* const sum = first + channels;
    const float* const squares = sum + channels;
    const auto count = static_cast<double>(x.in_block(block));
    const double all = before + count;
    for (int64_t c = 0; c < channels; ++c) {
      const double shift = sum[c] / count, own = first[c] + shift, difference = own - mean[c];
      variance[c] += squares[c] - shift * sum[c] + difference * difference * before * count / all;
      mean[c] += difference * count / all;
    }
    before = all;
  }
  for (double& value : variance) value = std::max(0.0, value) / before;
  return {std::move(mean), std::move(variance)};
}

/// Of every channel the sums of dz and of dz · (x − mean): [2 · channels].
template <class Set, class T>
std::vector<double> gradient_sums_of(const Rows<const T>& x, const Rows<const T>& dy, const Affine& affine) {
  const int64_t channels = x.channels;
  const Room<float> room(x.blocks() * 2 * channels);
  each_block(x, [&](int64_t block) {
    float* const sums = room.data() + block * 2 * channels;
    gradient_sums<Set>(x[block * kRows], dy[block * kRows], x.in_block(block), channels, affine, sums,
                       sums + channels);
  });
  std::vector<double> sums(2 * channels);
  for (int64_t block = 0; block < x.blocks(); ++block)
    for (int64_t c = 0; c < 2 * channels; ++c) sums[c] += room.data()[block * 2 * channels + c];
  return sums;
}

template <class Set, class T>
void apply_to(const Rows<const T>& x, const Affine& affine, const Rows<T>& y) {
  each_block(x, [&](int64_t block) {
    apply<Set>(x[block * kRows], x.in_block(block), x.channels, affine, y[block * kRows]);
  });
}

template <class Set, class T>
void apply_gradient_to(const Rows<const T>& x, const Rows<const T>& dy, const Affine& affine,
                       const float* shift, const float* tilt, const Rows<T>& dx) {
  each_block(x, [&](int64_t block) {
    apply_gradient<Set>(x[block * kRows], dy[block * kRows], x.in_block(block), x.channels, affine, shift,
                        tilt, dx[block * kRows]);
  });
}

}  // namespace gan::normalize

#include "filter_planes.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <type_traits>

#include "clones.h"

// So that it is compiled for the processor that its caller is compiled for.
#define GAN_ALWAYS_INLINE __attribute__((always_inline)) inline

namespace gan {
namespace {

/// What numbers of type T are added up in.
template <class T>
using Sum = std::conditional_t<std::is_same_v<T, Bf16>, float, T>;

GAN_ALWAYS_INLINE float widened(float value) { return value; }
GAN_ALWAYS_INLINE double widened(double value) { return value; }
GAN_ALWAYS_INLINE float widened(Bf16 value) { return std::bit_cast<float>(uint32_t{value.bits} << 16); }

GAN_ALWAYS_INLINE void put(float& to, float value) { to = value; }
GAN_ALWAYS_INLINE void put(double& to, double value) { to = value; }
GAN_ALWAYS_INLINE void put(Bf16& to, float value) {
  // To the nearest, and to the even one of two.
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  to.bits = static_cast<uint16_t>(value != value ? 0x7fc0 : rounded);
}

int64_t ceil_divided(int64_t a, int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }
int64_t floor_divided(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// A phase of one direction, and the range of q in which any of its sources lies inside.
template <class A>
struct Taps {
  int64_t first, begin, end;
  std::vector<A> weights;

  int count() const { return static_cast<int>(weights.size()); }
};

/// One direction with its phases.
template <class A>
struct Direction {
  int64_t up, down, input, output;
  std::vector<Taps<A>> phases;
  int64_t most = 1;

  explicit Direction(const Filter& filter)
      : up(filter.up), down(filter.down), input(filter.input), output(filter.output) {
    int64_t residue = 0;
    for (const Phase& phase : filter.phases()) {
      const auto taps = static_cast<int64_t>(phase.weights.size());
      const int64_t count = std::max<int64_t>(0, ceil_divided(output - residue++, up));
      const int64_t begin = std::clamp<int64_t>(ceil_divided(1 - taps - phase.first, down), 0, count);
      const int64_t end = std::clamp(ceil_divided(input - phase.first, down), begin, count);
      phases.push_back(
          {phase.first, begin, taps == 0 ? begin : end, {phase.weights.begin(), phase.weights.end()}});
      most = std::max(most, taps);
    }
  }
};

/// sums[i] = Σ weights[j] · rows[j][i], of `count` numbers.
template <int kTaps, class T, class A>
GAN_ALWAYS_INLINE void sum_of(const T* const* rows, const A* weights, int64_t count, A* __restrict sums) {
  const T* row[kTaps];
  A weight[kTaps];
  for (int j = 0; j < kTaps; ++j) {
    row[j] = rows[j];
    weight[j] = weights[j];
  }
  for (int64_t i = 0; i < count; ++i) {
    A sum = weight[0] * widened(row[0][i]);
    for (int j = 1; j < kTaps; ++j) sum += weight[j] * widened(row[j][i]);
    sums[i] = sum;
  }
}

template <class T, class A>
GAN_ALWAYS_INLINE void sum_rows(const T* const* rows, const A* weights, int taps, int64_t count,
                                A* __restrict sums) {
  switch (taps) {
    case 1:
      return sum_of<1>(rows, weights, count, sums);
    case 2:
      return sum_of<2>(rows, weights, count, sums);
    case 3:
      return sum_of<3>(rows, weights, count, sums);
    default:
      sum_of<4>(rows, weights, count, sums);
  }
  for (int j = 4; j < taps; ++j) {
    const T* const row = rows[j];
    const A weight = weights[j];
    for (int64_t i = 0; i < count; ++i) sums[i] += weight * widened(row[i]);
  }
}

constexpr int64_t kMostTaps = 64;

/// What a thread works in: a row of pixels between borders of zeros, that row as its every down-th numbers,
/// and what becomes of it, one row for each phase.
template <class A>
struct Rooms {
  int64_t border, length;
  std::vector<A> row, parts, sums;

  Rooms(const Direction<A>& horizontal, int64_t inner) {
    const int64_t down = inner == 1 ? horizontal.down : 1;
    border = ceil_divided(horizontal.most - 1, down) * down;
    length = ceil_divided(2 * border + horizontal.input, down) * down;
    row.resize(length * inner);
    if (inner > 1) {
      sums.resize(inner);
      return;
    }
    parts.resize(down == 1 ? 0 : length);
    sums.resize(horizontal.up * widest(horizontal));
  }

  static int64_t widest(const Direction<A>& horizontal) {
    return ceil_divided(horizontal.output, horizontal.up);
  }
};

/// Row `index` of a plane, filtered along its columns; false where nothing but zeros comes of it.
template <class T, class A>
GAN_ALWAYS_INLINE bool filter_columns(const T* plane, int64_t index, int64_t length,
                                      const Direction<A>& vertical, A* sums) {
  const Taps<A>& taps = vertical.phases[index % vertical.up];
  const int64_t start = index / vertical.up * vertical.down + taps.first;
  const int64_t begin = std::max<int64_t>(0, -start),
                end = std::min<int64_t>(taps.count(), vertical.input - start);
  if (begin >= end) return false;
  const T* rows[kMostTaps];
  for (int64_t j = begin; j < end; ++j) rows[j - begin] = plane + (start + j) * length;
  sum_rows(rows, taps.weights.data() + begin, static_cast<int>(end - begin), length, sums);
  return true;
}

/// A row of numbers, filtered.
template <class T, class A>
GAN_ALWAYS_INLINE void filter_numbers(const Direction<A>& horizontal, Rooms<A>& rooms, T* output) {
  const int64_t down = horizontal.down, up = horizontal.up, part = rooms.length / down;
  const A* parts = rooms.row.data();
  if (down == 2) {
    A* const even = rooms.parts.data();
    A* const odd = even + part;
    for (int64_t i = 0; i < part; ++i) {
      even[i] = parts[2 * i];
      odd[i] = parts[2 * i + 1];
    }
    parts = even;
  } else if (down > 2) {
    for (int64_t i = 0; i < part; ++i)
      for (int64_t d = 0; d < down; ++d) rooms.parts[d * part + i] = parts[i * down + d];
    parts = rooms.parts.data();
  }
  const int64_t widest = Rooms<A>::widest(horizontal);
  A* const sums = rooms.sums.data();
  for (int64_t residue = 0; residue < up; ++residue) {
    const Taps<A>& taps = horizontal.phases[residue];
    if (taps.begin >= taps.end) continue;
    const A* rows[kMostTaps];
    for (int j = 0; j < taps.count(); ++j) {
      const int64_t place = taps.first + j + rooms.border, turn = floor_divided(place, down);
      rows[j] = parts + (place - turn * down) * part + turn + taps.begin;
    }
    sum_rows(rows, taps.weights.data(), taps.count(), taps.end - taps.begin,
             sums + residue * widest + taps.begin);
  }
  const int64_t count = horizontal.output, whole = count / up;
  if (up == 1) {
    for (int64_t i = 0; i < count; ++i) put(output[i], sums[i]);
  } else if (up == 2) {
    const A* const odd = sums + widest;
    for (int64_t i = 0; i < whole; ++i) {
      put(output[2 * i], sums[i]);
      put(output[2 * i + 1], odd[i]);
    }
    if (count % 2 == 1) put(output[count - 1], sums[whole]);
  } else {
    for (int64_t i = 0; i < count; ++i) put(output[i], sums[i % up * widest + i / up]);
  }
}

/// So many pixels, each of `inner` numbers, of so many taps each.
template <int kTaps, class T, class A>
GAN_ALWAYS_INLINE void pixels_of(const A* row, int64_t step, const A* weights, int64_t inner, int64_t count,
                                 T* __restrict output, int64_t output_step) {
  A weight[kTaps];
  for (int j = 0; j < kTaps; ++j) weight[j] = weights[j];
  for (int64_t pixel = 0; pixel < count; ++pixel, row += step, output += output_step)
    for (int64_t i = 0; i < inner; ++i) {
      A sum = weight[0] * row[i];
      for (int j = 1; j < kTaps; ++j) sum += weight[j] * row[j * inner + i];
      put(output[i], sum);
    }
}

/// A row of pixels of `inner` numbers each, filtered.
template <class T, class A>
GAN_ALWAYS_INLINE void filter_pixels(const Direction<A>& horizontal, int64_t inner, Rooms<A>& rooms,
                                     T* output) {
  const int64_t up = horizontal.up, step = horizontal.down * inner;
  for (int64_t residue = 0; residue < std::min(up, horizontal.output); ++residue) {
    const Taps<A>& taps = horizontal.phases[residue];
    const int64_t all = ceil_divided(horizontal.output - residue, up), count = taps.end - taps.begin;
    T* to = output + residue * inner;
    for (int64_t q = 0; q < all; ++q)
      if (q < taps.begin || q >= taps.end) std::fill_n(to + q * up * inner, inner, T{});
    if (count == 0) continue;
    const A* const row = rooms.row.data() + (rooms.border + taps.first) * inner + taps.begin * step;
    const A* const weights = taps.weights.data();
    to += taps.begin * up * inner;
    switch (taps.count()) {
      case 1:
        pixels_of<1>(row, step, weights, inner, count, to, up * inner);
        break;
      case 2:
        pixels_of<2>(row, step, weights, inner, count, to, up * inner);
        break;
      case 3:
        pixels_of<3>(row, step, weights, inner, count, to, up * inner);
        break;
      case 4:
        pixels_of<4>(row, step, weights, inner, count, to, up * inner);
        break;
      default:
        for (int64_t q = 0; q < count; ++q) {
          const A* rows[kMostTaps];
          for (int j = 0; j < taps.count(); ++j) rows[j] = row + q * step + j * inner;
          sum_rows(rows, weights, taps.count(), inner, rooms.sums.data());
          for (int64_t i = 0; i < inner; ++i) put(to[q * up * inner + i], rooms.sums[i]);
        }
    }
  }
}

/// One row of the output.
template <class T, class A>
GAN_ALWAYS_INLINE void filter_row(const T* plane, int64_t index, int64_t inner, const Direction<A>& vertical,
                                  const Direction<A>& horizontal, Rooms<A>& rooms, T* output) {
  if (!filter_columns(plane, index, horizontal.input * inner, vertical,
                      rooms.row.data() + rooms.border * inner))
    std::fill_n(output, horizontal.output * inner, T{});
  else if (inner == 1)
    filter_numbers(horizontal, rooms, output);
  else
    filter_pixels(horizontal, inner, rooms, output);
}

#define GAN_ROW(T)                                                                                        \
  GAN_CLONES void row_of(const T* plane, int64_t index, int64_t inner, const Direction<Sum<T>>& vertical, \
                         const Direction<Sum<T>>& horizontal, Rooms<Sum<T>>& rooms, T* output) {          \
    filter_row(plane, index, inner, vertical, horizontal, rooms, output);                                 \
  }
GAN_ROW(float)
GAN_ROW(double)
GAN_ROW(Bf16)
#undef GAN_ROW

}  // namespace

template <class T>
void filter_planes(const T* input, T* output, const Planes& planes, const Filter& vertical,
                   const Filter& horizontal) {
  const Direction<Sum<T>> down(vertical), across(horizontal);
  const int64_t height = vertical.output, inner = planes.inner;
  const int64_t image = vertical.input * horizontal.input * inner, row = horizontal.output * inner;
  constexpr int64_t kNumbers = 1 << 14;
  at::parallel_for(
      0, planes.count * height, std::max<int64_t>(1, kNumbers / row), [&](int64_t begin, int64_t end) {
        Rooms<Sum<T>> rooms(across, inner);
        for (int64_t i = begin; i < end; ++i)
          row_of(input + i / height * image, i % height, inner, down, across, rooms, output + i * row);
      });
}

template void filter_planes(const float*, float*, const Planes&, const Filter&, const Filter&);
template void filter_planes(const double*, double*, const Planes&, const Filter&, const Filter&);
template void filter_planes(const Bf16*, Bf16*, const Planes&, const Filter&, const Filter&);

}  // namespace gan

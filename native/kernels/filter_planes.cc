#include "filter_planes.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "lanes.h"
#include "row_sums.h"

namespace gan {
namespace {

using rows::kMostTaps;
using rows::put;
using rows::Sum;

int64_t ceil_divided(int64_t a, int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }
int64_t floor_divided(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// A phase with its weights in what is added up in.
template <class A>
struct Taps {
  int64_t first, begin, end;
  std::vector<A> weights;

  int count() const { return static_cast<int>(weights.size()); }
};

/// One direction with its phases, none of which has more than `most` taps.
template <class A>
struct Direction {
  int64_t up, down, input, output, most = 1;
  std::vector<Taps<A>> phases;

  explicit Direction(const Filter& filter)
      : up(filter.up), down(filter.down), input(filter.input), output(filter.output) {
    for (const Phase& phase : filter.phases()) {
      phases.push_back({phase.first, phase.begin, phase.end, {phase.weights.begin(), phase.weights.end()}});
      most = std::max(most, static_cast<int64_t>(phase.weights.size()));
    }
  }
};

/// Rows that are filtered together, at most.
constexpr int64_t kMostRows = 16;

/// What a thread filters rows with, and works in: a row of pixels between borders of zeros. Of numbers there
/// are several rows, one after the other, also as their every down-th numbers, and what becomes of them by
/// phase.
template <class A>
struct Rows {
  const Direction<A>&vertical, &horizontal;
  int64_t inner, border, length, part, together;
  /// Whether every number of the output has a source.
  bool covered = true;
  std::vector<A> row, parts, sums;
  /// Where in `parts` the sources of each phase's taps begin.
  std::vector<std::vector<int64_t>> sources;

  Rows(const Direction<A>& down_columns, const Direction<A>& along_rows, int64_t numbers)
      : vertical(down_columns), horizontal(along_rows), inner(numbers) {
    const int64_t step = inner == 1 ? horizontal.down : 1;
    border = ceil_divided(horizontal.most - 1, step) * step;
    part = ceil_divided(2 * border + horizontal.input, step);
    length = part * step;
    // Short rows are handled many at once: loops over few numbers are mostly their beginnings and ends.
    together = inner == 1 ? std::clamp<int64_t>(2048 / std::max<int64_t>(length, 1), 1, kMostRows) : 1;
    row.resize(together * length * inner);
    parts.resize(step == 1 ? 0 : together * length);
    sums.resize(inner == 1 ? together * part * horizontal.up : inner);
    int64_t residue = 0;
    for (const Taps<A>& taps : horizontal.phases) {
      covered = covered && taps.begin == 0 &&
                taps.end >= ceil_divided(horizontal.output - residue++, horizontal.up);
      std::vector<int64_t>& starts = sources.emplace_back();
      for (int j = 0; j < taps.count(); ++j) {
        const int64_t place = taps.first + j + border, turn = floor_divided(place, step);
        starts.push_back((place - turn * step) * together * part + turn + taps.begin);
      }
    }
  }
};

/// A row along the columns of a plane, by one phase and where its sources begin; false where nothing but
/// zeros comes of it.
template <class T, class A>
GAN_ALWAYS_INLINE bool filter_columns(const Rows<A>& rows, const T* plane, const Taps<A>& taps, int64_t start,
                                      A* sums) {
  const int64_t length = rows.horizontal.input * rows.inner;
  const int64_t begin = std::max<int64_t>(0, -start),
                end = std::min<int64_t>(taps.count(), rows.vertical.input - start);
  if (begin >= end) return false;
  const T* sources[kMostTaps];
  for (int64_t j = begin; j < end; ++j) sources[j - begin] = plane + (start + j) * length;
  rows::sum_rows(sources, taps.weights.data() + begin, static_cast<int>(end - begin), length, sums);
  return true;
}

/// Rows of numbers as rows of every down-th.
template <class A>
GAN_ALWAYS_INLINE const A* split(Rows<A>& rows) {
  const int64_t down = rows.horizontal.down, count = rows.together * rows.part;
  const A* const row = rows.row.data();
  if (down == 1) return row;
  A* const parts = rows.parts.data();
  if (down == 2)
    for (int64_t i = 0; i < count; ++i) {
      parts[i] = row[2 * i];
      parts[count + i] = row[2 * i + 1];
    }
  else
    for (int64_t i = 0; i < count; ++i)
      for (int64_t d = 0; d < down; ++d) parts[d * count + i] = row[i * down + d];
  return parts;
}

/// The sums of each phase, of all rows.
template <class A>
GAN_ALWAYS_INLINE void filter_numbers(Rows<A>& rows) {
  const A* const parts = split(rows);
  for (int64_t residue = 0; residue < rows.horizontal.up; ++residue) {
    const Taps<A>& taps = rows.horizontal.phases[residue];
    if (taps.begin == taps.end) continue;
    const A* sources[kMostTaps];
    for (int j = 0; j < taps.count(); ++j) sources[j] = parts + rows.sources[residue][j];
    rows::sum_rows(sources, taps.weights.data(), taps.count(),
                   (rows.together - 1) * rows.part + taps.end - taps.begin,
                   rows.sums.data() + residue * rows.together * rows.part);
  }
}

/// One row of what became of each phase, in turn.
template <class T, class A>
GAN_ALWAYS_INLINE void merge(const Rows<A>& rows, int64_t index, T* __restrict output) {
  const int64_t up = rows.horizontal.up, count = rows.horizontal.output, whole = count / up;
  const int64_t stride = rows.together * rows.part;
  const A* const sums = rows.sums.data() + index * rows.part;
  if (rows.covered && up == 1) {
    for (int64_t i = 0; i < count; ++i) put(output[i], sums[i]);
  } else if (rows.covered && up == 2) {
    const A* const next = sums + stride;
    for (int64_t i = 0; i < whole; ++i) {
      put(output[2 * i], sums[i]);
      put(output[2 * i + 1], next[i]);
    }
    if (count % 2 == 1) put(output[count - 1], sums[whole]);
  } else {
    if (!rows.covered) std::fill_n(output, count, T{});
    for (int64_t residue = 0; residue < up; ++residue) {
      const Taps<A>& taps = rows.horizontal.phases[residue];
      T* const to = output + residue + taps.begin * up;
      for (int64_t q = 0; q < taps.end - taps.begin; ++q) put(to[q * up], sums[residue * stride + q]);
    }
  }
}

/// A row of pixels of several numbers each, filtered.
template <class T, class A>
GAN_ALWAYS_INLINE void filter_pixels(Rows<A>& rows, T* output) {
  const int64_t up = rows.horizontal.up, inner = rows.inner, step = rows.horizontal.down * inner;
  for (int64_t residue = 0; residue < std::min(up, rows.horizontal.output); ++residue) {
    const Taps<A>& taps = rows.horizontal.phases[residue];
    const int64_t all = ceil_divided(rows.horizontal.output - residue, up);
    T* const to = output + residue * inner;
    for (int64_t q = 0; q < all; ++q)
      if (q < taps.begin || q >= taps.end) std::fill_n(to + q * up * inner, inner, T{});
    if (taps.begin == taps.end) continue;
    rows::sum_pixels(rows.row.data() + (rows.border + taps.first) * inner + taps.begin * step,
                     taps.weights.data(), taps.count(), {taps.end - taps.begin, inner, step, up * inner},
                     rows.sums.data(), to + taps.begin * up * inner);
  }
}

/// Rows `begin` to `end` of the output of all planes.
template <class T, class A>
GAN_ALWAYS_INLINE void filter_rows(Rows<A>& rows, const T* input, T* output, int64_t begin, int64_t end) {
  const Direction<A>&vertical = rows.vertical, &horizontal = rows.horizontal;
  const int64_t inner = rows.inner;
  const int64_t image = vertical.input * horizontal.input * inner, width = horizontal.output * inner;
  int64_t index = begin % vertical.output, residue = index % vertical.up, q = index / vertical.up;
  const T* plane = input + begin / vertical.output * image;
  while (begin < end) {
    T* const to = output + begin * width;
    const int64_t count = std::min(rows.together, end - begin);
    bool zero[kMostRows];
    for (int64_t row = 0; row < count; ++row) {
      const Taps<A>& taps = vertical.phases[residue];
      A* const sums = rows.row.data() + (row * rows.length + rows.border) * inner;
      zero[row] = !filter_columns(rows, plane, taps, q * vertical.down + taps.first, sums);
      if (++residue == vertical.up) {
        residue = 0;
        ++q;
      }
      if (++index == vertical.output) {
        index = residue = q = 0;
        plane += image;
      }
    }
    if (inner == 1) filter_numbers(rows);
    for (int64_t row = 0; row < count; ++row)
      if (zero[row])
        std::fill_n(to + row * width, width, T{});
      else if (inner == 1)
        merge(rows, row, to + row * width);
      else
        filter_pixels(rows, to);
    begin += count;
  }
}

}  // namespace

template <class T>
void filter_planes(const T* input, T* output, const Planes& planes, const Filter& vertical,
                   const Filter& horizontal) {
  const Direction<Sum<T>> columns(vertical), along(horizontal);
  constexpr int64_t kNumbers = 1 << 14;
  const int64_t grain = std::max<int64_t>(1, kNumbers / (horizontal.output * planes.inner));
  at::parallel_for(0, planes.count * vertical.output, grain, [&](int64_t begin, int64_t end) {
    Rows<Sum<T>> rows(columns, along, planes.inner);
    lanes::by_processor([&](auto) GAN_INLINED { filter_rows(rows, input, output, begin, end); });
  });
}

template void filter_planes(const float*, float*, const Planes&, const Filter&, const Filter&);
template void filter_planes(const double*, double*, const Planes&, const Filter&, const Filter&);
template void filter_planes(const Bf16*, Bf16*, const Planes&, const Filter&, const Filter&);

}  // namespace gan

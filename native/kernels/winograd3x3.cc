#include "winograd3x3.h"

#include <algorithm>
#include <type_traits>

#include "lanes.h"

namespace gan::winograd3x3 {
namespace {

using namespace lanes;

/// The points, and what follows from them.
constexpr float kA = 0.625f, kB = 1.5f, kA2 = kA * kA, kB2 = kB * kB, kA3 = kA2 * kA, kB3 = kB2 * kB;
constexpr float kProduct = kA2 * kB2, kSum = kA2 + kB2;
constexpr double kDifference = double{kA2} - double{kB2};
constexpr auto kScale0 = static_cast<float>(1 / double{kProduct}),
               kScaleA = static_cast<float>(1 / (2 * kA2 * kDifference)),
               kScaleB = static_cast<float>(-1 / (2 * kB2 * kDifference));

/// Every n-th element of an array of vectors.
template <class V>
struct Line {
  V* first;
  int step;
  GAN_ALWAYS_INLINE V& operator[](int i) const { return first[i * step]; }
};

// The four matrices, each times a vector.

template <class V>
GAN_ALWAYS_INLINE void times_b(const V* d, Line<V> to) {
  to[0] = kProduct * d[0] - kSum * d[2] + d[4];
  const V even_a = d[4] - kB2 * d[2], odd_a = kA * (d[3] - kB2 * d[1]);
  to[1] = even_a + odd_a;
  to[2] = even_a - odd_a;
  const V even_b = d[4] - kA2 * d[2], odd_b = kB * (d[3] - kA2 * d[1]);
  to[3] = even_b + odd_b;
  to[4] = even_b - odd_b;
  to[5] = kProduct * d[1] - kSum * d[3] + d[5];
}

/// Aᵀ m.
template <class V>
GAN_ALWAYS_INLINE void times_a(const V* m, Line<V> to) {
  const V sum_a = m[1] + m[2], difference_a = m[1] - m[2], sum_b = m[3] + m[4], difference_b = m[3] - m[4];
  to[0] = m[0] + sum_a + sum_b;
  to[1] = kA * difference_a + kB * difference_b;
  to[2] = kA2 * sum_a + kB2 * sum_b;
  to[3] = kA3 * difference_a + kB3 * difference_b + m[5];
}

/// A y.
template <class V>
GAN_ALWAYS_INLINE void times_a_transposed(const V* y, Line<V> to) {
  to[0] = y[0];
  const V even_a = y[0] + kA2 * y[2], odd_a = kA * y[1] + kA3 * y[3];
  to[1] = even_a + odd_a;
  to[2] = even_a - odd_a;
  const V even_b = y[0] + kB2 * y[2], odd_b = kB * y[1] + kB3 * y[3];
  to[3] = even_b + odd_b;
  to[4] = even_b - odd_b;
  to[5] = y[3];
}

/// G g.
template <class V>
GAN_ALWAYS_INLINE void times_g(const V* g, Line<V> to) {
  to[0] = kScale0 * g[0];
  const V even_a = kScaleA * (g[0] + kA2 * g[2]), odd_a = (kScaleA * kA) * g[1];
  to[1] = even_a + odd_a;
  to[2] = even_a - odd_a;
  const V even_b = kScaleB * (g[0] + kB2 * g[2]), odd_b = (kScaleB * kB) * g[1];
  to[3] = even_b + odd_b;
  to[4] = even_b - odd_b;
  to[5] = g[2];
}

/// Gᵀ u.
template <class V>
GAN_ALWAYS_INLINE void times_g_transposed(const V* u, Line<V> to) {
  const V sum_a = kScaleA * (u[1] + u[2]), sum_b = kScaleB * (u[3] + u[4]);
  to[0] = kScale0 * u[0] + sum_a + sum_b;
  to[1] = (kScaleA * kA) * (u[1] - u[2]) + (kScaleB * kB) * (u[3] - u[4]);
  to[2] = kA2 * sum_a + kB2 * sum_b + u[5];
}

/// M x Mᵀ, of `kFrom` by `kFrom` numbers, where `times` is M of a vector.
template <int kFrom, int kTo, class V, class Read, class Times>
GAN_ALWAYS_INLINE void both_ways(Read read, Times times, V* to) {
  V half[kTo * kFrom];
  for (int j = 0; j < kFrom; ++j) {
    V column[kFrom];
    for (int i = 0; i < kFrom; ++i) read(column[i], i, j);
    times(column, Line<V>{half + j, kFrom});
  }
  for (int i = 0; i < kTo; ++i) times(half + i * kFrom, Line<V>{to + i * kTo, 1});
}

/// Addresses of a tile's pixels.
template <class T, int N>
struct Pixels {
  const T* at[N * N];

  GAN_ALWAYS_INLINE Pixels(const Map<const T>& map, int64_t row, int64_t column, const T* zeros) {
    const T* rows[N];
    int64_t columns[N];
    for (int i = 0; i < N; ++i) {
      const int64_t r = row + i, c = column + i;
      rows[i] = r >= 0 && r < map.height ? map.data + r * map.width * map.step : nullptr;
      columns[i] = c >= 0 && c < map.width ? c * map.step : -1;
    }
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) at[N * i + j] = rows[i] && columns[j] >= 0 ? rows[i] + columns[j] : zeros;
  }
  Pixels() = default;
};

/// Calls `work` with the first channel of each vector up to `end`, and how many of the `channels` it has: all
/// of its lanes by type, or less.
template <class V, class Work>
GAN_ALWAYS_INLINE void by_vectors(int64_t channels, int64_t end, Work work) {
  int64_t c = 0;
  for (; c + kLanes<V> <= channels; c += kLanes<V>) work(c, std::integral_constant<int64_t, kLanes<V>>());
  for (; c < end; c += kLanes<V>) work(c, std::max<int64_t>(channels - c, 0));
}

template <class V, class T, class Count>
GAN_ALWAYS_INLINE void read_group(V& value, const T* from, Count count) {
  if constexpr (std::is_same_v<Count, int64_t>)
    read_some(value, from, count);
  else
    read(value, from);
}
template <class V, class T, class Count>
GAN_ALWAYS_INLINE void write_group(T* to, const V& value, Count count) {
  if constexpr (std::is_same_v<Count, int64_t>)
    write_some(to, value, count);
  else
    write(to, value);
}

template <class V, class T>
GAN_ALWAYS_INLINE void input_of(const Map<const T>& map, int64_t row, int64_t column, const T* zeros,
                                float* out, int64_t stride) {
  const Pixels<T, kInput> pixels(map, row, column, zeros);
  by_vectors<V>(map.channels, multiple(map.channels, kGroupOf), [&](int64_t c, auto count) GAN_INLINED {
    V v[kProducts];
    both_ways<kInput, kInput>([&](V& to, int i, int j)
                                  GAN_INLINED { read_group(to, pixels.at[kInput * i + j] + c, count); },
                              [](const V* d, Line<V> to) GAN_INLINED { times_b(d, to); }, v);
    for (int p = 0; p < kProducts; ++p) write(out + p * stride + c, v[p]);
  });
}

template <class V, class T>
GAN_ALWAYS_INLINE void output_of(const float* m, int64_t stride, const float* bias, const Map<T>& map,
                                 int64_t row, int64_t column, int64_t channel, int64_t channels) {
  const int64_t rows = map.height - row, columns = map.width - column;
  T* const first = map.data + (row * map.width + column) * map.step + channel;
  by_vectors<V>(channels, channels, [&](int64_t c, auto count) GAN_INLINED {
    V y[kOutput * kOutput], shift{};
    both_ways<kInput, kOutput>([&](V& to, int i, int j)
                                   GAN_INLINED { read(to, m + (kInput * i + j) * stride + c); },
                               [](const V* d, Line<V> to) GAN_INLINED { times_a(d, to); }, y);
    if (bias) read_group(shift, bias + channel + c, count);
    for (int i = 0; i < kOutput; ++i)
      for (int j = 0; j < kOutput; ++j)
        if (i < rows && j < columns)
          write_group<V>(first + (i * map.width + j) * map.step + c, y[kOutput * i + j] + shift, count);
  });
}

// The numbers of a, and then of b, at those places: GCC has only had the one since 12. No function: its
// result would go by registers that not every processor has.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12
using Places16 = int __attribute__((vector_size(64)));
using Places8 = int __attribute__((vector_size(32)));
#define GAN_PICK(a, b, ...) \
  __builtin_shuffle(a, b, std::conditional_t<sizeof(a) == 64, Places16, Places8>{__VA_ARGS__})
#else
#define GAN_PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif

/// Rows to columns of a block of 16 by 16.
GAN_ALWAYS_INLINE void transpose(Sixteen* rows) {
  Sixteen t[16];
  for (int i = 0; i < 8; ++i) {
    const Sixteen a = rows[2 * i], b = rows[2 * i + 1];
    t[2 * i] = GAN_PICK(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    t[2 * i + 1] = GAN_PICK(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 2; ++k) {
      const Sixteen a = t[4 * i + k], b = t[4 * i + k + 2];
      rows[4 * i + 2 * k] = GAN_PICK(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      rows[4 * i + 2 * k + 1] = GAN_PICK(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 2; ++k) {
      const Sixteen a = rows[8 * k + i], b = rows[8 * k + 4 + i];
      t[4 * k + i] = GAN_PICK(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
      t[8 + 4 * k + i] = GAN_PICK(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    }
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 2; ++k) {
      const Sixteen a = t[8 * k + i], b = t[8 * k + 4 + i];
      rows[4 * k + i] = GAN_PICK(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
      rows[8 + 4 * k + i] = GAN_PICK(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    }
}

/// Of a block of 8 by 8.
GAN_ALWAYS_INLINE void transpose(Eight* rows) {
  Eight t[8];
  for (int i = 0; i < 4; ++i) {
    const Eight a = rows[2 * i], b = rows[2 * i + 1];
    t[2 * i] = GAN_PICK(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
    t[2 * i + 1] = GAN_PICK(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 2; ++i)
    for (int k = 0; k < 2; ++k) {
      const Eight a = t[4 * i + k], b = t[4 * i + k + 2];
      rows[4 * i + 2 * k] = GAN_PICK(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
      rows[4 * i + 2 * k + 1] = GAN_PICK(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int i = 0; i < 4; ++i) {
    const Eight a = rows[i], b = rows[4 + i];
    t[i] = GAN_PICK(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    t[4 + i] = GAN_PICK(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
  for (int i = 0; i < 8; ++i) rows[i] = t[i];
}

/// A block of 16 by 16 weights as [tap][input][output], zeros where there are fewer inputs or outputs.
template <class V>
GAN_ALWAYS_INLINE void read_taps(const float* from, const Weights& layout, int64_t inputs, int64_t outputs,
                                 float (*taps)[kGroupOf][kGroupOf]) {
  constexpr int64_t kAll = kTaps * kTaps;
  V rows[kLanes<V>];
  const bool whole = inputs >= kGroupOf && outputs >= kGroupOf;
  if (whole && layout.output == 1) {
    for (int64_t tap = 0; tap < kAll; ++tap)
      for (int64_t i = 0; i < kGroupOf; ++i)
        std::memcpy(taps[tap][i], from + tap * layout.tap + i * layout.input, sizeof taps[tap][i]);
  } else if (whole && layout.input == 1) {
    for (int64_t tap = 0; tap < kAll; ++tap)
      for (int64_t output = 0; output < kGroupOf; output += kLanes<V>)
        for (int64_t input = 0; input < kGroupOf; input += kLanes<V>) {
          for (int64_t o = 0; o < kLanes<V>; ++o)
            read(rows[o], from + tap * layout.tap + (output + o) * layout.output + input);
          transpose(rows);
          for (int64_t i = 0; i < kLanes<V>; ++i) write(taps[tap][input + i] + output, rows[i]);
        }
  } else if (whole && layout.tap == 1 && layout.input == kAll) {
    // Taps of one input after the other.
    for (int64_t output = 0; output < kGroupOf; output += kLanes<V>)
      for (int64_t first = 0; first < kAll * kGroupOf; first += kLanes<V>) {
        for (int64_t o = 0; o < kLanes<V>; ++o) read(rows[o], from + first + (output + o) * layout.output);
        transpose(rows);
        for (int64_t n = 0; n < kLanes<V>; ++n)
          write(taps[(first + n) % kAll][(first + n) / kAll] + output, rows[n]);
      }
  } else {
    for (int64_t tap = 0; tap < kAll; ++tap)
      for (int64_t i = 0; i < kGroupOf; ++i)
        for (int64_t o = 0; o < kGroupOf; ++o)
          taps[tap][i][o] =
              i < inputs && o < outputs ? from[o * layout.output + i * layout.input + tap * layout.tap] : 0;
  }
}

template <class V, class T>
GAN_ALWAYS_INLINE void spread_of(const Map<const T>* maps, const Place* places, const T* zeros, float* out,
                                 int64_t product_stride, int64_t channel_stride) {
  Pixels<T, kOutput> pixels[kTiles];
  for (int t = 0; t < kTiles; ++t)
    pixels[t] = Pixels<T, kOutput>(maps[t], places[t].row, places[t].column, zeros);
  const int64_t channels = maps[0].channels;
  by_vectors<V>(channels, multiple(channels, kGroupOf), [&](int64_t c, auto count) GAN_INLINED {
    alignas(64) V all[kTiles][kProducts];
    for (int t = 0; t < kTiles; ++t)
      both_ways<kOutput, kInput>(
          [&](V& to, int i, int j) GAN_INLINED { read_group(to, pixels[t].at[kOutput * i + j] + c, count); },
          [](const V* d, Line<V> to) GAN_INLINED { times_a_transposed(d, to); }, all[t]);
    for (int p = 0; p < kProducts; ++p)
      for (int64_t first = 0; first < kTiles; first += kLanes<V>) {
        V rows[kLanes<V>];
        for (int t = 0; t < kLanes<V>; ++t) rows[t] = all[first + t][p];
        transpose(rows);
        for (int64_t i = 0; i < kLanes<V>; ++i)
          write(out + p * product_stride + (c + i) * channel_stride + first, rows[i]);
      }
  });
}

}  // namespace

void weights(const float* from, const Weights& layout, bool turned, int64_t inputs, int64_t outputs,
             int64_t block, float* out, int64_t product_stride) {
  by_processor([&]<class V>(As<V>) GAN_INLINED {
    for (int64_t output = 0; output < block; output += kGroupOf) {
      alignas(64) float taps[kTaps * kTaps][kGroupOf][kGroupOf];
      read_taps<V>(from + output * layout.output, layout, inputs, outputs - output, taps);
      for (int64_t i = 0; i < kGroupOf; ++i)
        for (int64_t lane = 0; lane < kGroupOf; lane += kLanes<V>) {
          V u[kProducts];
          both_ways<kTaps, kInput>(
              [&](V& to, int r, int c) GAN_INLINED {
                const int64_t tap = kTaps * r + c;
                read(to, taps[turned ? kTaps * kTaps - 1 - tap : tap][i] + lane);
              },
              [](const V* g, Line<V> to) GAN_INLINED { times_g(g, to); }, u);
          for (int p = 0; p < kProducts; ++p)
            write(out + p * product_stride + i * block + output + lane, u[p]);
        }
    }
  });
}

void gradient(const float* u, int64_t product_stride, int64_t inputs, float* to, const Weights& layout) {
  by_processor([&]<class V>(As<V>) GAN_INLINED {
    by_vectors<V>(inputs, inputs, [&](int64_t c, auto count) GAN_INLINED {
      V g[kTaps * kTaps];
      both_ways<kInput, kTaps>(
          [&](V& value, int i, int j) GAN_INLINED { read(value, u + (kInput * i + j) * product_stride + c); },
          [](const V* column, Line<V> line) GAN_INLINED { times_g_transposed(column, line); }, g);
      float* const first = to + c * layout.input;
      for (int tap = 0; tap < kTaps * kTaps; ++tap)
        if (layout.input == 1)
          write_group(first + tap * layout.tap, g[tap], count);
        else
          for (int64_t i = 0; i < count; ++i) first[i * layout.input + tap * layout.tap] = g[tap][i];
    });
  });
}

template <class T>
void input(const Map<const T>& map, int64_t row, int64_t column, const T* zeros, float* out, int64_t stride) {
  by_processor([&]<class V>(As<V>) GAN_INLINED { input_of<V>(map, row, column, zeros, out, stride); });
}
template <class T>
void output(const float* m, int64_t stride, const float* bias, const Map<T>& map, int64_t row, int64_t column,
            int64_t channel, int64_t channels) {
  by_processor([&]<class V>(As<V>)
                   GAN_INLINED { output_of<V>(m, stride, bias, map, row, column, channel, channels); });
}
template <class T>
void spread(const Map<const T>* maps, const Place* places, const T* zeros, float* out, int64_t product_stride,
            int64_t channel_stride) {
  by_processor([&]<class V>(As<V>)
                   GAN_INLINED { spread_of<V>(maps, places, zeros, out, product_stride, channel_stride); });
}

template void input(const Map<const float>&, int64_t, int64_t, const float*, float*, int64_t);
template void input(const Map<const Bf16>&, int64_t, int64_t, const Bf16*, float*, int64_t);
template void output(const float*, int64_t, const float*, const Map<float>&, int64_t, int64_t, int64_t,
                     int64_t);
template void output(const float*, int64_t, const float*, const Map<Bf16>&, int64_t, int64_t, int64_t,
                     int64_t);
template void spread(const Map<const float>*, const Place*, const float*, float*, int64_t, int64_t);
template void spread(const Map<const Bf16>*, const Place*, const Bf16*, float*, int64_t, int64_t);

}  // namespace gan::winograd3x3

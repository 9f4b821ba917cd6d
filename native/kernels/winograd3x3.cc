#include "winograd3x3.h"

#include <type_traits>

#include "clones.h"
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
struct Line {
  Vector* first;
  int step;
  GAN_ALWAYS_INLINE Vector& operator[](int i) const { return first[i * step]; }
};

// The four matrices, each times a vector.

GAN_ALWAYS_INLINE void times_b(const Vector* d, Line to) {
  to[0] = kProduct * d[0] - kSum * d[2] + d[4];
  const Vector even_a = d[4] - kB2 * d[2], odd_a = kA * (d[3] - kB2 * d[1]);
  to[1] = even_a + odd_a;
  to[2] = even_a - odd_a;
  const Vector even_b = d[4] - kA2 * d[2], odd_b = kB * (d[3] - kA2 * d[1]);
  to[3] = even_b + odd_b;
  to[4] = even_b - odd_b;
  to[5] = kProduct * d[1] - kSum * d[3] + d[5];
}

/// Aᵀ m.
GAN_ALWAYS_INLINE void times_a(const Vector* m, Line to) {
  const Vector sum_a = m[1] + m[2], difference_a = m[1] - m[2], sum_b = m[3] + m[4],
               difference_b = m[3] - m[4];
  to[0] = m[0] + sum_a + sum_b;
  to[1] = kA * difference_a + kB * difference_b;
  to[2] = kA2 * sum_a + kB2 * sum_b;
  to[3] = kA3 * difference_a + kB3 * difference_b + m[5];
}

/// A y.
GAN_ALWAYS_INLINE void times_a_transposed(const Vector* y, Line to) {
  to[0] = y[0];
  const Vector even_a = y[0] + kA2 * y[2], odd_a = kA * y[1] + kA3 * y[3];
  to[1] = even_a + odd_a;
  to[2] = even_a - odd_a;
  const Vector even_b = y[0] + kB2 * y[2], odd_b = kB * y[1] + kB3 * y[3];
  to[3] = even_b + odd_b;
  to[4] = even_b - odd_b;
  to[5] = y[3];
}

/// G g.
GAN_ALWAYS_INLINE void times_g(const Vector* g, Line to) {
  to[0] = kScale0 * g[0];
  const Vector even_a = kScaleA * (g[0] + kA2 * g[2]), odd_a = (kScaleA * kA) * g[1];
  to[1] = even_a + odd_a;
  to[2] = even_a - odd_a;
  const Vector even_b = kScaleB * (g[0] + kB2 * g[2]), odd_b = (kScaleB * kB) * g[1];
  to[3] = even_b + odd_b;
  to[4] = even_b - odd_b;
  to[5] = g[2];
}

/// Gᵀ u.
GAN_ALWAYS_INLINE void times_g_transposed(const Vector* u, Line to) {
  const Vector sum_a = kScaleA * (u[1] + u[2]), sum_b = kScaleB * (u[3] + u[4]);
  to[0] = kScale0 * u[0] + sum_a + sum_b;
  to[1] = (kScaleA * kA) * (u[1] - u[2]) + (kScaleB * kB) * (u[3] - u[4]);
  to[2] = kA2 * sum_a + kB2 * sum_b + u[5];
}

/// M x Mᵀ, of `kFrom` by `kFrom` numbers, where `times` is M of a vector.
template <int kFrom, int kTo, class Read, class Times>
GAN_ALWAYS_INLINE void both_ways(Read read, Times times, Vector* to) {
  Vector half[kTo * kFrom];
  for (int j = 0; j < kFrom; ++j) {
    Vector column[kFrom];
    for (int i = 0; i < kFrom; ++i) read(column[i], i, j);
    times(column, Line{half + j, kFrom});
  }
  for (int i = 0; i < kTo; ++i) times(half + i * kFrom, Line{to + i * kTo, 1});
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

/// Calls `work` with each group of 16 channels, and how many of them there are: all, or less in the last one.
template <class Work>
GAN_ALWAYS_INLINE void by_groups(int64_t channels, Work work) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) work(c, std::integral_constant<int64_t, kLanes>());
  if (c < channels) work(c, channels - c);
}

template <class T, class Count>
GAN_ALWAYS_INLINE void read_group(Vector& value, const T* from, Count count) {
  if constexpr (std::is_same_v<Count, int64_t>)
    read_some(value, from, count);
  else
    read(value, from);
}
template <class T, class Count>
GAN_ALWAYS_INLINE void write_group(T* to, const Vector& value, Count count) {
  if constexpr (std::is_same_v<Count, int64_t>)
    write_some(to, value, count);
  else
    write(to, value);
}

template <class T>
GAN_ALWAYS_INLINE void input_of(const Map<const T>& map, int64_t row, int64_t column, const T* zeros,
                                float* out, int64_t stride) {
  const Pixels<T, kInput> pixels(map, row, column, zeros);
  by_groups(
      map.channels, [&](int64_t c, auto count) __attribute__((always_inline)) {
        Vector v[kProducts];
        both_ways<kInput, kInput>(
            [&](Vector & to, int i, int j)
                __attribute__((always_inline)) { read_group(to, pixels.at[kInput * i + j] + c, count); },
            [](const Vector* d, Line to) __attribute__((always_inline)) { times_b(d, to); }, v);
        for (int p = 0; p < kProducts; ++p) write(out + p * stride + c, v[p]);
      });
}

template <class T>
GAN_ALWAYS_INLINE void output_of(const float* m, int64_t stride, const float* bias, const Map<T>& map,
                                 int64_t row, int64_t column, int64_t channel, int64_t channels) {
  const int64_t rows = map.height - row, columns = map.width - column;
  T* const first = map.data + (row * map.width + column) * map.step + channel;
  by_groups(
      channels, [&](int64_t c, auto count) __attribute__((always_inline)) {
        Vector y[kOutput * kOutput], shift{};
        both_ways<kInput, kOutput>(
            [&](Vector & to, int i, int j)
                __attribute__((always_inline)) { read(to, m + (kInput * i + j) * stride + c); },
            [](const Vector* d, Line to) __attribute__((always_inline)) { times_a(d, to); }, y);
        if (bias) read_group(shift, bias + channel + c, count);
        for (int i = 0; i < kOutput; ++i)
          for (int j = 0; j < kOutput; ++j)
            if (i < rows && j < columns)
              write_group(first + (i * map.width + j) * map.step + c, y[kOutput * i + j] + shift, count);
      });
}

// The numbers of a, and then of b, at those places: GCC has only had the one since 12. No function: its
// result would go by registers that not every processor has.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12
using Places = int __attribute__((vector_size(64)));
#define GAN_PICK(a, b, ...) __builtin_shuffle(a, b, Places{__VA_ARGS__})
#else
#define GAN_PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif

/// Rows to columns of a block of 16 by 16.
GAN_ALWAYS_INLINE void transpose(Vector* rows) {
  Vector t[16];
  for (int i = 0; i < 8; ++i) {
    const Vector a = rows[2 * i], b = rows[2 * i + 1];
    t[2 * i] = GAN_PICK(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    t[2 * i + 1] = GAN_PICK(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 2; ++k) {
      const Vector a = t[4 * i + k], b = t[4 * i + k + 2];
      rows[4 * i + 2 * k] = GAN_PICK(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      rows[4 * i + 2 * k + 1] = GAN_PICK(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 2; ++k) {
      const Vector a = rows[8 * k + i], b = rows[8 * k + 4 + i];
      t[4 * k + i] = GAN_PICK(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
      t[8 + 4 * k + i] = GAN_PICK(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    }
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 2; ++k) {
      const Vector a = t[8 * k + i], b = t[8 * k + 4 + i];
      rows[4 * k + i] = GAN_PICK(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
      rows[8 + 4 * k + i] = GAN_PICK(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    }
}

/// A block of 16 by 16 weights as [tap][input][output], zeros where there are fewer inputs or outputs.
GAN_ALWAYS_INLINE void read_taps(const float* from, const Weights& layout, int64_t inputs, int64_t outputs,
                                 float (*taps)[kLanes][kLanes]) {
  Vector rows[kLanes];
  const bool whole = inputs >= kLanes && outputs >= kLanes;
  if (whole && layout.output == 1) {
    for (int tap = 0; tap < kTaps * kTaps; ++tap)
      for (int64_t i = 0; i < kLanes; ++i)
        std::memcpy(taps[tap][i], from + tap * layout.tap + i * layout.input, sizeof rows[0]);
  } else if (whole && layout.input == 1) {
    for (int tap = 0; tap < kTaps * kTaps; ++tap) {
      for (int64_t o = 0; o < kLanes; ++o) read(rows[o], from + tap * layout.tap + o * layout.output);
      transpose(rows);
      for (int64_t i = 0; i < kLanes; ++i) write(taps[tap][i], rows[i]);
    }
  } else if (whole && layout.tap == 1 && layout.input == kTaps * kTaps) {
    // Taps of one input after the other.
    for (int64_t first = 0; first < kTaps * kTaps * kLanes; first += kLanes) {
      for (int64_t o = 0; o < kLanes; ++o) read(rows[o], from + first + o * layout.output);
      transpose(rows);
      for (int64_t n = 0; n < kLanes; ++n)
        write(taps[(first + n) % (kTaps * kTaps)][(first + n) / (kTaps * kTaps)], rows[n]);
    }
  } else {
    for (int tap = 0; tap < kTaps * kTaps; ++tap)
      for (int64_t i = 0; i < kLanes; ++i)
        for (int64_t o = 0; o < kLanes; ++o)
          taps[tap][i][o] =
              i < inputs && o < outputs ? from[o * layout.output + i * layout.input + tap * layout.tap] : 0;
  }
}

template <class T>
GAN_ALWAYS_INLINE void spread_of(const Map<const T>* maps, const Place* places, const T* zeros, float* out,
                                 int64_t product_stride, int64_t channel_stride) {
  Pixels<T, kOutput> pixels[kTiles];
  for (int t = 0; t < kTiles; ++t)
    pixels[t] = Pixels<T, kOutput>(maps[t], places[t].row, places[t].column, zeros);
  by_groups(
      maps[0].channels, [&](int64_t c, auto count) __attribute__((always_inline)) {
        alignas(64) Vector all[kTiles][kProducts];
        for (int t = 0; t < kTiles; ++t)
          both_ways<kOutput, kInput>(
              [&](Vector & to, int i, int j) __attribute__((always_inline)) {
                read_group(to, pixels[t].at[kOutput * i + j] + c, count);
              },
              [](const Vector* d, Line to) __attribute__((always_inline)) { times_a_transposed(d, to); },
              all[t]);
        for (int p = 0; p < kProducts; ++p) {
          Vector rows[kTiles];
          for (int t = 0; t < kTiles; ++t) rows[t] = all[t][p];
          transpose(rows);
          for (int i = 0; i < kLanes; ++i)
            write(out + p * product_stride + (c + i) * channel_stride, rows[i]);
        }
      });
}

}  // namespace

// Templates have no clones.
#define GAN_TILES(T)                                                                                     \
  GAN_CLONES void input_with(const Map<const T>& map, int64_t row, int64_t column, const T* zeros,       \
                             float* out, int64_t stride) {                                               \
    input_of(map, row, column, zeros, out, stride);                                                      \
  }                                                                                                      \
  GAN_CLONES void output_with(const float* m, int64_t stride, const float* bias, const Map<T>& map,      \
                              int64_t row, int64_t column, int64_t channel, int64_t channels) {          \
    output_of(m, stride, bias, map, row, column, channel, channels);                                     \
  }                                                                                                      \
  GAN_CLONES void spread_with(const Map<const T>* maps, const Place* places, const T* zeros, float* out, \
                              int64_t product_stride, int64_t channel_stride) {                          \
    spread_of(maps, places, zeros, out, product_stride, channel_stride);                                 \
  }
GAN_TILES(float)
GAN_TILES(Bf16)
#undef GAN_TILES

GAN_CLONES void weights(const float* from, const Weights& layout, bool turned, int64_t inputs,
                        int64_t outputs, int64_t block, float* out, int64_t product_stride) {
  for (int64_t output = 0; output < block; output += kLanes) {
    alignas(64) float taps[kTaps * kTaps][kLanes][kLanes];
    read_taps(from + output * layout.output, layout, inputs, outputs - output, taps);
    for (int64_t i = 0; i < kLanes; ++i) {
      Vector u[kProducts];
      both_ways<kTaps, kInput>(
          [&](Vector & to, int r, int c) __attribute__((always_inline)) {
            const int tap = kTaps * r + c;
            read(to, taps[turned ? kTaps * kTaps - 1 - tap : tap][i]);
          },
          [](const Vector* g, Line to) __attribute__((always_inline)) { times_g(g, to); }, u);
      for (int p = 0; p < kProducts; ++p) write(out + p * product_stride + i * block + output, u[p]);
    }
  }
}

GAN_CLONES void gradient(const float* u, int64_t product_stride, int64_t inputs, float* to,
                         const Weights& layout) {
  by_groups(
      inputs, [&](int64_t c, auto count) __attribute__((always_inline)) {
        Vector g[kTaps * kTaps];
        both_ways<kInput, kTaps>(
            [&](Vector & value, int i, int j)
                __attribute__((always_inline)) { read(value, u + (kInput * i + j) * product_stride + c); },
            [](const Vector* column, Line line)
                __attribute__((always_inline)) { times_g_transposed(column, line); },
            g);
        float* const first = to + c * layout.input;
        for (int tap = 0; tap < kTaps * kTaps; ++tap)
          if (layout.input == 1)
            write_group(first + tap * layout.tap, g[tap], count);
          else
            for (int64_t i = 0; i < count; ++i) first[i * layout.input + tap * layout.tap] = g[tap][i];
      });
}

template <class T>
void input(const Map<const T>& map, int64_t row, int64_t column, const T* zeros, float* out, int64_t stride) {
  input_with(map, row, column, zeros, out, stride);
}
template <class T>
void output(const float* m, int64_t stride, const float* bias, const Map<T>& map, int64_t row, int64_t column,
            int64_t channel, int64_t channels) {
  output_with(m, stride, bias, map, row, column, channel, channels);
}
template <class T>
void spread(const Map<const T>* maps, const Place* places, const T* zeros, float* out, int64_t product_stride,
            int64_t channel_stride) {
  spread_with(maps, places, zeros, out, product_stride, channel_stride);
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

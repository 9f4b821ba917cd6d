#include "direct3x3_rows.h"

#ifdef GAN_AVX512

#include <algorithm>

namespace gan::direct3x3 {
GAN_AVX512_BEGIN
using namespace avx512;

namespace {

/// Two neighbours in every lane.
GAN_INLINE __m512bh everywhere(const Bf16* pair) {
  return reinterpret_cast<__m512bh>(_mm512_broadcastd_epi32(_mm_loadu_si32(pair)));
}
GAN_INLINE __m512bh pairs_of(const Bf16* from) {
  return reinterpret_cast<__m512bh>(_mm512_loadu_si512(from));
}

/// kPixels pixels of kGroups groups of outputs, of which the last holds `outputs` numbers.
template <int kChannels, int kPixels, int kGroups>
GAN_INLINE void tile(const Row& row, int64_t first, int64_t group, Bf16* to) {
  constexpr int64_t kPairs = kTaps * kChannels / 2, kGroup = kTaps * kPairs * 2 * kLanes;
  Vector sums[kPixels][kGroups];
  for (int g = 0; g < kGroups; ++g) {
    const Vector start = row.bias ? load(row.bias + (group + g) * kLanes) : _mm512_setzero_ps();
    for (int p = 0; p < kPixels; ++p) sums[p][g] = start;
  }
  const Bf16* weights = row.weights + group * kGroup;
  for (int64_t above = 0; above < kTaps; ++above) {
    const Bf16* pixels = row.above[above] + first * kChannels;
    // The three pixels of a row lie one after the other.
#pragma GCC unroll 2
    for (int64_t pair = 0; pair < kPairs; ++pair, pixels += 2, weights += 2 * kLanes) {
      __m512bh w[kGroups];
      for (int g = 0; g < kGroups; ++g) w[g] = pairs_of(weights + g * kGroup);
      for (int p = 0; p < kPixels; ++p) {
        const __m512bh x = everywhere(pixels + p * kChannels);
        for (int g = 0; g < kGroups; ++g) sums[p][g] = _mm512_dpbf16_ps(sums[p][g], x, w[g]);
      }
    }
  }
  // A store of some lanes takes several times a whole one's time.
  if (row.outputs >= (group + kGroups) * kLanes) {
    for (int p = 0; p < kPixels; ++p)
      for (int g = 0; g < kGroups; ++g) store(to + (first + p) * row.step + (group + g) * kLanes, sums[p][g]);
    return;
  }
  for (int p = 0; p < kPixels; ++p)
    for (int g = 0; g < kGroups; ++g)
      store_some(to + (first + p) * row.step + (group + g) * kLanes,
                 first_lanes(row.outputs - (group + g) * kLanes), sums[p][g]);
}

/// All pixels of a row; the last tile begins so early that it is a whole one.
template <int kChannels, int kPixels, int kGroups>
GAN_INLINE void tiles(const Row& row, int64_t group, Bf16* to) {
  for (int64_t first = 0; first < row.width; first += kPixels)
    tile<kChannels, kPixels, kGroups>(row, std::min(first, row.width - kPixels), group, to);
}

template <int kChannels>
void convolve_of(const Row& row, Bf16* to) {
  const int64_t groups = (row.outputs + kLanes - 1) / kLanes;
  int64_t group = 0;
  for (; group + 2 <= groups; group += 2) {
    if (row.width >= 8)
      tiles<kChannels, 8, 2>(row, group, to);
    else if (row.width >= 4)
      tiles<kChannels, 4, 2>(row, group, to);
    else
      tiles<kChannels, 1, 2>(row, group, to);
  }
  if (group == groups) return;
  if (row.width >= 16)
    tiles<kChannels, 16, 1>(row, group, to);
  else if (row.width >= 8)
    tiles<kChannels, 8, 1>(row, group, to);
  else if (row.width >= 4)
    tiles<kChannels, 4, 1>(row, group, to);
  else
    tiles<kChannels, 1, 1>(row, group, to);
}

/// The sums of kInputs channels, at the three taps of a row, with kGroups groups of outputs.
template <int kChannels, int kInputs, int kGroups>
GAN_INLINE void add_some(const Sides& sides, int64_t above, int64_t input, int64_t group, float* sums) {
  Vector total[kInputs][kTaps][kGroups];
  for (auto& taps : total)
    for (auto& groups : taps)
      for (Vector& sum : groups) sum = _mm512_setzero_ps();
  const int64_t y_step = 2 * sides.outputs;
  for (int64_t row = 0; row < sides.rows; ++row) {
    const Bf16* x = sides.x + ((row + above) * sides.x_pixels * kChannels + input) * 2;
    const Bf16* y = sides.y + row * sides.pairs * y_step + 2 * group * kLanes;
    for (int64_t pair = 0; pair < sides.pairs; ++pair, x += 4 * kChannels, y += y_step) {
      __m512bh slopes[kGroups];
      for (int g = 0; g < kGroups; ++g) slopes[g] = pairs_of(y + 2 * g * kLanes);
      for (int i = 0; i < kInputs; ++i)
        for (int tap = 0; tap < kTaps; ++tap) {
          const __m512bh pixels = everywhere(x + (tap * kChannels + i) * 2);
          for (int g = 0; g < kGroups; ++g)
            total[i][tap][g] = _mm512_dpbf16_ps(total[i][tap][g], pixels, slopes[g]);
        }
    }
  }
  for (int i = 0; i < kInputs; ++i)
    for (int64_t tap = 0; tap < kTaps; ++tap)
      for (int g = 0; g < kGroups; ++g) {
        float* const sum =
            sums + (((group + g) * kTaps * kTaps + above * kTaps + tap) * kChannels + input + i) * kLanes;
        store(sum, _mm512_add_ps(load(sum), total[i][tap][g]));
      }
}

template <int kChannels>
void add_products_of(const Sides& sides, float* sums) {
  constexpr int kInputs = std::min(kChannels, 8);
  const int64_t groups = sides.outputs / kLanes;
  for (int64_t above = 0; above < kTaps; ++above) {
    int64_t group = 0;
    for (; group + 2 <= groups; group += 2)
      for (int64_t input = 0; input < kChannels; input += 4)
        add_some<kChannels, 4, 2>(sides, above, input, group, sums);
    if (group < groups)
      for (int64_t input = 0; input < kChannels; input += kInputs)
        add_some<kChannels, kInputs, 1>(sides, above, input, group, sums);
  }
}

/// Bits of 16 channels of a pixel, each in the lower half of its lane; zeros beside the row.
GAN_INLINE __m512i bits(const Line& line, int64_t pixel, int64_t channel) {
  if (pixel < 0 || pixel >= line.width) return _mm512_setzero_si512();
  const Bf16* const from = line.data + pixel * line.step + channel;
  if (line.channels - channel >= kLanes)
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first_lanes(line.channels - channel), from));
}

/// Pairs of a few channels, where all are zeros: each number is the first of its pixel's pair, and the second
/// of the one before.
void copy_few_pairs(const Line& line, int64_t padding, int64_t filled, Bf16* to) {
  for (int64_t pixel = 0; pixel < line.width; ++pixel)
    for (int64_t c = 0; c < line.channels; ++c) {
      const Bf16 number = line.data[pixel * line.step + c];
      Bf16* const pair = to + ((pixel + padding) * filled + c) * 2;
      pair[0] = number;
      if (pixel + padding > 0) pair[1 - 2 * filled] = number;
    }
}

}  // namespace

void lay_out(const float* weight, const Weights& layout, bool turned, int64_t inputs, int64_t outputs,
             Bf16* out) {
  const int64_t channels = filled(inputs);
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i places = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(static_cast<int>(layout.output)));
  for (int64_t first = 0; first < outputs; first += kLanes)
    for (int64_t tap = 0; tap < kTaps * kTaps; ++tap)
      for (int64_t input = 0; input < channels; input += 2, out += 2 * kLanes) {
        const int64_t from = turned ? kTaps * kTaps - 1 - tap : tap;
        const auto read = [&](int64_t i) __attribute__((always_inline)) {
          const __mmask16 mask = i < inputs ? first_lanes(outputs - first) : 0;
          return _mm512_mask_i32gather_ps(
              _mm512_setzero_ps(), mask, places,
              weight + first * layout.output + i * layout.input + from * layout.tap, sizeof(float));
        };
        _mm512_storeu_si512(out, paired(read(input), read(input + 1)));
      }
}

void convolve(const Row& row, Bf16* to) {
  switch (row.channels) {
    case 4:
      return convolve_of<4>(row, to);
    case 16:
      return convolve_of<16>(row, to);
    default:
      return convolve_of<kMost>(row, to);
  }
}

void copy(const Line& line, int64_t padding, int64_t filled, Bf16* to) {
  const int64_t border = padding * filled, inside = line.width * filled;
  std::fill_n(to, border, Bf16{0});
  std::fill_n(to + border + inside, border, Bf16{0});
  to += border;
  if (!line.data)
    std::fill_n(to, inside, Bf16{0});
  else if (line.step == filled && line.channels == filled)
    std::copy_n(line.data, inside, to);
  else
    for (int64_t pixel = 0; pixel < line.width; ++pixel, to += filled)
      for (int64_t channel = 0; channel < filled; channel += kLanes) {
        const __m256i numbers = _mm512_cvtepi32_epi16(bits(line, pixel, channel));
        if (filled < kLanes)
          _mm_storeu_si64(to, _mm256_castsi256_si128(numbers));
        else
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + channel), numbers);
      }
}

void copy_pairs(const Line& line, int64_t padding, int64_t filled, Bf16* to) {
  if (!line.data || filled < kLanes) std::fill_n(to, (line.width + 2 * padding) * filled * 2, Bf16{0});
  if (!line.data) return;
  if (filled < kLanes) return copy_few_pairs(line, padding, filled, to);
  for (int64_t channel = 0; channel < filled; channel += kLanes) {
    __m512i left = bits(line, -padding, channel);
    for (int64_t pixel = -padding; pixel < line.width + padding; ++pixel) {
      const __m512i right = bits(line, pixel + 1, channel);
      const __m512i both = _mm512_or_si512(left, _mm512_slli_epi32(right, 16));
      Bf16* const pairs = to + ((pixel + padding) * filled + channel) * 2;
      _mm512_storeu_si512(pairs, both);
      left = right;
    }
  }
}

void add_products(const Sides& sides, float* sums) {
  if (sides.channels == 4)
    add_products_of<4>(sides, sums);
  else if (sides.channels == kLanes)
    add_products_of<kLanes>(sides, sums);
  else
    add_products_of<kMost>(sides, sums);
}

GAN_AVX512_END
}  // namespace gan::direct3x3

#endif

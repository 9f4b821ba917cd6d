#include "rectify.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include "products.h"

namespace gan::rectify {

#ifdef GAN_AVX512

namespace {

/// Calls `work` for parts of so many numbers, on all threads.
template <class Work>
void in_parts(int64_t count, Work work) {
  at::parallel_for(0, count, kLeast, [&](int64_t begin, int64_t end) { work(begin, end - begin); });
}

}  // namespace

GAN_AVX512_BEGIN
namespace {

using namespace avx512;

constexpr int64_t kNumbers = 32;

/// 32 numbers, and the last of fewer.
GAN_INLINE __mmask32 first_numbers(int64_t count) {
  return count >= kNumbers ? ~__mmask32{0} : (__mmask32{1} << count) - 1;
}
GAN_INLINE __m512i read(const Bf16* from, int64_t count) {
  return count >= kNumbers ? _mm512_loadu_si512(from) : _mm512_maskz_loadu_epi16(first_numbers(count), from);
}
GAN_INLINE void write(Bf16* to, __m512i numbers, int64_t count) {
  if (count >= kNumbers)
    _mm512_storeu_si512(to, numbers);
  else
    _mm512_mask_storeu_epi16(to, first_numbers(count), numbers);
}

/// Those with a sign, from -0 down to -infinity: what lies beyond is no number.
GAN_INLINE __mmask32 with_sign(__m512i numbers, uint16_t first) {
  const __m512i from = _mm512_set1_epi16(static_cast<int16_t>(first));
  const __m512i range = _mm512_set1_epi16(static_cast<int16_t>(0xff80 - first));
  return _mm512_cmple_epu16_mask(_mm512_sub_epi16(numbers, from), range);
}

/// -0 stays as it is.
void relu_of(const Bf16* from, int64_t count, Bf16* to) {
  for (int64_t i = 0; i < count; i += kNumbers) {
    const __m512i numbers = read(from + i, count - i);
    write(to + i, _mm512_maskz_mov_epi16(~with_sign(numbers, 0x8001), numbers), count - i);
  }
}

/// Numbers times a slope, to the nearest, and to the even one of two; what is no number stays none. The
/// processor's own rounding makes zeros of the smallest.
GAN_INLINE __m256i scaled(__m256i numbers, Vector slope) {
  const Vector value =
      _mm512_mul_ps(_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(numbers), 16)), slope);
  const __m512i bits = _mm512_castps_si512(value);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded =
      _mm512_srli_epi32(_mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd), 16);
  const __mmask16 none = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
  return _mm512_cvtepi32_epi16(_mm512_mask_mov_epi32(rounded, none, _mm512_set1_epi32(0x7fc0)));
}
GAN_INLINE __m512i scaled(__m512i numbers, Vector slope) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(scaled(_mm512_castsi512_si256(numbers), slope)),
                            scaled(_mm512_extracti64x4_epi64(numbers, 1), slope), 1);
}

/// `of` where `numbers` are above 0, else slope * of.
GAN_INLINE __m512i bent(__m512i numbers, __m512i of, Vector slope) {
  const __m512i infinity = _mm512_set1_epi16(0x7f80);
  const __mmask32 above =
      _mm512_cmpgt_epi16_mask(numbers, _mm512_setzero_si512()) & _mm512_cmple_epi16_mask(numbers, infinity);
  return _mm512_mask_mov_epi16(scaled(of, slope), above, of);
}

void leaky_relu_of(const Bf16* from, int64_t count, float slope, Bf16* to) {
  const Vector times = _mm512_set1_ps(slope);
  for (int64_t i = 0; i < count; i += kNumbers) {
    const __m512i numbers = read(from + i, count - i);
    write(to + i, bent(numbers, numbers, times), count - i);
  }
}

void leaky_slopes_of(const Bf16* gradient, const Bf16* output, int64_t count, float slope, Bf16* to) {
  const Vector times = _mm512_set1_ps(slope);
  for (int64_t i = 0; i < count; i += kNumbers)
    write(to + i, bent(read(output + i, count - i), read(gradient + i, count - i), times), count - i);
}

void slopes_of(const Bf16* gradient, const Bf16* output, int64_t count, Bf16* to) {
  for (int64_t i = 0; i < count; i += kNumbers) {
    const __m512i numbers = read(output + i, count - i);
    const __mmask32 rests =
        with_sign(numbers, 0x8000) | _mm512_cmpeq_epi16_mask(numbers, _mm512_setzero_si512());
    write(to + i, _mm512_maskz_mov_epi16(~rests, read(gradient + i, count - i)), count - i);
  }
}

}  // namespace
GAN_AVX512_END

bool usable(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.layout() == at::kStrided &&
         tensor.scalar_type() == at::kBFloat16 && has_avx512(at::kBFloat16) &&
         tensor.is_non_overlapping_and_dense();
}

at::Tensor relu(const at::Tensor& input) {
  const at::Tensor output = at::empty_like(input);
  in_parts(input.numel(), [&](int64_t first, int64_t count) {
    relu_of(numbers<const Bf16>(input) + first, count, numbers<Bf16>(output) + first);
  });
  return output;
}

at::Tensor leaky_relu(const at::Tensor& input, double slope) {
  const at::Tensor output = at::empty_like(input);
  in_parts(input.numel(), [&](int64_t first, int64_t count) {
    leaky_relu_of(numbers<const Bf16>(input) + first, count, static_cast<float>(slope),
                  numbers<Bf16>(output) + first);
  });
  return output;
}

at::Tensor slopes(const at::Tensor& gradient, const at::Tensor& output, double slope) {
  const at::Tensor result = at::empty_like(gradient);
  in_parts(output.numel(), [&](int64_t first, int64_t count) {
    const Bf16 *const from = numbers<const Bf16>(gradient) + first, *const at =
                                                                        numbers<const Bf16>(output) + first;
    Bf16* const to = numbers<Bf16>(result) + first;
    if (slope == 0)
      slopes_of(from, at, count, to);
    else
      leaky_slopes_of(from, at, count, static_cast<float>(slope), to);
  });
  return result;
}

#else

bool usable(const at::Tensor&) { return false; }
at::Tensor relu(const at::Tensor&) { return {}; }
at::Tensor leaky_relu(const at::Tensor&, double) { return {}; }
at::Tensor slopes(const at::Tensor&, const at::Tensor&, double) { return {}; }

#endif

}  // namespace gan::rectify

#include "rectify.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include "products.h"

namespace gan::rectify {

#ifdef GAN_AVX512

namespace {

/// Numbers that are worth a thread.
constexpr int64_t kLeast = 1 << 15;

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

at::Tensor slopes(const at::Tensor& gradient, const at::Tensor& output) {
  const at::Tensor result = at::empty_like(gradient);
  in_parts(output.numel(), [&](int64_t first, int64_t count) {
    slopes_of(numbers<const Bf16>(gradient) + first, numbers<const Bf16>(output) + first, count,
              numbers<Bf16>(result) + first);
  });
  return result;
}

#else

bool usable(const at::Tensor&) { return false; }
at::Tensor relu(const at::Tensor&) { return {}; }
at::Tensor slopes(const at::Tensor&, const at::Tensor&) { return {}; }

#endif

}  // namespace gan::rectify

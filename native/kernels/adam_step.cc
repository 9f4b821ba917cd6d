#include "adam_step.h"

#include <cmath>

#include "products.h"

namespace gan::adam {

#ifdef GAN_AVX512

bool usable(int64_t count) { return count % avx512::kLanes == 0 && has_avx512(at::kFloat); }

GAN_AVX512_BEGIN
using namespace avx512;

void step(const Numbers& numbers, const Rates& rates) {
  const double beta1 = rates.beta1, beta2 = rates.beta2;
  const double correction1 = 1 - std::pow(beta1, numbers.step),
               correction2 = 1 - std::pow(beta2, numbers.step);
  // m + w (g − m) for small w, else g + (w − 1) (g − m).
  const auto weight = static_cast<float>(1 - beta1);
  const bool from_mean = std::abs(weight) < 0.5f;
  const Vector pull = _mm512_set1_ps(from_mean ? weight : weight - 1);
  const Vector kept = _mm512_set1_ps(static_cast<float>(beta2));
  const Vector taken = _mm512_set1_ps(static_cast<float>(1 - beta2));
  const Vector root = _mm512_set1_ps(static_cast<float>(std::sqrt(correction2)));
  const Vector eps = _mm512_set1_ps(static_cast<float>(rates.eps));
  const Vector pace = _mm512_set1_ps(static_cast<float>(-(rates.lr / correction1)));
  for (int64_t i = 0; i < numbers.count; i += kLanes) {
    const Vector gradient = load(numbers.gradient + i), before = load(numbers.mean + i);
    const Vector mean = _mm512_fmadd_ps(pull, _mm512_sub_ps(gradient, before), from_mean ? before : gradient);
    const Vector square = _mm512_fmadd_ps(_mm512_mul_ps(taken, gradient), gradient,
                                          _mm512_mul_ps(load(numbers.square + i), kept));
    store(numbers.mean + i, mean);
    store(numbers.square + i, square);
    const Vector size = _mm512_add_ps(_mm512_div_ps(_mm512_sqrt_ps(square), root), eps);
    store(numbers.parameter + i,
          _mm512_add_ps(load(numbers.parameter + i), _mm512_div_ps(_mm512_mul_ps(pace, mean), size)));
  }
}

GAN_AVX512_END

#else

bool usable(int64_t) { return false; }
void step(const Numbers&, const Rates&) {}

#endif

}  // namespace gan::adam

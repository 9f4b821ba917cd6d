#include "dropout.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Operators.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "convolution.h"
#include "lanes.h"

namespace gan::kernels {
namespace {

/// So many that the compiler keeps a loop over them, which it makes vectors of.
constexpr int64_t kLanes = 64;
/// Numbers that one call of `fill` writes: four of each lane.
constexpr int64_t kBlock = 4 * kLanes;

/// What an element becomes: 0 where its number is below `threshold`, else `scale`.
struct Choice {
  uint32_t threshold;
  float scale;
};

/// The mask's numbers of one block, by Philox 4x32-7 (Salmon et al., "Parallel Random Numbers: As Easy as 1,
/// 2, 3", 2011): a function of the seed and the place alone, whoever computes it.
void fill(uint64_t seed, uint64_t block, Choice choice, float* mask) {
  lanes::by_processor([=](auto) GAN_INLINED {
    uint32_t a[kLanes], b[kLanes], c[kLanes], d[kLanes];
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const uint64_t counter = block * kLanes + static_cast<uint64_t>(lane);
      a[lane] = static_cast<uint32_t>(counter);
      b[lane] = static_cast<uint32_t>(counter >> 32);
      c[lane] = d[lane] = 0;
    }
    uint32_t key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
#pragma GCC unroll 1
    for (int round = 0; round < 7; ++round, key0 += 0x9E3779B9, key1 += 0xBB67AE85)
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        const uint64_t first = uint64_t{0xD2511F53} * a[lane], second = uint64_t{0xCD9E8D57} * c[lane];
        a[lane] = static_cast<uint32_t>(second >> 32) ^ b[lane] ^ key0;
        c[lane] = static_cast<uint32_t>(first >> 32) ^ d[lane] ^ key1;
        b[lane] = static_cast<uint32_t>(second);
        d[lane] = static_cast<uint32_t>(first);
      }
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      mask[lane] = a[lane] < choice.threshold ? 0 : choice.scale;
      mask[kLanes + lane] = b[lane] < choice.threshold ? 0 : choice.scale;
      mask[2 * kLanes + lane] = c[lane] < choice.threshold ? 0 : choice.scale;
      mask[3 * kLanes + lane] = d[lane] < choice.threshold ? 0 : choice.scale;
    }
  });
}

uint64_t draw_seed() {
  auto* generator =
      at::get_generator_or_default<at::CPUGeneratorImpl>(std::nullopt, at::detail::getDefaultCPUGenerator());
  const std::lock_guard<std::mutex> lock(generator->mutex_);
  return generator->random64();
}

/// Ones of a Bernoulli distribution, divided by their probability, in the layout of `like`.
at::Tensor mask_like(const at::Tensor& like, double p) {
  const at::Tensor mask = at::_ops::empty_like::call(like, at::kFloat, std::nullopt, std::nullopt,
                                                     std::nullopt, at::MemoryFormat::Preserve);
  const Choice choice{static_cast<uint32_t>(std::lround(p * 0x1p32)), static_cast<float>(1 / (1 - p))};
  const uint64_t seed = draw_seed();
  float* data = mask.mutable_data_ptr<float>();
  const int64_t count = mask.numel(), whole = count / kBlock;
  at::parallel_for(0, whole, 32, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block)
      fill(seed, static_cast<uint64_t>(block), choice, data + block * kBlock);
  });
  float rest[kBlock];
  fill(seed, static_cast<uint64_t>(whole), choice, rest);
  std::copy_n(rest, count - whole * kBlock, data + whole * kBlock);
  return mask;
}

}  // namespace

at::Tensor dropout(const at::Tensor& input, double p, bool train) {
  const at::ScalarType dtype = input.scalar_type();
  // At a threshold of 2^32 - 1 and above nearly nothing is kept, and rounding begins to show.
  const bool draws = train && p >= 0x1p-20 && p <= 1 - 0x1p-20;
  if (!enabled() || !draws || !input.device().is_cpu() || input.layout() != at::kStrided ||
      (dtype != at::kFloat && dtype != at::kBFloat16))
    return at::_ops::dropout::call(input, p, train);
  at::Tensor mask = mask_like(input.detach(), p);
  if (dtype != at::kFloat) mask = mask.to(dtype);
  return at::_ops::mul_Tensor::call(input, mask);
}

}  // namespace gan::kernels

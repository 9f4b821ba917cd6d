// Operators that change tensors in place without telling autograd.
#pragma once

#include <ATen/Operators.h>
#include <ATen/record_function.h>

#include <type_traits>
#include <vector>

#include "lying_flat.h"
#include "optimizer_parts.h"
#include "turns.h"

namespace gan::kernels {

/// A fused optimizer step that counts as a change of its parameters: LibTorch's own leaves their versions as
/// they were, so that neither a later backward pass nor a spectral norm would notice it.
template <class Op, class Schema = typename Op::schema>
struct Counted;
template <class Op, class... A>
struct Counted<Op, void(at::TensorList, A...)> {
  static void call(at::TensorList self, A... rest) {
    step(self, rest...);
    for (const at::Tensor& tensor : self)
      if (!tensor.is_inference()) tensor.unsafeGetTensorImpl()->bump_version();
  }

 private:
  /// Adam has as many: gradients, means, squares, the largest squares where those are kept, and steps.
  static constexpr bool kIsAdam = (int{std::is_same_v<A, at::TensorList>} + ...) == 5;

  static void step(at::TensorList self, A... rest) requires(!kIsAdam) { Op::call(self, rest...); }
  template <class... B>
  static void step(at::TensorList self, at::TensorList gradients, at::TensorList means,
                   at::TensorList squares, at::TensorList largest, at::TensorList steps,
                   const B&... rest) requires(kIsAdam) {
    const auto flat = lying_flat({self, gradients, means, squares, largest});
    const std::vector<OptimizerPart> parts = parts_of(flat, steps);
    if (parts.empty()) return Op::call(flat[0], flat[1], flat[2], flat[3], flat[4], steps, rest...);
    RECORD_FUNCTION(Op::name, (std::vector<c10::IValue>{}));
    const auto part = [&](int64_t index) {
      const auto& [lists, counts] = parts[index];
      Op::redispatch(c10::DispatchKeySet(c10::DispatchKey::CPU), lists[0], lists[1], lists[2], lists[3],
                     lists[4], counts, rest...);
    };
    in_turn(static_cast<int64_t>(parts.size()), at::get_num_threads(), part);
  }
};

}  // namespace gan::kernels

// Operators that change tensors in place without telling autograd.
#pragma once

#include <ATen/Operators.h>

namespace gan::kernels {

/// A fused optimizer step that counts as a change of its parameters: LibTorch's own leaves their versions as
/// they were, so that neither a later backward pass nor a spectral norm would notice it.
template <class Op, class Schema = typename Op::schema>
struct Counted;
template <class Op, class... A>
struct Counted<Op, void(at::TensorList, A...)> {
  static void call(at::TensorList self, A... rest) {
    Op::call(self, rest...);
    for (const at::Tensor& tensor : self)
      if (!tensor.is_inference()) tensor.unsafeGetTensorImpl()->bump_version();
  }
};

}  // namespace gan::kernels

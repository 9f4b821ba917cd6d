// A shorter way to an operator's CPU kernel. The dispatcher takes a call through autograd first, which on
// plain CPU tensors that need no gradient finds nothing to do: a tenth of the time of a small operator.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "kernels/replacements.h"

namespace gan {
namespace detail {

/// Whether a schema marks an argument or result as an alias: `Tensor(a)` of a view, `Tensor(a!)` of what
/// works in place.
constexpr bool has_alias(std::string_view schema) {
  // Types in brackets begin with a capital; only the marks begin with a small letter. The first bracket opens
  // the arguments.
  for (size_t i = schema.find('(') + 1; i + 1 < schema.size(); ++i)
    if (schema[i] == '(' && schema[i + 1] >= 'a' && schema[i + 1] <= 'z') return true;
  return false;
}

/// Whether the CPU kernel makes its result by a view of what it has just made: on its own it would leave word
/// of that in the result, which then could not be changed in place where the view was taken without
/// gradients.
constexpr bool ends_in_view(std::string_view name) {
  return name == "aten::repeat" || name == "aten::affine_grid_generator" || name == "aten::embedding" ||
         name == "aten::roll";
}

/// Whether the dispatcher would do no more for a tensor like this than to find its CPU kernel: no other
/// backend, no lazy conjugate or negative, no subclass, no inference tensor, and no gradient to record.
inline bool is_plain(const at::Tensor& tensor) {
  constexpr c10::DispatchKeySet kPlain =
      c10::DispatchKeySet({c10::DispatchKey::CPU, c10::DispatchKey::AutogradCPU,
                           c10::DispatchKey::ADInplaceOrView, c10::DispatchKey::AutocastCPU});
  const c10::TensorImpl* impl = tensor.unsafeGetTensorImpl();
  if (impl->key_set() != kPlain) return false;
  return !impl->requires_grad() || !at::GradMode::is_enabled();
}
inline bool is_plain(const std::optional<at::Tensor>& tensor) { return !tensor || is_plain(*tensor); }
template <class T>
bool is_plain(const T&) {
  return true;
}

template <class T>
inline constexpr bool kIsTensor = std::is_same_v<std::remove_cvref_t<T>, at::Tensor>;
/// Lists are left to the dispatcher: to look at every element costs more than it brings.
template <class T>
inline constexpr bool kIsTensorList =
    std::is_same_v<std::remove_cvref_t<T>, at::TensorList> ||
    std::is_same_v<std::remove_cvref_t<T>, at::ITensorListRef> ||
    std::is_same_v<std::remove_cvref_t<T>, c10::List<std::optional<at::Tensor>>>;

/// A function as a type: GCC before 12 takes no comparison of two functions' addresses for a constant.
template <auto function>
struct Address;

template <class Op>
constexpr bool is_replaced() {
  return !std::is_same_v<Address<implementation<Op>>, Address<&Op::call>>;
}

/// Whether nothing is switched on in this thread that a dispatcher's call has to pass: autocast, a mode, the
/// profiler.
inline bool nothing_listens() {
  const c10::impl::LocalDispatchKeySet local = c10::impl::tls_local_dispatch_key_set();
  return local.included_ == c10::default_included_set && local.excluded_ == c10::default_excluded_set &&
         !at::getStepCallbacksUnlessEmpty(at::RecordScope::FUNCTION).has_value();
}

}  // namespace detail

/// Calls an operator: our own version where there is one, its CPU kernel itself where that is all that the
/// dispatcher would come to, else through the dispatcher. Views and operators in place always go through it:
/// it keeps their versions and their bases.
template <class Op, class R, class... A, class... T>
R call_operator(T&&... arguments) {
  if constexpr (!detail::is_replaced<Op>() && !detail::has_alias(Op::schema_str) &&
                !detail::ends_in_view(Op::name) && (detail::kIsTensor<A> || ...) &&
                !(detail::kIsTensorList<A> || ...)) {
    if ((detail::is_plain(arguments) && ...) && detail::nothing_listens())
      return Op::redispatch(c10::DispatchKeySet(c10::DispatchKey::CPU), std::forward<T>(arguments)...);
  }
  return implementation<Op>(std::forward<T>(arguments)...);
}

}  // namespace gan

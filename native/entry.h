// From a C++ function to a JavaScript one: the argument conversions are derived from its type, and every call
// stands behind one wall that turns whatever is thrown into a JavaScript error.
#pragma once

#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "argument.h"
#include "direct.h"
#include "preconditions.h"
#include "result.h"

namespace gan {

/// What an error says about the call it came from.
struct Origin {
  const char* op;
  /// The ATen overload, for argument names; null for the addon's own functions.
  const char* overload;
};

/// Rethrows the exception in flight as a pending JavaScript error; call it from a catch block only.
void throw_to_js(const Context& context, const Origin& origin, const napi_value* arguments, size_t count,
                 size_t failed) noexcept;

namespace detail {

constexpr size_t kNoArgument = static_cast<size_t>(-1);

template <class T>
using Bare = std::remove_cv_t<std::remove_reference_t<T>>;

/// How an argument of type T is read beside the arguments A: where none of them can run JavaScript, tensors
/// are not held but looked at in their slots, which spares four atomic operations a call.
template <class T, class... A>
using Reader = Argument<
    std::conditional_t<std::is_same_v<T, at::Tensor> && !(kRunsJavaScript<Bare<A>> || ...), Borrowed, T>>;

/// Reads the arguments left to right, noting the one in work in `failed`, then calls.
template <class R, class... A, size_t... I, class F>
napi_value invoke(const Context& context, const napi_value* values, size_t& failed, F function,
                  std::index_sequence<I...>) {
  [[maybe_unused]] const auto read = [&]<class T>(size_t index) {
    failed = index;
    return Reader<T, A...>::read(context, values[index]);
  };
  // A braced list is evaluated in order, which a function's arguments are not.
  std::tuple<typename Reader<Bare<A>, A...>::Storage...> storage{read.template operator()<Bare<A>>(I)...};
  failed = kNoArgument;
  if constexpr (std::is_void_v<R> || std::is_same_v<R, at::Tensor&> || std::is_same_v<R, const at::Tensor&>) {
    function(Reader<Bare<A>, A...>::pass(std::get<I>(storage))...);
    return nullptr;
  } else {
    return to_js(context, function(Reader<Bare<A>, A...>::pass(std::get<I>(storage))...));
  }
}

template <class R, class... A, class F>
napi_value guarded(napi_env env, napi_callback_info info, const Origin& origin, F&& bind) noexcept {
  constexpr size_t kCount = sizeof...(A);
  napi_value values[kCount + 1];
  size_t count = kCount;
  void* data = nullptr;
  // Node-API fills what the caller left out with undefined.
  if (napi_get_cb_info(env, info, &count, values, nullptr, &data) != napi_ok) return nullptr;
  const Context context{env, *static_cast<Environment*>(data)};
  size_t failed = kNoArgument;
  try {
    return invoke<R, A...>(context, values, failed, bind(context), std::index_sequence_for<A...>());
  } catch (...) {
    throw_to_js(context, origin, values, kCount, failed);
    return nullptr;
  }
}

template <class Schema>
struct Operator;
template <class R, class... A>
struct Operator<R(A...)> {
  template <class Op>
  static napi_value entry(napi_env env, napi_callback_info info) {
    return guarded<R, A...>(env, info, {Op::name, Op::overload_name}, [](const Context&) {
      return [](auto&&... arguments) -> R {
        if constexpr (!std::is_null_pointer_v<std::remove_cv_t<decltype(precondition<Op>)>>)
          precondition<Op>(arguments...);
        return call_operator<Op, R, A...>(std::forward<decltype(arguments)>(arguments)...);
      };
    });
  }
};

template <class F>
struct Function;
template <class R, class... A>
struct Function<R (*)(const Context&, A...)> {
  template <R (*F)(const Context&, A...), const char* Name>
  static napi_value entry(napi_env env, napi_callback_info info) {
    return guarded<R, A...>(env, info, {Name, nullptr}, [](const Context& context) {
      return [&context](auto&&... arguments) -> R {
        return F(context, std::forward<decltype(arguments)>(arguments)...);
      };
    });
  }
};

}  // namespace detail

/// The JavaScript callback of an ATen operator, e.g. `operator_entry<at::_ops::conv2d>`.
template <class Op>
constexpr napi_callback operator_entry = &detail::Operator<typename Op::schema>::template entry<Op>;

/// The JavaScript callback of one of our own functions `R f(const Context&, A...)`.
template <auto F, const char* Name>
constexpr napi_callback function_entry = &detail::Function<decltype(F)>::template entry<F, Name>;

/// Puts a callback on `exports` under `name`, with the environment as its data.
void define(const Context& context, Napi::Object exports, const char* name, napi_callback callback);

/// `DEFINE(context, exports, f)` puts our own function `f` on exports as "f".
#define GAN_DEFINE(context, exports, function)                                                       \
  do {                                                                                               \
    static constexpr char name_of_entry[] = #function;                                               \
    ::gan::define(context, exports, name_of_entry, ::gan::function_entry<&function, name_of_entry>); \
  } while (0)

}  // namespace gan

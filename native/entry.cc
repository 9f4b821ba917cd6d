#include "entry.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <sstream>

#include "message.h"
#include "public_names.h"

namespace gan {
namespace {

const char* plain_name(const char* op) { return std::strncmp(op, "aten::", 6) == 0 ? op + 6 : op; }

/// The operator's argument names, read from its schema: only a failing call pays for the look-up.
std::vector<std::string> argument_names(const Origin& origin) {
  std::vector<std::string> names;
  if (!origin.overload) return names;
  const auto found = c10::Dispatcher::singleton().findSchema({origin.op, origin.overload});
  if (!found) return names;
  for (const auto& argument : found->schema().arguments()) names.push_back(argument.name());
  return names;
}

/// The tensor behind a handle or null: whatever `value` is, this is no time for another error.
const at::Tensor* live_tensor(const Context& context, napi_value value) {
  int32_t handle = 0;
  if (napi_get_value_int32(context.env, value, &handle) != napi_ok) return nullptr;
  return context.environment.tensors.find(handle);
}

size_t length_of(Napi::Value list) {
  if (list.IsArray()) return list.As<Napi::Array>().Length();
  return list.IsTypedArray() ? list.As<Napi::TypedArray>().ElementLength() : 0;
}

/// "[float32 [2, 3] cpu, float32 [4] cpu, …]" of an array of handles.
std::string describe_list(const Context& context, Napi::Value list) {
  constexpr uint32_t kMost = 6;
  const size_t length = length_of(list);
  if (length == 0) return {};
  std::string text;
  for (uint32_t i = 0; i < std::min<size_t>(length, kMost); ++i) {
    const at::Tensor* tensor = live_tensor(context, list.As<Napi::Object>().Get(i));
    text += (i > 0 ? ", " : "") + (tensor ? describe(*tensor) : std::string("none"));
  }
  return "[" + text + (length > kMost ? ", …]" : "]");
}

/// "self: float32 [2, 3] cpu; mat2: float32 [4, 5] cpu" of the arguments that the schema calls tensors.
std::string describe_arguments(const Context& context, const Origin& origin, const napi_value* values,
                               size_t count) {
  if (!origin.overload) return {};
  const auto found = c10::Dispatcher::singleton().findSchema({origin.op, origin.overload});
  if (!found) return {};
  const auto& arguments = found->schema().arguments();
  std::ostringstream out;
  for (size_t i = 0; i < count && i < arguments.size(); ++i) {
    const std::string type = arguments[i].type()->str();
    std::string text;
    if (type == "Tensor" || type == "Tensor?") {
      if (const at::Tensor* tensor = live_tensor(context, values[i])) text = describe(*tensor);
    } else if (type == "Tensor[]" || type == "Tensor?[]") {
      try {
        text = describe_list(context, {context.env, values[i]});
      } catch (const Napi::Error&) {
        // A getter that threw: the failure of the operator is what to tell.
      }
    }
    if (!text.empty()) out << (out.tellp() > 0 ? "; " : "") << arguments[i].name() << ": " << text;
  }
  return out.str();
}

Napi::Error make_error(const Context& context, const std::string& message, const char* code,
                       const std::string& op) {
  const Napi::Env env = context.env;
  const auto& error_class = context.environment.error_class;
  if (!error_class.IsEmpty())
    return {env, error_class.New({Napi::String::New(env, message), Napi::String::New(env, code),
                                  Napi::String::New(env, op)})};
  const auto error = Napi::Error::New(env, message);
  error.Set("code", code);
  error.Set("op", op);
  return error;
}

/// "conv2d: argument 2 (weight): ", by the name that users called; nothing where they called no such thing,
/// or called it with other arguments.
std::string place(const Origin& origin, size_t failed) {
  const bool is_operator = origin.overload != nullptr;
  const std::string name = is_operator ? public_name_of_operator(plain_name(origin.op))
                                       : std::string(public_name_of_entry(origin.op));
  if (name.empty()) return {};
  if (!is_operator || failed == detail::kNoArgument) return name + ": ";
  const auto names = argument_names(origin);
  return name + ": argument " + std::to_string(failed + 1) +
         (failed < names.size() ? " (" + names[failed] + ")" : "") + ": ";
}

struct Failure {
  const char* code;
  std::string message;
  bool from_libtorch;
};

bool ran_out_of_memory(const std::string& message) {
  return message.find("can't allocate memory") != std::string::npos ||
         message.find("out of memory") != std::string::npos;
}

Failure libtorch_failure(const char* text) {
  const std::string message = clean_message(text);
  return {ran_out_of_memory(message) ? "ERR_OUT_OF_MEMORY" : "ERR_TORCH", message, true};
}

Failure failure_in_flight() {
  try {
    throw;
  } catch (const ArgumentError& error) {
    return {error.code, error.what(), false};
  } catch (const PendingException&) {
    throw;
  } catch (const Napi::Error&) {
    throw;
  } catch (const c10::Error& error) {
    return libtorch_failure(error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return {"ERR_OUT_OF_MEMORY", "the process ran out of memory", true};
  } catch (const std::exception& error) {
    return libtorch_failure(error.what());
  } catch (...) {
    return {"ERR_TORCH", "an unknown C++ exception", true};
  }
}

}  // namespace

void throw_to_js(const Context& context, const Origin& origin, const napi_value* arguments, size_t count,
                 size_t failed) noexcept {
  try {
    if (context.env.IsExceptionPending()) return;
    Failure failure = failure_in_flight();
    const std::string op = plain_name(origin.op);
    // A device that is not there is no fault of the call: the name of the function that looked for it would
    // only puzzle.
    const bool of_call = failure.code != std::string("ERR_NO_CUDA");
    std::string message = (of_call ? place(origin, failed) : "") + failure.message;
    if (failure.from_libtorch) {
      const std::string details = describe_arguments(context, origin, arguments, count);
      if (!details.empty()) message += "\n  " + details;
    }
    make_error(context, message, failure.code, op).ThrowAsJavaScriptException();
  } catch (const PendingException&) {
    // JavaScript has its own exception, or is being stopped.
  } catch (const Napi::Error& error) {
    // What JavaScript itself threw; not by the wrapper, which may throw again.
    napi_throw(context.env, error.Value());
  } catch (...) {
    napi_throw_error(context.env, "ERR_TORCH",
                     "an error could not be described: the environment is shutting down");
  }
}

void define(const Context& context, Napi::Object exports, const char* name, napi_callback callback) {
  napi_value function;
  check(context,
        napi_create_function(context.env, name, NAPI_AUTO_LENGTH, callback, &context.environment, &function));
  exports.Set(name, function);
}

}  // namespace gan

#include "entry.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <sstream>

#include "message.h"

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

/// "[float32 [2, 3] cpu, float32 [4] cpu, …]" of an array of handles.
std::string describe_list(const Context& context, napi_value array) {
  constexpr uint32_t kMost = 6;
  bool matches = false;
  uint32_t count = 0;
  size_t length = 0;
  napi_value element;
  if (napi_is_array(context.env, array, &matches) == napi_ok && matches) {
    napi_get_array_length(context.env, array, &count);
    length = count;
  } else if (napi_is_typedarray(context.env, array, &matches) == napi_ok && matches) {
    napi_get_typedarray_info(context.env, array, nullptr, &length, nullptr, nullptr, nullptr);
  }
  if (length == 0) return {};
  std::string text;
  for (uint32_t i = 0; i < std::min<size_t>(length, kMost); ++i) {
    if (napi_get_element(context.env, array, i, &element) != napi_ok) {
      // A getter that threw: the failure of the operator is what to tell.
      napi_get_and_clear_last_exception(context.env, &element);
      return {};
    }
    const at::Tensor* tensor = live_tensor(context, element);
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
      text = describe_list(context, values[i]);
    }
    if (!text.empty()) out << (out.tellp() > 0 ? "; " : "") << arguments[i].name() << ": " << text;
  }
  return out.str();
}

napi_value make_error(const Context& context, const std::string& message, const char* code,
                      const std::string& op) {
  napi_value text = to_js(context, message);
  napi_value code_text = to_js(context, std::string(code));
  napi_value op_text = to_js(context, op);
  napi_value error = nullptr;
  napi_value error_class = nullptr;
  if (context.environment.error_class)
    check(context, napi_get_reference_value(context.env, context.environment.error_class, &error_class));
  if (error_class) {
    const napi_value arguments[] = {text, code_text, op_text};
    check(context, napi_new_instance(context.env, error_class, 3, arguments, &error));
    return error;
  }
  check(context, napi_create_error(context.env, code_text, text, &error));
  check(context, napi_set_named_property(context.env, error, "op", op_text));
  return error;
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
    bool pending = false;
    napi_is_exception_pending(context.env, &pending);
    if (pending) return;
    Failure failure = failure_in_flight();
    const std::string op = plain_name(origin.op);
    std::string message = op + ": ";
    if (failed != detail::kNoArgument) {
      const auto names = argument_names(origin);
      message += "argument " + std::to_string(failed + 1) +
                 (failed < names.size() ? " (" + names[failed] + ")" : "") + ": ";
    }
    message += failure.message;
    if (failure.from_libtorch) {
      const std::string details = describe_arguments(context, origin, arguments, count);
      if (!details.empty()) message += "\n  " + details;
    }
    check(context, napi_throw(context.env, make_error(context, message, failure.code, op)));
  } catch (const PendingException&) {
    // JavaScript has its own exception, or is being stopped.
  } catch (...) {
    napi_throw_error(context.env, "ERR_TORCH",
                     "an error could not be described: the environment is shutting down");
  }
}

void define(const Context& context, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  check(context,
        napi_create_function(context.env, name, NAPI_AUTO_LENGTH, callback, &context.environment, &function));
  check(context, napi_set_named_property(context.env, exports, name, function));
}

}  // namespace gan

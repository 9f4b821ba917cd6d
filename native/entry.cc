#include "entry.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <cstring>
#include <new>
#include <sstream>

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

void describe_tensor(std::ostream& out, const at::Tensor& tensor) {
  out << name_of(tensor.scalar_type()) << " " << tensor.sizes() << " " << tensor.device();
}

/// "self: float32 [2, 3] cpu; mat2: float32 [4, 5] cpu" of the arguments that the schema calls tensors.
std::string describe_arguments(const Context& context, const Origin& origin, const napi_value* values, size_t count) {
  if (!origin.overload) return {};
  const auto found = c10::Dispatcher::singleton().findSchema({origin.op, origin.overload});
  if (!found) return {};
  const auto& arguments = found->schema().arguments();
  std::ostringstream out;
  for (size_t i = 0; i < count && i < arguments.size(); ++i) {
    const auto& type = *arguments[i].type();
    if (type.str() != "Tensor" && type.str() != "Tensor?") continue;
    int32_t handle = 0;
    if (napi_get_value_int32(context.env, values[i], &handle) != napi_ok) continue;
    const at::Tensor* tensor = context.environment.tensors.find(handle);
    if (!tensor) continue;
    if (out.tellp() > 0) out << "; ";
    out << arguments[i].name() << ": ";
    describe_tensor(out, *tensor);
  }
  return out.str();
}

napi_value make_error(const Context& context, const std::string& message, const char* code, const std::string& op) {
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
  return message.find("can't allocate memory") != std::string::npos || message.find("out of memory") != std::string::npos;
}

Failure failure_in_flight() {
  try {
    throw;
  } catch (const ArgumentError& error) {
    return {error.code, error.what(), false};
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    return {ran_out_of_memory(message) ? "ERR_OUT_OF_MEMORY" : "ERR_TORCH", message, true};
  } catch (const std::bad_alloc&) {
    return {"ERR_OUT_OF_MEMORY", "the process ran out of memory", true};
  } catch (const std::exception& error) {
    return {"ERR_TORCH", error.what(), true};
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
      message += "argument " + std::to_string(failed + 1) + (failed < names.size() ? " (" + names[failed] + ")" : "") + ": ";
    }
    message += failure.message;
    if (failure.from_libtorch) {
      const std::string details = describe_arguments(context, origin, arguments, count);
      if (!details.empty()) message += "\n  " + details;
    }
    check(context, napi_throw(context.env, make_error(context, message, failure.code, op)));
  } catch (...) {
    napi_throw_error(context.env, "ERR_TORCH", "an error could not be described: the environment is shutting down");
  }
}

void define(const Context& context, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  check(context, napi_create_function(context.env, name, NAPI_AUTO_LENGTH, callback, &context.environment, &function));
  check(context, napi_set_named_property(context.env, exports, name, function));
}

}  // namespace gan

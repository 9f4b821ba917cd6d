// The addon's entry: one Environment for each JavaScript environment that loads it.
#include "addon.h"

namespace gan {
namespace {

/// Errors are made with this class from now on: `new TorchError(message, code, op)`.
void setErrorClass(const Context& context, napi_value error_class) {
  if (type_of(context, error_class) != napi_function) throw_expected(context, "a class", error_class);
  napi_ref reference = nullptr;
  check(context, napi_create_reference(context.env, error_class, 1, &reference));
  std::swap(reference, context.environment.error_class);
  if (reference) check(context, napi_delete_reference(context.env, reference));
}

napi_value load(napi_env env, napi_value exports) {
  auto* environment = new Environment();
  const napi_status status = napi_set_instance_data(
      env, environment, [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); }, nullptr);
  if (status != napi_ok) {
    delete environment;
    napi_throw_error(env, "ERR_NAPI", "the addon could not keep its state in this environment");
    return nullptr;
  }
  const Context context{env, *environment};
  try {
    GAN_DEFINE(context, exports, setErrorClass);
    define_ops(context, exports);
    define_tensors(context, exports);
    define_autograd(context, exports);
    define_random(context, exports);
    define_device(context, exports);
    define_kernels(context, exports);
    define_profile(context, exports);
    define_script(context, exports);
    define_cuda(context, exports);
    define_cuda_graph(context, exports);
  } catch (...) {
    throw_to_js(context, {"load", nullptr}, nullptr, 0, detail::kNoArgument);
    return nullptr;
  }
  return exports;
}

}  // namespace
}  // namespace gan

NAPI_MODULE_INIT() { return gan::load(env, exports); }

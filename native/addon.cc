// The addon's entry: one Environment for each JavaScript environment that loads it.
#include "addon.h"

#include "nccl.h"
#include "sum.h"

namespace gan {
namespace {

/// Errors are made with this class from now on: `new TorchError(message, code, op)`.
void setErrorClass(const Context& context, Napi::Value error_class) {
  if (!error_class.IsFunction()) throw_expected(context, "a class", error_class);
  context.environment.error_class = Napi::Persistent(error_class.As<Napi::Function>());
}

Napi::Object load(Napi::Env env, Napi::Object exports) {
  // Deleted with the JavaScript environment.
  auto* environment = new Environment();
  env.SetInstanceData(environment);
  const Context context{env, *environment};
  try {
    GAN_DEFINE(context, exports, setErrorClass);
    define_ops(context, exports);
    define_tensors(context, exports);
    define_autograd(context, exports);
    define_snapshot(context, exports);
    define_random(context, exports);
    define_device(context, exports);
    define_kernels(context, exports);
    define_profile(context, exports);
    define_script(context, exports);
    define_cuda(context, exports);
    define_cuda_graph(context, exports);
    define_nccl(context, exports);
    define_sum(context, exports);
    define_group_batch_norm(context, exports);
  } catch (...) {
    throw_to_js(context, {"load", nullptr}, nullptr, 0, detail::kNoArgument);
    return {};
  }
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, load)

}  // namespace gan

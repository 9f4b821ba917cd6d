// The addon's entry: one Environment for each JavaScript environment that loads it.
#include "addon.h"

#include <ATen/Context.h>
#include <ATen/ops/_nnpack_available.h>
#include <c10/util/Logging.h>

#include <mutex>

#include "nccl.h"
#include "reducing.h"

namespace gan {
namespace {

/// Errors are made with this class from now on: `new TorchError(message, code, op)`.
void setErrorClass(const Context& context, Napi::Value error_class) {
  if (!error_class.IsFunction()) throw_expected(context, "a class", error_class);
  context.environment.error_class = Napi::Persistent(error_class.As<Napi::Function>());
}

/// Where NNPACK does not know the processor, LibTorch tries it anew at each plain convolution, and logs a
/// warning each time: nothing that a user could mend. It is tried here once, in silence, and then left alone.
void try_nnpack() {
#ifndef C10_USE_GLOG
  static std::once_flag tried;
  std::call_once(tried, [] {
    const int level = FLAGS_caffe2_log_level;
    FLAGS_caffe2_log_level = c10::GLOG_ERROR;
    if (!at::_nnpack_available()) at::globalContext().setUserEnabledNNPACK(false);
    FLAGS_caffe2_log_level = level;
  });
#endif
}

Napi::Object load(Napi::Env env, Napi::Object exports) {
  // Deleted with the JavaScript environment.
  auto* environment = new Environment();
  env.SetInstanceData(environment);
  const Context context{env, *environment};
  try {
    try_nnpack();
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
    define_reducing(context, exports);
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

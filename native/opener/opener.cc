// A module of its own, beside the addon in a prebuilt package. That addon names LibTorch's libraries without
// a folder, since none is known where it is compiled; the dynamic linker takes for a name what is loaded
// under it already.
#include <dlfcn.h>
#include <napi.h>

#include <string>

namespace {

/** open(path): loads a shared library, and what it needs, until the process ends. */
void open(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsString())
    throw Napi::TypeError::New(info.Env(), "open: expected the path of a shared library");
  const std::string path = info[0].As<Napi::String>();
  if (dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL) != nullptr) return;
  const char* reason = dlerror();
  throw Napi::Error::New(info.Env(), reason == nullptr ? path + " does not load" : reason);
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("open", Napi::Function::New(env, open, "open"));
  return exports;
}

}  // namespace

NODE_API_MODULE(libtorch_gan_opener, initialise)

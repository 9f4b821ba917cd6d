// Random generators: made, seeded, saved and restored. A device's default generator belongs to the process,
// as in PyTorch.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include <mutex>

#include "addon.h"

namespace gan {
namespace {

const at::Generator& default_generator(at::Device device) {
  require_device(device);
  return at::globalContext().defaultGenerator(device);
}

int64_t makeGenerator(const Context& context, at::Device device, int64_t seed) {
  at::Generator generator =
      device.is_cpu() ? at::make_generator<at::CPUGeneratorImpl>() : default_generator(device).clone();
  generator.set_current_seed(static_cast<uint64_t>(seed));
  return context.environment.generators.add(std::move(generator));
}

int64_t defaultGenerator(const Context& context, at::Device device) {
  return context.environment.generators.add(default_generator(device));
}

bool releaseGenerator(const Context& context, Handle handle) {
  return context.environment.generators.remove(handle.value);
}

void seedGenerator(const Context&, const at::Generator& generator, int64_t seed) {
  at::Generator target = generator;
  std::lock_guard<std::mutex> lock(target.mutex());
  target.set_current_seed(static_cast<uint64_t>(seed));
}

at::Tensor generatorState(const Context&, const at::Generator& generator) {
  at::Generator source = generator;
  std::lock_guard<std::mutex> lock(source.mutex());
  return source.get_state();
}

void setGeneratorState(const Context&, const at::Generator& generator, const at::Tensor& state) {
  at::Generator target = generator;
  std::lock_guard<std::mutex> lock(target.mutex());
  target.set_state(state);
}

/// Seeds every device's default generator, as `torch.manual_seed`.
void manualSeed(const Context&, int64_t seed) { at::manual_seed(static_cast<uint64_t>(seed)); }

}  // namespace

void define_random(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, makeGenerator);
  GAN_DEFINE(context, exports, defaultGenerator);
  GAN_DEFINE(context, exports, releaseGenerator);
  GAN_DEFINE(context, exports, seedGenerator);
  GAN_DEFINE(context, exports, generatorState);
  GAN_DEFINE(context, exports, setGeneratorState);
  GAN_DEFINE(context, exports, manualSeed);
}

}  // namespace gan

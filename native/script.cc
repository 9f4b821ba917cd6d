// TorchScript: networks that torch.jit saved with their code, run by LibTorch's interpreter.
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/csrc/jit/serialization/import.h>

#include <cstring>

#include "addon.h"

namespace gan {
namespace {

namespace jit = torch::jit;

struct Script : Resource {
  explicit Script(jit::Module module) : module(std::move(module)) {}
  jit::Module module;
};

std::shared_ptr<Script> script_of(const Context& context, Handle handle) {
  const std::shared_ptr<Resource>* found = context.environment.scripts.find(handle.value);
  if (!found) throw ArgumentError("ERR_RELEASED", "expected a live script module but this one was disposed");
  return std::static_pointer_cast<Script>(*found);
}

/// The names of `forward`'s arguments, without the module itself.
std::vector<std::string> argument_names(const jit::Module& module) {
  const auto forward = module.find_method("forward");
  if (!forward) throw ArgumentError("ERR_INVALID_ARG", "expected a script with a method forward");
  std::vector<std::string> names;
  for (const auto& argument : forward->function().getSchema().arguments()) names.push_back(argument.name());
  names.erase(names.begin());
  return names;
}

/// A script in evaluation mode. Gives its handle, the names of forward's arguments, and the text of the extra
/// file `extra` saved with it, empty without one.
std::tuple<int64_t, std::vector<std::string>, std::string> loadScript(const Context& context,
                                                                      const std::string& path,
                                                                      at::Device device,
                                                                      const std::string& extra) {
  require_device(device);
  context.environment.scripts.require_room(1);
  jit::ExtraFilesMap files{{extra, ""}};
  // Debug files are read when an error is told, and one that is damaged ends the process then.
  jit::Module module = jit::load(path, device, files, /*load_debug_files=*/false);
  module.eval();
  std::vector<std::string> names = argument_names(module);
  const int64_t handle = context.environment.scripts.add(std::make_shared<Script>(std::move(module)));
  return {handle, std::move(names), files[extra]};
}

void moveScript(const Context& context, Handle script, at::Device device) {
  require_device(device);
  script_of(context, script)->module.to(device);
}

bool releaseScript(const Context& context, Handle script) {
  return context.environment.scripts.remove(script.value);
}

/// Named tensors in what a script returned: a lone tensor is '', those of a tuple or a list are '0', '1', …,
/// those of a dictionary have its keys.
struct Results {
  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;

  void add(std::string name, const c10::IValue& value) {
    if (!value.isTensor())
      throw ArgumentError(
          "ERR_INVALID_ARG",
          "expected a script that returns a tensor, or a tuple, list or dictionary of them, but it "
          "returned a " +
              value.tagKind() + (name.empty() ? "" : " as '" + name + "'"));
    names.push_back(std::move(name));
    tensors.push_back(value.toTensor());
  }
};

Results results_of(const c10::IValue& value) {
  Results results;
  if (value.isTuple()) {
    const auto& elements = value.toTupleRef().elements();
    for (size_t i = 0; i < elements.size(); ++i) results.add(std::to_string(i), elements[i]);
  } else if (value.isList()) {
    const auto elements = value.toList();
    for (size_t i = 0; i < elements.size(); ++i) results.add(std::to_string(i), elements.get(i));
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict())
      results.add(entry.key().isString() ? entry.key().toStringRef() : std::to_string(results.names.size()),
                  entry.value());
  } else {
    results.add("", value);
  }
  return results;
}

/// Calls forward with tensors, and with true for each argument named in `flags`.
std::tuple<std::vector<std::string>, std::vector<at::Tensor>> runScript(const Context& context, Handle script,
                                                                        at::TensorList inputs,
                                                                        at::ArrayRef<std::string> flags) {
  const auto held = script_of(context, script);
  std::unordered_map<std::string, c10::IValue> named;
  for (const std::string& flag : flags) named.emplace(flag, true);
  // What the optimizer gains in later calls does not pay for what it takes in the first ones.
  const jit::GraphOptimizerEnabledGuard unoptimized(false);
  const std::vector<c10::IValue> given(inputs.begin(), inputs.end());
  Results results = results_of(held->module.forward(given, named));
  context.environment.tensors.require_room(results.tensors.size());
  return {std::move(results.names), std::move(results.tensors)};
}

/// A module that holds nothing yet, in evaluation mode.
jit::Module empty_module(const char* name, const std::shared_ptr<torch::jit::CompilationUnit>& unit) {
  jit::Module module(c10::QualifiedName(name), unit, /*shouldMangle=*/true);
  module.register_attribute("training", c10::BoolType::get(), false);
  return module;
}

/// Modules by their paths, `generator.layers.0`, made with those they lie in on first use.
class ModuleTree {
 public:
  ModuleTree()
      : unit_(std::make_shared<torch::jit::CompilationUnit>()),
        root_(empty_module("__torch__.Model", unit_)) {}

  jit::Module& root() { return root_; }

  void add_buffer(const std::string& path, const at::Tensor& tensor) {
    const size_t dot = path.rfind('.');
    const std::string name = dot == std::string::npos ? path : path.substr(dot + 1);
    at(dot == std::string::npos ? "" : path.substr(0, dot)).register_buffer(name, tensor);
  }

 private:
  jit::Module at(const std::string& path) {
    if (path.empty()) return root_;
    const auto known = modules_.find(path);
    if (known != modules_.end()) return known->second;
    const size_t dot = path.rfind('.');
    const jit::Module made = empty_module("__torch__.Part", unit_);
    jit::Module around = at(dot == std::string::npos ? "" : path.substr(0, dot));
    around.register_module(dot == std::string::npos ? path : path.substr(dot + 1), made);
    modules_.emplace(path, made);
    return made;
  }

  std::shared_ptr<torch::jit::CompilationUnit> unit_;
  jit::Module root_;
  std::unordered_map<std::string, jit::Module> modules_;
};

/// The bytes of a file for `torch.jit.load`: a module with these buffers, by their paths, whose `forward` has
/// this source, and an extra file. LibTorch does not write the file itself: where the disk is full its writer
/// throws in a destructor, which ends the process.
Napi::Value encodeScript(const Context& context, const std::string& source, at::ArrayRef<std::string> names,
                         at::TensorList tensors, const std::string& extra_name, const std::string& extra) {
  if (names.size() != tensors.size())
    throw ArgumentError("ERR_INVALID_ARG", "expected a name for each tensor");
  ModuleTree tree;
  for (size_t i = 0; i < names.size(); ++i) tree.add_buffer(names[i], tensors[i].detach());
  tree.root().define(source);
  std::string bytes;
  const auto append = [&](const void* from, size_t count) {
    bytes.append(static_cast<const char*>(from), count);
    return count;
  };
  jit::ExportModule(tree.root(), append, jit::ExtraFilesMap{{extra_name, extra}});
  auto buffer = Napi::ArrayBuffer::New(context.env, bytes.size());
  std::memcpy(buffer.Data(), bytes.data(), bytes.size());
  return buffer;
}

}  // namespace

void define_script(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, loadScript);
  GAN_DEFINE(context, exports, moveScript);
  GAN_DEFINE(context, exports, releaseScript);
  GAN_DEFINE(context, exports, runScript);
  GAN_DEFINE(context, exports, encodeScript);
}

}  // namespace gan

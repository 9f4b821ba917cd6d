// The operators of ops.def, each bound by its own C++ type.
#include <ATen/Operators.h>

#include "addon.h"

namespace gan {
namespace {

/// Each operator's name here and LibTorch's schema of it: what the generated files of src/native are made
/// from.
std::vector<std::vector<std::string>> schemas(const Context&) {
  return {
#define OP(name) {#name, at::_ops::name::schema_str},
#include "ops.def"
#undef OP
  };
}

}  // namespace

void define_ops(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, schemas);
  const auto ops = Napi::Object::New(context.env);
#define OP(name) define(context, ops, #name, operator_entry<at::_ops::name>);
#include "ops.def"
#undef OP
  exports.Set("ops", ops);
}

}  // namespace gan

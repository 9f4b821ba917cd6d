// The operators of ops.def, each bound by its own C++ type.
#include <ATen/Operators.h>

#include "addon.h"

namespace gan {
namespace {

/// Each operator's name here and LibTorch's schema of it: what ops.generated.ts is made from.
std::vector<std::vector<std::string>> schemas(const Context&) {
  return {
#define OP(name) {#name, at::_ops::name::schema_str},
#include "ops.def"
#undef OP
  };
}

}  // namespace

void define_ops(const Context& context, napi_value exports) {
  GAN_DEFINE(context, exports, schemas);
  napi_value ops;
  check(context, napi_create_object(context.env, &ops));
#define OP(name) define(context, ops, #name, operator_entry<at::_ops::name>);
#include "ops.def"
#undef OP
  check(context, napi_set_named_property(context.env, exports, "ops", ops));
}

}  // namespace gan

#include "names.h"

#include <c10/util/Exception.h>

#include <array>
#include <utility>

#include "environment.h"

namespace gan {
namespace {

constexpr std::array<std::pair<const char*, at::ScalarType>, 10> kDtypes{{{"float32", at::kFloat},
                                                                          {"float64", at::kDouble},
                                                                          {"float16", at::kHalf},
                                                                          {"bfloat16", at::kBFloat16},
                                                                          {"uint8", at::kByte},
                                                                          {"int8", at::kChar},
                                                                          {"int16", at::kShort},
                                                                          {"int32", at::kInt},
                                                                          {"int64", at::kLong},
                                                                          {"bool", at::kBool}}};

}  // namespace

at::ScalarType dtype_named(const std::string& name) {
  for (const auto& [word, dtype] : kDtypes)
    if (name == word) return dtype;
  throw ArgumentError("ERR_INVALID_ARG", "expected a dtype (float32, float64, float16, bfloat16, uint8, int8, int16, int32, "
                                         "int64, bool) but received '" + name + "'");
}

const char* name_of(at::ScalarType dtype) {
  for (const auto& [word, known] : kDtypes)
    if (known == dtype) return word;
  return c10::toString(dtype);
}

at::Device device_named(const std::string& name) {
  try {
    const at::Device device(name);
    if (device.is_cpu() || device.is_cuda()) return device;
  } catch (const c10::Error&) {
    // Falls through to our own sentence: LibTorch's lists devices that are not built in.
  }
  throw ArgumentError("ERR_INVALID_ARG", "expected a device ('cpu', 'cuda' or 'cuda:N') but received '" + name + "'");
}

at::MemoryFormat memory_format_named(const std::string& name) {
  if (name == "contiguous") return at::MemoryFormat::Contiguous;
  if (name == "channels_last") return at::MemoryFormat::ChannelsLast;
  if (name == "preserve") return at::MemoryFormat::Preserve;
  throw ArgumentError("ERR_INVALID_ARG",
                      "expected a memory format ('contiguous', 'channels_last' or 'preserve') but received '" + name + "'");
}

}  // namespace gan

#include "names.h"

#include <c10/util/Exception.h>

#include <array>
#include <sstream>
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

/// What was received, on one line of some length.
std::string quoted(const std::string& name) {
  constexpr size_t kMost = 60;
  std::string text;
  for (const char letter : name) {
    // Not inside a letter of several bytes.
    if (text.size() >= kMost && (letter & 0xC0) != 0x80) return "'" + text + "…'";
    text += static_cast<unsigned char>(letter) < ' ' ? ' ' : letter;
  }
  return "'" + text + "'";
}

}  // namespace

at::ScalarType dtype_named(const std::string& name) {
  for (const auto& [word, dtype] : kDtypes)
    if (name == word) return dtype;
  throw ArgumentError("ERR_INVALID_ARG",
                      "expected a dtype (float32, float64, float16, bfloat16, uint8, int8, int16, int32, "
                      "int64, bool) but received " +
                          quoted(name));
}

const char* name_of(at::ScalarType dtype) {
  for (const auto& [word, known] : kDtypes)
    if (known == dtype) return word;
  return c10::toString(dtype);
}

at::Device device_named(const std::string& name) {
  try {
    const at::Device device(name);
    if ((device.is_cpu() && device.index() <= 0) || device.is_cuda()) return device;
  } catch (const c10::Error&) {
    // Falls through to our own sentence: LibTorch's lists devices that are not built in.
  }
  throw ArgumentError("ERR_INVALID_ARG",
                      "expected a device ('cpu', 'cuda' or 'cuda:N') but received " + quoted(name));
}

at::MemoryFormat memory_format_named(const std::string& name) {
  if (name == "contiguous") return at::MemoryFormat::Contiguous;
  if (name == "channels_last") return at::MemoryFormat::ChannelsLast;
  if (name == "preserve") return at::MemoryFormat::Preserve;
  throw ArgumentError(
      "ERR_INVALID_ARG",
      "expected a memory format ('contiguous', 'channels_last' or 'preserve') but received " + quoted(name));
}

std::string describe(const at::Tensor& tensor) {
  std::ostringstream out;
  out << name_of(tensor.scalar_type()) << " ";
  if (tensor.dim() <= 16)
    out << tensor.sizes();
  else
    out << "of " << tensor.dim() << " dimensions";
  out << " " << tensor.device();
  return out.str();
}

}  // namespace gan

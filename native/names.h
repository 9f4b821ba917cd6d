// The words JavaScript uses for dtypes, devices and memory formats.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/MemoryFormat.h>
#include <c10/core/ScalarType.h>

#include <string>

namespace gan {

at::ScalarType dtype_named(const std::string& name);
const char* name_of(at::ScalarType dtype);
at::Device device_named(const std::string& name);
at::MemoryFormat memory_format_named(const std::string& name);

/// E.g. "float32 [2, 3] cpu".
std::string describe(const at::Tensor& tensor);

}  // namespace gan

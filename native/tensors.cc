// Tensors in and out of JavaScript: bytes to tensor, tensor to bytes, what a handle stands for, and its
// release.
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <unordered_set>

#include "addon.h"

namespace gan {
namespace {

using Handles = std::vector<int32_t>;

/// Handles as plain integers, for entries that must not touch the tensors behind them.
Handles read_handles(const Context& context, Napi::Value value) {
  const Int32Span packed = read_int32_array(context, value);
  if (packed.found) return Handles(packed.data, packed.data + packed.size);
  return read_array<int32_t>(
      context, value, "an array of handles",
      [](const Context& inner, napi_value element) { return read_handle(inner, element, "a handle"); });
}

/// Up to here bytes for a CUDA device go through pinned memory, which LibTorch keeps for the next time;
/// beyond, what is sent once (a whole data set) would tie up as much for good.
constexpr size_t kMostPinned = size_t{64} << 20;

/// A tensor on `device` with a copy of `bytes`. To CUDA the host does not wait for the copy: the pinned
/// buffer is LibTorch's, which uses it again only when the device has read it.
at::Tensor fromBytes(const Context& context, Napi::Value source, at::ScalarType dtype, at::IntArrayRef shape,
                     at::Device device) {
  size_t expected = c10::elementSize(dtype);
  for (const int64_t size : shape) {
    if (size < 0)
      throw ArgumentError("ERR_INVALID_ARG",
                          "expected sizes of at least 0 but received " + std::to_string(size));
    if (__builtin_mul_overflow(expected, static_cast<size_t>(size), &expected))
      throw ArgumentError("ERR_INVALID_ARG", "expected a shape whose size in bytes fits 64 bits");
  }
  const Bytes bytes = read_bytes(context, source);
  if (expected != bytes.size)
    throw ArgumentError("ERR_INVALID_ARG", "expected " + std::to_string(expected) +
                                               " bytes for this shape and dtype but received " +
                                               std::to_string(bytes.size));
  const bool pinned = device.is_cuda() && bytes.size <= kMostPinned;
  if (device.is_cuda() && capturing_now())
    throw ArgumentError(
        "ERR_CAPTURE",
        "expected tensors of the device only while a CUDA graph is captured but received data of "
        "the host, which every replay would read again");
  at::Tensor tensor = at::empty(shape, at::dtype(dtype).device(at::kCPU).pinned_memory(pinned));
  // Kernels take a bool's byte for 0 or 1, and some write out of bounds where it is neither.
  if (dtype == at::kBool)
    std::transform(bytes.data, bytes.data + bytes.size, tensor.data_ptr<bool>(),
                   [](uint8_t byte) { return byte != 0; });
  else if (bytes.size > 0)
    std::memcpy(tensor.data_ptr(), bytes.data, bytes.size);
  return device.is_cpu() ? tensor : tensor.to(device, dtype, /*non_blocking=*/pinned);
}

Napi::Value copied_buffer(const Context& context, const at::Tensor& tensor) {
  auto buffer = Napi::ArrayBuffer::New(context.env, tensor.nbytes());
  if (tensor.nbytes() > 0) std::memcpy(buffer.Data(), tensor.data_ptr(), tensor.nbytes());
  return buffer;
}

/// The tensor's values as an ArrayBuffer, row-major. A big buffer is LibTorch's memory, because V8 ends the
/// process where it cannot allocate; never the tensor's own, because JavaScript could write to it behind
/// autograd's back.
Napi::Value toBuffer(const Context& context, const at::Tensor& tensor) {
  constexpr size_t kSmall = 1 << 16;
  if (tensor.layout() != at::kStrided)
    throw ArgumentError("ERR_INVALID_ARG", "expected a dense tensor but received a sparse one");
  at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
  if (host.nbytes() <= kSmall) return copied_buffer(context, host);
  if (host.is_alias_of(tensor)) host = host.clone();
  auto owner = std::make_unique<at::Tensor>(host);
  napi_value buffer;
  const napi_status status = napi_create_external_arraybuffer(
      context.env, owner->data_ptr(), owner->nbytes(),
      [](napi_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); }, owner.get(), &buffer);
  if (status == napi_no_external_buffers_allowed) return copied_buffer(context, host);
  check(context, status);
  owner.release();
  return {context.env, buffer};
}

std::vector<int64_t> shape(const Context&, const at::Tensor& tensor) { return tensor.sizes().vec(); }
std::vector<int64_t> strides(const Context&, const at::Tensor& tensor) { return tensor.strides().vec(); }
int64_t elements(const Context&, const at::Tensor& tensor) { return tensor.numel(); }
at::ScalarType dtype(const Context&, const at::Tensor& tensor) { return tensor.scalar_type(); }
std::string device(const Context&, const at::Tensor& tensor) { return tensor.device().str(); }
bool isContiguous(const Context&, const at::Tensor& tensor, at::MemoryFormat format) {
  return tensor.is_contiguous(format);
}
bool isAliasOf(const Context&, const at::Tensor& a, const at::Tensor& b) { return a.is_alias_of(b); }

/// How often a tensor was changed in place; what has come of one count is out of date at another.
int64_t changes(const Context&, const at::Tensor& tensor) {
  return tensor.is_inference() ? 0 : static_cast<int64_t>(tensor._version());
}

/// The values of tensors of one number each, with one copy from their device.
std::vector<double> values(const Context&, const std::vector<at::Tensor>& tensors) {
  std::vector<double> result;
  const auto is_number = [](const at::Tensor& tensor) { return tensor.numel() == 1 && !tensor.is_complex(); };
  if (!std::all_of(tensors.begin(), tensors.end(), is_number))
    throw ArgumentError("ERR_INVALID_ARG", "expected tensors of one number each");
  const auto waits = [](const at::Tensor& tensor) { return !tensor.device().is_cpu(); };
  if (std::any_of(tensors.begin(), tensors.end(), waits)) {
    std::vector<at::Tensor> numbers;
    for (const at::Tensor& tensor : tensors) numbers.push_back(tensor.detach().reshape({}).to(at::kDouble));
    const at::Tensor all = at::stack(numbers).cpu();
    result.assign(all.const_data_ptr<double>(), all.const_data_ptr<double>() + all.numel());
  } else {
    for (const at::Tensor& tensor : tensors) result.push_back(tensor.item().toDouble());
  }
  return result;
}

/// Puts the one number of `value`, over `parts`, into `held`, or adds it. Autograd does not record it.
void putValue(const Context&, const at::Tensor& held, const at::Tensor& value, int64_t parts, bool adds) {
  const at::NoGradGuard without_graph;
  const at::Tensor number = value.reshape({}),
                   share = parts == 1 ? number : number.to(at::kDouble).div(parts);
  if (adds)
    held.add_(share);
  else
    held.copy_(share);
}

/// Frees the tensors of a whole scope; handles that are no longer live are passed over, and the number freed
/// is returned.
int64_t release(const Context& context, Napi::Value handles, std::optional<int64_t> count) {
  const Handles all = read_handles(context, handles);
  const size_t end =
      count ? std::min(all.size(), static_cast<size_t>(std::max<int64_t>(*count, 0))) : all.size();
  int64_t freed = 0;
  for (size_t i = 0; i < end; ++i) freed += context.environment.tensors.remove(all[i]);
  return freed;
}

bool releaseOne(const Context& context, Handle handle) {
  return context.environment.tensors.remove(handle.value);
}

/// Live tensors of this environment, and the bytes of their storages, each counted once however many views
/// look at it.
std::vector<int64_t> liveTensors(const Context& context) {
  std::unordered_set<const void*> seen;
  int64_t bytes = 0;
  context.environment.tensors.each([&](const at::Tensor& tensor) {
    if (tensor.has_storage() && seen.insert(tensor.storage().unsafeGetStorageImpl()).second)
      bytes += static_cast<int64_t>(tensor.storage().nbytes());
  });
  return {static_cast<int64_t>(context.environment.tensors.live()), bytes,
          static_cast<int64_t>(context.environment.generators.live())};
}

}  // namespace

void define_tensors(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, fromBytes);
  GAN_DEFINE(context, exports, toBuffer);
  GAN_DEFINE(context, exports, shape);
  GAN_DEFINE(context, exports, strides);
  GAN_DEFINE(context, exports, elements);
  GAN_DEFINE(context, exports, dtype);
  GAN_DEFINE(context, exports, device);
  GAN_DEFINE(context, exports, isContiguous);
  GAN_DEFINE(context, exports, isAliasOf);
  GAN_DEFINE(context, exports, changes);
  GAN_DEFINE(context, exports, values);
  GAN_DEFINE(context, exports, putValue);
  GAN_DEFINE(context, exports, release);
  GAN_DEFINE(context, exports, releaseOne);
  GAN_DEFINE(context, exports, liveTensors);
}

}  // namespace gan

// CUDA graphs: captured on a stream of their own, replayed on the current one, all of a trainer's in one
// memory pool. no_cuda.cc stands in without CUDA.
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/core/Generator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/version.h>

#include <memory>
#include <optional>

#include "addon.h"

namespace gan {
namespace {

using at::cuda::CUDAGraph;
using c10::cuda::CUDAStream;

/// A side stream and a memory pool that captures share: the blocks that one of them frees serve the next.
struct CaptureStream : Resource {
  explicit CaptureStream(c10::DeviceIndex device)
      : device(device),
        side(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device)),
        pool(at::cuda::graph_pool_handle()) {}

  const c10::DeviceIndex device;
  const CUDAStream side;
  const c10::MempoolId_t pool;
  /// The stream that was current when this one was entered.
  std::optional<CUDAStream> outside;
};

struct CapturedGraph : Resource {
  std::shared_ptr<CaptureStream> stream;
  std::vector<at::Generator> generators;
  std::unique_ptr<CUDAGraph> graph = std::make_unique<CUDAGraph>();
};

template <class T>
std::shared_ptr<T> resource(const Context& context, Handle handle, const char* expected) {
  const std::shared_ptr<Resource>* found = context.environment.resources.find(handle.value);
  std::shared_ptr<T> result = found ? std::dynamic_pointer_cast<T>(*found) : nullptr;
  if (!result) throw ArgumentError("ERR_RELEASED", std::string("expected ") + expected);
  return result;
}

std::shared_ptr<CaptureStream> capture_stream_of(const Context& context, Handle handle) {
  return resource<CaptureStream>(context, handle, "a live capture stream");
}

std::shared_ptr<CapturedGraph> captured_graph_of(const Context& context, Handle handle) {
  return resource<CapturedGraph>(context, handle, "a live CUDA graph");
}

/// What `waiting` is given from now on runs after all that `awaited` was given so far; the host waits for
/// neither.
void let_wait(const CUDAStream& waiting, const CUDAStream& awaited) {
  const c10::cuda::CUDAGuard guard(awaited.device_index());
  cudaEvent_t event = nullptr;
  C10_CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  const cudaError_t recorded = cudaEventRecord(event, awaited);
  const cudaError_t waits = recorded == cudaSuccess ? cudaStreamWaitEvent(waiting, event, 0) : recorded;
  C10_CUDA_CHECK_WARN(cudaEventDestroy(event));
  C10_CUDA_CHECK(waits);
}

int64_t makeCaptureStream(const Context& context, at::Device device) {
  require_device(device);
  const c10::DeviceIndex index = device.has_index() ? device.index() : c10::cuda::current_device();
  return context.environment.resources.add(std::make_shared<CaptureStream>(index));
}

/// Makes the capture stream the current one.
void enterCaptureStream(const Context& context, Handle handle) {
  const auto stream = capture_stream_of(context, handle);
  if (stream->outside)
    throw ArgumentError("ERR_INVALID_ARG", "expected a capture stream that is not entered yet");
  const CUDAStream outside = c10::cuda::getCurrentCUDAStream(stream->device);
  let_wait(stream->side, outside);
  stream->outside = outside;
  c10::cuda::setCurrentCUDAStream(stream->side);
}

/// Makes the stream that was current before the current one again.
void leaveCaptureStream(const Context& context, Handle handle) {
  const auto stream = capture_stream_of(context, handle);
  if (!stream->outside) throw ArgumentError("ERR_INVALID_ARG", "expected a capture stream that was entered");
  const CUDAStream outside = *stream->outside;
  stream->outside.reset();
  c10::cuda::setCurrentCUDAStream(outside);
  let_wait(outside, stream->side);
}

/// From LibTorch 2.14 on a generator joins a capture when it is first drawn from; before it has to be
/// announced.
template <class Graph>
void announce(Graph& graph, const at::Generator& generator) {
  if constexpr (requires { graph.register_generator_state(generator); })
    graph.register_generator_state(generator);
}

template <class F>
bool succeeds(F&& body) {
  try {
    body();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

#if TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR < 14
/// Before 2.14 a capture that failed leaves both allocators bound to it, by a callback into the graph that
/// is about to be destroyed.
template <class HostAllocator>
void unbind_allocators(CUDAGraph& graph, const CaptureStream& stream, HostAllocator* host) {
  namespace device_allocator = c10::cuda::CUDACachingAllocator;
  // A graph that knows its pool has ended its capture, and gives the pool back by itself.
  if (succeeds([&] { graph.pool(); })) return;
  if (succeeds([&] { device_allocator::endAllocateToPool(stream.device, stream.pool); }))
    succeeds([&] { device_allocator::releasePool(stream.device, stream.pool); });
  if constexpr (requires { host->end_allocate_to_pool(stream.pool); })
    if (succeeds([&] { host->end_allocate_to_pool(stream.pool); }))
      succeeds([&] { host->release_pool(stream.pool); });
}
#else
template <class HostAllocator>
void unbind_allocators(CUDAGraph&, const CaptureStream&, HostAllocator*) {}
#endif

/// Ends a capture that failed, whatever state it is in.
void give_up(CapturedGraph& captured) {
  const c10::cuda::CUDAGuard guard(captured.stream->device);
  if (!succeeds([&] { captured.graph->capture_end(); }))
    unbind_allocators(*captured.graph, *captured.stream, at::getHostAllocator(at::kCUDA));
  captured.graph.reset();
  // The old states may still think that they are captured; new ones go on from the same place.
  for (at::Generator& generator : captured.generators)
    succeeds([&] { generator.graphsafe_set_state(generator.clone()); });
}

/// Begins to capture what is given to the capture stream, which must be the current one: it is not run.
int64_t beginCapture(const Context& context, Handle handle, Napi::Value generators) {
  auto captured = std::make_shared<CapturedGraph>();
  captured->stream = capture_stream_of(context, handle);
  captured->generators = read_array<at::Generator>(
      context, generators, "an array of random generators",
      [](const Context& inner, napi_value element) { return Argument<at::Generator>::read(inner, element); });
  const CaptureStream& stream = *captured->stream;
  const c10::cuda::CUDAGuard guard(stream.device);
  // What eager runs left in the caches is given back: the pool is apart from it.
  c10::cuda::device_synchronize();
  c10::cuda::CUDACachingAllocator::emptyCache();
  context.environment.resources.require_room(1);
  try {
    for (const at::Generator& generator : captured->generators) announce(*captured->graph, generator);
    // Only this thread's calls are watched: another worker may go on allocating and copying meanwhile.
    captured->graph->capture_begin(stream.pool, cudaStreamCaptureModeThreadLocal);
  } catch (...) {
    give_up(*captured);
    throw;
  }
  return context.environment.resources.add(std::move(captured));
}

void endCapture(const Context& context, Handle handle) {
  const auto captured = captured_graph_of(context, handle);
  const c10::cuda::CUDAGuard guard(captured->stream->device);
  captured->graph->capture_end();
}

/// Ends a capture that failed and drops it. Other graphs with its generators are of no use any more, and no
/// other can be captured on this stream.
void abandonCapture(const Context& context, Handle handle) {
  give_up(*captured_graph_of(context, handle));
  context.environment.resources.remove(handle.value);
}

/// Gives the captured work to the current stream, with generators and all going on from where they are.
void replayGraph(const Context& context, Handle handle) {
  captured_graph_of(context, handle)->graph->replay();
}

/// Drops a capture stream, or a graph with its memory; what was given to the device before still runs to its
/// end.
bool releaseResource(const Context& context, Handle handle) {
  const std::shared_ptr<Resource>* found = context.environment.resources.find(handle.value);
  if (!found) return false;
  // The driver may not free what a launched graph still uses.
  if (const auto captured = std::dynamic_pointer_cast<CapturedGraph>(*found)) {
    const c10::cuda::CUDAGuard guard(captured->stream->device);
    succeeds([] { c10::cuda::device_synchronize(); });
  }
  return context.environment.resources.remove(handle.value);
}

/// Makes every operator that waits for the device an error, for tests.
void forbidCudaSync(const Context&, bool forbidden) {
  c10::cuda::warning_state().set_sync_debug_mode(forbidden ? c10::cuda::SyncDebugMode::L_ERROR
                                                           : c10::cuda::SyncDebugMode::L_DISABLED);
}

}  // namespace

bool capturing_now() {
  // Asked in a process that has used CUDA already: without a context there is no capture either.
  return c10::cuda::device_count() > 0 &&
         c10::cuda::currentStreamCaptureStatusMayInitCtx() != c10::cuda::CaptureStatus::None;
}

void define_cuda_graph(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, makeCaptureStream);
  GAN_DEFINE(context, exports, enterCaptureStream);
  GAN_DEFINE(context, exports, leaveCaptureStream);
  GAN_DEFINE(context, exports, beginCapture);
  GAN_DEFINE(context, exports, endCapture);
  GAN_DEFINE(context, exports, abandonCapture);
  GAN_DEFINE(context, exports, replayGraph);
  GAN_DEFINE(context, exports, releaseResource);
  GAN_DEFINE(context, exports, forbidCudaSync);
}

}  // namespace gan

// Recordings of device work (CUDA graphs): made on a stream of their own, replayed on the current one, all of
// a trainer's in one memory pool. no_cuda.cc stands in without CUDA.
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

/// A side stream and a memory pool that recordings share: the blocks that one of them frees serve the next.
struct Studio : Resource {
  explicit Studio(c10::DeviceIndex device)
      : device(device),
        stream(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device)),
        pool(at::cuda::graph_pool_handle()) {}

  const c10::DeviceIndex device;
  const CUDAStream stream;
  const c10::MempoolId_t pool;
  /// The stream that was current when the studio was entered.
  std::optional<CUDAStream> outside;
};

struct Recording : Resource {
  std::shared_ptr<Studio> studio;
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

std::shared_ptr<Studio> studio_of(const Context& context, Handle handle) {
  return resource<Studio>(context, handle, "a live studio");
}

std::shared_ptr<Recording> recording_of(const Context& context, Handle handle) {
  return resource<Recording>(context, handle, "a live recording");
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

int64_t makeStudio(const Context& context, at::Device device) {
  require_device(device);
  const c10::DeviceIndex index = device.has_index() ? device.index() : c10::cuda::current_device();
  return context.environment.resources.add(std::make_shared<Studio>(index));
}

/// Makes the studio's stream the current one.
void enterStudio(const Context& context, Handle handle) {
  const auto studio = studio_of(context, handle);
  if (studio->outside) throw ArgumentError("ERR_INVALID_ARG", "expected a studio that is not entered yet");
  const CUDAStream outside = c10::cuda::getCurrentCUDAStream(studio->device);
  let_wait(studio->stream, outside);
  studio->outside = outside;
  c10::cuda::setCurrentCUDAStream(studio->stream);
}

/// Makes the stream that was current before the current one again.
void leaveStudio(const Context& context, Handle handle) {
  const auto studio = studio_of(context, handle);
  if (!studio->outside) throw ArgumentError("ERR_INVALID_ARG", "expected a studio that was entered");
  const CUDAStream outside = *studio->outside;
  studio->outside.reset();
  c10::cuda::setCurrentCUDAStream(outside);
  let_wait(outside, studio->stream);
}

/// From LibTorch 2.14 on a generator joins a recording when it is first drawn from; before it has to be
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
/// Before 2.14 a recording that failed leaves both allocators bound to it, by a callback into the graph that
/// is about to be destroyed.
template <class HostAllocator>
void unbind_allocators(CUDAGraph& graph, const Studio& studio, HostAllocator* host) {
  namespace device_allocator = c10::cuda::CUDACachingAllocator;
  // A graph that knows its pool has ended its recording, and gives the pool back by itself.
  if (succeeds([&] { graph.pool(); })) return;
  if (succeeds([&] { device_allocator::endAllocateToPool(studio.device, studio.pool); }))
    succeeds([&] { device_allocator::releasePool(studio.device, studio.pool); });
  if constexpr (requires { host->end_allocate_to_pool(studio.pool); })
    if (succeeds([&] { host->end_allocate_to_pool(studio.pool); }))
      succeeds([&] { host->release_pool(studio.pool); });
}
#else
template <class HostAllocator>
void unbind_allocators(CUDAGraph&, const Studio&, HostAllocator*) {}
#endif

/// Ends a recording that failed, whatever state it is in.
void give_up(Recording& recording) {
  const c10::cuda::CUDAGuard guard(recording.studio->device);
  if (!succeeds([&] { recording.graph->capture_end(); }))
    unbind_allocators(*recording.graph, *recording.studio, at::getHostAllocator(at::kCUDA));
  recording.graph.reset();
  // The old states may still think that they are recorded; new ones go on from the same place.
  for (at::Generator& generator : recording.generators)
    succeeds([&] { generator.graphsafe_set_state(generator.clone()); });
}

/// Begins to record what is given to the studio's stream, which must be the current one: it is not run.
int64_t beginRecording(const Context& context, Handle handle, napi_value generators) {
  auto recording = std::make_shared<Recording>();
  recording->studio = studio_of(context, handle);
  recording->generators = read_array<at::Generator>(
      context, generators, "an array of random generators",
      [](const Context& inner, napi_value element) { return Argument<at::Generator>::read(inner, element); });
  const Studio& studio = *recording->studio;
  const c10::cuda::CUDAGuard guard(studio.device);
  // What eager runs left in the caches is given back: the pool is apart from it.
  c10::cuda::device_synchronize();
  c10::cuda::CUDACachingAllocator::emptyCache();
  context.environment.resources.require_room(1);
  try {
    for (const at::Generator& generator : recording->generators) announce(*recording->graph, generator);
    // Only this thread's calls are watched: another worker may go on allocating and copying meanwhile.
    recording->graph->capture_begin(studio.pool, cudaStreamCaptureModeThreadLocal);
  } catch (...) {
    give_up(*recording);
    throw;
  }
  return context.environment.resources.add(std::move(recording));
}

void endRecording(const Context& context, Handle handle) {
  const auto recording = recording_of(context, handle);
  const c10::cuda::CUDAGuard guard(recording->studio->device);
  recording->graph->capture_end();
}

/// Ends a recording that failed and drops it. Other recordings with its generators are of no use any more,
/// and no other can be made in this studio.
void abandonRecording(const Context& context, Handle handle) {
  give_up(*recording_of(context, handle));
  context.environment.resources.remove(handle.value);
}

/// Gives the recorded work to the current stream, with generators and all going on from where they are.
void replayRecording(const Context& context, Handle handle) {
  recording_of(context, handle)->graph->replay();
}

/// Drops a studio, or a recording with its memory; what was given to the device before still runs to its end.
bool releaseResource(const Context& context, Handle handle) {
  const std::shared_ptr<Resource>* found = context.environment.resources.find(handle.value);
  if (!found) return false;
  // The driver may not free what a launched graph still uses.
  if (const auto recording = std::dynamic_pointer_cast<Recording>(*found)) {
    const c10::cuda::CUDAGuard guard(recording->studio->device);
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

bool recording_now() {
  // Asked in a process that has used CUDA already: without a context there is no recording either.
  return c10::cuda::device_count() > 0 &&
         c10::cuda::currentStreamCaptureStatusMayInitCtx() != c10::cuda::CaptureStatus::None;
}

void define_cuda_graph(const Context& context, napi_value exports) {
  GAN_DEFINE(context, exports, makeStudio);
  GAN_DEFINE(context, exports, enterStudio);
  GAN_DEFINE(context, exports, leaveStudio);
  GAN_DEFINE(context, exports, beginRecording);
  GAN_DEFINE(context, exports, endRecording);
  GAN_DEFINE(context, exports, abandonRecording);
  GAN_DEFINE(context, exports, replayRecording);
  GAN_DEFINE(context, exports, releaseResource);
  GAN_DEFINE(context, exports, forbidCudaSync);
}

}  // namespace gan

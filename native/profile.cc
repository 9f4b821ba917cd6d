// LibTorch's own profiler (kineto): what ran when, on which thread, for which input shapes, and on CUDA the
// kernels it started.
#include <ATen/Context.h>
#include <ATen/record_function.h>
#include <kineto/ActivityType.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "addon.h"

namespace gan {
namespace {

namespace kineto = torch::autograd::profiler;
using libkineto::ActivityType;

/// Kineto is one a process, so this is the addon's one static: whether some environment is profiling.
std::atomic<bool> profiling{false};

/// Ends the profile of an environment that ends in the middle of one.
struct Profile {
  ~Profile() {
    if (active) kineto::disableProfiler();
    profiling = false;
  }
  bool active = false;
};

/// Starts to profile this thread, and the threads autograd works on for it.
void startProfiling(const Context& context) {
  if (profiling.exchange(true))
    throw ArgumentError("ERR_PROFILING",
                        "expected no other profile at the same time: LibTorch has one profiler a process");
  const auto state = std::make_shared<Profile>();
  // Kineto tells every stage on stderr otherwise. It reads this once, and who set it wants to read them.
  setenv("KINETO_LOG_LEVEL", "6", /*overwrite=*/0);
  const auto config = torch::profiler::impl::ProfilerConfig(torch::profiler::impl::ProfilerState::KINETO,
                                                            /*report_input_shapes=*/true);
  std::set<torch::profiler::impl::ActivityType> activities{torch::profiler::impl::ActivityType::CPU};
  if (at::hasCUDA()) activities.insert(torch::profiler::impl::ActivityType::CUDA);
  kineto::prepareProfiler(config, activities);
  kineto::enableProfiler(
      config, activities,
      {at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION, at::RecordScope::USER_SCOPE});
  state->active = true;
  context.environment.profile = state;
}

/// Opens a named stretch of work; it lasts until closeSpan.
int64_t openSpan(const Context& context, const std::string& name) {
  const auto span = std::make_shared<at::RecordFunction>(at::RecordScope::USER_SCOPE);
  if (span->isActive()) span->before(name);
  return context.environment.spans.add(span);
}

void closeSpan(const Context& context, int64_t span) {
  context.environment.spans.remove(static_cast<int32_t>(span));
}

/// Texts by number: most events share theirs with thousands.
class TextTable {
 public:
  double add(const std::string& text) {
    const auto [entry, added] = numbers_.try_emplace(text, texts_.size());
    if (added) texts_.push_back(text);
    return static_cast<double>(entry->second);
  }
  std::vector<std::string> take() { return std::move(texts_); }

 private:
  std::unordered_map<std::string, size_t> numbers_;
  std::vector<std::string> texts_;
};

/// What an event is to the reader of a profile; none for those that others tell already.
enum class Kind { kOp, kNode, kSpan, kDevice };

std::optional<Kind> kind_of(const kineto::KinetoEvent& event) {
  if (event.isAsync()) return std::nullopt;
  switch (static_cast<ActivityType>(event.activityType())) {
    case ActivityType::CPU_OP:
      return event.scope() == static_cast<uint8_t>(at::RecordScope::BACKWARD_FUNCTION) ? Kind::kNode
                                                                                       : Kind::kOp;
    case ActivityType::USER_ANNOTATION:
      return Kind::kSpan;
    case ActivityType::GPU_MEMCPY:
    case ActivityType::GPU_MEMSET:
    case ActivityType::CONCURRENT_KERNEL:
      return Kind::kDevice;
    default:
      return std::nullopt;
  }
}

/// "float 64×3×32×32, float 128×3×4×4": dtypes and shapes of the tensors among an operator's inputs.
std::string inputs_of(const kineto::KinetoEvent& event) {
  std::string text;
  if (!event.hasShapes() || !event.hasTypes()) return text;
  const auto shapes = event.shapes();
  const auto types = event.dtypes();
  for (size_t i = 0; i < shapes.size() && i < types.size(); ++i) {
    if (shapes[i].empty()) continue;
    text += (text.empty() ? "" : ", ") + types[i] + " ";
    for (size_t d = 0; d < shapes[i].size(); ++d) text += (d > 0 ? "×" : "") + std::to_string(shapes[i][d]);
  }
  return text;
}

constexpr size_t kColumns = 8;

/// Ends the profile. Gives texts, and of each event a row of numbers: kind, name and inputs as indices of
/// texts, thread, start and duration in milliseconds, its number, and for work on a device the number of the
/// operator it belongs to. With a path, writes a Chrome trace there.
std::tuple<std::vector<std::string>, Napi::Value> stopProfiling(const Context& context,
                                                                const std::string& trace) {
  const auto state = std::static_pointer_cast<Profile>(std::exchange(context.environment.profile, nullptr));
  if (!state) throw ArgumentError("ERR_PROFILING", "expected a profile in work but none was started");
  state->active = false;
  const auto result = kineto::disableProfiler();
  TextTable texts;
  std::vector<double> rows;
  rows.reserve(result->events().size() * kColumns);
  for (const auto& event : result->events()) {
    const auto kind = kind_of(event);
    if (!kind) continue;
    const auto start = static_cast<double>(static_cast<int64_t>(event.startNs() - result->trace_start_ns()));
    rows.insert(rows.end(),
                {static_cast<double>(*kind), texts.add(event.name()), texts.add(inputs_of(event)),
                 static_cast<double>(event.startThreadId()), start / 1e6,
                 static_cast<double>(event.durationNs()) / 1e6, static_cast<double>(event.correlationId()),
                 static_cast<double>(event.linkedCorrelationId())});
  }
  if (!trace.empty()) result->save(trace);
  auto buffer = Napi::ArrayBuffer::New(context.env, rows.size() * sizeof(double));
  if (!rows.empty()) std::memcpy(buffer.Data(), rows.data(), buffer.ByteLength());
  return {texts.take(), buffer};
}

}  // namespace

void define_profile(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, startProfiling);
  GAN_DEFINE(context, exports, openSpan);
  GAN_DEFINE(context, exports, closeSpan);
  GAN_DEFINE(context, exports, stopProfiling);
}

}  // namespace gan

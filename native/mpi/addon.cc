// MPI for JavaScript: functions on memory of the host. src/native/mpi.ts has their types and what they are
// for.
#include <napi.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "../host_sum.h"
#include "world.h"

namespace gan::mpi {
namespace {

/// MPI is started once a process, whoever loads this.
std::unique_ptr<World> world;

World& joined() {
  if (!world) throw std::runtime_error("expected join() before any other call");
  return *world;
}

struct Memory {
  char* data;
  size_t bytes;
};

Memory memory(const Napi::Value& value) {
  if (!value.IsArrayBuffer()) throw std::runtime_error("expected an ArrayBuffer");
  const auto buffer = value.As<Napi::ArrayBuffer>();
  return {static_cast<char*>(const_cast<Napi::ArrayBuffer&>(buffer).Data()),
          const_cast<Napi::ArrayBuffer&>(buffer).ByteLength()};
}

Type type_of(const std::string& name) {
  if (name == "float32") return Type::kFloat32;
  if (name == "float64") return Type::kFloat64;
  if (name == "int64") return Type::kInt64;
  throw std::runtime_error("expected float32, float64 or int64 but received " + name);
}

Operation operation_of(const std::string& name) {
  if (name == "sum") return Operation::kSum;
  if (name == "max") return Operation::kMax;
  if (name == "min") return Operation::kMin;
  throw std::runtime_error("expected sum, max or min but received " + name);
}

Napi::Value join(const Napi::CallbackInfo& info) {
  if (world) throw std::runtime_error("expected one group a process but this one has joined already");
  world = std::make_unique<World>(info[0].ToNumber().DoubleValue());
  auto place = Napi::Array::New(info.Env(), 2);
  place.Set(0u, world->rank());
  place.Set(1u, world->size());
  return place;
}

Napi::Value enter(const Napi::CallbackInfo& info) {
  joined().enter(info[0].ToString().Utf8Value(), info[1].ToNumber().DoubleValue());
  return info.Env().Undefined();
}

Napi::Value meet(const Napi::CallbackInfo& info) {
  joined().meet(info[0].ToString().Utf8Value(), 0);
  return info.Env().Undefined();
}

Napi::Value allReduce(const Napi::CallbackInfo& info) {
  const Memory in = memory(info[0]);
  const Memory out = memory(info[1]);
  const Type type = type_of(info[2].ToString().Utf8Value());
  if (in.bytes != out.bytes || in.data == out.data)
    throw std::runtime_error("expected two buffers of one size");
  joined().all_reduce(in.data, out.data, in.bytes / (type == Type::kFloat32 ? 4 : 8), type,
                      operation_of(info[3].ToString().Utf8Value()));
  return info.Env().Undefined();
}

Napi::Value broadcast(const Napi::CallbackInfo& info) {
  const Memory data = memory(info[0]);
  joined().broadcast(data.data, data.bytes, info[1].ToNumber().Int32Value());
  return info.Env().Undefined();
}

Napi::Value gather(const Napi::CallbackInfo& info) {
  const std::string mine = info[0].ToString().Utf8Value();
  const std::vector<uint64_t> lengths = joined().meet(info[1].ToString().Utf8Value(), mine.size());
  size_t total = 0;
  for (const uint64_t length : lengths) total += length;
  std::string all(total, '\0');
  joined().gather(mine.data(), lengths, all.data());
  auto values = Napi::Array::New(info.Env(), lengths.size());
  size_t start = 0;
  for (uint32_t i = 0; i < lengths.size(); ++i) {
    values.Set(i, Napi::String::New(info.Env(), all.data() + start, lengths[i]));
    start += lengths[i];
  }
  return values;
}

/// Called from a backward pass as well, in the same thread, where nothing may pass but a text.
const char* sum(const void* in, void* out, size_t count, bool wide) {
  static std::string problem;
  try {
    World& all = joined();
    try {
      all.meet(std::string("sum with gradients: ") + (wide ? "float64 " : "float32 ") + std::to_string(count),
               0);
      all.all_reduce(in, out, count, wide ? Type::kFloat64 : Type::kFloat32, Operation::kSum);
      return nullptr;
    } catch (...) {
      all.fail();
      throw;
    }
  } catch (const std::exception& error) {
    problem = error.what();
    return problem.c_str();
  }
}

Napi::Value sums(const Napi::CallbackInfo& info) {
  static HostSum offered{&sum};
  auto external = Napi::External<HostSum>::New(info.Env(), &offered);
  external.TypeTag(&kHostSumTag);
  return external;
}

Napi::Value takeWaited(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), joined().take_waited());
}

Napi::Value leave(const Napi::CallbackInfo& info) {
  joined().leave(info[0].ToNumber().Int32Value());
  return info.Env().Undefined();
}

Napi::Value close(const Napi::CallbackInfo& info) {
  joined().close();
  return info.Env().Undefined();
}

/// The wall before JavaScript: whatever was thrown becomes an Error.
template <Napi::Value (*F)(const Napi::CallbackInfo&)>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  try {
    return F(info);
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
}

Napi::Object load(Napi::Env env, Napi::Object exports) {
  exports.Set("join", Napi::Function::New<guarded<join>>(env, "join"));
  exports.Set("enter", Napi::Function::New<guarded<enter>>(env, "enter"));
  exports.Set("meet", Napi::Function::New<guarded<meet>>(env, "meet"));
  exports.Set("allReduce", Napi::Function::New<guarded<allReduce>>(env, "allReduce"));
  exports.Set("broadcast", Napi::Function::New<guarded<broadcast>>(env, "broadcast"));
  exports.Set("gather", Napi::Function::New<guarded<gather>>(env, "gather"));
  exports.Set("sums", Napi::Function::New<guarded<sums>>(env, "sums"));
  exports.Set("takeWaited", Napi::Function::New<guarded<takeWaited>>(env, "takeWaited"));
  exports.Set("leave", Napi::Function::New<guarded<leave>>(env, "leave"));
  exports.Set("close", Napi::Function::New<guarded<close>>(env, "close"));
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, load)

}  // namespace gan::mpi

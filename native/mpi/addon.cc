// MPI for JavaScript: functions on memory of the host. src/native/mpi.ts has their types and what they are
// for.
#include <napi.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>

#include "../host_reductions.h"
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
  const uint32_t brings = info[1].ToNumber().Uint32Value();
  const std::vector<uint64_t> all = joined().meet(info[0].ToString().Utf8Value(), brings);
  const auto equal = [&](uint64_t other) { return other == brings; };
  return Napi::Boolean::New(info.Env(), std::all_of(all.begin(), all.end(), equal));
}

Napi::Value broadcast(const Napi::CallbackInfo& info) {
  const Memory data = memory(info[0]);
  joined().broadcast(data.data, data.bytes, info[1].ToNumber().Int32Value());
  return info.Env().Undefined();
}

Napi::Value gather(const Napi::CallbackInfo& info) {
  const std::string mine = info[0].ToString().Utf8Value();
  const std::vector<uint64_t> lengths = joined().meet(info[1].ToString().Utf8Value(), mine.size());
  const std::string all = joined().gather(mine, lengths);
  auto values = Napi::Array::New(info.Env(), lengths.size());
  size_t start = 0;
  for (uint32_t i = 0; i < lengths.size(); ++i) {
    values.Set(i, Napi::String::New(info.Env(), all.data() + start, lengths[i]));
    start += lengths[i];
  }
  return values;
}

/// What `call` throws becomes a text, and the end of the group.
template <class Call>
const char* problem_of(Call call) {
  static std::string problem;
  try {
    World& all = joined();
    try {
      call(all);
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

const char* reduce(const HostPiece* pieces, size_t count, Type type, Operation operation) {
  return problem_of([&](World& all) { all.all_reduce({pieces, count}, type, operation); });
}

/// Called from a backward pass as well, in the same thread.
const char* sum(const HostPiece& piece, Type type) {
  return problem_of([&](World& all) {
    all.meet(std::string("sum with gradients: ") + (type == Type::kFloat64 ? "float64 " : "float32 ") +
                 std::to_string(piece.count),
             0);
    all.all_reduce({&piece, 1}, type, Operation::kSum);
  });
}

bool takes_pieces() { return joined().takes_pieces(); }

Napi::Value reductions(const Napi::CallbackInfo& info) {
  static HostReductions offered{&reduce, &sum, &takes_pieces};
  auto external = Napi::External<HostReductions>::New(info.Env(), &offered);
  external.TypeTag(&kHostReductionsTag);
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
  exports.Set("broadcast", Napi::Function::New<guarded<broadcast>>(env, "broadcast"));
  exports.Set("gather", Napi::Function::New<guarded<gather>>(env, "gather"));
  exports.Set("reductions", Napi::Function::New<guarded<reductions>>(env, "reductions"));
  exports.Set("takeWaited", Napi::Function::New<guarded<takeWaited>>(env, "takeWaited"));
  exports.Set("leave", Napi::Function::New<guarded<leave>>(env, "leave"));
  exports.Set("close", Napi::Function::New<guarded<close>>(env, "close"));
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, load)

}  // namespace gan::mpi

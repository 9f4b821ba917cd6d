#include "world.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

#include "operations.h"
#include "shared_memory.h"
#include "watchdog.h"

namespace gan::mpi {
namespace {

using Clock = std::chrono::steady_clock;

/// How long starting and ending MPI may take, in which it has no non-blocking form.
constexpr double kStartSeconds = 120;
/// Looking after the other processes of this machine, and telling that this one still waits.
constexpr double kLookSeconds = 0.05;
constexpr double kTellSeconds = 1;
/// Who was silent for so long is not waiting itself.
constexpr double kSilentSeconds = 5;
/// One call of MPI counts elements by an int.
constexpr size_t kMostElements = size_t{1} << 28;

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

void set_default(const char* name, const char* value) { setenv(name, value, 0); }

std::string in_seconds(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), value < 10 && value != std::floor(value) ? "%.1f s" : "%.0f s", value);
  return text;
}

void copy_text(char (&to)[sizeof(Beat::text)], const std::string& from) {
  const size_t length = std::min(from.size(), sizeof(to) - 1);
  std::memcpy(to, from.data(), length);
  to[length] = 0;
}

/// `rank 1 was last seen in phase D 31 s ago (process 4242 of node0 is stopped)`
std::string describe(int rank, const Peer& peer) {
  const char state = peer.local ? peer.process.state() : '?';
  const char* what = state == 'T' ? " is stopped" : state == '-' ? " is no more" : "";
  return "rank " + std::to_string(rank) + " was last seen in " + peer.activity.text + " " +
         in_seconds(std::max(0.0, std::round(wall_time() - peer.last.sent))) + " ago (process " +
         std::to_string(peer.process.pid) + " of " + peer.process.host + what + ")";
}

/// Gives way, first to who is ready, and after a while for longer: the others may need this core.
void pause(int turn, bool gathering) {
  if (turn < (gathering ? 200 : 20'000)) {
    sched_yield();
    return;
  }
  std::this_thread::sleep_for(std::chrono::microseconds(gathering && turn > 2'000 ? 200 : 20));
}

}  // namespace

World::World(double patience) : patience_(patience) {
  // Processes share cores with each other here, and node starts others.
  set_default("OMPI_MCA_mpi_yield_when_idle", "1");
  set_default("OMPI_MCA_mpi_warn_on_fork", "0");
  set_default("OMPI_MCA_btl_base_warn_component_unused", "0");
  const Watchdog watchdog(kStartSeconds, "not all processes of the group started MPI");
  int provided = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
    throw std::runtime_error("MPI_Init_thread failed");
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
  MPI_Comm beats;
  check(MPI_Comm_dup(MPI_COMM_WORLD, &beats), "MPI_Comm_dup");
  check(MPI_Comm_dup(MPI_COMM_WORLD, &data_), "MPI_Comm_dup");
  for (MPI_Comm comm : {MPI_COMM_WORLD, beats, data_}) MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  beats_ = std::make_unique<Beats>(beats, rank_, size_);
  shared_ = SharedMemory::among(data_);
}

World::~World() = default;

void World::enter(const std::string& activity, double patience) {
  Beat beat;
  beat.call = calls_;
  beat.patience = patience;
  copy_text(beat.text, activity);
  beats_->send(beat);
  beats_->poll();
}

std::vector<uint64_t> World::meet(const std::string& call, uint64_t brings) {
  if (closed_) throw std::runtime_error("expected an open group but this one was closed");
  if (failed_) throw std::runtime_error("expected a whole group but a call of it has failed");
  call_ = {};
  call_.kind = Beat::kArrival;
  call_.call = ++calls_;
  call_.brings = brings;
  copy_text(call_.text, call);
  beats_->send(call_);
  auto& peers = beats_->peers();
  const auto all_came = [&] {
    for (int from = 0; from < size_; ++from)
      if (from != rank_ && peers[from].arrivals.empty()) return false;
    return true;
  };
  const auto start = Clock::now();
  wait(all_came, true);
  waited_ += seconds(Clock::now() - start);
  std::vector<uint64_t> brought(size_, brings);
  for (int from = 0; from < size_; ++from) {
    if (from == rank_) continue;
    require_same(from, peers[from].arrivals.front());
    brought[from] = peers[from].arrivals.front().brings;
    peers[from].arrivals.pop_front();
  }
  return brought;
}

void World::require_same(int from, const Beat& arrival) const {
  if (arrival.call == call_.call && std::strcmp(arrival.text, call_.text) == 0) return;
  throw std::runtime_error("expected all to come to the same call, but rank " + std::to_string(from) +
                           " came to " + arrival.text + " and rank " + std::to_string(rank_) + " to " +
                           call_.text + ": every process must call the same in the same order");
}

void World::wait(const std::function<bool()>& done, bool gathering) {
  gathering_ = gathering;
  double waited = 0;
  double looked = 0;
  double told = 0;
  stopped_.assign(size_, -1);
  auto before = Clock::now();
  for (int turn = 0; !done(); ++turn) {
    beats_->poll();
    pause(turn, gathering);
    const auto now = Clock::now();
    // One that was stopped itself has not waited meanwhile.
    waited += std::min(seconds(now - before), 1.0);
    before = now;
    if (waited - looked > kLookSeconds) {
      looked = waited;
      // Who came late, as it had said, has come: with nobody missing the wait would be over its ordinary
      // time.
      if (done()) return;
      require_alive();
      if (waited > patience_for_missing()) throw_late(patience_for_missing());
      if (is_stopped_for_long(waited)) throw_late(patience_);
    }
    if (waited - told > kTellSeconds) {
      told = waited;
      Beat beat;
      beat.kind = Beat::kWaiting;
      beats_->send(beat);
    }
  }
}

void World::require_alive() const {
  const auto& peers = beats_->peers();
  for (int from = 0; from < size_; ++from) {
    if (from == rank_) continue;
    const Peer& peer = peers[from];
    if (peer.left)
      throw std::runtime_error("expected rank " + std::to_string(from) + " at " + call_.text +
                               " but it ended with exit code " + std::to_string(peer.exit_code) +
                               ": it was in " + peer.activity.text);
    if (peer.local && peer.process.state() == '-')
      throw std::runtime_error("expected rank " + std::to_string(from) + " at " + call_.text +
                               " but its process ended: " + describe(from, peer));
  }
}

/// Of those that came to the call, who does not say that it waits is the one that keeps the others waiting.
bool World::is_missing(int from) const {
  if (from == rank_) return false;
  const Peer& peer = beats_->peers()[from];
  return gathering_ ? peer.arrivals.empty() : wall_time() - peer.last.sent > kSilentSeconds;
}

double World::patience_for_missing() const {
  double most = patience_;
  for (int from = 0; from < size_; ++from)
    if (is_missing(from)) most = std::max(most, beats_->peers()[from].activity.patience);
  return most;
}

/// Whether one that is missing was seen stopped for longer than the others have patience for who does nothing
/// long.
bool World::is_stopped_for_long(double waited) {
  for (int from = 0; from < size_; ++from) {
    const Peer& peer = beats_->peers()[from];
    // In the middle of an exchange silence tells only after a while who is missing, and standing still at
    // once.
    const bool waits_for = from != rank_ && (!gathering_ || is_missing(from));
    const bool stopped = waits_for && peer.local && peer.process.state() == 'T';
    stopped_[from] = !stopped ? -1 : stopped_[from] < 0 ? waited : stopped_[from];
    if (stopped && waited - stopped_[from] > patience_) return true;
  }
  return false;
}

void World::throw_late(double patience) const {
  std::string names;
  std::string facts;
  int missing = 0;
  for (int from = 0; from < size_; ++from) {
    if (!is_missing(from)) continue;
    names += (missing++ > 0 ? ", " : "") + std::to_string(from);
    facts += (missing > 1 ? "; " : "") + describe(from, beats_->peers()[from]);
  }
  const std::string limit = " within " + in_seconds(patience);
  if (missing == 0) throw std::runtime_error(std::string(call_.text) + " did not end" + limit);
  throw std::runtime_error((missing > 1 ? "ranks " : "rank ") + names +
                           (gathering_ ? " did not come to " : " did not finish ") + call_.text + limit +
                           ": " + facts);
}

void World::finish(MPI_Request request) {
  wait(
      [&] {
        int done = 0;
        check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
        return done != 0;
      },
      false);
}

void World::all_reduce(Pieces pieces, Type type, Operation operation) {
  if (shared_) {
    shared_->all_reduce(pieces, type, operation,
                        [this](const std::function<bool()>& done) { wait(done, false); });
    return;
  }
  for (const HostPiece& piece : pieces) all_reduce(piece, type, operation);
}

void World::all_reduce(const HostPiece& piece, Type type, Operation operation) {
  const MPI_Op op = operation_of(type, operation);
  for (size_t at = 0; at < piece.count; at += kMostElements) {
    char* const data = static_cast<char*>(piece.data) + at * width(type);
    const int part = static_cast<int>(std::min(kMostElements, piece.count - at));
    MPI_Request request;
    check(MPI_Iallreduce(MPI_IN_PLACE, data, part, mpi_type(type), op, data_, &request), "MPI_Iallreduce");
    finish(request);
    mpi::finish(data, part, type, operation, size_);
  }
}

void World::broadcast(void* data, size_t bytes, int root) {
  for (size_t at = 0; at < bytes; at += kMostElements) {
    const int part = static_cast<int>(std::min(kMostElements, bytes - at));
    MPI_Request request;
    check(MPI_Ibcast(static_cast<char*>(data) + at, part, MPI_BYTE, root, data_, &request), "MPI_Ibcast");
    finish(request);
  }
}

std::string World::gather(std::string mine, const std::vector<uint64_t>& lengths) {
  struct Buffers {
    std::string mine, all;
    std::vector<int> counts, starts;
  };
  auto buffers = std::make_unique<Buffers>();
  size_t total = 0;
  for (const uint64_t length : lengths) {
    buffers->counts.push_back(static_cast<int>(length));
    buffers->starts.push_back(static_cast<int>(total));
    total += length;
  }
  if (total > kMostElements)
    throw std::runtime_error("expected at most 256 MB in all to be gathered but received " +
                             std::to_string(total) + " bytes");
  buffers->mine = std::move(mine);
  buffers->all.resize(total);
  MPI_Request request;
  check(MPI_Iallgatherv(buffers->mine.data(), buffers->counts[rank_], MPI_BYTE, buffers->all.data(),
                        buffers->counts.data(), buffers->starts.data(), MPI_BYTE, data_, &request),
        "MPI_Iallgatherv");
  try {
    finish(request);
  } catch (...) {
    // MPI may still write to them.
    static_cast<void>(buffers.release());
    throw;
  }
  return std::move(buffers->all);
}

double World::take_waited() { return std::exchange(waited_, 0); }

void World::leave(int code) {
  Beat beat;
  beat.kind = Beat::kLeaving;
  beat.code = code;
  beats_->send(beat);
  const auto start = Clock::now();
  while (!beats_->is_quiet() && seconds(Clock::now() - start) < 0.3) {
    beats_->poll();
    sched_yield();
  }
}

void World::close() {
  closed_ = true;
  const Watchdog watchdog(kStartSeconds, "not all processes of the group ended MPI");
  beats_->close();
  if (shared_) shared_->free();
  MPI_Finalize();
}

}  // namespace gan::mpi

// What the members of a group tell each other beside the data: that they came to a call, what they do now,
// that they still wait, and that they leave. Each is one small message, which MPI sends on without the
// receiver's help, so it is there when somebody asks who is missing and why.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <vector>

namespace gan::mpi {

/// Throws where an MPI call failed.
void check(int status, const char* call);

/// One message.
struct Beat {
  enum Kind : int32_t { kActivity, kArrival, kWaiting, kLeaving };
  Kind kind = kActivity;
  /// The exit code of one that leaves.
  int32_t code = 0;
  /// How many calls the sender made before.
  uint64_t call = 0;
  /// What the sender brings to a call, in bytes.
  uint64_t brings = 0;
  /// Seconds that others should wait for the sender while it does this.
  double patience = 0;
  /// When it was sent, in seconds since 1970.
  double sent = 0;
  /// The call or the activity.
  char text[216] = {};
};

/// A process as the operating system knows it.
struct Process {
  char host[64] = {};
  int32_t pid = 0;
  static Process self();
  bool is_beside(const Process& other) const;
  /// 'R' and 'S' for one at work, 'T' for one that is stopped, '-' for one that is no more, '?' where it
  /// cannot be told.
  char state() const;
};

/// What is known of a member.
struct Peer {
  Process process;
  bool local = false;
  /// Calls it came to that were not taken yet.
  std::deque<Beat> arrivals;
  /// Its last message of any kind, and the last that told an activity.
  Beat last;
  Beat activity;
  bool left = false;
  int exit_code = 0;
};

/// The messages among the members of `comm`, which are used for nothing else.
class Beats {
 public:
  Beats(MPI_Comm comm, int rank, int size);
  Beats(const Beats&) = delete;
  Beats& operator=(const Beats&) = delete;

  /// Tells all others.
  void send(const Beat& beat);
  /// Takes in what has come, and lets go of what was sent.
  void poll();
  /// Whether all that was sent has gone out.
  bool is_quiet() const { return outgoing_.empty(); }
  /// Ends the exchange: nothing may be on its way to this process any more.
  void close();

  /// By rank; that of this process is empty.
  std::vector<Peer>& peers() { return peers_; }
  const std::vector<Peer>& peers() const { return peers_; }

 private:
  struct Outgoing {
    Beat beat;
    std::vector<MPI_Request> requests;
  };

  void take(int from);
  void listen(int from);

  MPI_Comm comm_;
  int rank_;
  std::vector<Peer> peers_;
  std::vector<Beat> incoming_;
  std::vector<MPI_Request> receiving_;
  std::list<Outgoing> outgoing_;
};

/// Seconds since 1970.
double wall_time();

}  // namespace gan::mpi

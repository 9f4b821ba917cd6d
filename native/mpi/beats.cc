#include "beats.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace gan::mpi {

void check(int status, const char* call) {
  if (status == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = {};
  int length = 0;
  MPI_Error_string(status, text, &length);
  throw std::runtime_error(std::string(call) + " failed: " + std::string(text, length));
}

double wall_time() {
  using std::chrono::duration;
  return duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Process Process::self() {
  Process process;
  gethostname(process.host, sizeof(process.host) - 1);
  process.pid = static_cast<int32_t>(getpid());
  return process;
}

bool Process::is_beside(const Process& other) const {
  return std::strncmp(host, other.host, sizeof(host)) == 0;
}

char Process::state() const {
  if (kill(pid, 0) != 0) return errno == ESRCH ? '-' : '?';
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return '?';
  // The name before it may hold anything, brackets too.
  const size_t end = line.rfind(')');
  if (end == std::string::npos || end + 2 >= line.size()) return '?';
  const char state = line[end + 2];
  // What nobody has waited for yet has ended all the same.
  return state == 'Z' || state == 'X' ? '-' : state == 't' ? 'T' : state;
}

Beats::Beats(MPI_Comm comm, int rank, int size)
    : comm_(comm), rank_(rank), peers_(size), incoming_(size), receiving_(size, MPI_REQUEST_NULL) {
  const Process self = Process::self();
  std::vector<Process> all(size);
  check(MPI_Allgather(&self, sizeof(Process), MPI_BYTE, all.data(), sizeof(Process), MPI_BYTE, comm_),
        "MPI_Allgather");
  for (int from = 0; from < size; ++from) {
    peers_[from].process = all[from];
    peers_[from].local = self.is_beside(all[from]);
    peers_[from].last.sent = peers_[from].activity.sent = wall_time();
    std::strcpy(peers_[from].activity.text, "the start");
    if (from != rank_) listen(from);
  }
}

void Beats::send(const Beat& beat) {
  outgoing_.push_back({beat, {}});
  Outgoing& item = outgoing_.back();
  item.beat.sent = wall_time();
  for (int to = 0; to < static_cast<int>(peers_.size()); ++to) {
    if (to == rank_ || peers_[to].left) continue;
    MPI_Request request;
    check(MPI_Isend(&item.beat, sizeof(Beat), MPI_BYTE, to, 0, comm_, &request), "MPI_Isend");
    item.requests.push_back(request);
  }
}

void Beats::poll() {
  for (int from = 0; from < static_cast<int>(peers_.size()); ++from)
    while (receiving_[from] != MPI_REQUEST_NULL) {
      int arrived = 0;
      check(MPI_Test(&receiving_[from], &arrived, MPI_STATUS_IGNORE), "MPI_Test");
      if (!arrived) break;
      take(from);
    }
  for (auto item = outgoing_.begin(); item != outgoing_.end();) {
    int gone = 0;
    check(MPI_Testall(static_cast<int>(item->requests.size()), item->requests.data(), &gone,
                      MPI_STATUSES_IGNORE),
          "MPI_Testall");
    item = gone ? outgoing_.erase(item) : std::next(item);
  }
}

void Beats::take(int from) {
  const Beat& beat = incoming_[from];
  Peer& peer = peers_[from];
  peer.last = beat;
  if (beat.kind == Beat::kActivity) peer.activity = beat;
  if (beat.kind == Beat::kArrival) peer.arrivals.push_back(beat);
  if (beat.kind == Beat::kLeaving) {
    peer.left = true;
    peer.exit_code = beat.code;
    return;
  }
  listen(from);
}

void Beats::listen(int from) {
  check(MPI_Irecv(&incoming_[from], sizeof(Beat), MPI_BYTE, from, 0, comm_, &receiving_[from]), "MPI_Irecv");
}

void Beats::close() {
  for (MPI_Request& request : receiving_) {
    if (request == MPI_REQUEST_NULL) continue;
    MPI_Cancel(&request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
  }
}

}  // namespace gan::mpi

// Preloaded into a process (LD_PRELOAD), it numbers the calls of the file system below a folder, and makes
// one go wrong.
//
//   FAULT_FOLDER   the folder, without links in its path
//   FAULT_JOURNAL  a file that gets a line for each call before it is made: CALL, tab, path, and of a rename
//   tab, new path FAULT_AT       the number of the call that goes wrong, from 1 on FAULT_HOW      kill: the
//   process is killed in place of the call; torn: a write writes half, then the process is killed;
//                  short: a write writes half and says so; a number: the call fails with it as errno
//   FAULT_LASTS    1: later calls fail too, of those that need room where errno is ENOSPC
//
// A close that fails has closed the file, as on Linux.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

namespace {

constexpr int kFiles = 4096;

struct Settings {
  const char* folder = getenv("FAULT_FOLDER");
  const char* how = getenv("FAULT_HOW");
  long at = number("FAULT_AT");
  bool lasts = number("FAULT_LASTS") != 0;
  int journal = -1;

  Settings() {
    if (const char* path = getenv("FAULT_JOURNAL"))
      journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }

  static long number(const char* name) {
    const char* text = getenv(name);
    return text ? atol(text) : 0;
  }
};

const Settings& settings() {
  static const Settings all;
  return all;
}

std::mutex mutex;
long calls = 0;
// Of open files below the folder, their paths, and whether they were opened to read.
char* opened[kFiles];
bool only_read[kFiles];

template <typename F>
F* real(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

bool is_below(const char* path) {
  const char* folder = settings().folder;
  if (!folder || !path) return false;
  const size_t length = strlen(folder);
  return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

const char* path_of(int file) { return file >= 0 && file < kFiles ? opened[file] : nullptr; }

void remember(int file, const char* path, bool reads = false) {
  if (file < 0 || file >= kFiles) return;
  std::lock_guard<std::mutex> guard(mutex);
  free(opened[file]);
  opened[file] = path ? strdup(path) : nullptr;
  only_read[file] = reads;
}

[[noreturn]] void die() {
  for (;;) kill(getpid(), SIGKILL);
}

enum class Fault { none, fails, short_write, torn_write };

// Calls that a full disk lets through give room, or need none.
enum class Needs { room, nothing };

Fault next(const char* call, Needs needs, const char* path, const char* to = nullptr) {
  const Settings& set = settings();
  std::lock_guard<std::mutex> guard(mutex);
  const long now = ++calls;
  if (set.journal >= 0) {
    char line[3 * PATH_MAX];
    const int length = snprintf(line, sizeof line, "%s\t%s%s%s\n", call, path, to ? "\t" : "", to ? to : "");
    syscall(SYS_write, set.journal, line, length);
  }
  if (set.at == 0 || !set.how || now < set.at) return Fault::none;
  const int code = atoi(set.how);
  if (now > set.at) {
    if (!set.lasts || code == 0 || (code == ENOSPC && needs == Needs::nothing)) return Fault::none;
  } else if (strcmp(set.how, "kill") == 0) {
    die();
  } else if (code == 0) {
    return strcmp(set.how, "torn") == 0 ? Fault::torn_write : Fault::short_write;
  }
  errno = code;
  return Fault::fails;
}

bool fails(const char* call, Needs needs, const char* path, const char* to = nullptr) {
  return is_below(path) && next(call, needs, path, to) == Fault::fails;
}

template <typename F>
int open_by(F open, const char* path, int flags) {
  if (!is_below(path)) return open();
  const bool makes = flags & (O_CREAT | O_TRUNC);
  const bool writes = makes || (flags & O_ACCMODE) != O_RDONLY;
  if (next(writes ? "open" : "open-read", makes ? Needs::room : Needs::nothing, path) == Fault::fails)
    return -1;
  const int file = open();
  remember(file, path, !writes);
  return file;
}

// `write` writes so many of the bytes.
template <typename F>
ssize_t write_by(F write, int file, size_t bytes) {
  const char* path = path_of(file);
  if (!path) return write(bytes);
  switch (next("write", Needs::room, path)) {
    case Fault::fails:
      return -1;
    case Fault::short_write:
      return write((bytes + 1) / 2);
    case Fault::torn_write:
      write(bytes / 2);
      die();
    default:
      return write(bytes);
  }
}

// The first `bytes` of a list of buffers.
struct Part {
  iovec list[IOV_MAX];
  int count = 0;

  Part(const iovec* from, int length, size_t bytes) {
    for (int i = 0; i < length && bytes > 0; i++, count++) {
      list[i] = {from[i].iov_base, from[i].iov_len < bytes ? from[i].iov_len : bytes};
      bytes -= list[i].iov_len;
    }
  }
};

size_t total(const iovec* list, int count) {
  size_t bytes = 0;
  for (int i = 0; i < count; i++) bytes += list[i].iov_len;
  return bytes;
}

template <typename F>
int close_by(F close, int file) {
  const char* path = path_of(file);
  if (!path) return close();
  const bool failed = next(only_read[file] ? "close-read" : "close", Needs::nothing, path) == Fault::fails;
  const int code = errno;
  remember(file, nullptr);
  const int result = close();
  if (!failed) return result;
  errno = code;
  return -1;
}

mode_t mode_of(int flags, va_list rest) { return flags & O_CREAT ? va_arg(rest, int) : 0; }

}  // namespace

#define OPEN(NAME)                                                        \
  int NAME(const char* path, int flags, ...) {                            \
    static auto* const call = real<int(const char*, int, ...)>(#NAME);    \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    const mode_t mode = mode_of(flags, rest);                             \
    va_end(rest);                                                         \
    return open_by([&] { return call(path, flags, mode); }, path, flags); \
  }
#define OPENAT(NAME)                                                              \
  int NAME(int folder, const char* path, int flags, ...) {                        \
    static auto* const call = real<int(int, const char*, int, ...)>(#NAME);       \
    va_list rest;                                                                 \
    va_start(rest, flags);                                                        \
    const mode_t mode = mode_of(flags, rest);                                     \
    va_end(rest);                                                                 \
    return open_by([&] { return call(folder, path, flags, mode); }, path, flags); \
  }
#define PWRITE(NAME)                                                                       \
  ssize_t NAME(int file, const void* from, size_t bytes, off_t at) {                       \
    static auto* const call = real<ssize_t(int, const void*, size_t, off_t)>(#NAME);       \
    return write_by([&](size_t part) { return call(file, from, part, at); }, file, bytes); \
  }
#define PWRITEV(NAME)                                                              \
  ssize_t NAME(int file, const iovec* list, int count, off_t at) {                 \
    static auto* const call = real<ssize_t(int, const iovec*, int, off_t)>(#NAME); \
    const auto write = [&](size_t bytes) {                                         \
      const Part part(list, count, bytes);                                         \
      return call(file, part.list, part.count, at);                                \
    };                                                                             \
    return write_by(write, file, total(list, count));                              \
  }
#define ON_FILE(NAME, LABEL)                                           \
  int NAME(int file) {                                                 \
    static auto* const call = real<int(int)>(#NAME);                   \
    return fails(LABEL, Needs::room, path_of(file)) ? -1 : call(file); \
  }
#define TRUNCATE(NAME)                                                                 \
  int NAME(int file, off_t length) {                                                   \
    static auto* const call = real<int(int, off_t)>(#NAME);                            \
    return fails("truncate", Needs::nothing, path_of(file)) ? -1 : call(file, length); \
  }
#define ON_PATH(NAME, LABEL)                                     \
  int NAME(const char* path) {                                   \
    static auto* const call = real<int(const char*)>(#NAME);     \
    return fails(LABEL, Needs::nothing, path) ? -1 : call(path); \
  }
#define TWO_PATHS(NAME)                                                                     \
  int NAME(const char* from, const char* to) {                                              \
    static auto* const call = real<int(const char*, const char*)>(#NAME);                   \
    return fails(#NAME, Needs::room, is_below(to) ? to : from, from) ? -1 : call(from, to); \
  }

extern "C" {

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
PWRITE(pwrite)
PWRITE(pwrite64)
PWRITEV(pwritev)
PWRITEV(pwritev64)
ON_FILE(fsync, "sync")
ON_FILE(fdatasync, "sync")
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)
ON_PATH(unlink, "unlink")
ON_PATH(remove, "unlink")
ON_PATH(rmdir, "rmdir")
TWO_PATHS(link)
TWO_PATHS(symlink)

int rename(const char* from, const char* to) {
  static auto* const call = real<int(const char*, const char*)>("rename");
  return fails("rename", Needs::room, from, to) ? -1 : call(from, to);
}

int unlinkat(int folder, const char* path, int flags) {
  static auto* const call = real<int(int, const char*, int)>("unlinkat");
  return fails("unlink", Needs::nothing, path) ? -1 : call(folder, path, flags);
}

int mkdir(const char* path, mode_t mode) {
  static auto* const call = real<int(const char*, mode_t)>("mkdir");
  return fails("mkdir", Needs::room, path) ? -1 : call(path, mode);
}

ssize_t write(int file, const void* from, size_t bytes) {
  static auto* const call = real<ssize_t(int, const void*, size_t)>("write");
  return write_by([&](size_t part) { return call(file, from, part); }, file, bytes);
}

ssize_t writev(int file, const iovec* list, int count) {
  static auto* const call = real<ssize_t(int, const iovec*, int)>("writev");
  const auto write = [&](size_t bytes) {
    const Part part(list, count, bytes);
    return call(file, part.list, part.count);
  };
  return write_by(write, file, total(list, count));
}

int close(int file) {
  static auto* const call = real<int(int)>("close");
  return close_by([&] { return call(file); }, file);
}

// libuv closes files by number.
long syscall(long number, ...) {
  static auto* const call = real<long(long, ...)>("syscall");
  va_list rest;
  va_start(rest, number);
  long of[6];
  for (long& one : of) one = va_arg(rest, long);
  va_end(rest);
  const auto make = [&] { return call(number, of[0], of[1], of[2], of[3], of[4], of[5]); };
  return number == SYS_close ? close_by(make, static_cast<int>(of[0])) : make();
}

}  // extern "C"

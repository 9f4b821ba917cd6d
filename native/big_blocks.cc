#include "big_blocks.h"

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

namespace gan {
namespace {

/// A cache line, and LibTorch's own alignment.
constexpr size_t kAlignment = 64;
/// Addresses cost nothing. More than this is in no machine's memory, and fits in the 47 bits of a process.
constexpr size_t kRange = size_t{1} << 42;
/// So much more of it is opened at a time.
constexpr size_t kOpened = size_t{32} << 20;
/// What may be kept beyond the most that was in use.
constexpr size_t kSpareBytes = size_t{64} << 20;
/// A rest smaller than this stays with the block that was cut.
constexpr size_t kLeastRest = 4096;

size_t rounded_up(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

}  // namespace

BigBlocks& BigBlocks::of_process() {
  static BigBlocks* const blocks = new BigBlocks;
  return *blocks;
}

BigBlocks::BigBlocks() {
  void* const range = mmap(nullptr, kRange, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) return;
  begin_ = top_ = open_ = static_cast<char*>(range);
  end_ = begin_ + kRange;
#ifdef MADV_HUGEPAGE
  // Blocks lie close together, so large pages waste next to nothing here.
  madvise(range, kRange, MADV_HUGEPAGE);
#endif
}

void* BigBlocks::take(size_t size) {
  if (size > kRange) return nullptr;
  // One unit more: neighbours of a power of two would lie in the same sets of the caches.
  size = rounded_up(size, kAlignment) + kAlignment;
  const std::lock_guard<std::mutex> lock(mutex_);
  auto piece = free_piece(size);
  if (piece == pieces_.end()) piece = grow(size);
  if (piece == pieces_.end()) return nullptr;
  cut(piece, size);
  used_ += piece->second.size;
  most_used_ = std::max(most_used_, used_);
  return piece->first;
}

void BigBlocks::give_back(void* block) { of_process().put(block); }

/// The smallest that is large enough, with pages where there is one, no longer listed.
BigBlocks::ByAddress::iterator BigBlocks::free_piece(size_t size) {
  for (const BySize* list : {&kept_pieces_, &bare_pieces_}) {
    const auto found = list->lower_bound({size, nullptr});
    if (found == list->end()) continue;
    const auto piece = pieces_.find(found->second);
    unlist(piece);
    if (!piece->second.is_resident) make_room(size);
    return piece;
  }
  return pieces_.end();
}

/// A piece at the top of all others, with what is free there.
BigBlocks::ByAddress::iterator BigBlocks::grow(size_t size) {
  auto last = pieces_.empty() ? pieces_.end() : std::prev(pieces_.end());
  const bool joins = last != pieces_.end() && last->second.is_free;
  char* const at = joins ? last->first : top_;
  if (size > static_cast<size_t>(end_ - at)) return pieces_.end();
  if (at + size > open_) {
    const size_t more = std::min<size_t>(rounded_up(at + size - open_, kOpened), end_ - open_);
    if (mprotect(open_, more, PROT_READ | PROT_WRITE) != 0) return pieces_.end();
    open_ += more;
  }
  if (joins) unlist(last);
  make_room(size);
  top_ = at + size;
  const Piece piece{size, true, true};
  if (joins) {
    last->second = piece;
    return last;
  }
  return pieces_.emplace_hint(pieces_.end(), at, piece);
}

/// Makes a block of a piece that is not listed; what is left of it is one.
void BigBlocks::cut(ByAddress::iterator piece, size_t size) {
  auto& [at, whole] = *piece;
  if (whole.size - size >= kLeastRest) {
    list(
        pieces_.emplace_hint(std::next(piece), at + size, Piece{whole.size - size, true, whole.is_resident}));
    whole.size = size;
  }
  whole.is_free = false;
  whole.is_resident = true;
}

void BigBlocks::put(void* block) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto piece = pieces_.find(static_cast<char*>(block));
  used_ -= piece->second.size;
  piece->second.is_free = true;
  const auto next = std::next(piece);
  if (next != pieces_.end() && next->second.is_free) {
    unlist(next);
    join(piece, next);
  }
  if (piece != pieces_.begin()) {
    const auto before = std::prev(piece);
    if (before->second.is_free) {
      unlist(before);
      join(before, piece);
      piece = before;
    }
  }
  list(piece);
}

void BigBlocks::join(ByAddress::iterator piece, ByAddress::iterator next) {
  piece->second.size += next->second.size;
  piece->second.is_resident |= next->second.is_resident;
  pieces_.erase(next);
}

void BigBlocks::list(ByAddress::iterator piece) {
  list_of(piece->second).emplace(piece->second.size, piece->first);
  if (piece->second.is_resident) kept_ += piece->second.size;
}

void BigBlocks::unlist(ByAddress::iterator piece) {
  list_of(piece->second).erase({piece->second.size, piece->first});
  if (piece->second.is_resident) kept_ -= piece->second.size;
}

/// Gives pages of free pieces back, the largest first, so that so many more bytes can be used; what is at the
/// edges of a page stays.
void BigBlocks::make_room(size_t size) {
  static const size_t page = sysconf(_SC_PAGESIZE);
  const size_t most = std::max(most_used_, used_ + size) + kSpareBytes;
  while (!kept_pieces_.empty() && used_ + kept_ + size > most) {
    const auto piece = pieces_.find(std::prev(kept_pieces_.end())->second);
    unlist(piece);
    const auto at = reinterpret_cast<uintptr_t>(piece->first);
    const auto [begin, end] = std::pair{rounded_up(at, page), (at + piece->second.size) / page * page};
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    piece->second.is_resident = false;
    list(piece);
  }
}

}  // namespace gan
#endif

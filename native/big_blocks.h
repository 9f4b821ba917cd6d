// Where big tensors live.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace gan {

/// Blocks of big tensors, cut from one range of addresses: the best-fitting free piece gives one, and a block
/// that comes back joins its free neighbours. glibc's heap came to twice what was in use, as blocks of other
/// sizes lie between those that it could give again. In use and free, all pieces together take at most what
/// was in use at once and a little: beyond it the largest free ones go back to the kernel.
class BigBlocks {
 public:
  static constexpr size_t kLeast = size_t{1} << 16;

  /// Never destroyed: blocks come back until the process ends.
  static BigBlocks& of_process();

  /// At a multiple of 64 bytes; null where there is no more, or no range could be had.
  void* take(size_t size);

  static void give_back(void* block);

  bool owns(const void* block) const { return block >= begin_ && block < end_; }

 private:
  BigBlocks();

  struct Piece {
    size_t size;
    bool is_free;
    /// It may have pages: those of a free piece that went back to the kernel are gone.
    bool is_resident;
  };
  using ByAddress = std::map<char*, Piece>;
  using BySize = std::set<std::pair<size_t, char*>>;

  ByAddress::iterator free_piece(size_t size);
  ByAddress::iterator grow(size_t size);
  void cut(ByAddress::iterator piece, size_t size);
  void join(ByAddress::iterator piece, ByAddress::iterator next);
  void list(ByAddress::iterator piece);
  void unlist(ByAddress::iterator piece);
  BySize& list_of(const Piece& piece) { return piece.is_resident ? kept_pieces_ : bare_pieces_; }
  void make_room(size_t size);
  void put(void* block);

  std::mutex mutex_;
  ByAddress pieces_;
  /// Free pieces by size: those with pages, and those whose pages went back.
  BySize kept_pieces_;
  BySize bare_pieces_;
  /// The range, and the ends of what is in pieces and of what may be written to; null where none could be
  /// had.
  char* begin_ = nullptr;
  char* top_ = nullptr;
  char* open_ = nullptr;
  char* end_ = nullptr;
  /// Bytes in blocks, in free pieces that are resident, and the most that was in blocks.
  size_t used_ = 0;
  size_t kept_ = 0;
  size_t most_used_ = 0;
};

}  // namespace gan

// What the convolution kernels share: products of matrices on one thread, rooms to work in, images.
#pragma once

#include <ATen/Functions.h>
#include <ATen/native/CPUBlas.h>
#include <c10/core/CPUAllocator.h>

#include <type_traits>

#include "avx512.h"

namespace gan {

/// Whether a product's right side holds pairs of rows interleaved, as the processor's bfloat16 instructions
/// want them.
template <class T>
constexpr bool kPairs = std::is_same_v<T, Bf16>;

/// C = A B, or C += A B, of m×k and k×n numbers, with the distances between rows; k is 1 or more.
struct Product {
  int64_t m, n, k, lda, ldb, ldc;
  bool add;
};

/// Each number is one sum along a row of A, whatever the number of rows: an image's results do not depend on
/// how many come with it.
void multiply(const Product& product, const float* a, const float* b, float* c);
inline void multiply(const Product& p, const Bf16* a, const Bf16* b, float* c) {
  at::native::cpublas::brgemm(p.m, p.n, p.k, p.lda, p.ldb, p.ldc, p.add,
                              reinterpret_cast<const at::BFloat16*>(a),
                              reinterpret_cast<const at::BFloat16*>(b), c, true);
}

/// Gives back, at its end, what bfloat16 products hold of the processor (AMX tiles).
template <class T>
struct Products {
  ~Products() {
    if (kPairs<T>) at::native::cpublas::brgemm_release();
  }
};

/// Room for some numbers, from LibTorch's allocator: without a tensor around it, which takes longer.
template <class T>
class Room {
 public:
  explicit Room(int64_t count)
      : memory_(c10::GetCPUAllocator()->allocate(static_cast<size_t>(count) * sizeof(T))) {}
  T* data() const { return static_cast<T*>(memory_.get()); }

 private:
  at::DataPtr memory_;
};

/// The next multiple of `of` from `count` on.
constexpr int64_t multiple(int64_t count, int64_t of) { return (count + of - 1) / of * of; }

/// Numbers that are worth a thread, where each is only read, changed and written.
constexpr int64_t kLeast = 1 << 15;

/// Columns of a product's right side that are laid out together, of a multiple of 16.
inline int64_t block_of(int64_t channels) { return channels % 64 == 0 ? 64 : channels % 32 == 0 ? 32 : 16; }

/// Where a tensor's numbers begin, for reading or, with a T that is not const, for writing.
template <class T>
T* numbers(const at::Tensor& tensor) {
  return static_cast<T*>(const_cast<void*>(tensor.const_data_ptr()));
}

inline at::Tensor channels_last(const at::Tensor& tensor) {
  return tensor.contiguous(at::MemoryFormat::ChannelsLast);
}

inline bool is_channels_last(const at::Tensor& tensor) {
  return tensor.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
}

/// A batch of square images in NHWC order.
template <class T>
struct Images {
  T* data;
  int64_t count, size, channels;

  T* operator[](int64_t image) const { return data + image * size * size * channels; }
};

/// The numbers of a channels_last tensor [count, channels, size, size].
template <class T>
Images<T> images(const at::Tensor& tensor) {
  return {numbers<T>(tensor), tensor.size(0), tensor.size(2), tensor.size(1)};
}

/// Whether the processor has what avx512.h uses, for numbers of this type, and ATEN_CPU_CAPABILITY lets
/// LibTorch use it.
bool has_avx512(at::ScalarType dtype);

/// The same of avx2.h.
bool has_avx2();

/// Whether there are vectors for numbers of this type: of AVX-512, or float32's of AVX2.
inline bool has_vectors(at::ScalarType dtype) {
  return has_avx512(dtype) || (dtype == at::kFloat && has_avx2());
}

/// Whether the processor multiplies matrices of bfloat16 in tiles, at many times the rate of float32.
bool has_amx();

/// Calls `work` with the C++ type of a tensor's elements, float32 or bfloat16.
template <class Work>
void by_dtype(const at::Tensor& tensor, Work work) {
  if (tensor.scalar_type() == at::kFloat)
    work(float());
  else
    work(Bf16());
}

/// Calls `work` with the processor's instruction set and the C++ type of a tensor's elements. There must be
/// vectors for them.
template <class Work>
void by_set(const at::Tensor& tensor, Work work) {
  if (tensor.scalar_type() != at::kFloat)
    work(Avx512(), Bf16());
  else if (has_avx512(at::kFloat))
    work(Avx512(), float());
  else
    work(Avx2(), float());
}

}  // namespace gan

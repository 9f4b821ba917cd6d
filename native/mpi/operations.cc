#include "operations.h"

#include <stdexcept>
#include <type_traits>

namespace gan::mpi {
namespace {

template <class T>
bool is_nan(T value) {
  if constexpr (std::is_floating_point_v<T>) return value != value;
  return false;
}

/// `to` becomes the greater (or the lesser) of both.
template <class T, bool kGreater>
void extreme(void* from, void* to, int* count, MPI_Datatype*) {
  const T* a = static_cast<const T*>(from);
  T* b = static_cast<T*>(to);
  for (int i = 0; i < *count; ++i) {
    const bool better = kGreater ? a[i] > b[i] : a[i] < b[i];
    b[i] = better || is_nan(a[i]) ? a[i] : b[i];
  }
}

template <class T, bool kGreater>
MPI_Op extreme_of() {
  static const MPI_Op op = [] {
    MPI_Op made;
    check(MPI_Op_create(&extreme<T, kGreater>, /*commute=*/1, &made), "MPI_Op_create");
    return made;
  }();
  return op;
}

template <class T>
MPI_Op extreme_of(Operation operation) {
  return operation == Operation::kMax ? extreme_of<T, true>() : extreme_of<T, false>();
}

}  // namespace

MPI_Datatype mpi_type(Type type) {
  return type == Type::kFloat32 ? MPI_FLOAT : type == Type::kFloat64 ? MPI_DOUBLE : MPI_INT64_T;
}

size_t width(Type type) { return type == Type::kFloat32 ? 4 : 8; }

MPI_Op operation_of(Type type, Operation operation) {
  if (operation == Operation::kSum || operation == Operation::kMean) return MPI_SUM;
  if (type == Type::kFloat32) return extreme_of<float>(operation);
  return type == Type::kFloat64 ? extreme_of<double>(operation) : extreme_of<int64_t>(operation);
}

namespace {

template <class T>
void divide_all(void* data, size_t count, int by) {
  T* values = static_cast<T*>(data);
  for (size_t i = 0; i < count; ++i) values[i] /= static_cast<T>(by);
}

}  // namespace

void finish(void* data, size_t count, Type type, Operation operation, int size) {
  if (operation != Operation::kMean) return;
  if (type == Type::kInt64) throw std::runtime_error("expected floating values for a mean");
  return type == Type::kFloat32 ? divide_all<float>(data, count, size)
                                : divide_all<double>(data, count, size);
}

}  // namespace gan::mpi

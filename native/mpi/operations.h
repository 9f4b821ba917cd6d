// What MPI reduces, and by what.
#pragma once

#include "world.h"

namespace gan::mpi {

MPI_Datatype mpi_type(Type type);
/// Bytes of an element.
size_t width(Type type);

/// A sum, and that of a mean, is MPI's own. Its maximum and minimum pass over NaN, or do not, by the order in
/// which they come; ours give NaN where there is one, as LibTorch's.
MPI_Op operation_of(Type type, Operation operation);
/// What is left to do with the sum of a mean over `size` processes.
void finish(void* data, size_t count, Type type, Operation operation, int size);

}  // namespace gan::mpi

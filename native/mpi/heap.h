// The end of the heap.
#pragma once

namespace gan::mpi {

/// Whether the end of the heap could move up by a page, now that nothing else is there.
bool heap_can_grow();

}  // namespace gan::mpi

// LibTorch's error texts as one line a user can act on.
#pragma once

#include <string>

namespace gan {

/// Without source paths, stack frames, tables of kernels and advice for other languages; on one line of at
/// most 1000 bytes.
std::string clean_message(std::string message);

}  // namespace gan

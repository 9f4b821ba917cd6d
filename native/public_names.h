// What users call what they called: the beginning of an error's message.
#pragma once

#include <string>
#include <string_view>

namespace gan {

/// The library's name for an operator of ATen, such as "convTranspose2d" for `conv_transpose2d`; empty for
/// one that only the library itself calls.
std::string public_name_of_operator(std::string_view op);

/// The library's name for one of the addon's own entries; empty for one that users do not know by any name.
std::string_view public_name_of_entry(std::string_view entry);

}  // namespace gan

#pragma once

#include <string>

namespace tide::cmd::output {

// How a piece of a table or of the screen looks; the face decides what that is in colours, or without.
enum class Style { plain, title, dim, good, warn, bad, changed, selected };

Style style_of_phase(const std::string& phase);

// The text between ECMA-48's escape sequences (SGR) for the style; plain text as it is.
std::string painted(const std::string& text, Style style);

}  // namespace tide::cmd::output

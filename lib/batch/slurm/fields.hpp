#pragma once

#include <string_view>

namespace tide::batch::slurm {

// The value of " Key=" in one of scontrol's lines, up to the next blank; "" if it is not there.
std::string_view field_of(std::string_view line, std::string_view key);

}  // namespace tide::batch::slurm

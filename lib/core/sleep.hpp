#pragma once

#include <tide/core/memory.hpp>

#include <string>

namespace tide::core {

// The sleep that holds at this moment; nothing if tide is awake or the sleep is over.
const Sleep* asleep(const Memory& memory, TimePoint now);

// "asleep until 2026-11-25T18:00:00Z, since 2026-11-25T16:00:00Z by alice (new image)".
std::string describe(const Sleep& sleep);

}  // namespace tide::core

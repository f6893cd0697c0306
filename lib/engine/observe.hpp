#pragma once

#include <tide/engine/pass.hpp>

namespace tide::engine {

// The snapshot for this memory, as loaded: ages are advanced in it, and the head is this one's.
core::Snapshot look(Ports& ports, const core::Settings& settings, core::Memory memory, bool all_job_ids);

}  // namespace tide::engine

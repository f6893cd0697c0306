#pragma once

#include <tide/core/job.hpp>

#include <string_view>

namespace tide::batch::slurm {

// What a state in `squeue` means for us.
// A job of an unknown state is on the nodes that it names, else it waits for what we do not know.
enum class JobStage { waiting, on_nodes, finished, unknown };

JobStage stage_of(std::string_view state);

// The class of a waiting job by its state and reason; `bound` if it names nodes or a reservation.
core::Waiting classify(std::string_view state, std::string_view reason, bool bound);

}  // namespace tide::batch::slurm

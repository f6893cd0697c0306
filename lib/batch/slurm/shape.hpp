#pragma once

#include <tide/batch/slurm/squeue.hpp>
#include <tide/core/job.hpp>

namespace tide::batch::slurm {

// May this job take more nodes than its fewest? `squeue` prints "-N1 -n8" and "-n8" alike; `scontrol show job` does
// not.
Result<bool> has_unclear_limit(const JobRow& row);

// What one job, or one task of an array, asks for. `nodes_max` is what `scontrol show job` says (0: no limit), nothing
// if it was not asked: then what `squeue` shows, which may be too narrow but never too wide.
Result<core::Shape> shape_of(const JobRow& row, std::optional<int> nodes_max);

}  // namespace tide::batch::slurm

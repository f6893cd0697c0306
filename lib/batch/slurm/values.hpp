#pragma once

#include <tide/core/job.hpp>
#include <tide/util/result.hpp>

#include <optional>
#include <string_view>

namespace tide::batch::slurm {

// Is it one of Slurm's words for nothing: "", "(null)", "N/A", "None", "n/a"?
bool is_none(std::string_view text);

// MiB, rounded up: "100M", "60G", "1.50T", "512K"; a bare number is MiB.
std::optional<std::int64_t> parse_memory_mib(std::string_view text);

// "5:00", "1:00:00", "1-02:04:00"; "UNLIMITED", "NOT_SET" and "Partition_Limit" are 0: no limit of its own.
std::optional<Seconds> parse_time_limit(std::string_view text);

// Seconds since 1970 (SLURM_TIME_FORMAT=%s), or "2026-11-20T03:09:42", which is UTC as we call it (TZ=UTC).
std::optional<TimePoint> parse_slurm_time(std::string_view text);

// One kind's number in "cpu=12,mem=1200M,node=3"; "" if it is not there.
std::string_view find_tres(std::string_view tres, std::string_view kind);

struct Gres {
  core::Gpus gpus;
  std::string others;  // what is no GPU, as Slurm wrote it: "craynetwork:1,tape:2"
};

// "gres:gpu:a100:2,gres:gpu:1", "gpu:2(S:0-1)", "gpu:a100:1(IDX:0)", "gres/gpu=2", "gres/gpu:a100=1": the forms of
// jobs, nodes and TRES.
std::optional<Gres> parse_gres(std::string_view text);

}  // namespace tide::batch::slurm

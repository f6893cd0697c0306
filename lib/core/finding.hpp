#pragma once

#include <tide/core/exit_code.hpp>
#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tide::core {

enum class Level { ok, warn, fail };

// Of what a cloud's port returned: an answer that cannot be read, or none in time, is the cloud's failure there and not
// the batch system's or the caller's.
ExitCode cloud_exit_code_of(ErrorKind kind);

// One line of `tide doctor`: something that tide depends on, and how it was found.
struct Finding {
  std::string check;  // a word that scripts can rely on: "clock", "rights", "image"
  std::string about;  // "pool 'small'", "cloud 'aws'"; "" where there is one of it
  Level level = Level::ok;
  std::string text;
  std::string hint;                // what to do; "" where nothing is
  ExitCode exit = ExitCode::done;  // of a failure: its class

  bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

std::string_view to_string(Level level);

Finding fine(std::string check, std::string about, std::string text);
Finding doubtful(std::string check, std::string about, std::string text, std::string hint);
// An error as a line: what failed, why, and its hint.
Finding failed(std::string check, std::string about, const Error& error);
// The same of a cloud, whose every failure to answer is 6.
Finding cloud_failed(std::string check, std::string about, const Error& error);
// The same, where tide can do without what could not be had.
Finding doubtful(std::string check, std::string about, const Error& error);

// Of this machine's clock, by a peer's; absent: the peer did not say.
Finding clock_finding(std::string about, const std::optional<TimePoint>& theirs, TimePoint ours);

// Of all of them: 0 if nothing failed; a source that could not be read or does not allow it decides, as in a pass.
ExitCode exit_code(const Findings& findings);

}  // namespace tide::core

#pragma once

#include "cmd/context.hpp"
#include "cmd/output/document.hpp"

#include <tide/core/outlook.hpp>

namespace tide::cmd {

// What a reading command looks at: the world as it is now, or as the last pass read it.
struct Reading {
  core::Settings settings;
  core::Snapshot snapshot;
  core::Plan plan = {};
  std::vector<core::Cap> caps = {};
  std::vector<output::Source> sources = {};
  bool cached = false;
};

// Plans, and counts what is used of each cap: once a reading, for both look at every machine.
void decide(Reading& reading);

struct ReadOptions {
  bool cached = false;             // only the store is read: no call to a cloud or to the batch system
  bool all_jobs = false;           // all job IDs, not the first of each shape
  engine::Ports* ports = nullptr;  // to read through, instead of the context's own
};

Result<Reading> read_world(Context& context, const ReadOptions& options);

// Without the name of a source that could not be read there is no telling whether something exists.
Error unknown_subject(const Reading& reading, const std::string& what, const std::string& word,
                      const std::vector<std::string>& known);

// "WHAT is not known: cloud:here could not be read", with each source's own words, and the code of what failed.
Error not_known(const core::Snapshot& snapshot, const std::string& what);

}  // namespace tide::cmd

#pragma once

#include <tide/batch/batch.hpp>
#include <tide/config/config.hpp>
#include <tide/process/command_runner.hpp>
#include <tide/util/clock.hpp>

#include <map>
#include <memory>
#include <span>
#include <string>

namespace tide::batch {

struct Host {
  process::CommandRunner& runner;
  Clock& clock;
  const std::map<std::string, std::string>& environment;
};

// One a system's folder, `k_<folder>_factory` in its factory.cpp; the build finds it by itself.
struct Factory {
  std::string_view kind;                        // [cluster] batch
  std::span<const config::KeySpec> batch_keys;  // of [batch] that only this kind knows
  Result<std::unique_ptr<BatchSystem>> (*make)(const config::Config& config, const Host& host);
};

std::span<const Factory* const> factories();
const Factory* find_factory(std::string_view kind);

}  // namespace tide::batch

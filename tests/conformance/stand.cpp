#include "stand.hpp"
#include "tests/support/hand_clock.hpp"

#include <where.hpp>

#include <tide/core/snapshot_json.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tide::test {

namespace {

const std::string k_source = source_folder();
constexpr std::int64_t k_recorded = 1'795'629'125;  // about when the recordings were made

std::string fixture(const std::string& name) {
  const auto text = read_file(k_source + "/tests/fixtures/" + name, 64U << 20U);
  if (!text) throw std::runtime_error(text.error().message);
  return *text;
}

Recording recording_of(const std::vector<std::string_view>& parts) {
  Recording recording;
  const std::string file(trim(parts.at(1)));
  if (file != "-") recording.output = fixture(file);
  if (parts.size() > 2) recording.exit_code = static_cast<int>(parse_integer(trim(parts[2])).value_or(0));
  if (parts.size() > 3) {
    const std::string words(trim(parts[3]));
    recording.errors = file_exists(k_source + "/tests/fixtures/" + words) ? fixture(words) : words + "\n";
  }
  return recording;
}

void load_kind(const std::filesystem::path& path, std::vector<StandSpec>& all) {
  StandSpec head{.kind = path.stem().string()};
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t blank = line.find(' ');
    const std::string word = line.substr(0, blank);
    const std::string rest = blank == std::string::npos ? "" : line.substr(blank + 1);
    if (word == "config") {
      head.config.push_back(rest);
    } else if (word == "programs") {
      std::istringstream words(rest);
      for (std::string name; words >> name;) head.programs.push_back(name);
    } else if (word == "stand") {
      all.push_back(head);
      all.back().name = rest;
    } else {
      const auto parts = split(line, '|');
      if (parts.size() < 2 || all.empty() || all.back().kind != head.kind)
        throw std::runtime_error(path.string() + ": '" + line + "' is not understood");
      all.back().recordings.emplace_back(std::string(trim(parts[0])), recording_of(parts));
    }
  }
}

std::filesystem::path stands_folder() { return k_source + "/tests/conformance/batch"; }

}  // namespace

std::vector<StandSpec> load_stands() {
  std::vector<StandSpec> all;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(stands_folder())) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const auto& path : files) load_kind(path, all);
  return all;
}

std::vector<std::string> kinds_without_stand() {
  std::vector<std::string> missing;
  for (const batch::Factory* factory : batch::factories()) {
    const std::string kind(factory->kind);
    if (!std::filesystem::exists(stands_folder() / (kind + ".txt"))) missing.push_back(kind);
  }
  return missing;
}

Result<process::Finished> FaultyRunner::run(const process::Command& command) {
  if (calls++ != m_call || m_fault == Fault::none) return m_inner.run(command);
  if (m_fault == Fault::cannot_start) return make_error(ErrorKind::io, "'{}' cannot be started", command.argv.front());
  process::Command collecting = command;
  collecting.sink = nullptr;
  TIDE_TRY_ASSIGN(process::Finished finished, m_inner.run(collecting));
  std::string output = std::move(finished.output);
  size = output.size();
  switch (m_fault) {
    case Fault::cut: output.resize(std::min(m_at, output.size())); break;
    case Fault::exit_code:
      finished.exit_code = 3;
      finished.errors = "cannot connect to the server\n";
      break;
    case Fault::nothing:
      output.clear();
      finished.errors.clear();
      finished.exit_code = 0;
      break;
    case Fault::web_page:
      output = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n";
      finished.exit_code = 0;
      break;
    case Fault::zero_bytes: output.insert(output.size() / 2, 1, '\0'); break;
    case Fault::none:
    case Fault::hang:
    case Fault::cannot_start: break;
  }
  if (command.sink) TIDE_TRY(command.sink(output));
  if (m_fault == Fault::hang) return make_error(ErrorKind::timeout, "'{}' did not end in time", command.argv.front());
  if (!command.sink) finished.output = std::move(output);
  return finished;
}

Stand::Stand(const StandSpec& spec) : m_spec(spec) {
  for (const auto& [line, recording] : spec.recordings) runner.on(line, recording);
  std::array<char, 40> name{"/tmp/tide-conformance.XXXXXX"};
  m_folder = ::mkdtemp(name.data());
  for (const std::string& program : spec.programs) {
    std::ofstream(m_folder + "/" + program) << "#!/bin/false\n";
    std::filesystem::permissions(m_folder + "/" + program, std::filesystem::perms::owner_all);
  }
}

Stand::~Stand() {
  std::error_code ignored;
  std::filesystem::remove_all(m_folder, ignored);
}

std::unique_ptr<batch::BatchSystem> Stand::make(process::CommandRunner& over) const {
  static HandClock clock{TimePoint{Seconds{k_recorded}}};
  static const std::map<std::string, std::string> k_environment{{"PATH", "/nowhere"},
                                                                {"SQUEUE_FORMAT", "%i"},
                                                                {"SLURM_CONF", "/other"},
                                                                {"PBS_DEFAULT", "other"},
                                                                {"_CONDOR_COLLECTOR_HOST", "other"},
                                                                {"SGE_ROOT", "/other"},
                                                                {"LC_ALL", "de_DE"},
                                                                {"LD_PRELOAD", "/tmp/x.so"}};
  const batch::Factory* factory = batch::find_factory(m_spec.kind);
  if (factory == nullptr) throw std::runtime_error("no adapter '" + m_spec.kind + "'");
  std::string text = "[cluster]\nname = \"demo\"\nbatch = \"" + m_spec.kind +
                     "\"\nhead = \"head\"\n[scale]\nmax_nodes = 1\n[batch]\nbin_dir = \"" + m_folder +
                     "\"\ntimeout = \"7s\"\n" + join(m_spec.config, "\n") + "\n";
  const std::vector<config::AdapterKeys> keys{{factory->kind, {}, {}, factory->batch_keys, true}};
  auto config = config::parse({.path = m_spec.kind + ".toml", .text = text}, keys);
  if (!config) throw std::runtime_error(config.error().message);
  auto made = factory->make(*config, {over, clock, k_environment});
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

Reading read_all(batch::BatchSystem& system) {
  core::Snapshot snapshot;
  snapshot.server = system.server();
  snapshot.batch = system.traits();
  if (snapshot.server) snapshot.jobs = system.jobs(true);
  if (snapshot.server && snapshot.jobs) snapshot.nodes = system.nodes();
  const Error* error = !snapshot.server  ? &snapshot.server.error()
                       : !snapshot.jobs  ? &snapshot.jobs.error()
                       : !snapshot.nodes ? &snapshot.nodes.error()
                                         : nullptr;
  if (error != nullptr) return {false, error->kind, error->message + " " + error->hint};
  snapshot.jobs->proof.clear();  // another proof of the same is as good
  return {true, ErrorKind::unexpected, core::to_json(core::SavedSnapshot{.settings = {}, .snapshot = snapshot})};
}

}  // namespace tide::test

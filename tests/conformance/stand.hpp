#pragma once

#include "tests/support/scripted_runner.hpp"

#include <tide/batch/registry.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tide::test {

// One adapter over the recordings of one state, from batch/<kind>.txt.
struct StandSpec {
  std::string kind;
  std::string name;  // "busy", "empty"
  std::vector<std::string> config;
  std::vector<std::string> programs;
  std::vector<std::pair<std::string, Recording>> recordings;
};

// All of all kinds. A kind that has an adapter and no file is a failure of the suite.
std::vector<StandSpec> load_stands();
std::vector<std::string> kinds_without_stand();

enum class Fault {
  none,
  cut,        // after `at` bytes, exit code 0
  exit_code,  // all of it, exit code 3 and words on stderr
  nothing,    // 0 bytes, exit code 0
  web_page,   // another program's output
  hang,       // all of it, then silence
  cannot_start,
  zero_bytes,  // a NUL in the middle
};

// Breaks the one call of that number (from 0), plays the others.
class FaultyRunner final : public process::CommandRunner {
 public:
  FaultyRunner(process::CommandRunner& inner, std::size_t call, Fault fault, std::size_t at = 0)
      : m_inner(inner), m_call(call), m_fault(fault), m_at(at) {}

  Result<process::Finished> run(const process::Command& command) override;

  std::size_t calls = 0;
  std::size_t size = 0;  // of the broken call's whole output

 private:
  process::CommandRunner& m_inner;
  std::size_t m_call;
  Fault m_fault;
  std::size_t m_at;
};

class Stand {
 public:
  explicit Stand(const StandSpec& spec);
  ~Stand();
  Stand(const Stand&) = delete;
  Stand& operator=(const Stand&) = delete;

  // The adapter, over `runner` (which ends in this stand's own).
  std::unique_ptr<batch::BatchSystem> make(process::CommandRunner& runner) const;

  ScriptedRunner runner;

 private:
  StandSpec m_spec;
  std::string m_folder;  // of the programs' stand-ins: only their names are looked up
};

// All that a pass reads, as text; or the error's kind and words.
struct Reading {
  bool good = false;
  ErrorKind kind = ErrorKind::unexpected;
  std::string text;
};
Reading read_all(batch::BatchSystem& system);

}  // namespace tide::test

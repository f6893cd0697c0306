#pragma once

#include <tide/names/name_table.hpp>
#include <tide/process/command_runner.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tide::names {

struct HostsOptions {
  std::string path;
  std::string cluster;
  bool shared = true;  // others have lines in it: only those between the marks are tide's; else the whole file is
  // Gets the lines on its input before the file is written, each time that they change; empty: none.
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
};

// Lines "ADDRESS NAME" in the form of hosts(5), of which tide's stand between "# tide:CLUSTER begin" and "#
// tide:CLUSTER end" (exact matches). A file whose marks do not match, or that has others' lines between them, is an
// error of kind config and is left as it is. Written beside and renamed over, mode and owner kept; a file that is a
// mount point (in containers) cannot be replaced so, and is refused.
class HostsFile final : public NameTable {
 public:
  HostsFile(process::CommandRunner& runner, HostsOptions options) : m_runner(runner), m_options(std::move(options)) {}

  Result<std::vector<core::HostEntry>> read() override;
  Result<void> write(const std::vector<core::HostEntry>& entries) override;

 private:
  Result<void> tell_command(const std::string& lines);

  process::CommandRunner& m_runner;
  HostsOptions m_options;
};

// The file's text with tide's part replaced; pure, for write() and for tests.
Result<std::string> replace_part(std::string_view text, const HostsOptions& options, std::string_view lines);
Result<std::vector<core::HostEntry>> parse_part(std::string_view text, const HostsOptions& options);

}  // namespace tide::names

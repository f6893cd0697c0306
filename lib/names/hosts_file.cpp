#include <tide/names/hosts_file.hpp>

#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

#include <sys/stat.h>

namespace tide::names {

namespace {

constexpr unsigned k_mode_default = 0644;  // everybody resolves names

std::string begin_mark(const HostsOptions& options) { return fmt::format("# tide:{} begin", options.cluster); }
std::string end_mark(const HostsOptions& options) { return fmt::format("# tide:{} end", options.cluster); }

// Where tide's lines are, and where its marks are; all npos where there are none yet.
struct Part {
  std::size_t begin = std::string_view::npos;  // of the first mark's line
  std::size_t lines = std::string_view::npos;
  std::size_t lines_end = std::string_view::npos;
  std::size_t end = std::string_view::npos;  // past the last mark's line
};

Error broken(const HostsOptions& options, std::string_view what) {
  return make_error(ErrorKind::config, "'{}' {}", options.path, what)
      .with_hint(
          fmt::format("Take the lines '{}' and '{}' and what is between them out of it; the next pass writes them "
                      "anew.",
                      begin_mark(options), end_mark(options)));
}

Result<Part> find_part(std::string_view text, const HostsOptions& options) {
  if (!options.shared) return Part{0, 0, text.size(), text.size()};
  Part part;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t line_end = std::min(text.find('\n', at), text.size());
    const std::size_t next = std::min(line_end + 1, text.size());
    const std::string_view line = text.substr(at, line_end - at);
    if (line == begin_mark(options)) {
      if (part.begin != std::string_view::npos) return broken(options, "has tide's first mark twice");
      part.begin = at;
      part.lines = next;
    } else if (line == end_mark(options)) {
      if (part.begin == std::string_view::npos || part.end != std::string_view::npos)
        return broken(options, "has tide's last mark without the first");
      part.lines_end = at;
      part.end = next;
    }
    at = next;
  }
  if (part.begin != std::string_view::npos && part.end == std::string_view::npos)
    return broken(options, "has tide's first mark without the last");
  return part;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  });
}

bool is_address(std::string_view text) {
  return !text.empty() && text.size() <= 45 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == '.' || c == ':';
  });
}

Result<std::string> text_of(const std::vector<core::HostEntry>& entries) {
  std::string lines;
  for (const core::HostEntry& entry : entries) {
    if (!is_name(entry.name.value) || !is_address(entry.address)) {
      return make_error(ErrorKind::config, "'{}' at '{}' cannot be a line of a hosts file",
                        printable(entry.name.value, 80), printable(entry.address, 80));
    }
    lines += fmt::format("{} {}\n", entry.address, entry.name.value);
  }
  return lines;
}

Result<std::string> read_or_nothing(const HostsOptions& options) {
  if (!file_exists(options.path)) return std::string();
  return read_file(options.path);
}

}  // namespace

Result<std::vector<core::HostEntry>> parse_part(std::string_view text, const HostsOptions& options) {
  TIDE_TRY_ASSIGN(const Part part, find_part(text, options));
  std::vector<core::HostEntry> entries;
  if (part.begin == std::string_view::npos) return entries;
  for (const std::string_view line : split(text.substr(part.lines, part.lines_end - part.lines), '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t blank = line.find(' ');
    const std::string_view name = blank == std::string_view::npos ? "" : line.substr(blank + 1);
    if (!is_address(line.substr(0, blank)) || !is_name(name))
      return broken(options, fmt::format("has '{}' among tide's lines", printable(line, 80)));
    entries.push_back({core::NodeName{std::string(name)}, std::string(line.substr(0, blank))});
  }
  std::ranges::sort(entries);
  return entries;
}

Result<std::string> replace_part(std::string_view text, const HostsOptions& options, std::string_view lines) {
  TIDE_TRY_ASSIGN(const Part part, find_part(text, options));
  if (!options.shared) return std::string(lines);
  const bool there = part.begin != std::string_view::npos;
  std::string result(text.substr(0, there ? part.begin : text.size()));
  if (!there && !result.empty() && result.back() != '\n') result += '\n';
  if (!lines.empty()) result += fmt::format("{}\n{}{}\n", begin_mark(options), lines, end_mark(options));
  if (there) result.append(text.substr(part.end));
  return result;
}

Result<std::vector<core::HostEntry>> HostsFile::read() {
  TIDE_TRY_ASSIGN(const std::string text, read_or_nothing(m_options));
  return parse_part(text, m_options);
}

Result<void> HostsFile::tell_command(const std::string& lines) {
  process::Command command;
  command.argv = m_options.command;
  command.environment = m_options.environment;
  command.input = lines;
  auto finished = m_runner.run(command);
  if (!finished) return std::move(finished).error().with_context("from [names] command");
  if (finished->exit_code == 0 && finished->signal == 0) return {};
  return make_error(ErrorKind::io, "'{}' of [names] command {} {}", process::display(command),
                    finished->signal != 0 ? "was ended by signal" : "exits with",
                    finished->signal != 0 ? finished->signal : finished->exit_code)
      .with_peer(printable(trim(finished->errors), 200));
}

// The command first: a file that says what it was not told would keep it from being told again.
Result<void> HostsFile::write(const std::vector<core::HostEntry>& entries) {
  TIDE_TRY_ASSIGN(const std::string lines, text_of(entries));
  TIDE_TRY_ASSIGN(const std::string old, read_or_nothing(m_options));
  TIDE_TRY_ASSIGN(const std::string text, replace_part(old, m_options, lines));
  if (!m_options.command.empty()) TIDE_TRY(tell_command(lines));
  if (text == old) return {};
  struct stat found {};
  const bool there = ::stat(m_options.path.c_str(), &found) == 0;
  auto written = write_file_atomically(m_options.path, text, {.mode = there ? found.st_mode & 07777U : k_mode_default});
  if (written) return written;
  return std::move(written.error())
      .with_hint("Let tide's user write the file and its folder, or name another with [names] file.");
}

}  // namespace tide::names

#include <tide/process/resolve.hpp>

#include <tide/util/text.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace tide::process {

namespace {

bool is_program(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> folders_of(const ResolveOptions& options) {
  if (!options.bin_dir.empty()) return {options.bin_dir};
  std::vector<std::string> folders;
  for (const auto folder : split(options.path, ':')) {
    // An empty or relative entry means the current folder, which is anybody's.
    if (folder.starts_with('/')) folders.emplace_back(folder);
  }
  return folders;
}

}  // namespace

Result<std::string> resolve(const std::string& program, const ResolveOptions& options) {
  if (program.starts_with('/')) {
    if (is_program(program)) return program;
    return make_error(ErrorKind::config, "'{}' is no program that this user may run", program)
        .with_hint("Name an executable file by its full path.");
  }
  if (program.empty() || program.find('/') != std::string::npos) {
    return make_error(ErrorKind::config, "'{}' is neither a program's name nor a full path", program)
        .with_hint("Name an executable file by its full path.");
  }
  const auto folders = folders_of(options);
  for (const auto& folder : folders) {
    const std::string path = folder + "/" + program;
    if (path.starts_with('/') && is_program(path)) return path;
  }
  return make_error(ErrorKind::config, "'{}' was not found", program)
      .with_peer("looked in " + (folders.empty() ? "no folder: PATH is empty" : join(folders, ", ")))
      .with_hint("Set [batch] bin_dir to the folder that holds it.");
}

}  // namespace tide::process

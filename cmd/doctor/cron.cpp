#include "cmd/doctor/checks.hpp"

#include <tide/process/posix_runner.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <nlohmann/json.hpp>

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace tide::cmd::doctor {

namespace {

using core::doubtful;
using core::failed;
using core::fine;

constexpr const char* k_path = "/usr/bin:/bin";  // what cron gives a user's crontab
constexpr std::chrono::seconds k_patience{180};

std::string word_of(const nlohmann::json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What cron gives: the user's home as folder and variable, its shell, and nothing of a login.
process::Command as_cron(Context& context, const std::string& program) {
  process::Command command;
  command.argv = {"/bin/sh", "-c",     "cd \"$HOME\" && umask 022 && exec \"$0\" \"$@\" </dev/null",
                  program,   "doctor", "--json"};
  if (const std::string& config = context.options().config; !config.empty()) {
    command.argv.emplace_back("-c");
    command.argv.push_back(std::filesystem::absolute(config).string());
  }
  const passwd* user = ::getpwuid(::geteuid());
  command.environment = {{"PATH", k_path}, {"SHELL", "/bin/sh"}, {"HOME", user == nullptr ? "/" : user->pw_dir}};
  if (user != nullptr) command.environment["LOGNAME"] = user->pw_name;
  command.timeout = k_patience;
  return command;
}

Result<core::Findings> read_findings(const process::Finished& finished) {
  const auto document = nlohmann::json::parse(finished.output, nullptr, false);
  if (!document.is_object() || !document.contains("checks") || !document["checks"].is_array()) {
    return make_error(ErrorKind::unexpected, "under cron 'tide doctor' ended with {} and printed no checks",
                      finished.exit_code)
        .with_peer(printable(trim(finished.errors), 300));
  }
  core::Findings findings;
  for (const auto& row : document["checks"]) {
    const std::string level = word_of(row, "level");
    findings.push_back({.check = word_of(row, "check"),
                        .about = word_of(row, "about"),
                        .level = level == "ok"     ? core::Level::ok
                                 : level == "warn" ? core::Level::warn
                                                   : core::Level::fail,
                        .text = word_of(row, "text"),
                        .hint = word_of(row, "hint"),
                        .exit = static_cast<core::ExitCode>(row.value("exit", 1))});
  }
  return findings;
}

// Numbers move between two looks; where something comes from does not.
bool same(const core::Finding& here, const core::Finding& there) {
  if (here.level != there.level) return false;
  const bool origin = here.check == "credentials" || here.check == "config";
  return !origin || here.text.substr(0, here.text.find(',')) == there.text.substr(0, there.text.find(','));
}

const core::Finding* find_same(const core::Findings& findings, const core::Finding& wanted) {
  const auto found = std::ranges::find_if(findings, [&](const core::Finding& each) {
    return each.check == wanted.check && each.about == wanted.about && same(each, wanted);
  });
  return found == findings.end() ? nullptr : &*found;
}

Result<std::string> own_program() {
  std::error_code code;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", code).string();
  if (code) return make_error(ErrorKind::io, "/proc/self/exe cannot be read: {}", code.message());
  return program;
}

core::Finding examine_path(const std::string& program, const std::string& config) {
  const std::string named = config.empty() ? "" : " -c " + for_shell(std::filesystem::absolute(config).string());
  for (const std::string_view folder : split(k_path, ':')) {
    if (::access((std::string(folder) + "/tide").c_str(), X_OK) == 0)
      return fine("cron", "PATH", fmt::format("'tide' is found in {}", folder));
  }
  return doubtful("cron", "PATH", fmt::format("cron looks only in {}, and 'tide' is not there", k_path),
                  fmt::format("Write its full path in the crontab: {} scale-once -q{}", for_shell(program), named));
}

}  // namespace

Result<core::Findings> examine_as_cron(Context& context) {
  TIDE_TRY_ASSIGN(const std::string program, own_program());
  process::PosixRunner runner(context.process().clock);
  TIDE_TRY_ASSIGN(const process::Finished finished, runner.run(as_cron(context, program)));
  TIDE_TRY_ASSIGN(core::Findings findings, read_findings(finished));
  return findings;
}

core::Findings with_cron(core::Findings here, const core::Findings& there, const std::string& config) {
  core::Findings differ;
  for (const core::Finding& each : there) {
    if (find_same(here, each) != nullptr) continue;
    core::Finding finding = each;
    finding.check = "cron";
    finding.about = each.about.empty() ? each.check : each.check + " of " + each.about;
    if (finding.level == core::Level::ok) {  // fine, but another: which is meant?
      finding.level = core::Level::warn;
      finding.hint = "Name it in the configuration, so that cron and shells find the same.";
    }
    differ.push_back(std::move(finding));
  }
  const auto program = own_program();
  here.push_back(program ? examine_path(*program, config) : failed("cron", "PATH", program.error()));
  if (differ.empty()) here.push_back(fine("cron", "", "finds all as this shell does"));
  for (core::Finding& finding : differ) here.push_back(std::move(finding));
  return here;
}

}  // namespace tide::cmd::doctor

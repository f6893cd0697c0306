#include <tide/core/finding.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace tide::core {

namespace {

std::string text_of(const Error& error) {
  std::string text = error.message;
  if (!error.context.empty()) text += " (" + join(error.context, "; ") + ")";
  return text;
}

}  // namespace

ExitCode cloud_exit_code_of(ErrorKind kind) {
  const bool peer = kind == ErrorKind::protocol || kind == ErrorKind::timeout || kind == ErrorKind::io;
  return peer ? ExitCode::cloud : exit_code_of(kind);
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::ok: return "ok";
    case Level::warn: return "warn";
    case Level::fail: return "fail";
  }
  return "fail";
}

Finding fine(std::string check, std::string about, std::string text) {
  return {.check = std::move(check), .about = std::move(about), .level = Level::ok, .text = std::move(text)};
}

Finding doubtful(std::string check, std::string about, std::string text, std::string hint) {
  return {.check = std::move(check),
          .about = std::move(about),
          .level = Level::warn,
          .text = std::move(text),
          .hint = std::move(hint)};
}

Finding failed(std::string check, std::string about, const Error& error) {
  return {.check = std::move(check),
          .about = std::move(about),
          .level = Level::fail,
          .text = text_of(error),
          .hint = error.hint,
          .exit = exit_code_of(error.kind)};
}

Finding cloud_failed(std::string check, std::string about, const Error& error) {
  Finding finding = failed(std::move(check), std::move(about), error);
  finding.exit = cloud_exit_code_of(error.kind);
  return finding;
}

Finding doubtful(std::string check, std::string about, const Error& error) {
  return doubtful(std::move(check), std::move(about), text_of(error), error.hint);
}

Finding clock_finding(std::string about, const std::optional<TimePoint>& theirs, TimePoint ours) {
  constexpr Seconds k_off{30};  // EC2 refuses what is further off than five minutes
  if (!theirs) {
    return doubtful("clock", std::move(about), "the cloud does not say what time it is",
                    "Check the clock by hand: date -u.");
  }
  const Seconds off = std::chrono::abs(*theirs - ours);
  if (off <= k_off) return fine("clock", std::move(about), fmt::format("within {} s of the cloud's", k_off.count()));
  return doubtful("clock", std::move(about),
                  fmt::format("{} s {} the cloud's", off.count(), *theirs > ours ? "behind" : "ahead of"),
                  "Set the clock, and keep it set: apt-get install chrony.");
}

ExitCode exit_code(const Findings& findings) {
  const auto has = [&](ExitCode code) { return std::ranges::find(findings, code, &Finding::exit) != findings.end(); };
  constexpr std::array k_sources{ExitCode::batch, ExitCode::not_allowed, ExitCode::cloud};
  for (const ExitCode code : k_sources) {
    if (has(code)) return code;
  }
  const auto first =
      std::ranges::find_if(findings, [](const Finding& finding) { return finding.level == Level::fail; });
  return first == findings.end() ? ExitCode::done : first->exit;
}

}  // namespace tide::core

#pragma once

#include <tide/process/command_runner.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tide::test {

// What a scripted command does.
struct Recording {
  std::string output;
  std::string errors;
  int exit_code = 0;
  int signal = 0;
  std::chrono::milliseconds delay{0};      // told to ScriptedRunner::on_delay; longer than the time-out: a time-out
  bool hang = false;                       // a time-out, after the output
  std::size_t cut_at = std::string::npos;  // prints only so much of the output
  std::size_t piece_size = 4'096;          // of what the sink gets at a time
  std::optional<Error> cannot_start;
};

// A CommandRunner that plays recordings. Keys are the command line with the program's bare name, blanks between words:
// "squeue -h -r", or its beginning followed by " *". The exact key wins, then the longest beginning. A key's recordings
// are played one a call; the last one stays. A command without a recording is an error, and kept in `unexpected`.
class ScriptedRunner final : public process::CommandRunner {
 public:
  ScriptedRunner& on(const std::string& line, Recording recording) {
    m_recordings[line].push_back(std::move(recording));
    return *this;
  }
  ScriptedRunner& forget(const std::string& line) {
    m_recordings.erase(line);
    return *this;
  }

  Result<process::Finished> run(const process::Command& command) override {
    calls.push_back(command);
    const std::string line = line_of(command);
    lines.push_back(line);
    if (on_call) on_call(command);
    auto* queue = find(line);
    if (queue == nullptr) {
      unexpected.push_back(line);
      return make_error(ErrorKind::unexpected, "no recording for '{}'", line);
    }
    const Recording recording = queue->front();
    if (queue->size() > 1) queue->pop_front();
    return play(command, recording);
  }

  static std::string line_of(const process::Command& command) {
    std::string line;
    for (std::size_t i = 0; i < command.argv.size(); ++i) {
      const std::string& word = command.argv[i];
      line += i == 0 ? word.substr(word.find_last_of('/') + 1) : " " + word;
    }
    return line;
  }
  std::ptrdiff_t count(const std::string& line) const { return std::count(lines.begin(), lines.end(), line); }

  std::vector<process::Command> calls;  // in order; the sinks in them are dead
  std::vector<std::string> lines;       // the same, as keys
  std::vector<std::string> unexpected;
  std::function<void(std::chrono::milliseconds)> on_delay;  // to move a virtual clock
  std::function<void(const process::Command&)> on_call;     // before a recording is looked up: worlds that change

 private:
  std::deque<Recording>* find(const std::string& line) {
    if (const auto exact = m_recordings.find(line); exact != m_recordings.end()) return &exact->second;
    std::deque<Recording>* best = nullptr;
    std::size_t length = 0;
    for (auto& [key, queue] : m_recordings) {
      if (!key.ends_with(" *")) continue;
      const std::string beginning = key.substr(0, key.size() - 2);
      if ((line == beginning || line.starts_with(beginning + " ")) && key.size() > length) {
        best = &queue;
        length = key.size();
      }
    }
    return best;
  }

  Result<process::Finished> play(const process::Command& command, const Recording& recording) {
    if (recording.cannot_start) return *recording.cannot_start;
    const std::string output = recording.output.substr(0, recording.cut_at);
    process::Finished finished{
        .exit_code = recording.exit_code, .signal = recording.signal, .output = "", .errors = recording.errors};
    for (std::size_t at = 0; command.sink && at < output.size(); at += recording.piece_size) {
      TIDE_TRY(command.sink(std::string_view(output).substr(at, recording.piece_size)));
    }
    const auto delay = recording.hang ? command.timeout : std::min(recording.delay, command.timeout);
    if (on_delay && delay.count() > 0) on_delay(delay);
    if (recording.hang || recording.delay > command.timeout) {
      return make_error(ErrorKind::timeout, "'{}' did not end within {} ms", line_of(command), command.timeout.count());
    }
    if (command.sink) return finished;
    if (output.size() > command.output_max) {
      return make_error(ErrorKind::io, "'{}' printed more than {} bytes", line_of(command), command.output_max);
    }
    finished.output = output;
    return finished;
  }

  std::map<std::string, std::deque<Recording>> m_recordings;
};

}  // namespace tide::test

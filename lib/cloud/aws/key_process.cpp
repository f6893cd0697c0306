#include <tide/cloud/aws/key_process.hpp>

#include <tide/cloud/aws/key_document.hpp>
#include <tide/process/resolve.hpp>
#include <tide/util/text.hpp>

namespace tide::cloud::aws {
namespace {

constexpr std::chrono::milliseconds k_timeout{30'000};

// The last line of what it wrote on stderr, where such programs say "log in first".
std::string last_line(std::string_view errors) {
  errors = trim(errors);
  const std::size_t end = errors.rfind('\n');
  return printable(trim(end == std::string_view::npos ? errors : errors.substr(end + 1)), 200);
}

Error failed(const std::string& profile, const std::string& why) {
  return make_error(ErrorKind::auth, "the credential_process of profile '{}' {}", profile, why)
      .with_hint("Run the command as the user who runs tide, and see what it says.");
}

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool last = i + 1 == line.size();
    if (quote == '\'' || (quote == '"' && c != '\\')) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\\') {
      if (last) return make_error(ErrorKind::auth, "a command line ends in a backslash");
      const char next = line[++i];
      // Within double quotes only these two lose it.
      if (quote == '"' && next != '"' && next != '\\') word += c;
      word += next;
      in_word = true;
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return make_error(ErrorKind::auth, "a command line has an open quote");
  if (in_word) words.push_back(word);
  return words;
}

Result<Credentials> run_key_process(const std::string& line, const std::string& profile_name,
                                    const Environment& environment, process::CommandRunner& runner) {
  auto words = split_command(line);
  if (!words) return failed(profile_name, "cannot be split into words: " + words.error().message);
  if (words->empty()) return failed(profile_name, "is empty");
  auto program = process::resolve(words->front(), {.bin_dir = {}, .path = variable(environment, {"PATH"})});
  if (!program) return failed(profile_name, "cannot be run: " + program.error().message);
  words->front() = *program;
  process::Command command{.argv = std::move(*words), .environment = environment, .input = {}};
  command.timeout = k_timeout;
  command.output_max = 64U << 10U;
  const auto ended = runner.run(command);
  if (!ended && ended.error().kind == ErrorKind::timeout) return failed(profile_name, "did not end within 30 s");
  // Its words may be secrets: the runner's message would repeat them.
  if (!ended) return failed(profile_name, "cannot be run, or writes too much");
  if (ended->exit_code != 0 || ended->signal != 0) {
    Error error = failed(profile_name, ended->signal != 0 ? "was killed by signal " + std::to_string(ended->signal)
                                                          : "failed with exit " + std::to_string(ended->exit_code));
    if (const std::string words_of = last_line(ended->errors); !words_of.empty()) {
      error.context.push_back("it said: " + words_of);
    }
    return error;
  }
  const std::string source = "the credential_process of profile '" + profile_name + "'";
  TIDE_TRY_ASSIGN(const auto document, parse_key_document(ended->output, source));
  const auto version = document.find("Version");
  if (version == document.end() || version->second != "1") {
    return failed(profile_name, "wrote a document that is not of Version 1");
  }
  return to_credentials(document, {.session_token = "SessionToken"}, source, false);
}

}  // namespace tide::cloud::aws

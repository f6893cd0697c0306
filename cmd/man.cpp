#include "cmd/man.hpp"

#include "cmd/commands.hpp"
#include "cmd/context.hpp"
#include "cmd/help.hpp"
#include "cmd/manuals.hpp"

#include <tide/core/exit_code.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace tide::cmd {

namespace {

constexpr const char* k_overview = "tide";
constexpr const char* k_toml = "tide.toml";

bool is_hidden(const CommandSpec& command) { return command.name.starts_with("__"); }

std::string dashed(std::string name) {
  std::ranges::replace(name, ' ', '-');
  return name;
}

// Plain text as roff: no character of it is a request, and '-' stays what people copy into a shell.
std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (const char letter : text) {
    if (letter == '\\') {
      out += "\\e";
    } else if (letter == '-') {
      out += "\\-";
    } else if (letter == '\'') {
      out += "\\(aq";
    } else {
      out += letter;
    }
  }
  return out;
}

// `word` is bold, as in prose.
std::string inline_roff(std::string_view line) {
  std::string out;
  bool bold = false;
  for (const std::string_view piece : split(line, '`')) {
    if (bold) {
      out += "\\fB" + roff(piece) + "\\fR";
    } else {
      out += out.empty() ? roff(piece) : roff(piece).substr(piece.starts_with('.') || piece.starts_with('\'') ? 2 : 0);
    }
    bold = !bold;
  }
  return out;
}

// The little markup that man/*.md keeps to: "# HEADING", paragraphs, "- " items, "| a | b |" tables, lines of four
// blanks as they stand, `bold`.
class Prose {
 public:
  std::string roff_of(std::string_view prose) {
    for (const std::string_view line : split(prose, '\n')) add(line);
    leave_example();
    return std::move(m_out);
  }

 private:
  void add(std::string_view line) {
    if (line.empty()) {
      ++m_blank;
      return;
    }
    const bool verbatim = line.starts_with("    ");
    if (verbatim && !m_example) m_out += m_fresh ? ".RS 4\n.nf\n" : ".sp\n.RS 4\n.nf\n";
    if (verbatim && m_example) m_out.append(m_blank, '\n');
    if (!verbatim) leave_example();
    const bool plain = !verbatim && !line.starts_with("# ") && !line.starts_with("- ") && !line.starts_with("| ");
    if (plain && m_blank > 0 && !m_fresh) m_out += ".PP\n";
    m_example = verbatim;
    m_fresh = line.starts_with("# ");
    m_blank = 0;
    if (verbatim) {
      m_out += roff(line.substr(4)) + "\n";
    } else if (m_fresh) {
      m_out += ".SH " + roff(line.substr(2)) + "\n";
    } else if (line.starts_with("- ")) {
      m_out += ".IP \\(bu 2\n" + inline_roff(line.substr(2)) + "\n";
    } else if (line.starts_with("|")) {
      add_row(line);
    } else {
      m_out += inline_roff(trim(line)) + "\n";
    }
  }

  // A row of a table: its first cell is the term that the others explain; 80 columns hold no table of sentences.
  void add_row(std::string_view line) {
    if (line.starts_with("|---")) m_heading_passed = true;
    if (line.starts_with("|---") || !m_heading_passed) return;
    std::string text;
    const auto cells = split(line.substr(1, line.size() - 2), '|');
    for (const std::string_view cell : cells) {
      if (!trim(cell).empty()) text += inline_roff(trim(cell)) + "\n";
    }
    m_out += ".TP\n" + text;
  }

  void leave_example() {
    if (m_example) m_out += ".fi\n.RE\n";
    m_example = false;
  }

  std::string m_out;
  std::size_t m_blank = 0;  // lines since the last that was not
  bool m_example = false;
  bool m_heading_passed = false;  // of a table
  bool m_fresh = true;            // just begun, or just after a heading: no paragraph mark is needed
};

// The description, and what stands at the end of the page: examples, files, see also.
struct Parts {
  std::string description;
  std::string rest;
};

std::string tagged(const std::string& tag, std::string_view text) { return ".TP\n" + tag + "\n" + roff(text) + "\n"; }

std::string option_tag(const OptionSpec& option) {
  std::string tag;
  if (option.name.starts_with('-')) {
    for (const std::string_view name : split(option.name, ',')) {
      tag += (tag.empty() ? "\\fB" : ", \\fB") + roff(name) + "\\fR";
    }
    if (!option.value.empty()) tag += " ";
  }
  return option.value.empty() ? tag : tag + "\\fI" + roff(option.value) + "\\fR";
}

std::string options_roff(std::span<const OptionSpec> options) {
  std::string text;
  for (const OptionSpec& option : options) text += tagged(option_tag(option), option.help + ".");
  return text;
}

std::string exit_codes_roff() {
  std::string text = ".SH EXIT STATUS\n";
  for (int code = 0; code <= static_cast<int>(core::ExitCode::timeout); ++code) {
    text +=
        tagged(fmt::format("\\fB{}\\fR", code), fmt::format("{}.", core::meaning(static_cast<core::ExitCode>(code))));
  }
  return text + tagged("\\fB128+n\\fR", "ended by signal n.");
}

std::string heading(const std::string& title, int section, std::string_view what) {
  std::string upper = title;
  std::ranges::transform(upper, upper.begin(), [](char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  });
  return fmt::format(".TH {} {} \"{}\" \"tide {}\" \"tide\"\n.SH NAME\n{} \\- {}\n", roff(upper), section, TIDE_DATE,
                     TIDE_VERSION, roff(title), roff(what));
}

Result<Parts> prose_of(const std::string& page) {
  const auto all = manuals();
  const auto found = std::ranges::find(all, page, &Manual::page);
  if (found == all.end()) return make_error(ErrorKind::unexpected, "the page '{}' has no prose in this build", page);
  const std::size_t heading_at = std::min(found->prose.find("\n# "), found->prose.size());
  return Parts{Prose().roff_of(found->prose.substr(0, heading_at)), Prose().roff_of(found->prose.substr(heading_at))};
}

Result<std::string> command_page(const CommandSpec& command) {
  TIDE_TRY_ASSIGN(const Parts prose, prose_of(dashed(command.name)));
  std::string text = heading("tide-" + dashed(command.name), 1, command.summary);
  text += ".SH SYNOPSIS\n\\fBtide " + roff(command.name) + "\\fR";
  for (const OptionSpec& option : command.options) {
    const bool list = std::holds_alternative<std::vector<std::string>*>(option.target);
    const std::string word = option_tag(option) + (list ? "..." : "");
    text += option.required ? " " + word : " [" + word + "]";
  }
  text += " [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n" + prose.description;
  if (!command.options.empty()) text += ".SH OPTIONS\n" + options_roff(command.options);
  text += fmt::format(
      ".PP\nEvery command also has the options in \\fBtide\\fR(1), such as \\fB\\-\\-config\\fR and "
      "\\fB\\-\\-json\\fR{}.\n",
      !command.changes ? ""
                       : fmt::format(", and this one \\fB\\-\\-dry\\-run\\fR, \\fB\\-\\-yes\\fR{} and "
                                     "\\fB\\-\\-no\\-wait\\fR",
                                     can_wait(command.name) ? ", \\fB\\-\\-wait\\fR" : ""));
  return text + exit_codes_roff() + prose.rest;
}

Result<std::string> overview_page(std::span<const CommandSpec> commands) {
  TIDE_TRY_ASSIGN(const Parts prose, prose_of(k_overview));
  std::string text = heading(k_overview, 1, "let a batch cluster rise and fall with its queue");
  text += ".SH SYNOPSIS\n\\fBtide\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n" + prose.description +
          ".SH COMMANDS\n";
  for (const CommandSpec& command : commands) {
    if (!is_hidden(command)) text += tagged(fmt::format("\\fB{}\\fR", roff(command.name)), command.summary + ".");
  }
  return text + ".SH OPTIONS OF EVERY COMMAND\n" + options_roff(global_options()) + exit_codes_roff() + prose.rest;
}

std::string key_roff(const config::KeySpec& key, std::string_view kind) {
  std::string facts(config::to_string(key.type));
  if (!key.choices.empty()) facts += fmt::format(" of {}", key.choices);
  if (key.required) facts += ", required";
  if (!key.fallback.empty()) facts += fmt::format(", default {}", key.fallback);
  if (!kind.empty()) facts += fmt::format(", only {}", kind);
  return fmt::format(".TP\n\\fB{}\\fR ({})\n{}.\n", roff(key.name), roff(facts), roff(key.help));
}

Result<std::string> toml_page() {
  TIDE_TRY_ASSIGN(const Parts prose, prose_of(k_toml));
  std::string text = heading(k_toml, 5, "configuration of tide") + ".SH DESCRIPTION\n" + prose.description;
  const auto adapters = adapter_keys();
  std::string_view section;
  const auto close_section = [&] {
    for (const config::AdapterKeys& adapter : adapters) {
      const auto keys = section == "clouds.*"  ? adapter.cloud_keys
                        : section == "pools.*" ? adapter.pool_keys
                        : section == "batch"   ? adapter.batch_keys
                                               : std::span<const config::KeySpec>();
      for (const config::KeySpec& key : keys) text += key_roff(key, adapter.kind);
    }
  };
  for (const config::KeySpec& key : config::common_keys()) {
    if (key.section != section) {
      close_section();
      section = key.section;
      const auto star = section.find('*');
      text += fmt::format(".SH [{}{}]\n", section.substr(0, star), star == std::string_view::npos ? "" : "NAME");
    }
    text += key_roff(key, "");
  }
  close_section();
  return text + prose.rest;
}

Result<core::ExitCode> run_man(Context& context, const std::vector<std::string>& words) {
  const auto commands = all_commands();
  TIDE_TRY_ASSIGN(const std::string page, man_page(commands, words.empty() ? k_overview : join(words, " ")));
  context.process().out << page;
  return core::ExitCode::done;
}

}  // namespace

std::vector<std::string> man_pages(std::span<const CommandSpec> commands) {
  std::vector<std::string> pages{k_overview, k_toml};
  for (const CommandSpec& command : commands) {
    if (!is_hidden(command)) pages.push_back(command.name);
  }
  return pages;
}

Result<std::string> man_page(std::span<const CommandSpec> commands, const std::string& page) {
  if (page == k_overview) return overview_page(commands);
  if (page == k_toml) return toml_page();
  const auto found = std::ranges::find_if(commands, [&](const CommandSpec& command) {
    return !is_hidden(command) && (command.name == page || dashed(command.name) == page);
  });
  if (found != commands.end()) return command_page(*found);
  const std::string near = nearest(page, man_pages(commands));
  return make_error(ErrorKind::usage, "'{}' is not a page of the manual", page)
      .with_hint(near.empty() ? std::string("Run 'tide help' for the commands; each has a page.")
                              : fmt::format("Did you mean '{}'?", near));
}

CommandSpec man_command() {
  auto words = std::make_shared<std::vector<std::string>>();
  return {.name = "man",
          .group = Group::setup,
          .summary = "Print a page of the manual for man -l",
          .options = {{"PAGE", "PAGE", "A command, or tide.toml; else tide(1)", words.get(), false, Complete::command}},
          .run = [words](Context& context) { return run_man(context, *words); }};
}

}  // namespace tide::cmd

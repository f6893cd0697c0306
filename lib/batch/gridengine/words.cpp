#include <tide/batch/gridengine/notes.hpp>
#include <tide/batch/gridengine/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::gridengine {

namespace {

constexpr std::size_t k_note_max = 200;

bool is_value(std::string_view text) {
  return !text.empty() && text.size() <= 120 && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c <= '~' && std::string_view("\"'\\,=|&").find(c) == std::string_view::npos;
  });
}

// Its refusals come on stdout as well.
std::string all_words(const process::Finished& finished) {
  std::string_view words = trim(finished.errors);
  if (words.empty()) words = trim(finished.output);
  std::string line(words.substr(0, 400));
  std::ranges::replace(line, '\n', ' ');
  return printable(line, 300);
}

}  // namespace

Error failure(const process::Command& command, const process::Finished& finished) {
  Error error = command_failure(command, finished, all_words(finished));
  if (says(finished, "commlib error") || says(finished, "unable to send message to qmaster") ||
      says(finished, "unable to contact qmaster") || says(finished, "SGE_ROOT") || says(finished, "act_qmaster")) {
    return std::move(error).with_hint(
        "Check that sge_qmaster runs, and SGE_ROOT, SGE_CELL and SGE_QMASTER_PORT in [batch.env].");
  }
  if (says(finished, "must be manager") || says(finished, "must be operator") ||
      says(finished, "you have no permission") || says(finished, "is not a manager")) {
    return std::move(error).with_hint("Run tide as a manager of Grid Engine: qconf -am USER.");
  }
  if (says(finished, "resolve host")) {
    return std::move(error).with_hint(
        "Set [names] method to \"hosts\" or \"dnsmasq\", or let DNS know the name. The qmaster remembers for a minute "
        "that a name did not resolve.");
  }
  return error;
}

bool is_refused(const process::Finished& finished) {
  return failed(finished) || says(finished, "denied:") || says(finished, "can't resolve hostname") ||
         says(finished, "unable to resolve host");
}

Result<void> check_note(const std::string& note) {
  const bool clean = std::ranges::all_of(note, [](char c) { return c >= ' ' && c <= '~'; });
  if (clean && !note.empty() && note.size() <= k_note_max) return {};
  return make_error(ErrorKind::config, "'{}' cannot be a hold's note in Grid Engine", printable(note, 80));
}

bool is_plain_name(std::string_view text) {
  return !text.empty() && text.size() <= 120 && text.front() != '-' && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

std::string complex_values(const Offer& offer, const ResourceNames& names, const Complexes& complexes) {
  const auto find = [&](const std::string& name) -> const Complex* {
    const auto found = complexes.find(name);
    return found == complexes.end() || found->second.name != name ? nullptr : &found->second;
  };
  std::string values = fmt::format("slots={}", offer.slots);
  for (const std::string& name : names.memory) {
    const Complex* what = find(name);
    if (what != nullptr && what->is_consumed() && offer.memory_mib > 0)
      values += fmt::format(",{}={}M", name, offer.memory_mib);
  }
  for (const auto& [type, name] : names.gpus) {
    const auto count = offer.gpus.find(type);
    if (find(name) != nullptr && count != offer.gpus.end()) values += fmt::format(",{}={}", name, count->second);
  }
  for (const std::string& feature : offer.features) {
    const auto [name, value] = resource_of_feature(feature);
    const Complex* what = find(name);
    if (what == nullptr || what->is_consumed() || !is_plain_name(name) || !is_value(value)) continue;
    if (value == "TRUE" ? what->type == "BOOL" : what->type.ends_with("STRING"))
      values += fmt::format(",{}={}", name, value);
  }
  if (!names.note.empty() && !offer.note.empty() && find(names.note) != nullptr)
    values += fmt::format(",{}={}", names.note, encode_note(offer.note));
  return values;
}

std::string host_file(const std::string& name, const std::string& values) {
  std::string file = fmt::format("hostname {}\nload_scaling NONE\ncomplex_values {}\n", name, values);
  for (const char* line : {"user_lists", "xuser_lists", "projects", "xprojects", "usage_scaling", "report_variables"})
    file += fmt::format("{} NONE\n", line);
  return file;
}

std::string version_in(std::string_view help) {
  const std::string_view line = help.substr(0, help.find('\n'));
  const std::size_t blank = line.rfind(' ');
  if (blank == std::string_view::npos || line.size() > 80 || help.find('\n') == std::string_view::npos) return "";
  const std::string_view version = line.substr(blank + 1);
  const bool digits = !version.empty() && version.front() >= '0' && version.front() <= '9';
  return digits ? printable(version, 40) : "";
}

}  // namespace tide::batch::gridengine

#include "support_openpbs.hpp"

#include <tide/util/text.hpp>

#include <where.hpp>

#include <algorithm>

namespace tide::test {

std::string pbs_fixture(const std::string& name) {
  return read_file(test::fixtures() + "/openpbs/23.06/" + name).value();
}

Result<core::JobQueue> read_queue(std::string_view text, batch::openpbs::QueueOptions options, std::size_t piece) {
  if (options.now == TimePoint{}) options.now = k_recorded;
  batch::openpbs::QueueBuilder builder(options);
  for (std::size_t at = 0; at < text.size(); at += piece) TIDE_TRY(builder.feed(text.substr(at, piece)));
  return builder.finish();
}

namespace {

Attributes plain(const Attributes& changes) {
  Attributes attributes{{"Job_Name", "plain"},
                        {"Job_Owner", "me@headnode"},
                        {"job_state", "Q"},
                        {"queue", "workq"},
                        {"ctime", "Fri Nov 20 03:49:59 2026"},
                        {"Hold_Types", "n"},
                        {"Priority", "0"},
                        {"Rerunable", "True"},
                        {"Resource_List.ncpus", "1"},
                        {"Resource_List.place", "free"},
                        {"Resource_List.select", "1:ncpus=1"},
                        {"schedselect", ""},
                        {"Variable_List.PBS_O_HOME", "/home/me"},
                        {"project", "_pbs_project_default"}};
  for (const auto& [key, value] : changes) {
    const auto found = std::ranges::find(attributes, key, &Attributes::value_type::first);
    if (found != attributes.end()) {
      found->second = value;
    } else {
      attributes.emplace_back(key, value);
    }
  }
  std::erase_if(attributes, [](const auto& attribute) { return attribute.second.empty(); });
  return attributes;
}

}  // namespace

std::string json_job(const std::string& id, const Attributes& changes) {
  std::vector<std::string> lines;
  std::string group;
  std::vector<std::string> inner;
  const auto close = [&] {
    if (!group.empty()) lines.push_back(fmt::format("\t\t\t\"{}\":\t{{\n{}\n\t\t\t}}", group, join(inner, ",\n")));
    group.clear();
    inner.clear();
  };
  for (const auto& [name, value] : plain(changes)) {
    const std::size_t dot = name.find('.');
    const std::string shown = parse_integer(value) ? value : "\"" + value + "\"";
    if (dot == std::string::npos) {
      close();
      lines.push_back(fmt::format("\t\t\t\"{}\":\t{}", name, shown));
      continue;
    }
    if (group != name.substr(0, dot)) close();
    group = name.substr(0, dot);
    inner.push_back(fmt::format("\t\t\t\t\"{}\":\t{}", name.substr(dot + 1), shown));
  }
  close();
  return fmt::format("\t\t\"{}\":\t{{\n{}\n\t\t}}", id, join(lines, ",\n"));
}

std::string json_queue(const std::vector<std::string>& jobs) {
  const std::string head =
      "{\n\t\"timestamp\":\t1795146608,\n\t\"pbs_version\":\t\"23.06.06\",\n\t\"pbs_server\":\t\"headnode\"";
  if (jobs.empty()) return head + "\n}\n";
  return fmt::format("{},\n\t\"Jobs\":\t{{\n{}\n\t}}\n}}\n", head, join(jobs, ",\n"));
}

std::string text_job(const std::string& id, const Attributes& changes) {
  std::string text = "Job Id: " + id + "\n";
  for (const auto& [name, value] : plain(changes)) text += fmt::format("    {} = {}\n", name, value);
  return text + "\n";
}

}  // namespace tide::test

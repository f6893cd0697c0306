#include "support_torque.hpp"

#include <tide/util/text.hpp>

#include <where.hpp>

#include <algorithm>

namespace tide::test {

std::string torque_fixture(const std::string& name) {
  return read_file(test::fixtures() + "/torque/6.1/" + name).value();
}

Result<core::JobQueue> read_queue(std::string_view text, batch::torque::QueueOptions options, std::size_t piece,
                                  const std::set<core::NodeName>& nodes) {
  if (options.now == TimePoint{}) options.now = k_recorded;
  batch::torque::QueueBuilder builder(std::move(options));
  for (std::size_t at = 0; at < text.size(); at += piece) TIDE_TRY(builder.feed(text.substr(at, piece)));
  return builder.finish(nodes);
}

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

std::string element(const std::string& name, const std::string& inside) {
  return fmt::format("<{}>{}</{}>", name, inside, name);
}

std::string with_changes(Changes elements, const Changes& changes) {
  for (const auto& [key, value] : changes) {
    const auto found = std::ranges::find(elements, key, &Changes::value_type::first);
    if (found != elements.end())
      found->second = value;
    else
      elements.emplace_back(key, value);
  }
  std::string out;
  std::string resources;
  for (const auto& [key, value] : elements) {
    if (value.empty()) continue;
    const std::string text = value == "-" ? "" : escaped(value);  // "-": an empty element
    if (key.starts_with("Resource_List."))
      resources += element(key.substr(14), text);
    else
      out += element(key, text);
  }
  return resources.empty() ? out : out + element("Resource_List", resources);
}

}  // namespace

std::string xml_job(const std::string& id, const Changes& changes) {
  const Changes plain{{"Job_Id", id},
                      {"Job_Name", "plain <job> & \"more\""},
                      {"Job_Owner", "me@head"},
                      {"job_state", "Q"},
                      {"queue", "batch"},
                      {"ctime", "1795145112"},
                      {"Hold_Types", "n"},
                      {"Priority", "0"},
                      {"qtime", "1795145112"},
                      {"Rerunable", "True"},
                      {"Variable_List", "PBS_O_HOME=/home/me,A=<x>"},
                      {"Resource_List.nodes", "1:ppn=1"},
                      {"Resource_List.nodect", "1"},
                      {"Resource_List.neednodes", "1:ppn=1"},
                      {"Resource_List.walltime", "01:00:00"},
                      {"euser", "me"},
                      {"egroup", "us"}};
  return element("Job", with_changes(plain, changes));
}

std::string xml_queue(const std::vector<std::string>& jobs) {
  return "<?xml version=\"1.0\"?>\n<Data>" + join(jobs, "") + "</Data>\n";
}

core::WaitingJobs waiting_for(const Changes& changes) {
  return only_group(read_queue(xml_queue({xml_job("7.head", changes)})));
}

std::string xml_node(const std::string& name, const Changes& changes) {
  const Changes plain{{"name", name},
                      {"state", "free"},
                      {"power_state", "Running"},
                      {"np", "4"},
                      {"properties", "CLOUD"},
                      {"ntype", "cluster"},
                      {"status", "opsys=linux,ncpus=4,physmem=8388608kb,state=free,rectime=1795145139,jobs="}};
  return element("Node", with_changes(plain, changes));
}

}  // namespace tide::test

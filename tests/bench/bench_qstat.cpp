// bench-qstat: queue_pipe.hpp with `qstat -x -t` of TORQUE. What is written are the recording's waiting jobs, ten of a
// kind in a row, under other IDs; dom is pugixml.
#include "queue_pipe.hpp"

#include <tide/batch/torque/queue_builder.hpp>

#include <pugixml.hpp>

namespace {

using namespace tide;
using bench::put;

constexpr std::int64_t k_in_a_row = 10;

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// The recorded jobs that wait and are no elements of an array, with '@' for the number in their IDs.
std::vector<std::string> waiting_jobs(const std::string& text) {
  std::vector<std::string> jobs;
  for (std::size_t at = text.find("<Job>"); at != std::string::npos; at = text.find("<Job>", at + 1)) {
    std::string job = text.substr(at, text.find("</Job>", at) + 6 - at);
    const std::size_t begin = job.find("<Job_Id>") + 8;
    const std::string id = job.substr(begin, job.find('<', begin) - begin);
    if (job.find("<job_state>Q<") == std::string::npos || id.find('[') != std::string::npos) continue;
    const std::string number = id.substr(0, id.find('.'));
    replace_all(job, ">" + id + "<", ">@" + id.substr(number.size()) + "<");
    replace_all(job, "<queue_rank>" + number + "<", "<queue_rank>@<");
    jobs.push_back(std::move(job));
  }
  return jobs;
}

Result<void> write_jobs(const std::string& text, std::int64_t count) {
  const auto jobs = waiting_jobs(text);
  if (jobs.empty()) return make_error(ErrorKind::protocol, "the recording has no waiting job");
  TIDE_TRY(put("<?xml version=\"1.0\"?>\n<Data>"));
  for (std::int64_t i = 0; i < count; ++i) {
    std::string job = jobs[static_cast<std::size_t>(i / k_in_a_row) % jobs.size()];
    replace_all(job, "@", std::to_string(i + 1));
    TIDE_TRY(put(job));
  }
  return put("</Data>\n");
}

Result<std::int64_t> read_jobs() {
  batch::torque::QueueBuilder builder({});
  TIDE_TRY(bench::read_pieces([&](std::string_view piece) { return builder.feed(piece); }));
  TIDE_TRY_ASSIGN(const core::JobQueue queue, builder.finish({}));
  return bench::waiting_in(queue);
}

Result<std::int64_t> read_dom() {
  TIDE_TRY_ASSIGN(std::string whole, bench::read_whole());
  pugi::xml_document document;
  if (!document.load_buffer_inplace(whole.data(), whole.size(), pugi::parse_minimal))
    return make_error(ErrorKind::protocol, "pugixml refuses it");
  std::int64_t jobs = 0;
  for (const pugi::xml_node& job : document.child("Data").children("Job")) {
    if (std::string_view(job.child_value("job_state")) == "Q") ++jobs;
  }
  return jobs;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run({.write = write_jobs, .read = read_jobs, .dom = read_dom}, argc, argv);
}

// bench-qstat-json: queue_pipe.hpp with `qstat -f -t -F json` of OpenPBS. What is written is one of the recording's
// jobs under other IDs; dom is simdjson's.
#include "queue_pipe.hpp"

#include <tide/batch/openpbs/queue_builder.hpp>

#include <simdjson.h>

namespace {

using namespace tide;
using bench::put;

constexpr std::string_view k_id = "6.headnode";  // waits, several chunks

Result<void> write_jobs(const std::string& text, std::int64_t jobs) {
  const std::size_t first = text.find("\t\t\"");
  const std::size_t begin = text.find(fmt::format("\t\t\"{}\"", k_id));
  const std::size_t end = text.find("\n\t\t},\n", begin);
  if (begin == std::string::npos || end == std::string::npos)
    return make_error(ErrorKind::protocol, "the recording has no such job");
  const std::string body = text.substr(begin + k_id.size() + 4, end - begin - k_id.size() - 4);
  TIDE_TRY(put(std::string_view(text).substr(0, first)));
  for (std::int64_t i = 1; i <= jobs; ++i)
    TIDE_TRY(put(fmt::format("\t\t\"{}.headnode\"{}\n\t\t}}{}\n", i, body, i == jobs ? "" : ",")));
  return put("\t}\n}\n");
}

Result<std::int64_t> read_jobs() {
  batch::openpbs::QueueBuilder builder({});
  TIDE_TRY(bench::read_pieces([&](std::string_view piece) { return builder.feed(piece); }));
  TIDE_TRY_ASSIGN(const core::JobQueue queue, builder.finish());
  return bench::waiting_in(queue);
}

Result<std::int64_t> read_dom() {
  TIDE_TRY_ASSIGN(const std::string whole, bench::read_whole());
  simdjson::dom::parser parser;
  simdjson::dom::object all;
  if (parser.parse(whole)["Jobs"].get_object().get(all) != simdjson::SUCCESS)
    return make_error(ErrorKind::protocol, "simdjson refuses it");
  std::int64_t jobs = 0;
  for (const auto job : all) {
    std::string_view state;
    if (job.value["job_state"].get_string().get(state) == simdjson::SUCCESS && state == "Q") ++jobs;
  }
  return jobs;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run({.write = write_jobs, .read = read_jobs, .dom = read_dom}, argc, argv);
}

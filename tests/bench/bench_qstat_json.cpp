// bench-qstat-json write RECORDING JOBS: prints that many waiting jobs as `qstat -f -t -F json` of the recording does,
// one of its jobs under other IDs. bench-qstat-json read: reads such a document from a pipe as tide does, in constant
// memory; dom: the same with simdjson's DOM, whole in memory. Exit 1 if not all jobs are counted.
#include <tide/batch/openpbs/queue_builder.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <simdjson.h>
#include <sys/resource.h>
#include <chrono>
#include <cstdio>
#include <string>

#include <unistd.h>

namespace {

using namespace tide;

constexpr std::size_t k_piece = 1U << 20U;       // as the runner reads
constexpr std::string_view k_id = "6.headnode";  // waits, several chunks

int fail(const std::string& why) {
  std::fprintf(stderr, "bench-qstat-json: %s\n", why.c_str());
  return 1;
}

bool put(std::string_view text) { return std::fwrite(text.data(), 1, text.size(), stdout) == text.size(); }

int write_jobs(const char* path, std::int64_t jobs) {
  const auto text = read_file(path);
  if (!text) return fail(text.error().message);
  const std::size_t first = text->find("\t\t\"");
  const std::size_t begin = text->find(fmt::format("\t\t\"{}\"", k_id));
  if (first == std::string::npos || begin == std::string::npos) return fail("the recording has no such job");
  const std::size_t end = text->find("\n\t\t},\n", begin);
  if (end == std::string::npos) return fail("the recording has no such job");
  const std::string body = text->substr(begin + k_id.size() + 4, end - begin - k_id.size() - 4);
  if (!put(std::string_view(*text).substr(0, first))) return 1;
  for (std::int64_t i = 1; i <= jobs; ++i) {
    if (!put(fmt::format("\t\t\"{}.headnode\"{}\n\t\t}}{}\n", i, body, i == jobs ? "" : ","))) return 1;
  }
  return put("\t}\n}\n") ? 0 : 1;
}

int report(const char* how, std::int64_t jobs, std::size_t bytes, std::chrono::steady_clock::duration spent) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double seconds = std::chrono::duration<double>(spent).count();
  std::printf(
      "qstat -F json, %-8s %lld waiting jobs, %.0f MB: %.2f s, %.2f million jobs/s, %.0f MB/s, peak RSS %ld MiB\n", how,
      static_cast<long long>(jobs), static_cast<double>(bytes) / 1e6, seconds,
      static_cast<double>(jobs) / seconds / 1e6, static_cast<double>(bytes) / seconds / 1e6, usage.ru_maxrss / 1024);
  return jobs > 0 ? 0 : fail("it counts no job");
}

int read_jobs(bool dom) {
  std::string buffer(k_piece, '\0');
  std::string whole;
  std::size_t bytes = 0;
  batch::openpbs::QueueBuilder builder({});
  const auto begin = std::chrono::steady_clock::now();
  while (true) {
    const ssize_t got = ::read(0, buffer.data(), buffer.size());
    if (got < 0) return fail("cannot read");
    if (got == 0) break;
    bytes += static_cast<std::size_t>(got);
    const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
    if (dom) {
      whole.append(piece);
    } else if (auto fed = builder.feed(piece); !fed) {
      return fail(fed.error().message);
    }
  }
  std::int64_t jobs = 0;
  if (dom) {
    simdjson::dom::parser parser;
    simdjson::dom::object all;
    if (parser.parse(whole)["Jobs"].get_object().get(all) != simdjson::SUCCESS) return fail("simdjson refuses it");
    for (const auto job : all) {
      std::string_view state;
      if (job.value["job_state"].get_string().get(state) == simdjson::SUCCESS && state == "Q") ++jobs;
    }
  } else {
    const auto queue = builder.finish();
    if (!queue) return fail(queue.error().message);
    for (const auto& group : queue->waiting) jobs += group.count;
  }
  return report(dom ? "simdjson" : "tide", jobs, bytes, std::chrono::steady_clock::now() - begin);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string how = argc > 1 ? argv[1] : "";
  if (how == "write" && argc > 3) return write_jobs(argv[2], parse_integer(argv[3]).value_or(0));
  if (how == "read" || how == "dom") return read_jobs(how == "dom");
  return fail("usage: bench-qstat-json write RECORDING JOBS | read | dom");
}

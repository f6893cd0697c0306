// bench-qstat write RECORDING JOBS: prints that many waiting jobs as `qstat -x -t` of the recording does: its waiting
// jobs of TORQUE, ten of a kind in a row, under other IDs. bench-qstat read: reads such a document from a pipe as tide
// does, in constant memory; dom: the same with pugixml, whole in memory. Exit 1 if not all jobs are counted.
#include <tide/batch/torque/queue_builder.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <sys/resource.h>
#include <chrono>
#include <cstdio>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

using namespace tide;

constexpr std::size_t k_piece = 1U << 20U;  // as the runner reads
constexpr std::int64_t k_in_a_row = 10;

int fail(const std::string& why) {
  std::fprintf(stderr, "bench-qstat: %s\n", why.c_str());
  return 1;
}

bool put(std::string_view text) { return std::fwrite(text.data(), 1, text.size(), stdout) == text.size(); }

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

int write_jobs(const char* path, std::int64_t count) {
  const auto text = read_file(path);
  if (!text) return fail(text.error().message);
  const auto jobs = waiting_jobs(*text);
  if (jobs.empty()) return fail("the recording has no waiting job");
  if (!put("<?xml version=\"1.0\"?>\n<Data>")) return 1;
  for (std::int64_t i = 0; i < count; ++i) {
    std::string job = jobs[static_cast<std::size_t>(i / k_in_a_row) % jobs.size()];
    replace_all(job, "@", std::to_string(i + 1));
    if (!put(job)) return 1;
  }
  return put("</Data>\n") ? 0 : 1;
}

std::int64_t count_dom(std::string& whole) {
  pugi::xml_document document;
  if (!document.load_buffer_inplace(whole.data(), whole.size(), pugi::parse_minimal)) return 0;
  std::int64_t jobs = 0;
  for (const pugi::xml_node& job : document.child("Data").children("Job")) {
    if (std::string_view(job.child_value("job_state")) == "Q") ++jobs;
  }
  return jobs;
}

int read_jobs(bool dom) {
  std::string buffer(k_piece, '\0');
  std::string whole;
  std::size_t bytes = 0;
  batch::torque::QueueBuilder builder({});
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
    jobs = count_dom(whole);
  } else {
    const auto queue = builder.finish({});
    if (!queue) return fail(queue.error().message);
    for (const auto& group : queue->waiting) jobs += group.count;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("qstat -x, %-8s %lld waiting jobs, %.0f MB: %.2f s, %.2f million jobs/s, %.0f MB/s, peak RSS %ld MiB\n",
              dom ? "pugixml" : "tide", static_cast<long long>(jobs), static_cast<double>(bytes) / 1e6, seconds,
              static_cast<double>(jobs) / seconds / 1e6, static_cast<double>(bytes) / seconds / 1e6,
              usage.ru_maxrss / 1024);
  return jobs > 0 ? 0 : fail("it counts no job");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string how = argc > 1 ? argv[1] : "";
  if (how == "write" && argc > 3) return write_jobs(argv[2], parse_integer(argv[3]).value_or(0));
  if (how == "read" || how == "dom") return read_jobs(how == "dom");
  return fail("usage: bench-qstat write RECORDING JOBS | read | dom");
}

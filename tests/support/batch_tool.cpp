// batch-tool KIND [--record DIR] [--bin-dir DIR] [--timeout SECONDS] [--key NAME=VALUE] [VARIABLE=VALUE...] VERB...
//
// One batch adapter alone, against a real server. VARIABLE=VALUE is of [batch.env], --key a key of [batch]. A line each
// of what it reads, in words that a script can grep; errors on stderr as "error KIND: message", exit 1. With --record,
// what each command that the adapter ran printed is kept: DIR/1.txt and so on, and its command line in DIR/INDEX.
//
//   server | nodes | jobs [all]
//   add NAME SLOTS MEMORY_MIB FEATURES GPU_TYPE:COUNT ADDRESS NOTE   ("-" for none)
//   address NAME ADDRESS | hold NAME NOTE | release NAME | remove NAME
#include "environment.hpp"

#include <tide/batch/registry.hpp>
#include <tide/core/enum_names.hpp>
#include <tide/process/posix_runner.hpp>
#include <tide/util/files.hpp>
#include <tide/util/system_clock.hpp>
#include <tide/util/text.hpp>

#include <cstdio>
#include <fstream>

using namespace tide;

namespace {

using Words = std::vector<std::string>;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : std::string(1, c);
  return out;
}

class RecordingRunner final : public process::CommandRunner {
 public:
  RecordingRunner(process::CommandRunner& inner, std::string folder) : m_inner(inner), m_folder(std::move(folder)) {}

  Result<process::Finished> run(const process::Command& command) override {
    if (m_folder.empty()) return m_inner.run(command);
    process::Command copy = command;
    std::string output;
    if (command.sink) {
      copy.sink = [&](std::string_view piece) {
        output += piece;
        return command.sink(piece);
      };
    }
    auto finished = m_inner.run(copy);
    if (finished && !command.sink) output = finished->output;
    ++m_count;
    std::ofstream(fmt::format("{}/{}.txt", m_folder, m_count), std::ios::binary) << output;
    const std::string line = escaped(join(command.argv, " "));
    const std::string input = escaped(command.input);
    std::ofstream(m_folder + "/INDEX", std::ios::app)
        << fmt::format("{}.txt rc={} bytes={} : {}{}\n", m_count, finished ? finished->exit_code : -1, output.size(),
                       line, input.empty() ? "" : " <<< '" + input + "'");
    return finished;
  }

 private:
  process::CommandRunner& m_inner;
  std::string m_folder;
  int m_count = 0;
};

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

std::string gpus_of(const core::Gpus& gpus) {
  Words words;
  for (const auto& [type, count] : gpus) words.push_back(fmt::format("{}:{}", type, count));
  return or_dash(join(words, ","));
}

std::string ids_of(const std::vector<core::JobId>& ids) {
  Words words;
  for (const auto& id : ids) words.push_back(id.value);
  return or_dash(join(words, ","));
}

std::string chunk_of(const core::Chunk& chunk) {
  Words clauses;
  for (const auto& clause : chunk.features) clauses.push_back(join(clause, "|"));
  return fmt::format("{{nodes={}-{} tasks={} slots={} per_node={} mem_node={} mem_slot={} gpus={} features={}}}",
                     chunk.nodes, chunk.nodes_max, chunk.tasks, chunk.slots_per_task, chunk.tasks_per_node,
                     chunk.memory_mib_per_node, chunk.memory_mib_per_slot, gpus_of(chunk.gpus_per_node),
                     or_dash(join(clauses, "&")));
}

void print(const core::WaitingJobs& jobs) {
  Words chunks;
  for (const auto& chunk : jobs.shape.chunks) chunks.push_back(chunk_of(chunk));
  fmt::print("{} count={} ids={} queue={} walltime={} exclusive={} rerunnable={} unjudged='{}' reason='{}' {}{}\n",
             core::to_string(jobs.waiting), jobs.count, ids_of(jobs.ids), jobs.shape.queue, jobs.shape.walltime.count(),
             jobs.shape.exclusive, jobs.shape.rerunnable, jobs.shape.unjudged, jobs.reason, join(chunks, " "),
             jobs.shape.assumed.empty() ? "" : fmt::format(" assumed='{}'", jobs.shape.assumed));
}

void print(const core::Node& node) {
  fmt::print(
      "{} slots={}/{} memory={}/{} gpus={}/{} features={} queues={} registered={} responding={} down={} held={} "
      "unfit={} "
      "completing={} placeholder={} starting={} final={} instance={} address={} note='{}' state={}\n",
      node.name.value, node.slots_used, node.slots, node.memory_mib_used, node.memory_mib, gpus_of(node.gpus_used),
      gpus_of(node.gpus), or_dash(join(node.features, ",")), or_dash(join(node.queues, ",")),
      node.registered_at.has_value(), node.responding, node.down, node.held, node.unfit, node.completing,
      node.placeholder, node.starting, node.hold_is_final, or_dash(node.instance.value), or_dash(node.address),
      node.note, node.state);
}

Words items(const std::string& text) {
  Words out;
  if (text == "-") return out;
  for (const std::string_view item : split(text, ',')) out.emplace_back(item);
  return out;
}

Result<batch::NodeSpec> spec_of(const Words& words) {
  if (words.size() != 8) return make_error(ErrorKind::usage, "'add' wants seven words");
  const auto slots = parse_integer(words[2]);
  const auto memory = parse_integer(words[3]);
  if (!slots || !memory) return make_error(ErrorKind::usage, "'{}' and '{}' are not both numbers", words[2], words[3]);
  batch::NodeSpec spec{.name = {words[1]},
                       .address = words[6] == "-" ? "" : words[6],
                       .slots = static_cast<int>(*slots),
                       .memory_mib = *memory,
                       .gpus = {},
                       .features = items(words[4]),
                       .note = words[7]};
  for (const auto& item : items(words[5])) {
    const std::size_t colon = item.find(':');
    const auto count = parse_integer(item.substr(colon + 1));
    if (colon == std::string::npos || !count) return make_error(ErrorKind::usage, "'{}' is no TYPE:COUNT", item);
    spec.gpus[item.substr(0, colon)] = static_cast<int>(*count);
  }
  return spec;
}

Result<void> print_server(batch::BatchSystem& system) {
  TIDE_TRY_ASSIGN(const auto server, system.server());
  fmt::print("name={} version={} up_since={} fresh={} hides_unregistered={}\n", server.name, server.version,
             server.up_since ? server.up_since->time_since_epoch().count() : 0, server.fresh,
             system.traits().hides_unregistered);
  return {};
}

Result<void> print_nodes(batch::BatchSystem& system) {
  TIDE_TRY_ASSIGN(const auto nodes, system.nodes());
  fmt::print("nodes={}\n", nodes.size());
  for (const auto& node : nodes) print(node);
  return {};
}

Result<void> print_jobs(batch::BatchSystem& system, bool all_ids) {
  TIDE_TRY_ASSIGN(const auto queue, system.jobs(all_ids));
  for (const auto& jobs : queue.waiting) print(jobs);
  for (const auto& [node, ids] : queue.running) fmt::print("on {}: {}\n", node.value, ids_of(ids));
  fmt::print("proof: {}\n", queue.proof);
  return {};
}

Result<void> obey(batch::BatchSystem& system, const Words& words) {
  const std::string verb = words.empty() ? "" : words[0];
  if (verb == "server") return print_server(system);
  if (verb == "nodes") return print_nodes(system);
  if (verb == "jobs") return print_jobs(system, words.size() > 1);
  if (verb == "add") {
    TIDE_TRY_ASSIGN(const auto spec, spec_of(words));
    return system.add(spec);
  }
  if (verb == "address" && words.size() == 3) return system.set_address({words[1]}, words[2]);
  if (verb == "hold" && words.size() == 3) return system.hold({words[1]}, words[2]);
  if (verb == "release" && words.size() == 2) return system.release({words[1]});
  if (verb == "remove" && words.size() == 2) return system.remove({words[1]});
  return make_error(ErrorKind::usage, "'{}' is no verb, or has not its words", verb);
}

Result<void> run(Words words) {
  if (words.empty()) return make_error(ErrorKind::usage, "no kind of batch system");
  const std::string kind = words.front();
  words.erase(words.begin());
  config::Config config;
  std::string record;
  while (!words.empty() && (words[0].starts_with("--") || words[0].find('=') != std::string::npos)) {
    const std::size_t sign = words[0].find('=');
    const std::size_t taken = sign == std::string::npos ? 2 : 1;
    if (words.size() <= taken) return make_error(ErrorKind::usage, "no verb after '{}'", words[0]);
    if (taken == 1)
      config.batch.environment[words[0].substr(0, sign)] = words[0].substr(sign + 1);
    else if (words[0] == "--record")
      record = words[1];
    else if (words[0] == "--bin-dir")
      config.batch.bin_dir = words[1];
    else if (words[0] == "--timeout")
      config.batch.timeout = std::chrono::seconds(parse_integer(words[1]).value_or(30));
    else if (words[0] == "--key" && words[1].find('=') != std::string::npos)
      config.batch.options[words[1].substr(0, words[1].find('='))].push_back(words[1].substr(words[1].find('=') + 1));
    else
      return make_error(ErrorKind::usage, "'{}' is no option", words[0]);
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  const batch::Factory* factory = batch::find_factory(kind);
  if (factory == nullptr) return make_error(ErrorKind::usage, "there is no adapter '{}'", kind);
  SystemClock clock;
  process::PosixRunner posix(clock);
  RecordingRunner runner(posix, record);
  const auto environment = test::whole_environment();
  TIDE_TRY_ASSIGN(const auto system,
                  factory->make(config, {.runner = runner, .clock = clock, .environment = environment}));
  return obey(*system, words);
}

}  // namespace

int main(int argc, char** argv) {
  const auto done = run(Words(argv + 1, argv + argc));
  if (done) return 0;
  fmt::print(stderr, "error {}: {}\n", to_string(done.error().kind), done.error().message);
  for (const auto& line : done.error().context) fmt::print(stderr, "  {}\n", line);
  if (!done.error().hint.empty()) fmt::print(stderr, "hint: {}\n", done.error().hint);
  return 1;
}

// Each recorded state, against what is kept of it beside the recording.
#include "support_gridengine.hpp"

#include <tide/util/files.hpp>

#include <doctest/doctest.h>
#include <where.hpp>

using namespace tide;
using batch::gridengine::DetailsReader;

TEST_SUITE_BEGIN("batch/gridengine/goldens");

namespace {

const std::vector<std::string> k_states{"s0-nonodes", "s1-mixed",    "s2-disabled", "s3-unknown",
                                        "s4-empty",   "s6-orphaned", "s7-live"};

bool has_fixture(const std::string& name) { return file_exists(test::fixtures() + "/gridengine/8.1.9/" + name); }

// As count_gridengine.py counts the same moment in what qstat and qhost printed without -xml.
std::string summary(const core::JobQueue& queue, const std::vector<core::Node>& nodes) {
  std::int64_t held = 0;
  std::int64_t failed = 0;
  std::int64_t others = 0;
  for (const auto& jobs : queue.waiting) {
    const bool is_held = jobs.waiting == core::Waiting::held || jobs.waiting == core::Waiting::dependent;
    (is_held ? held : jobs.waiting == core::Waiting::failed ? failed : others) += jobs.count;
  }
  std::size_t running = 0;
  for (const auto& [name, ids] : queue.running) running += ids.size();
  int used = 0;
  int closed = 0;
  for (const auto& node : nodes) {
    used += node.slots_used;
    closed += node.held ? 1 : 0;
  }
  return fmt::format("waiting={} held={} failed={} | on hosts={} hosts={} used={} closed={}\n", others, held, failed,
                     running, nodes.size(), used, closed);
}

std::string made_of(const std::string& state) {
  auto context = test::ge_context();
  context.hosts = test::read_ge_hosts(test::ge_fixture(state + "-hosts.xml")).value();
  context.has_priorities = true;
  if (has_fixture(state + "-details.xml")) {
    DetailsReader reader;
    REQUIRE(reader.feed(test::ge_fixture(state + "-details.xml")));
    context.details = reader.finish().value();
  }
  const std::string waiting =
      has_fixture(state + "-waiting.xml") ? test::ge_fixture(state + "-waiting.xml") : test::ge_document("");
  const auto queue = test::read_ge_queue(waiting, context).value();
  const auto nodes = nodes_of(context.hosts, test::ge_options().names, TimePoint{Seconds{test::k_ge_now}});
  return summary(queue, nodes) + test::dump(queue) + test::dump(nodes);
}

}  // namespace

TEST_CASE("goldens: each recorded state") {
  for (const std::string& state : k_states) {
    CAPTURE(state);
    CHECK(made_of(state) == test::ge_fixture(state + ".golden"));
  }
}

// unit-batch-gridengine --no-skip -tc='goldens: write anew', then look at what changed.
TEST_CASE("goldens: write anew" * doctest::skip()) {
  for (const std::string& state : k_states) {
    REQUIRE(write_file_atomically(test::fixtures() + "/gridengine/8.1.9/" + state + ".golden", made_of(state),
                                  {.mode = 0644}));
  }
}

TEST_CASE("goldens: pieces of any size make the same reading") {
  const auto context = test::ge_context();
  const std::string waiting = test::ge_fixture("s7-live-waiting.xml");
  const auto whole = test::read_ge_queue(waiting, context, waiting.size()).value();
  const std::string hosts = test::ge_fixture("s7-live-hosts.xml");
  const auto names = test::ge_options().names;
  const auto nodes = nodes_of(test::read_ge_hosts(hosts, hosts.size()).value(), names, TimePoint{});
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{61}}) {
    CHECK(test::read_ge_queue(waiting, context, piece).value() == whole);
    CHECK(nodes_of(test::read_ge_hosts(hosts, piece).value(), names, TimePoint{}) == nodes);
  }
}

TEST_CASE("goldens: cut at every byte, no recording is believed") {
  const auto context = test::ge_context();
  const auto end_of = [](const std::string& text) { return text.find_last_not_of('\n'); };
  const std::string waiting = test::ge_fixture("s1-mixed-waiting.xml");
  for (std::size_t size = 0; size <= end_of(waiting); ++size)
    CHECK_FALSE(test::read_ge_queue(waiting.substr(0, size), context));
  const std::string hosts = test::ge_fixture("s1-mixed-hosts.xml");
  for (std::size_t size = 0; size <= end_of(hosts); ++size) CHECK_FALSE(test::read_ge_hosts(hosts.substr(0, size)));
}

TEST_CASE("goldens: the list with accounts is the same list") {
  const auto context = test::ge_context();
  auto plain = test::read_ge_queue(test::ge_fixture("s7-live-waiting.xml"), context).value();
  const auto extended = test::read_ge_queue(test::ge_fixture("s7-live-waiting-ext.xml"), context).value();
  bool has_account = false;
  CHECK(plain.waiting.size() == extended.waiting.size());
  for (const auto& jobs : extended.waiting) has_account = has_account || jobs.shape.account == "astro";
  CHECK(has_account);
}

TEST_SUITE_END();

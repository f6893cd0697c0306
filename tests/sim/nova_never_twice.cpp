#include "fake_nova.hpp"
#include "fake_nova_settings.hpp"
#include "tests/support/stepping_ports.hpp"

#include <tide/cloud/nova/nova_cloud.hpp>
#include <tide/sim/story.hpp>

#include <doctest/doctest.h>

#include <algorithm>

// Nova has no launch tokens. Whole passes with the real adapter over the fake Nova, and a Slurm in virtual time:
// however a POST ends and wherever tide is killed, two passes later there is one server a wanted machine.
using namespace tide;
using namespace tide::sim;
using test::FakeNovaFault;
TEST_SUITE_BEGIN("sim/nova_never_twice");

namespace {

constexpr Seconds k_minute{60};

Scenario nova_scenario() {
  Scenario scenario = calm_scenario(1);
  core::Pool& pool = scenario.settings.pools.at({"p"});
  pool.image = "debian-12";
  pool.types = {"m1.small"};
  return scenario;
}

class NovaStory {
 public:
  NovaStory() : m_story(nova_scenario()), m_fake({.now = [this] { return m_story.stage().clock.real(); }}) {
    m_story.head().bend_ports = [this](engine::Ports& ports) { lay(ports); };
  }

  test::FakeNova& fake() { return m_fake; }
  Story& story() { return m_story; }
  void submit(int jobs, Seconds runs_for = 20 * k_minute) {
    for (int i = 0; i < jobs; ++i) m_story.submit(job_shape(1, 4), runs_for);
  }
  PassEnd pass() {
    PassEnd end = m_story.pass();
    m_story.world().pass_time(k_minute);
    return end;
  }
  void passes(int count) {
    for (int i = 0; i < count; ++i) pass();
  }
  void die_at(int step) {
    m_steps = 0;
    m_last = step;
  }
  bool died() const { return m_last > 0 && m_steps >= m_last; }

  // The daemon of this server's node starts.
  void boot(const test::FakeServer& server) {
    m_story.batch().daemon_starts({.node = {server.name},
                                   .machine = {server.id},
                                   .slots = 4,
                                   .memory_mib = 8192,
                                   .features = {},
                                   .address = server.address});
  }
  void boot_all() {
    for (const test::FakeServer& server : m_fake.live()) boot(server);
  }
  std::size_t live() const { return m_fake.live().size(); }
  std::ptrdiff_t running_jobs() {
    return std::ranges::count_if(m_story.batch().all_jobs(),
                                 [](const auto& entry) { return !entry.second.nodes.empty(); });
  }
  const core::Memory& memory() { return m_story.head().store().memory(); }
  void check_clean() {
    for (const std::string& violation : m_story.stage().checker.violations()) MESSAGE(violation);
    CHECK(m_story.stage().checker.violations().empty());
  }

 private:
  // Each pass is a process of its own: a new adapter, with nothing remembered.
  void lay(engine::Ports& ports) {
    m_cloud = std::make_unique<cloud::nova::NovaCloud>(
        cloud::nova::NovaCloud::Options{.name = {"one"},
                                        .session = {.cloud = "one", .cache = "", .page = "nova.md"},
                                        .address_of_pool = {{"p", "private"}}},
        [] { return Result<cloud::openstack::AuthSettings>(test::fake_nova_settings()); }, m_transport,
        m_story.stage().clock);
    ports.clouds = {{core::CloudName{"one"}, m_cloud.get()}};
    m_stepping = std::make_unique<test::SteppingPorts>([this] {
      if (++m_steps == m_last) throw Crash{"at a port call"};
    });
    m_stepping->wrap(ports);
  }

  Story m_story;
  test::FakeNova m_fake;
  test::FakeNovaTransport m_transport{m_fake};
  std::unique_ptr<cloud::nova::NovaCloud> m_cloud;
  std::unique_ptr<test::SteppingPorts> m_stepping;
  int m_steps = 0;
  int m_last = 0;
};

const std::vector<std::pair<const char*, FakeNovaFault>> k_ends{{"cut", FakeNovaFault::cut_after},
                                                                {"lost before it was done", FakeNovaFault::lost},
                                                                {"lost after it was done", FakeNovaFault::lost_after},
                                                                {"late: done after the next list", FakeNovaFault::late},
                                                                {"500 after it was done", FakeNovaFault::done_500},
                                                                {"a page instead", FakeNovaFault::html_ok},
                                                                {"a proxy's 502", FakeNovaFault::html}};

}  // namespace

TEST_CASE("a POST without an answer: two passes later one server, its node serves, and in the end none is left") {
  for (const auto& [name, fault] : k_ends) {
    CAPTURE(name);
    NovaStory nova;
    nova.submit(1);
    nova.fake().fail({.fault = fault, .call = "POST /servers"});
    CHECK(nova.pass().exit != core::ExitCode::done);
    nova.passes(2);
    REQUIRE(nova.live() == 1);
    const std::string id = nova.fake().live().front().id;
    nova.boot_all();
    nova.passes(3);
    CHECK(nova.running_jobs() == 1);
    CHECK(nova.fake().live().front().id == id);
    nova.passes(50);
    CHECK(nova.live() == 0);
    CHECK(nova.memory().intents.empty());
    CHECK(nova.memory().machines.empty());
    nova.check_clean();
  }
}

TEST_CASE("late: of two servers the one whose node registered stays, be it the first or the second") {
  for (const std::size_t which : {0U, 1U}) {
    CAPTURE(which);
    NovaStory nova;
    nova.submit(1);
    nova.fake().fail({.fault = FakeNovaFault::late, .call = "POST /servers"});
    nova.passes(2);
    const auto both = nova.fake().live();
    REQUIRE(both.size() == 2);
    CHECK(both[0].name == both[1].name);
    nova.boot(both[which]);
    nova.pass();
    REQUIRE(nova.live() == 1);
    CHECK(nova.fake().live().front().id == both[which].id);
    nova.passes(3);
    CHECK(nova.running_jobs() == 1);
    CHECK(nova.live() == 1);
    nova.check_clean();
  }
}

TEST_CASE("late: if both registered, none is ended and a person is told") {
  NovaStory nova;
  nova.submit(1);
  nova.fake().fail({.fault = FakeNovaFault::late, .call = "POST /servers"});
  nova.passes(2);
  const auto both = nova.fake().live();
  REQUIRE(both.size() == 2);
  nova.boot(both[0]);
  nova.boot(both[1]);
  nova.story().batch().all_nodes().at({both[0].name}).entry.address = "10.9.9.9";  // of neither: a proxy's
  const auto end = nova.pass();
  CHECK(nova.live() == 2);
  REQUIRE(end.report);
  CHECK(std::ranges::any_of(end.report->plan.workers,
                            [](const core::Worker& worker) { return worker.phase == core::Phase::unclear; }));
}

TEST_CASE("killed before or after any call of any port, whatever became of the POST: two passes later one server") {
  int deaths = 0;
  for (const auto& [name, fault] : k_ends) {
    for (int step = 1;; ++step) {
      CAPTURE(name);
      CAPTURE(step);
      NovaStory nova;
      nova.submit(1);
      nova.fake().fail({.fault = fault, .call = "POST /servers"});
      nova.die_at(step);
      nova.passes(3);
      if (!nova.died()) break;
      ++deaths;
      nova.passes(2);
      REQUIRE(nova.live() == 1);
      const std::string id = nova.fake().live().front().id;
      nova.boot_all();
      nova.passes(3);
      REQUIRE(nova.live() == 1);
      CHECK(nova.fake().live().front().id == id);
      CHECK(nova.running_jobs() == 1);
      nova.check_clean();
    }
  }
  CHECK(deaths > 60);
}

TEST_CASE("killed while it ends: nothing is left, and nothing that is wanted goes") {
  int deaths = 0;
  for (int step = 1;; ++step) {
    CAPTURE(step);
    NovaStory nova;
    nova.submit(2, 120 * k_minute);
    nova.passes(2);
    nova.boot_all();
    nova.passes(3);
    REQUIRE(nova.running_jobs() == 2);
    const std::string node = nova.story().batch().all_jobs().begin()->second.nodes.front().value;
    nova.story().batch().all_jobs().begin()->second.ends_at = nova.story().stage().clock.real();
    nova.passes(8);
    nova.die_at(step);
    nova.passes(6);
    if (!nova.died()) break;
    ++deaths;
    nova.passes(4);
    REQUIRE(nova.live() == 1);
    CHECK(nova.fake().live().front().name != node);
    CHECK(nova.running_jobs() == 1);
    nova.check_clean();
  }
  CHECK(deaths > 10);
}

TEST_CASE(
    "partial capacity: what found no host is ended, its flavor rests, its words are kept; later it is tried again") {
  NovaStory nova;
  nova.submit(3);
  nova.fake().set_capacity(1);
  nova.passes(2);
  REQUIRE(nova.live() == 1);
  REQUIRE(nova.memory().back_offs.size() == 1);
  const core::BackOff& row = nova.memory().back_offs.begin()->second;
  CHECK(row.what == "m1.small");
  CHECK(row.kind == ErrorKind::capacity);
  CHECK(row.why.find("No valid host was found.") != std::string::npos);
  CHECK(nova.memory().breakers.empty());
  nova.boot_all();
  const int asked = nova.fake().count_calls("POST /servers");
  CHECK(asked == 3);
  nova.passes(2);
  CHECK(nova.fake().count_calls("POST /servers") == asked);
  nova.fake().set_capacity(std::nullopt);
  nova.passes(3);
  CHECK(nova.live() == 3);
  nova.boot_all();
  nova.passes(3);
  CHECK(nova.running_jobs() == 3);
  CHECK(nova.memory().back_offs.empty());
  nova.check_clean();
}

TEST_SUITE_END();

#pragma once

#include "tests/support/builders.hpp"

#include <tide/core/back_off.hpp>
#include <tide/engine/pass.hpp>

#include <fmt/ranges.h>

#include <optional>
#include <string>
#include <vector>

// Ports that do as they are told and write down each call, with what was on disk at that moment.
namespace tide::test {

struct Journal {
  Lines lines;
  core::Memory disk;  // what a crash would leave
  void say(std::string line) { lines.push_back(std::move(line)); }
};

class FakeStore final : public store::Store {
 public:
  explicit FakeStore(Journal& journal) : m_journal(journal) {}
  Result<core::Memory> load() override {
    if (broken) return *broken;
    return m_journal.disk;
  }
  Result<void> save(const core::Memory& before, const core::Memory& after) override {
    if (saves_left == 0) return make_error(ErrorKind::io, "'tide.db': no space left on device");
    if (saves_left > 0) --saves_left;
    if (!(before == m_journal.disk)) m_journal.say("save: FROM ANOTHER STATE");
    m_journal.disk = after;
    return {};
  }
  Result<void> add_wish(const core::Wish& wish) override {
    m_journal.disk.wishes[wish.id] = wish;
    return {};
  }
  Result<void> close_wish(const core::WishId& wish) override {
    m_journal.say("close-wish " + wish.value);
    m_journal.disk.wishes.erase(wish);
    return {};
  }
  Result<void> append(std::span<const store::Event> more) override {
    log.insert(log.end(), more.begin(), more.end());
    return {};
  }
  Result<std::vector<store::Event>> events(const store::EventQuery& query) override {
    const auto newest = static_cast<std::size_t>(query.newest);
    const std::size_t skip = log.size() > newest ? log.size() - newest : 0;
    return std::vector<store::Event>(log.begin() + static_cast<std::ptrdiff_t>(skip), log.end());
  }

  Result<std::optional<std::string>> kept_text(const std::string& name) override {
    const auto found = texts.find(name);
    return found == texts.end() ? std::nullopt : std::optional(found->second);
  }
  Result<void> keep_text(const std::string& name, const std::string& text) override {
    texts[name] = text;
    return {};
  }

  std::map<std::string, std::string> texts;
  std::vector<store::Event> log;
  std::optional<Error> broken;
  int saves_left = -1;  // -1: as many as there are

 private:
  Journal& m_journal;
};

class FakeCloud final : public cloud::Cloud {
 public:
  FakeCloud(Journal& journal, std::string name, core::CloudTraits traits, Result<std::vector<core::Instance>> listed)
      : m_journal(journal), m_name{std::move(name)}, m_traits(traits), listing(std::move(listed)) {}

  const core::CloudName& name() const override { return m_name; }
  core::CloudTraits limits() const override {
    core::CloudTraits traits = m_traits;
    traits.families = families;
    return traits;
  }
  Result<std::vector<core::Instance>> list(const std::string& cluster) override {
    m_journal.say("list " + m_name.value + " " + cluster);
    return listing;
  }
  std::vector<Result<cloud::LaunchReply>> launch(std::span<const core::LaunchRequest> requests) override {
    std::vector<Result<cloud::LaunchReply>> replies;
    for (const core::LaunchRequest& request : requests) {
      const auto row = m_journal.disk.intents.find(request.intent);
      const bool on_disk = row != m_journal.disk.intents.end() && row->second.state == core::IntentState::open &&
                           row->second.request == request;
      m_journal.say(fmt::format("{} {} x{}{}", request.restart.empty() ? "launch" : "start", request.pool.value,
                                request.count, on_disk ? "" : ": NOT ON DISK"));
      tokens.push_back(request.intent.value);
      const std::string choice = core::describe(core::bid_of(request));
      asked.push_back(fmt::format("{} x{} {}", choice, request.count, fmt::join(request.names, ",")));
      if (const auto no = refuses.find(choice); no != refuses.end()) {
        replies.push_back(no->second);
        continue;
      }
      if (refusal) {
        replies.push_back(*refusal);
        continue;
      }
      cloud::LaunchReply reply;
      for (const core::InstanceId& id : request.restart) reply.instances.push_back({.cloud = m_name, .id = id});
      if (!request.restart.empty()) {
        replies.push_back(std::move(reply));
        continue;
      }
      const auto room = comes_of.find(choice);
      const int count = std::min(request.count, room == comes_of.end() ? comes : room->second);
      for (int i = 0; i < count; ++i) {
        core::Instance one;
        one.cloud = m_name;
        one.id.value = fmt::format("i-new{}", ++m_started);
        one.names = {request.names.at(static_cast<std::size_t>(i))};
        one.type = request.types.front();
        one.launched_at = k_wall;
        reply.instances.push_back(one);
      }
      replies.push_back(std::move(reply));
    }
    return replies;
  }
  Result<std::string> resolve_image(const core::LaunchRequest& request) override {
    return image && image->empty() ? Result<std::string>(request.image) : image;
  }
  std::vector<Result<void>> terminate(std::span<const core::InstanceId> ids) override {
    std::vector<Result<void>> results;
    for (const core::InstanceId& id : ids) {
      const auto row = m_journal.disk.machines.find(id);
      const bool on_disk = row != m_journal.disk.machines.end() && row->second.ending;
      m_journal.say(fmt::format("terminate {}{}", id.value, on_disk ? "" : ": NOT ON DISK"));
      results.push_back(end_error ? Result<void>(*end_error) : Result<void>());
    }
    return results;
  }
  std::vector<Result<void>> stop(std::span<const core::InstanceId> ids) override {
    std::vector<Result<void>> results;
    for (const core::InstanceId& id : ids) {
      const auto row = m_journal.disk.machines.find(id);
      const bool on_disk = row != m_journal.disk.machines.end() && row->second.ending && row->second.stops;
      m_journal.say(fmt::format("stop {}{}", id.value, on_disk ? "" : ": NOT ON DISK"));
      results.push_back(end_error ? Result<void>(*end_error) : Result<void>());
    }
    return results;
  }
  Result<std::vector<core::Instance>> find(std::span<const std::string> words) override {
    m_journal.say(fmt::format("find {}", fmt::join(words, " ")));
    return strangers;
  }
  Result<void> retag(const core::InstanceId& id, const core::Retag& tags) override {
    const auto row = m_journal.disk.machines.find(id);
    const bool on_disk = row != m_journal.disk.machines.end() && (row->second.adopting || row->second.disowning);
    m_journal.say(fmt::format("retag {} +{} -{}{}", id.value, tags.set.size(), tags.remove.size(),
                              on_disk ? "" : ": NOT ON DISK"));
    return tag_error ? Result<void>(*tag_error) : Result<void>();
  }
  Result<std::string> console(const core::InstanceId& id) override {
    m_journal.say("console " + id.value);
    return console_text;
  }
  std::vector<cloud::UpkeepStep> keep_up(const cloud::Upkeep& of) override {
    thorough.push_back(of.thorough);
    for (const core::Instance& one : of.running) {
      if (!upkeep_says.empty()) m_journal.say(fmt::format("keep up {} for {}", one.id.value, of.cluster));
    }
    return upkeep_says;
  }
  Result<std::vector<core::Health>> health(core::HealthQuestion question) override {
    m_journal.say((question == core::HealthQuestion::checks ? "checks " : "notices ") + m_name.value);
    return health_says;
  }
  Result<std::vector<core::SpotPrice>> spot_prices(std::span<const std::string> types) override {
    m_journal.say(fmt::format("prices {} {}", m_name.value, types.size()));
    return std::vector<core::SpotPrice>{{std::string(types.front()), "z1", 40'000}};
  }
  Result<core::Reservations> reservations(const std::string& cluster) override {
    m_journal.say(fmt::format("reservations {} {}", m_name.value, cluster));
    return core::Reservations{.reserved = {{"t1", "", 1}}, .others = {}, .zones = {}};
  }
  void look_for_requests() override { m_journal.say("requests " + m_name.value); }
  Result<std::vector<cloud::InstanceType>> types(std::span<const std::string>) override {
    return std::vector<cloud::InstanceType>{};
  }
  Result<void> check(const core::Pool&) const override { return {}; }

 private:
  Journal& m_journal;
  core::CloudName m_name;
  core::CloudTraits m_traits;
  int m_started = 0;

 public:
  Result<std::vector<core::Instance>> listing;
  std::vector<cloud::UpkeepStep> upkeep_says;
  std::vector<bool> thorough;  // each time that it was asked to keep up
  Result<std::vector<core::Health>> health_says{std::vector<core::Health>{}};
  std::vector<core::Instance> strangers;
  std::optional<Error> tag_error;
  std::optional<Error> refusal;
  std::map<std::string, Error> refuses;  // by choice: "t1 in a"
  std::map<std::string, int> comes_of;   // likewise
  core::Families families;
  Lines asked;                               // "t1 in a x2 n1,n2"
  Result<std::string> image{std::string()};  // "": the request's own
  std::optional<Error> end_error;
  Result<std::string> console_text{std::string("kernel panic")};
  int comes = 1'000;  // machines a call at most
  Lines tokens;
};

class FakeBatch final : public batch::BatchSystem {
 public:
  FakeBatch(Journal& journal, const core::Snapshot& world) : m_journal(journal), m_world(world) {}

  core::BatchTraits traits() const override { return m_world.batch; }
  Result<core::ServerIdentity> server() override {
    m_journal.say("server");
    return m_world.server;
  }
  Result<std::vector<core::Node>> nodes() override {
    m_journal.say("nodes");
    return ++m_readings > 1 && later_nodes ? *later_nodes : m_world.nodes;
  }
  Result<core::JobQueue> jobs(bool) override {
    m_journal.say("jobs");
    return m_world.jobs;
  }
  Result<void> add(const batch::NodeSpec& node) override {
    return change("add", node.name,
                  m_journal.disk.nodes.contains(node.name) && m_journal.disk.holds.contains(node.name) &&
                      node.note == "tide: joining");
  }
  Result<void> set_address(const core::NodeName& node, const std::string&) override {
    return change("address", node, true);
  }
  Result<void> hold(const core::NodeName& node, const std::string& note) override {
    const auto row = m_journal.disk.holds.find(node);
    return change("hold", node, row != m_journal.disk.holds.end() && row->second.note == note);
  }
  Result<void> release(const core::NodeName& node) override { return change("release", node, true); }
  Result<void> give_up(const core::NodeName& node) override { return change("give-up", node, true); }
  Result<void> remove(const core::NodeName& node) override { return change("remove", node, true); }

  std::string refuses;  // "hold n1": that call fails
  ErrorKind refuses_kind = ErrorKind::batch;
  std::optional<Result<std::vector<core::Node>>> later_nodes;  // from the second reading on

 private:
  Result<void> change(const std::string& verb, const core::NodeName& node, bool on_disk) {
    const std::string call = verb + " " + node.value;
    m_journal.say(call + (on_disk ? "" : ": NOT ON DISK"));
    if (call == refuses) return make_error(refuses_kind, "'{}' is refused", call);
    return {};
  }

  Journal& m_journal;
  core::Snapshot m_world;
  int m_readings = 0;
};

class FakeNames final : public names::NameTable {
 public:
  explicit FakeNames(Journal& journal) : m_journal(journal) {}
  Result<std::vector<core::HostEntry>> read() override { return table; }
  Result<void> write(const std::vector<core::HostEntry>& entries) override {
    m_journal.say(fmt::format("hosts {}", entries.size()));
    if (refusal) return *refusal;
    table = entries;
    return {};
  }

  Result<std::vector<core::HostEntry>> table{std::vector<core::HostEntry>{}};
  std::optional<Error> refusal;

 private:
  Journal& m_journal;
};

class FakeClock final : public Clock {
 public:
  TimePoint now() override { return wall; }
  std::chrono::milliseconds monotonic() override { return elapsed += step; }
  BootTime boot() override { return {"boot", 1'000}; }
  bool sleep_for(std::chrono::milliseconds) override { return true; }

  TimePoint wall = k_wall;
  std::chrono::milliseconds elapsed{0};
  std::chrono::milliseconds step{0};
};

class FakeRandom final : public Random {
 public:
  std::uint64_t next() override { return ++m_last; }

 private:
  std::uint64_t m_last = 0;
};

// A whole world for passes, made from one for plans.
class Stage {
 public:
  explicit Stage(Snapshot world) : settings(world.settings), store(journal), batch(journal, world.build()) {
    core::Snapshot built = world.build();
    journal.disk = built.memory;
    journal.disk.clock = {.wall = k_wall, .boot = {"boot", 1'000}, .age = k_now};
    for (auto& [name, listed] : built.instances) {
      m_clouds.push_back(std::make_unique<FakeCloud>(journal, name.value, built.clouds.at(name), std::move(listed)));
      m_ports.clouds[name] = m_clouds.back().get();
    }
  }

  Result<engine::PassReport> pass(engine::PassOptions options = {}) {
    return engine::run_pass(m_ports, settings, options);
  }
  engine::PassReport done(const engine::PassOptions& options = {}) {
    auto report = pass(options);
    if (!report) throw std::runtime_error(report.error().message);
    return std::move(*report);
  }
  // The calls of a pass without its readings.
  Lines calls() const {
    Lines out;
    for (const std::string& line : journal.lines) {
      const bool reading = line.starts_with("list ") || line == "server" || line == "nodes" || line == "jobs";
      if (!reading) out.push_back(line);
    }
    return out;
  }
  FakeCloud& cloud() { return *m_clouds.front(); }
  core::Memory& disk() { return journal.disk; }
  engine::Ports& ports() { return m_ports; }
  FakeClock& clock() { return m_clock; }

  Journal journal;
  core::Settings settings;
  FakeStore store;
  FakeBatch batch;

 private:
  FakeClock m_clock;
  FakeRandom m_random;
  std::vector<std::unique_ptr<FakeCloud>> m_clouds;
  engine::Ports m_ports{.clock = m_clock,
                        .random = m_random,
                        .batch = batch,
                        .clouds = {},
                        .store = store,
                        .names = nullptr,
                        .head = {"head-1"}};
};

}  // namespace tide::test

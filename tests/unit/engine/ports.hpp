#pragma once

#include "tests/support/builders.hpp"

#include <tide/core/back_off.hpp>
#include <tide/engine/pass.hpp>

#include <memory>
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
  explicit FakeStore(Journal& journal);
  ~FakeStore() override;
  Result<core::Memory> load() override;
  Result<void> save(const core::Memory& before, const core::Memory& after) override;
  Result<void> add_wish(const core::Wish& wish) override;
  Result<void> close_wish(const core::WishId& wish) override;
  Result<void> append(std::span<const store::Event> more) override;
  Result<std::vector<store::Event>> events(const store::EventQuery& query) override;

  Result<std::optional<std::string>> kept_text(const std::string& name) override;
  Result<void> keep_text(const std::string& name, const std::string& text) override;

  std::map<std::string, std::string> texts;
  std::vector<store::Event> log;
  std::optional<Error> broken;
  int saves_left = -1;  // -1: as many as there are

 private:
  Journal& m_journal;
};

class FakeCloud final : public cloud::Cloud {
 public:
  FakeCloud(Journal& journal, std::string name, core::CloudTraits traits, Result<std::vector<core::Instance>> listed);
  ~FakeCloud() override;

  const core::CloudName& name() const override { return m_name; }
  core::CloudTraits limits() const override;
  Result<std::vector<core::Instance>> list(const std::string& cluster) override;
  std::vector<Result<cloud::LaunchReply>> launch(std::span<const core::LaunchRequest> requests) override;
  Result<std::string> resolve_image(const core::LaunchRequest& request) override;
  std::vector<Result<void>> terminate(std::span<const core::InstanceId> ids) override;
  std::vector<Result<void>> stop(std::span<const core::InstanceId> ids) override;
  Result<std::vector<core::Instance>> find(std::span<const std::string> words) override;
  Result<void> retag(const core::InstanceId& id, const core::Retag& tags) override;
  Result<std::string> console(const core::InstanceId& id) override;
  std::vector<cloud::UpkeepStep> keep_up(const cloud::Upkeep& of) override;
  Result<std::vector<core::Health>> health(core::HealthQuestion question) override;
  Result<std::vector<core::SpotPrice>> spot_prices(std::span<const std::string> types) override;
  Result<core::Reservations> reservations(const std::string& cluster) override;
  void look_for_requests() override;
  Result<std::vector<cloud::InstanceType>> types(std::span<const std::string>) override;
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
  FakeBatch(Journal& journal, const core::Snapshot& world);
  ~FakeBatch() override;

  core::BatchTraits traits() const override { return m_world.batch; }
  Result<core::ServerIdentity> server() override;
  Result<std::vector<core::Node>> nodes() override;
  Result<core::JobQueue> jobs(bool) override;
  Result<void> add(const batch::NodeSpec& node) override;
  Result<void> set_address(const core::NodeName& node, const std::string&) override;
  Result<void> hold(const core::NodeName& node, const std::string& note) override;
  Result<void> release(const core::NodeName& node) override;
  Result<void> give_up(const core::NodeName& node) override;
  Result<void> remove(const core::NodeName& node) override;

  std::string refuses;  // "hold n1": that call fails
  ErrorKind refuses_kind = ErrorKind::batch;
  std::optional<Result<std::vector<core::Node>>> later_nodes;  // from the second reading on

 private:
  Result<void> change(const std::string& verb, const core::NodeName& node, bool on_disk);

  Journal& m_journal;
  core::Snapshot m_world;
  int m_readings = 0;
};

class FakeNames final : public names::NameTable {
 public:
  explicit FakeNames(Journal& journal);
  Result<std::vector<core::HostEntry>> read() override { return table; }
  Result<void> write(const std::vector<core::HostEntry>& entries) override;

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
  bool sleep_for(std::chrono::milliseconds span) override {
    elapsed += span;
    return true;
  }

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
  explicit Stage(Snapshot world);
  ~Stage();

  Result<engine::PassReport> pass(engine::PassOptions options = {});
  engine::PassReport done(const engine::PassOptions& options = {});
  // The calls of a pass without its readings.
  Lines calls() const;
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

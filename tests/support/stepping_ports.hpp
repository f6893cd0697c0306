#pragma once

#include <tide/engine/pass.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace tide::test {

// Calls `step` before and after each call of each port: where a crash may come. Owns its decorators; the ports that it
// is laid around must outlive it.
class SteppingPorts {
 public:
  using Step = std::function<void()>;
  explicit SteppingPorts(Step step) : m_step(std::move(step)) {}

  void wrap(engine::Ports& ports) {
    auto batch = std::make_unique<Batch>(ports.batch, m_step);
    auto store = std::make_unique<Disk>(ports.store, m_step);
    std::map<core::CloudName, cloud::Cloud*> clouds;
    for (const auto& [name, inner] : ports.clouds) {
      m_clouds.push_back(std::make_unique<Sky>(*inner, m_step));
      clouds.emplace(name, m_clouds.back().get());
    }
    auto table = ports.names == nullptr ? nullptr : std::make_unique<Table>(*ports.names, m_step);
    const core::HeadId head = ports.head;
    const auto begin_pass = ports.begin_pass;
    hooks::Hooks* const hooks = ports.hooks;
    Clock& clock = ports.clock;
    Random& random = ports.random;
    std::destroy_at(&ports);
    std::construct_at(
        &ports, engine::Ports{clock, random, *batch, std::move(clouds), *store, table.get(), head, begin_pass, hooks});
    m_batch = std::move(batch);
    m_store = std::move(store);
    m_table = std::move(table);
  }

 private:
  template <typename Call>
  static auto around(const Step& step, Call call) {
    step();
    auto result = call();
    step();
    return result;
  }

  class Batch final : public batch::BatchSystem {
   public:
    Batch(batch::BatchSystem& inner, const Step& step) : m_inner(inner), m_step(step) {}
    core::BatchTraits traits() const override { return m_inner.traits(); }
    Result<core::ServerIdentity> server() override { return m_inner.server(); }
    Result<std::vector<core::Node>> nodes() override { return m_inner.nodes(); }
    Result<core::JobQueue> jobs(bool all_ids) override { return m_inner.jobs(all_ids); }
    Result<void> add(const batch::NodeSpec& node) override {
      return around(m_step, [&] { return m_inner.add(node); });
    }
    Result<void> set_address(const core::NodeName& node, const std::string& address) override {
      return around(m_step, [&] { return m_inner.set_address(node, address); });
    }
    Result<void> hold(const core::NodeName& node, const std::string& note) override {
      return around(m_step, [&] { return m_inner.hold(node, note); });
    }
    Result<void> release(const core::NodeName& node) override {
      return around(m_step, [&] { return m_inner.release(node); });
    }
    Result<void> give_up(const core::NodeName& node) override {
      return around(m_step, [&] { return m_inner.give_up(node); });
    }
    Result<void> remove(const core::NodeName& node) override {
      return around(m_step, [&] { return m_inner.remove(node); });
    }

   private:
    batch::BatchSystem& m_inner;
    const Step& m_step;
  };

  class Table final : public names::NameTable {
   public:
    Table(names::NameTable& inner, const Step& step) : m_inner(inner), m_step(step) {}
    Result<std::vector<core::HostEntry>> read() override { return m_inner.read(); }
    Result<void> write(const std::vector<core::HostEntry>& entries) override {
      return around(m_step, [&] { return m_inner.write(entries); });
    }

   private:
    names::NameTable& m_inner;
    const Step& m_step;
  };

  class Sky final : public cloud::Cloud {
   public:
    Sky(cloud::Cloud& inner, const Step& step) : m_inner(inner), m_step(step) {}
    const core::CloudName& name() const override { return m_inner.name(); }
    core::CloudTraits limits() const override { return m_inner.limits(); }
    Result<std::vector<core::Instance>> list(const std::string& cluster) override { return m_inner.list(cluster); }
    void look_for_requests() override { m_inner.look_for_requests(); }
    std::vector<Result<cloud::LaunchReply>> launch(std::span<const core::LaunchRequest> requests) override {
      return around(m_step, [&] { return m_inner.launch(requests); });
    }
    std::vector<Result<void>> terminate(std::span<const core::InstanceId> ids) override {
      return around(m_step, [&] { return m_inner.terminate(ids); });
    }
    std::vector<Result<void>> stop(std::span<const core::InstanceId> ids) override {
      return around(m_step, [&] { return m_inner.stop(ids); });
    }
    std::vector<cloud::UpkeepStep> keep_up(const cloud::Upkeep& of) override {
      return around(m_step, [&] { return m_inner.keep_up(of); });
    }
    Result<std::vector<core::Instance>> find(std::span<const std::string> words) override {
      return m_inner.find(words);
    }
    Result<void> retag(const core::InstanceId& id, const core::Retag& tags) override {
      return around(m_step, [&] { return m_inner.retag(id, tags); });
    }
    Result<std::string> console(const core::InstanceId& id) override { return m_inner.console(id); }
    Result<std::vector<core::Health>> health(core::HealthQuestion question) override {
      return m_inner.health(question);
    }
    Result<std::vector<core::SpotPrice>> spot_prices(std::span<const std::string> names) override {
      return m_inner.spot_prices(names);
    }
    Result<core::Reservations> reservations(const std::string& cluster) override {
      return m_inner.reservations(cluster);
    }
    Result<std::vector<cloud::InstanceType>> types(std::span<const std::string> names) override {
      return m_inner.types(names);
    }
    Result<void> check(const core::Pool& pool) const override { return m_inner.check(pool); }

   private:
    cloud::Cloud& m_inner;
    const Step& m_step;
  };

  class Disk final : public store::Store {
   public:
    Disk(store::Store& inner, const Step& step) : m_inner(inner), m_step(step) {}
    Result<core::Memory> load() override { return m_inner.load(); }
    Result<void> save(const core::Memory& before, const core::Memory& after) override {
      return around(m_step, [&] { return m_inner.save(before, after); });
    }
    Result<void> add_wish(const core::Wish& wish) override {
      return around(m_step, [&] { return m_inner.add_wish(wish); });
    }
    Result<void> close_wish(const core::WishId& wish) override {
      return around(m_step, [&] { return m_inner.close_wish(wish); });
    }
    Result<void> append(std::span<const store::Event> events) override {
      return around(m_step, [&] { return m_inner.append(events); });
    }
    Result<std::vector<store::Event>> events(const store::EventQuery& query) override { return m_inner.events(query); }
    Result<std::optional<std::string>> kept_text(const std::string& name) override { return m_inner.kept_text(name); }
    Result<void> keep_text(const std::string& name, const std::string& text) override {
      return around(m_step, [&] { return m_inner.keep_text(name, text); });
    }
    Result<void> keep(const core::Snapshot& snapshot, const std::optional<store::Sample>& sample) override {
      return around(m_step, [&] { return m_inner.keep(snapshot, sample); });
    }
    Result<std::optional<store::Kept>> kept() override { return m_inner.kept(); }
    Result<std::vector<store::Sample>> samples(TimePoint since) override { return m_inner.samples(since); }

   private:
    store::Store& m_inner;
    const Step& m_step;
  };

  Step m_step;
  std::unique_ptr<Batch> m_batch;
  std::unique_ptr<Disk> m_store;
  std::unique_ptr<Table> m_table;
  std::vector<std::unique_ptr<Sky>> m_clouds;
};

}  // namespace tide::test

#include "cloud_stand.hpp"

#include <tide/cloud/local/local_cloud.hpp>
#include <tide/cloud/local/processes.hpp>

#include <doctest/doctest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>

// The local cloud: machines are processes, so the network's faults do not exist.
namespace tide::test {
namespace {

class LocalStand : public CloudStand {
 public:
  LocalStand() : m_folder("/tmp/tide-cloud-XXXXXX") {
    REQUIRE(::mkdtemp(m_folder.data()) != nullptr);
    m_settings.name.value = "c" + m_folder.substr(m_folder.size() - 6);
    m_settings.command = {"/bin/sleep", "1000"};
    m_settings.addresses = cloud::local::parse_range("127.98.0.0/16").value();
    m_settings.log_dir = m_folder + "/local";
    m_settings.grace = std::chrono::seconds(1);
    m_cloud = std::make_unique<cloud::local::LocalCloud>(m_settings, m_clock);
  }
  ~LocalStand() override {
    for (const auto& one : mine()) {
      if (one.init != 0) ::kill(one.init, SIGTERM);
    }
    const auto end = m_clock.monotonic() + std::chrono::seconds(10);
    while (!mine().empty() && m_clock.monotonic() < end) m_clock.sleep_for(std::chrono::milliseconds(10));
    std::error_code ignored;
    std::filesystem::remove_all(m_folder, ignored);
  }
  LocalStand(const LocalStand&) = delete;
  LocalStand& operator=(const LocalStand&) = delete;

  cloud::Cloud& cloud() override { return *m_cloud; }
  const std::string& cluster() const override { return m_cluster; }
  core::LaunchRequest request(const std::string& token, int count) override {
    core::LaunchRequest wanted{.intent = {m_settings.name.value + "-" + token},
                               .cloud = m_settings.name,
                               .pool = {"small"},
                               .count = count,
                               .min_count = count};
    for (int i = 0; i < count; ++i) wanted.names.push_back(token + std::to_string(i + 1));
    wanted.tags = {{core::tag::k_cluster, m_cluster},
                   {core::tag::k_owner, "head-1"},
                   {core::tag::k_pool, "small"},
                   {core::tag::k_intent, wanted.intent.value}};
    wanted.slots = 1;
    wanted.memory_mib = 64;
    return wanted;
  }
  int live() override { return static_cast<int>(mine().size()); }
  bool order(Order) override { return false; }
  core::InstanceId unknown_id() const override { return {"never-was"}; }
  Clock& clock() override { return m_clock; }

 private:
  std::vector<cloud::local::Found> mine() {
    std::vector<cloud::local::Found> found;
    const auto all = cloud::local::find_instances();
    REQUIRE(all);
    for (const auto& one : *all) {
      const auto name = one.environment.find("TIDE_CLOUD");
      if (name != one.environment.end() && name->second == m_settings.name.value) found.push_back(one);
    }
    return found;
  }

  std::string m_folder;
  std::string m_cluster = "physics";
  SystemClock m_clock;
  cloud::local::LocalSettings m_settings;
  std::unique_ptr<cloud::local::LocalCloud> m_cloud;
};

}  // namespace

std::unique_ptr<CloudStand> make_local_stand() { return std::make_unique<LocalStand>(); }

}  // namespace tide::test

#pragma once

#include "fake_nova.hpp"
#include "fake_nova_settings.hpp"
#include "tests/support/hand_clock.hpp"

#include <tide/cloud/nova/nova_cloud.hpp>
#include <tide/util/files.hpp>
#include <tide/util/units.hpp>

#include <string>
#include <vector>

namespace tide::test {

// The adapter over the fake, in one process.
class NovaWorld {
 public:
  explicit NovaWorld(const std::string& cache = "")
      : fake({.now = [this] { return clock.time; }}), transport(fake), m_cache(cache) {
    restart();
  }

  // As a new process would: nothing remembered but what is in the cache.
  void restart() {
    cloud = std::make_unique<cloud::nova::NovaCloud>(
        cloud::nova::NovaCloud::Options{.name = {"nectar"},
                                        .session = {.cloud = "nectar", .cache = m_cache, .page = "nova.md"},
                                        .address_of_pool = {{"small", "private"}, {"open", "public"}},
                                        .floating_of_pool = {{"open", "public"}}},
        [this] { return Result<cloud::openstack::AuthSettings>(settings); }, transport, clock);
  }

  static core::LaunchRequest request(const std::string& name, const std::string& token) {
    core::LaunchRequest wanted{.intent = {token}, .cloud = {"nectar"}, .pool = {"small"}};
    wanted.types = {"m1.small"};
    wanted.image = "debian-12";
    wanted.names = {name};
    wanted.user_data = "#!/bin/sh\necho hi\n";
    wanted.tags = {{core::tag::k_cluster, "physics"},
                   {core::tag::k_owner, "head-1"},
                   {core::tag::k_pool, "small"},
                   {core::tag::k_names, name},
                   {core::tag::k_intent, token}};
    return wanted;
  }

  Result<cloud::LaunchReply> launch(const core::LaunchRequest& wanted) { return cloud->launch({&wanted, 1}).front(); }
  Result<void> end(const std::string& id) {
    const core::InstanceId one{id};
    return cloud->terminate({&one, 1}).front();
  }

  HandClock clock{parse_time("2026-11-25T12:00:00Z").value()};
  FakeNova fake;
  FakeNovaTransport transport;
  cloud::openstack::AuthSettings settings = fake_nova_settings("cloud 'test' in clouds.yaml");
  std::unique_ptr<cloud::nova::NovaCloud> cloud;

 private:
  std::string m_cache;
};

}  // namespace tide::test

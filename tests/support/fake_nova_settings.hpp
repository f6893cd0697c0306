#pragma once

#include <tide/cloud/openstack/auth_settings.hpp>

#include <string>

namespace tide::test {

// Who FakeNova lets in, as `source` would say it.
inline cloud::openstack::AuthSettings fake_nova_settings(const std::string& source = "the test") {
  cloud::openstack::AuthSettings settings{.source = source, .auth_url = "http://127.0.0.1:5000/identity/v3"};
  settings.user = {.id = {}, .name = "scaler", .domain_id = "default", .domain_name = {}};
  settings.secret = Secret("scaler-secret");
  settings.project = {.id = {}, .name = "hpc", .domain_id = "default", .domain_name = {}};
  return settings;
}

}  // namespace tide::test

#pragma once

#include "fake_nova.hpp"

#include <nlohmann/json.hpp>

// The documents of the fake OpenStack.
namespace tide::test::wire {

using Json = nlohmann::ordered_json;

struct FakeFlavor {
  const char* id;
  const char* name;
  int ram;
  int vcpus;
};
inline constexpr FakeFlavor k_flavors[]{{"aa2db0ba-3c4d-48de-9aaf-575a1668c871", "m1.tiny", 512, 1},
                                        {"5d506f40-fb00-4a50-9be5-04b6737d5ec5", "m1.small", 2048, 2},
                                        {"aa4b36d1-60ce-4449-a761-def22817b732", "m1.large", 8192, 4}};
inline constexpr const char* k_image = "54238505-942e-490d-b9d5-81d2fefd8294";

const FakeFlavor* find_flavor(const std::string& id_or_name);
std::string network_id(std::size_t index);
std::string uuid(std::uint64_t number);

net::Response json(int status, const Json& body);
net::Response nova_error(int status, const std::string& message);
net::Response keystone_error(int status, const std::string& message);

Json token_document(const FakeNovaOptions& options, TimePoint issued);
Json identity_version(const std::string& base);
Json compute_version(const FakeNovaOptions& options, const std::string& id);
Json flavor_document(const FakeFlavor& flavor);
Json image_document();
Json network_document(const std::string& name, std::size_t index);
Json limits_document(const FakeNovaOptions& options, int used);
Json server_document(const FakeServer& server, int minor, bool detail, bool with_fault = false);

}  // namespace tide::test::wire

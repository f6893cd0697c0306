#pragma once

#include <tide/util/result.hpp>

#include <compare>
#include <optional>
#include <string>

namespace tide::cloud::openstack {

// "2.37": compared as two numbers.
struct Microversion {
  int major = 2;
  int minor = 1;

  auto operator<=>(const Microversion&) const = default;
  std::string text() const { return std::to_string(major) + "." + std::to_string(minor); }
};
std::optional<Microversion> parse_microversion(const std::string& text);

// Where a service's API begins below an endpoint of the catalogue; "" where only a request can tell (compute without a
// version in its path).
std::string versioned_root(const std::string& service, const std::string& url);

// From the versions that an unversioned compute endpoint lists: the root of 2.1 (2.0 where there is no newer), below
// the endpoint as we know it: the links may name an inner address.
Result<std::string> compute_root_in(const std::string& body, const std::string& url);

// The version document of such a root: "https://host/v2.1/PROJECT" has it at "https://host/v2.1/".
std::string version_document(const std::string& root);

// The newest microversion in the version document of a root, no newer than `ceiling`.
Result<Microversion> newest_microversion(const std::string& body, Microversion ceiling);

}  // namespace tide::cloud::openstack

#pragma once

#include <tide/cloud/openstack/auth_settings.hpp>

namespace tide::cloud::openstack {

// A cloud's entry with its secure.yaml and its profile laid over each other, and where it came from.
struct FoundEntry {
  Entry entry;
  std::string name;
  std::string path;
};

// The entry `name` of clouds.yaml; with "" the only one there is, and nothing if there is no file or are several.
Result<std::optional<FoundEntry>> find_entry(const std::string& name, const std::string& clouds_file,
                                             const Environment& environment);

}  // namespace tide::cloud::openstack

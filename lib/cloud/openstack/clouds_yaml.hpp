#pragma once

#include <tide/util/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tide::cloud::openstack {

// An entry of clouds.yaml with its tables flattened: "auth.username", "regions.0.name". Values as text.
using Entry = std::map<std::string, std::string>;

// One of the tools' files (YAML or JSON). `top` is "clouds" or "public-clouds".
struct CloudsFile {
  std::map<std::string, Entry> entries;
};

// Errors are of kind config, with line and column and without any of the text: it may be a secret.
Result<CloudsFile> parse_clouds(const std::string& text, const std::string& top, const std::string& path);

}  // namespace tide::cloud::openstack

#include <tide/cloud/openstack/clouds_yaml.hpp>

#include <yaml-cpp/yaml.h>

namespace tide::cloud::openstack {
namespace {

constexpr std::size_t k_keys_max = 2000;  // an alias that names itself many times over grows without end
constexpr int k_depth_max = 8;

Error unreadable(const std::string& path, const std::string& why) {
  return make_error(ErrorKind::config, "'{}' is no clouds.yaml: {}", path, why)
      .with_hint("Correct the file; 'openstack configuration show' reads the same one.");
}

// False: too deep or too much.
bool flatten(const YAML::Node& node, const std::string& prefix, int depth, Entry& into) {
  if (depth > k_depth_max || into.size() > k_keys_max) return false;
  if (node.IsScalar()) {
    into[prefix] = node.Scalar();
    return true;
  }
  const std::string dot = prefix.empty() ? "" : prefix + ".";
  if (node.IsMap()) {
    for (const auto& pair : node) {
      if (!pair.first.IsScalar() || !flatten(pair.second, dot + pair.first.Scalar(), depth + 1, into)) return false;
    }
  }
  if (node.IsSequence()) {
    for (std::size_t i = 0; i < node.size(); ++i) {
      if (!flatten(node[i], dot + std::to_string(i), depth + 1, into)) return false;
    }
  }
  return true;
}

}  // namespace

// The library throws; its messages name places, never values.
Result<CloudsFile> parse_clouds(const std::string& text, const std::string& top, const std::string& path) {
  try {
    const YAML::Node root = YAML::Load(text);
    CloudsFile file;
    if (root.IsNull()) return file;
    if (!root.IsMap()) return unreadable(path, "it is no table");
    const YAML::Node clouds = root[top];
    if (!clouds || clouds.IsNull()) return file;
    if (!clouds.IsMap()) return unreadable(path, "'" + top + "' is no table");
    for (const auto& pair : clouds) {
      if (!pair.first.IsScalar()) return unreadable(path, "a cloud's name is no text");
      if (!flatten(pair.second, "", 0, file.entries[pair.first.Scalar()]))
        return unreadable(path, "an entry is nested too deeply or too large");
    }
    return file;
  } catch (const YAML::Exception& error) {
    return unreadable(path, fmt::format("line {}, column {}", error.mark.line + 1, error.mark.column + 1));
  }
}

}  // namespace tide::cloud::openstack

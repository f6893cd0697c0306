#include <tide/cloud/openstack/clouds_yaml.hpp>

#include <yaml-cpp/yaml.h>

namespace tide::cloud::openstack {
namespace {

constexpr std::size_t k_keys_max = 2000;       // an alias that names itself many times over grows without end
constexpr std::size_t k_visits_max = 200'000;  // in the whole file; nor need it have keys for that
constexpr int k_depth_max = 8;
constexpr const char* k_merge = "<<";

Error unreadable(const std::string& path, const std::string& why) {
  return make_error(ErrorKind::config, "'{}' is no clouds.yaml: {}", path, why)
      .with_hint("Correct the file; 'openstack configuration show' reads the same one.");
}

// Tables as they are meant: with what `<<` takes over, which the library leaves as a key like any other. False: too
// deep or too much, a key that is no text, or a `<<` of what is no table.
class Reader {
 public:
  using Table = std::map<std::string, YAML::Node>;

  // A table's own keys win over those that it takes over, and of several tables the earlier ones over the later.
  bool read(const YAML::Node& node, int depth, Table& into) {
    if (depth > k_depth_max || ++m_visits > k_visits_max || !node.IsMap()) return false;
    Table own;
    for (const auto& pair : node) {
      if (++m_visits > k_visits_max || !pair.first.IsScalar()) return false;
      if (is_merge(pair.first)) continue;
      own.erase(pair.first.Scalar());  // a node that is assigned to changes the document
      own.emplace(pair.first.Scalar(), pair.second);
    }
    into.merge(own);
    for (const auto& pair : node) {
      if (is_merge(pair.first) && !take_over(pair.second, depth + 1, into)) return false;
    }
    return true;
  }

  bool flatten(const YAML::Node& node, const std::string& prefix, int depth, Entry& into) {
    if (depth > k_depth_max || into.size() > k_keys_max || ++m_visits > k_visits_max) return false;
    if (node.IsScalar()) {
      into[prefix] = node.Scalar();
      return true;
    }
    const std::string dot = prefix.empty() ? "" : prefix + ".";
    if (node.IsMap()) {
      Table table;
      if (!read(node, depth, table)) return false;
      for (const auto& [key, value] : table) {
        if (!flatten(value, dot + key, depth + 1, into)) return false;
      }
    }
    if (node.IsSequence()) {
      for (std::size_t i = 0; i < node.size(); ++i) {
        if (!flatten(node[i], dot + std::to_string(i), depth + 1, into)) return false;
      }
    }
    return true;
  }

 private:
  // "<<" in quotes is a key like any other.
  static bool is_merge(const YAML::Node& key) { return key.Tag() == "?" && key.Scalar() == k_merge; }

  bool take_over(const YAML::Node& from, int depth, Table& into) {
    if (!from.IsSequence()) return read(from, depth, into);
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (!read(from[i], depth, into)) return false;
    }
    return true;
  }

  std::size_t m_visits = 0;
};

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
    Reader reader;
    Reader::Table entries;
    if (!reader.read(clouds, 0, entries)) return unreadable(path, "a cloud's name is no text, or a << is no table");
    for (const auto& [name, entry] : entries) {
      if (!reader.flatten(entry, "", 0, file.entries[name]))
        return unreadable(path, "an entry is nested too deeply or too large, or a << in it is no table");
    }
    return file;
  } catch (const YAML::Exception& error) {
    return unreadable(path, fmt::format("line {}, column {}", error.mark.line + 1, error.mark.column + 1));
  }
}

}  // namespace tide::cloud::openstack

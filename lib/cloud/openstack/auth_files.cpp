#include <tide/cloud/openstack/auth_files.hpp>

#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::cloud::openstack {
namespace {

std::string variable(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash);
}

// Where openstacksdk looks, in its order. The file that tide.toml names has all that belongs to it beside it; with one
// of OS_CLIENT_CONFIG_FILE the others may lie in the usual folders.
std::vector<std::string> folders_of(const std::string& clouds_file, const Environment& environment) {
  if (!clouds_file.empty()) return {folder_of(clouds_file)};
  std::vector<std::string> folders;
  if (const std::string named = variable(environment, "OS_CLIENT_CONFIG_FILE"); !named.empty())
    folders.push_back(folder_of(named));
  folders.emplace_back(".");
  const std::string config = variable(environment, "XDG_CONFIG_HOME");
  const std::string home = variable(environment, "HOME");
  if (!config.empty()) folders.push_back(config + "/openstack");
  if (config.empty() && !home.empty()) folders.push_back(home + "/.config/openstack");
  folders.emplace_back("/etc/openstack");
  return folders;
}

// The first that is there of FOLDER/STEM.{yaml,yml,json}; "" if none.
std::string find_in(const std::vector<std::string>& folders, const std::string& stem) {
  for (const std::string& folder : folders) {
    for (const char* ending : {".yaml", ".yml", ".json"}) {
      std::string path = folder;
      path.append("/").append(stem).append(ending);
      if (file_exists(path)) return path;
    }
  }
  return "";
}

bool has_secret(const CloudsFile& file) {
  constexpr std::array<std::string_view, 6> k_secrets{"auth.password", "auth.application_credential_secret",
                                                      "auth.token",    "password",
                                                      "token",         "application_credential_secret"};
  return std::ranges::any_of(file.entries, [&](const auto& entry) {
    return std::ranges::any_of(k_secrets,
                               [&](std::string_view key) { return entry.second.contains(std::string(key)); });
  });
}

Result<CloudsFile> read_clouds(const std::string& path, const std::string& top) {
  auto text = read_file(path);
  if (!text) {
    Error error = std::move(text).error();
    error.kind = ErrorKind::auth;
    return std::move(error).with_hint("Let the user who runs tide read '" + path + "'.");
  }
  TIDE_TRY_ASSIGN(CloudsFile file, parse_clouds(*text, top, path));
  if (has_secret(file) && others_may_read(path)) {
    return make_error(ErrorKind::auth, "'{}' holds a secret and may be read by everybody", path)
        .with_hint("Run: chmod o-rwx '" + path + "'");
  }
  return file;
}

void lay_over(Entry& below, const Entry& above) {
  for (const auto& [key, value] : above) below[key] = value;
}

Error no_such(const std::string& name, const std::string& path, const CloudsFile& file) {
  std::vector<std::string> names;
  for (const auto& [known, entry] : file.entries) names.push_back(known);
  const std::string near = nearest(name, names);
  return make_error(ErrorKind::config, "'{}' has no cloud '{}'", path, printable(name, 60))
      .with_hint(near.empty() ? "It has: " + join(names, ", ") + "." : "Did you mean '" + near + "'?");
}

// `profile` names an entry of clouds-public.yaml that stands below this one.
Result<Entry> with_profile(const Entry& entry, const std::vector<std::string>& folders, const std::string& path) {
  const auto profile = entry.contains("profile") ? entry.find("profile") : entry.find("cloud");
  if (profile == entry.end()) return entry;
  const std::string file = find_in(folders, "clouds-public");
  CloudsFile vendors;
  if (!file.empty()) {
    TIDE_TRY_ASSIGN(vendors, read_clouds(file, "public-clouds"));
  }
  const auto vendor = vendors.entries.find(profile->second);
  if (vendor == vendors.entries.end()) {
    return make_error(ErrorKind::config, "'{}' names profile '{}', which no clouds-public.yaml has", path,
                      printable(profile->second, 60))
        .with_hint(
            "Write the profile's auth_url into the entry: the profiles that come with openstackclient are not "
            "known to tide.");
  }
  Entry merged = vendor->second;
  lay_over(merged, entry);
  return merged;
}

}  // namespace

Result<std::optional<FoundEntry>> find_entry(const std::string& name, const std::string& clouds_file,
                                             const Environment& environment) {
  std::string path = clouds_file.empty() ? variable(environment, "OS_CLIENT_CONFIG_FILE") : clouds_file;
  const auto folders = folders_of(clouds_file, environment);
  if (path.empty()) path = find_in(folders, "clouds");
  if (path.empty()) {
    if (name.empty()) return std::optional<FoundEntry>();
    return make_error(ErrorKind::config, "there is no clouds.yaml with cloud '{}'", printable(name, 60))
        .with_hint("Name the file with clouds_file, or put it where openstackclient finds it: /etc/openstack.");
  }
  TIDE_TRY_ASSIGN(const CloudsFile file, read_clouds(path, "clouds"));
  if (name.empty() && file.entries.size() != 1) return std::optional<FoundEntry>();
  const auto at = name.empty() ? file.entries.begin() : file.entries.find(name);
  if (at == file.entries.end()) return no_such(name, path, file);
  FoundEntry found{.entry = at->second, .name = at->first, .path = path};
  std::string secure = variable(environment, "OS_CLIENT_SECURE_FILE");
  if (secure.empty()) secure = find_in(folders, "secure");
  if (!secure.empty()) {
    TIDE_TRY_ASSIGN(const CloudsFile secrets, read_clouds(secure, "clouds"));
    if (const auto own = secrets.entries.find(found.name); own != secrets.entries.end())
      lay_over(found.entry, own->second);
  }
  TIDE_TRY_ASSIGN(found.entry, with_profile(found.entry, folders, path));
  return std::optional(std::move(found));
}

}  // namespace tide::cloud::openstack

#include <tide/cloud/openstack/auth_files.hpp>

#include <tide/net/url.hpp>
#include <tide/util/digest.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::cloud::openstack {
namespace {

std::string get(const Entry& entry, const std::string& key) {
  const auto found = entry.find(key);
  return found == entry.end() ? std::string() : found->second;
}

std::string first_of(std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) {
    if (!text.empty()) return text;
  }
  return "";
}

// What stands below `auth`.
constexpr std::array k_auth_keys{"auth_url",
                                 "username",
                                 "user_id",
                                 "password",
                                 "user_domain_id",
                                 "user_domain_name",
                                 "project_id",
                                 "project_name",
                                 "project_domain_id",
                                 "project_domain_name",
                                 "domain_id",
                                 "domain_name",
                                 "default_domain",
                                 "default_domain_id",
                                 "default_domain_name",
                                 "tenant_id",
                                 "tenant_name",
                                 "token",
                                 "system_scope",
                                 "application_credential_id",
                                 "application_credential_name",
                                 "application_credential_secret"};

// OS_AUTH_URL and its like as an entry of clouds.yaml. The tools' own and older names of a variable mean the same.
Entry from_environment(const Environment& environment) {
  constexpr std::array k_other{"auth_type",
                               "region_name",
                               "interface",
                               "endpoint_type",
                               "cacert",
                               "cert",
                               "key",
                               "insecure",
                               "compute_api_version",
                               "compute_endpoint_override",
                               "network_endpoint_override",
                               "image_endpoint_override",
                               "block_storage_endpoint_override",
                               "volumev3_endpoint_override"};
  Entry entry;
  const auto take = [&](const char* key, const std::string& as) {
    std::string name = "OS_";
    for (const char* c = key; *c != '\0'; ++c) name += *c >= 'a' && *c <= 'z' ? static_cast<char>(*c - 'a' + 'A') : *c;
    const auto found = environment.find(name);
    if (found != environment.end() && !found->second.empty()) entry[as] = found->second;
  };
  for (const char* key : k_auth_keys) take(key, std::string("auth.") + key);
  for (const char* key : k_other) take(key, key);
  return entry;
}

// openstackclient takes what belongs below `auth` from beside it, too; what is below it wins.
void take_from_beside(Entry& entry) {
  for (const char* key : k_auth_keys) {
    const std::string value = get(entry, key);
    std::string& own = entry[std::string("auth.") + key];
    if (own.empty()) own = value;
  }
}

bool is_true(const std::string& text) {
  const std::string word = to_lower(text);
  return word == "true" || word == "yes" || word == "1" || word == "on";
}
bool is_false(const std::string& text) {
  const std::string word = to_lower(text);
  return word == "false" || word == "no" || word == "0" || word == "off";
}

// An entry may list its regions, each with values of its own; the first one stands where none is chosen.
void choose_region(Entry& entry, const std::string& wanted) {
  for (int i = 0;; ++i) {
    const std::string prefix = "regions." + std::to_string(i);
    const std::string name = first_of({get(entry, prefix), get(entry, prefix + ".name")});
    if (name.empty()) return;
    const std::string chosen = first_of({wanted, get(entry, "region_name")});
    if (!chosen.empty() && chosen != name) continue;
    Entry own;
    const std::string values = prefix + ".values.";
    for (const auto& [key, value] : entry) {
      if (key.starts_with(values)) own[key.substr(values.size())] = value;
    }
    for (const auto& [key, value] : own) entry[key] = value;
    entry["region_name"] = name;
    return;
  }
}

Named named(const Entry& entry, const std::string& what, const std::string& name_key) {
  return {.id = get(entry, "auth." + what + "_id"),
          .name = get(entry, "auth." + name_key),
          .domain_id = get(entry, "auth." + what + "_domain_id"),
          .domain_name = get(entry, "auth." + what + "_domain_name")};
}

// A name without a domain is one of the scope's, else of the one that stands for all, else of `default`.
void complete_domain(Named& named, const Entry& entry) {
  if (!named.id.empty() || named.name.empty() || !named.domain_id.empty() || !named.domain_name.empty()) return;
  for (const char* prefix : {"auth.domain", "auth.default_domain"}) {
    named.domain_id = get(entry, std::string(prefix) + "_id");
    if (named.domain_id.empty()) named.domain_name = get(entry, std::string(prefix) + "_name");
    if (!named.domain_id.empty() || !named.domain_name.empty()) return;
  }
  named.domain_id = first_of({get(entry, "auth.default_domain"), "default"});
}

Error wrong(const AuthSettings& settings, const std::string& why, const std::string& hint) {
  return make_error(ErrorKind::config, "{}: {}", settings.source, why).with_hint(hint);
}

Result<AuthMethod> method_of(const AuthSettings& settings, const Entry& entry) {
  const std::string type = get(entry, "auth_type");
  const bool credential =
      !first_of({get(entry, "auth.application_credential_id"), get(entry, "auth.application_credential_name")}).empty();
  if (type == "v3applicationcredential" || (type.empty() && credential)) return AuthMethod::application_credential;
  const bool token = !get(entry, "auth.token").empty() && get(entry, "auth.password").empty();
  if (type == "token" || type == "v3token" || (type.empty() && token)) return AuthMethod::token;
  if (type.empty() || type == "password" || type == "v3password") return AuthMethod::password;
  return wrong(settings, "auth_type '" + printable(type, 40) + "' is not in this version",
               "Use password, v3applicationcredential or token.");
}

Result<std::string> auth_url_of(const AuthSettings& settings, const Entry& entry) {
  std::string url = get(entry, "auth.auth_url");
  while (url.ends_with('/')) url.pop_back();
  if (url.empty()) return wrong(settings, "there is no auth_url", "Set auth_url to Keystone's URL, with its /v3.");
  const auto parts = net::split_url(url);
  if (!parts)
    return wrong(settings, "auth_url is no URL: " + parts.error().message, "Write it as https://HOST:5000/v3.");
  if (url.ends_with("/v2.0")) url.resize(url.size() - 5);
  if (!url.ends_with("/v3")) url += "/v3";
  return url;
}

Result<void> read_secret(AuthSettings& settings, const Entry& entry) {
  switch (settings.method) {
    case AuthMethod::password:
      settings.secret = Secret(get(entry, "auth.password"));
      if (settings.user.empty()) return wrong(settings, "there is no username", "Set username or user_id.");
      break;
    case AuthMethod::application_credential:
      settings.secret = Secret(get(entry, "auth.application_credential_secret"));
      settings.credential.id = get(entry, "auth.application_credential_id");
      settings.credential.name = get(entry, "auth.application_credential_name");
      if (settings.credential.empty())
        return wrong(settings, "there is no application_credential_id", "Set it, or another auth_type.");
      if (settings.credential.id.empty() && settings.user.empty())
        return wrong(settings, "an application credential's name needs its user", "Set username or user_id too.");
      break;
    case AuthMethod::token: settings.secret = Secret(get(entry, "auth.token")); break;
  }
  if (!settings.secret.empty()) return {};
  return wrong(settings, "there is no password, application_credential_secret or token",
               "Put it into secure.yaml, or use an application credential: nobody is asked for a password.");
}

Result<void> read_scope(AuthSettings& settings, const Entry& entry) {
  if (settings.method == AuthMethod::application_credential) return {};  // it carries its own
  if (!get(entry, "auth.system_scope").empty())
    return wrong(settings, "system_scope has no machines", "Name the project whose machines these shall be.");
  settings.project = named(entry, "project", "project_name");
  if (settings.project.id.empty()) settings.project.id = get(entry, "auth.tenant_id");
  if (settings.project.name.empty()) settings.project.name = get(entry, "auth.tenant_name");
  complete_domain(settings.project, entry);
  if (!settings.project.empty()) return {};
  if (settings.method == AuthMethod::token) return {};  // the token's own scope
  settings.domain_id = get(entry, "auth.domain_id");
  settings.domain_name = get(entry, "auth.domain_name");
  if (!settings.domain_id.empty() || !settings.domain_name.empty()) return {};
  return wrong(settings, "there is no project", "Set project_name or project_id.");
}

Result<void> read_reach(AuthSettings& settings, const Entry& entry, const AuthOptions& options) {
  settings.region = first_of({options.region, get(entry, "region_name")});
  settings.interface = first_of({options.interface, get(entry, "interface"), get(entry, "endpoint_type"), "public"});
  if (settings.interface.ends_with("URL")) settings.interface.resize(settings.interface.size() - 3);
  for (const char* service : {"compute", "network", "image", "block-storage", "volumev3"}) {
    const std::string url = get(entry, override_key(service));
    if (!url.empty()) settings.endpoint_override[service] = url;
  }
  if (!options.endpoint.empty()) settings.endpoint_override["compute"] = options.endpoint;
  settings.ca_file = first_of({options.ca_file, get(entry, "cacert")});
  settings.proxy = options.proxy;
  settings.insecure = options.insecure;
  settings.compute_api_version = get(entry, "compute_api_version");
  if (settings.compute_api_version.find('.') == std::string::npos) settings.compute_api_version.clear();  // "2"
  if (!get(entry, "cert").empty() || !get(entry, "key").empty())
    return wrong(settings, "client certificates (cert, key) are not in this version", "Leave them out.");
  const bool careless = is_false(get(entry, "verify")) || is_true(get(entry, "insecure"));
  if (careless && !options.insecure) {
    return wrong(settings, "certificates are not to be verified (verify, insecure)",
                 "Set cacert instead, or say insecure = true in tide.toml too: whoever is on the way then gets the "
                 "password.");
  }
  return {};
}

Result<AuthSettings> settings_from(Entry entry, const AuthOptions& options, const std::string& source) {
  AuthSettings settings{.source = source};
  choose_region(entry, options.region);
  take_from_beside(entry);
  TIDE_TRY_ASSIGN(settings.auth_url, auth_url_of(settings, entry));
  TIDE_TRY_ASSIGN(settings.method, method_of(settings, entry));
  settings.user = named(entry, "user", "username");
  complete_domain(settings.user, entry);
  TIDE_TRY(read_secret(settings, entry));
  TIDE_TRY(read_scope(settings, entry));
  TIDE_TRY(read_reach(settings, entry, options));
  return settings;
}

}  // namespace

Result<AuthSettings> find_auth(const AuthOptions& options, const Environment& environment) {
  std::string name = options.cloud;
  if (const auto found = environment.find("OS_CLOUD"); name.empty() && found != environment.end()) name = found->second;
  const Entry variables = from_environment(environment);
  if (name.empty() && options.clouds_file.empty() && variables.contains("auth.auth_url"))
    return settings_from(variables, options, "the environment's OS_*");
  TIDE_TRY_ASSIGN(const auto found, find_entry(name, options.clouds_file, environment));
  if (!found) {
    return make_error(ErrorKind::config, "no cloud is named, and there is no OS_AUTH_URL")
        .with_hint("Set cloud = \"NAME\" to an entry of clouds.yaml, so that cron finds the same.");
  }
  return settings_from(found->entry, options, fmt::format("cloud '{}' in {}", found->name, found->path));
}

std::string override_key(const std::string& service) {
  std::string key = service + "_endpoint_override";
  std::ranges::replace(key, '-', '_');
  return key;
}

std::string digest_of(const AuthSettings& settings) {
  std::string text;
  const auto add = [&](std::string_view value) { text.append(std::to_string(value.size())).append(":").append(value); };
  const auto add_named = [&](const Named& named) {
    for (const std::string* value : {&named.id, &named.name, &named.domain_id, &named.domain_name}) add(*value);
  };
  add(settings.auth_url);
  add(std::to_string(static_cast<int>(settings.method)));
  add_named(settings.user);
  add_named(settings.credential);
  add_named(settings.project);
  add(settings.domain_id);
  add(settings.domain_name);
  add(settings.secret.reveal());
  std::string digest = to_hex(sha256(text));
  ::explicit_bzero(text.data(), text.size());
  return digest;
}

std::string described(const AuthSettings& settings) {
  const auto show = [](const Named& named) { return printable(named.name.empty() ? named.id : named.name, 60); };
  std::string who;
  switch (settings.method) {
    case AuthMethod::password: who = "user '" + show(settings.user) + "'"; break;
    case AuthMethod::application_credential: who = "application credential '" + show(settings.credential) + "'"; break;
    case AuthMethod::token: who = "a token"; break;
  }
  if (!settings.project.empty()) who += ", project '" + show(settings.project) + "'";
  return who + " (" + settings.source + ")";
}

}  // namespace tide::cloud::openstack

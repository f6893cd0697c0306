#include "cmd/init/answers.hpp"

#include <tide/process/resolve.hpp>
#include <tide/util/files.hpp>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>

namespace tide::cmd::init {

namespace {

constexpr std::string_view k_folders =
    ":/usr/local/bin:/usr/bin:/opt/pbs/bin:/usr/local/torque/bin:/opt/torque/bin:/opt/slurm/bin";

std::string variable(const std::map<std::string, std::string>& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

// OpenPBS and TORQUE have commands of the same names: only OpenPBS has a pbs.conf, and only TORQUE a momctl. Grid
// Engine's qstat is theirs by name too, its qconf is nobody else's.
void find_batch(const std::string& path, Found& found) {
  struct Sign {
    const char* program;
    const char* kind;
  };
  constexpr std::array k_signs{Sign{"scontrol", "slurm"}, Sign{"condor_status", "htcondor"}, Sign{"momctl", "torque"},
                               Sign{"pbsnodes", "openpbs"}, Sign{"qconf", "gridengine"}};
  for (const Sign& sign : k_signs) {
    const auto program = process::resolve(sign.program, {.path = path});
    if (!program) continue;
    const bool torque = std::string_view(sign.kind) == "openpbs" && !file_exists("/etc/pbs.conf");
    found.batch = torque ? "torque" : sign.kind;
    found.program = *program;
    return;
  }
}

void find_credentials(const std::map<std::string, std::string>& environment, Found& found) {
  struct Sign {
    std::string sign;
    const char* kind;
  };
  const std::string home = variable(environment, "HOME");
  for (const Sign& sign : {Sign{"OS_CLOUD", "nova"}, Sign{"OS_AUTH_URL", "nova"}, Sign{"AWS_PROFILE", "ec2"},
                           Sign{"AWS_ACCESS_KEY_ID", "ec2"}}) {
    if (variable(environment, sign.sign).empty()) continue;
    found.cloud = sign.kind;
    found.credentials = "$" + sign.sign;
    return;
  }
  for (const Sign& sign :
       {Sign{home + "/.config/openstack/clouds.yaml", "nova"}, Sign{"/etc/openstack/clouds.yaml", "nova"},
        Sign{home + "/.aws/credentials", "ec2"}, Sign{home + "/.aws/config", "ec2"}}) {
    if (!file_exists(sign.sign)) continue;
    found.cloud = sign.kind;
    found.credentials = sign.sign;
    return;
  }
}

std::string own_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  addrinfo wanted{};
  wanted.ai_flags = AI_CANONNAME;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(name.data(), nullptr, &wanted, &list) != 0) return name.data();
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, &::freeaddrinfo);
  return list->ai_canonname == nullptr ? name.data() : list->ai_canonname;
}

// PREFIX/share/tide/examples beside PREFIX/bin/tide, or the source's beside build/tide.
std::string find_examples() {
  std::error_code code;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code) return "";
  const std::filesystem::path base = program.parent_path().parent_path();
  for (const char* below : {"share/tide/examples", "examples"}) {
    if (std::filesystem::is_directory(base / below, code)) return (base / below).string();
  }
  return "";
}

}  // namespace

Found look_around(const std::map<std::string, std::string>& environment) {
  Found found;
  find_batch(variable(environment, "PATH") + std::string(k_folders), found);
  find_credentials(environment, found);
  for (const char* name : {"SLURM_CONF", "CONDOR_CONFIG", "PBS_CONF_FILE", "PBS_DEFAULT", "SGE_ROOT", "SGE_CELL",
                           "SGE_QMASTER_PORT", "SGE_EXECD_PORT"}) {
    if (const std::string value = variable(environment, name); !value.empty()) found.variables[name] = value;
  }
  found.host = own_name();
  found.examples = find_examples();
  if (found.cloud.empty()) found.cloud = "local";
  return found;
}

}  // namespace tide::cmd::init

#include <tide/cloud/local/local_cloud.hpp>

#include <tide/util/files.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tide::cloud::local {

namespace {

using core::doubtful;
using core::failed;
using core::fine;

// Can something of this machine listen there? Nothing is sent.
Result<void> can_listen(std::uint32_t address) {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(address);
  const bool bound = fd.get() >= 0 && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  if (bound) return {};
  return make_error(ErrorKind::config, "addresses: this machine cannot listen there: {}",
                    std::system_category().message(errno))
      .with_hint("Take addresses of 127.0.0.0/8, or give an interface that range.");
}

}  // namespace

core::Findings LocalCloud::examine(std::span<const core::LaunchRequest> /*launches*/) {
  const std::string about = "cloud '" + m_settings.name.value + "'";
  const std::string& program = m_settings.command.front();
  core::Findings findings;
  if (::access(program.c_str(), X_OK) == 0) {
    findings.push_back(fine("command", about, program));
  } else {
    findings.push_back(
        failed("command", about,
               make_error(ErrorKind::config, "'{}' cannot be run: {}", program, std::system_category().message(errno))
                   .with_hint("Set [clouds." + m_settings.name.value + "] command to a program: ls -l.")));
  }
  const auto listens = can_listen(m_settings.addresses.first);
  findings.push_back(listens ? fine("addresses", about, "this machine can listen there")
                             : failed("addresses", about, listens.error()));
  findings.push_back(::geteuid() == 0
                         ? fine("rights", about, "machines get process and mount namespaces of their own")
                         : doubtful("rights", about,
                                    "not root: machines share this host's processes, mounts and host name",
                                    "Run tide as root if machines are to be more than processes; see local.md."));
  return findings;
}

}  // namespace tide::cloud::local

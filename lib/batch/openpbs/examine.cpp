#include <tide/batch/openpbs/openpbs.hpp>

namespace tide::batch::openpbs {

using core::failed;
using core::fine;

core::Findings OpenPbs::examine(const core::Settings& /*settings*/) {
  constexpr const char* k_about = "batch system";
  const auto server = read_server();
  if (!server) return {failed("rights", k_about, server.error())};
  if (is_manager(*server, m_options.user, m_options.root))
    return {fine("rights", k_about, fmt::format("'{}' may create, hold and delete nodes", m_options.user))};
  return {failed(
      "rights", k_about,
      make_error(ErrorKind::batch, "'{}' is no manager of server '{}'", m_options.user, server->name)
          .with_hint(fmt::format("Run tide as root, or: qmgr -c 'set server managers += {}@*'.", m_options.user)))};
}

}  // namespace tide::batch::openpbs

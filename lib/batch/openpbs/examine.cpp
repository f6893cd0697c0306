#include <tide/batch/openpbs/openpbs.hpp>
#include <tide/batch/pbs/rights.hpp>

namespace tide::batch::openpbs {

core::Findings OpenPbs::examine(const core::Settings& /*settings*/) {
  const auto server = read_server();
  if (!server) return {core::failed("rights", "batch system", server.error())};
  return {pbs::rights_of(m_options.user, server->name, is_manager(*server, m_options.user, m_options.root))};
}

}  // namespace tide::batch::openpbs

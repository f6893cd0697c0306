#pragma once

#include <tide/core/finding.hpp>

#include <string>

namespace tide::batch::pbs {

// May this user create, hold and delete nodes of that server? What `tide doctor` says of it.
inline core::Finding rights_of(const std::string& user, const std::string& server, bool is_manager) {
  if (is_manager)
    return core::fine("rights", "batch system", fmt::format("'{}' may create, hold and delete nodes", user));
  return core::failed(
      "rights", "batch system",
      make_error(ErrorKind::batch, "'{}' is no manager of server '{}'", user, server)
          .with_hint(fmt::format("Run tide as root, or: qmgr -c 'set server managers += {}@*'.", user)));
}

}  // namespace tide::batch::pbs

#pragma once

#include <tide/cloud/aws/credentials.hpp>
#include <tide/cloud/aws/query_api.hpp>

#include <memory>
#include <string>

namespace tide::cloud::aws {

struct Role {
  std::string arn;
  std::string session_name;  // what CloudTrail shows
  std::string external_id;
  std::string duration_seconds;  // "": STS's own, an hour

  bool operator==(const Role&) const = default;
};

// The role's keys, asked of `sts` (its endpoint, region, CA and proxy; its name and version are set here). A lost
// connection or a 5xx is tried again twice, at once. All errors are of kind auth but throttled ones.
Result<Credentials> assume_role(Service sts, const Role& role, const Credentials& with, net::Transport& transport,
                                Clock& clock);
// The same for the token that a platform has written; nothing is signed.
Result<Credentials> assume_role_with_web_identity(Service sts, const Role& role, const Secret& token,
                                                  net::Transport& transport, Clock& clock);

}  // namespace tide::cloud::aws

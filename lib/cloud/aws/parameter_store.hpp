#pragma once

#include <tide/cloud/aws/query_api.hpp>

#include <string>

namespace tide::cloud::aws {

// One parameter of SSM's parameter store (AmazonSSM.GetParameter, JSON 1.1). `ssm` is the service with its endpoint;
// `skew` is what the cloud's clock is ahead of ours. One that is not there is an error of kind bad_request.
struct ParameterCall {
  Service ssm;
  std::string name;  // "/aws/service/debian/release/12/latest/amd64"
  Seconds skew{0};
};
Result<std::string> get_parameter(const ParameterCall& call, CredentialSource& credentials, net::Transport& transport,
                                  Clock& clock);

}  // namespace tide::cloud::aws

#pragma once

#include <tide/cloud/aws/credentials.hpp>
#include <tide/cloud/aws/profiles.hpp>
#include <tide/net/transport.hpp>

#include <string>

// The two services on a machine's own link that give its role's keys. Both are asked without the cloud's proxy.
namespace tide::cloud::aws {

inline constexpr const char* k_metadata_source = "the instance's role";

// EC2's instance metadata, version 2 only: a token by PUT, then the role, then its keys; 1 s and 2 tries each. Expired
// keys are given out as they come. The first profile setting that counts is ec2_metadata_service_endpoint.
Result<Credentials> ask_instance_metadata(const Environment& environment, const Settings& profile,
                                          net::Transport& transport, Clock& clock);

// Is a container's endpoint named by the environment?
bool has_container_endpoint(const Environment& environment);

// ECS's and EKS's: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, else _FULL_URI, which may be plain http only to loopback and
// the platforms' own addresses. 2 s and 3 tries.
Result<Credentials> ask_container(const Environment& environment, net::Transport& transport, Clock& clock);

}  // namespace tide::cloud::aws

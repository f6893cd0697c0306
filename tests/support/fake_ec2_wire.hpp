#pragma once

#include "fake_ec2.hpp"

#include <string>

// How EC2's requests are read and its answers written.
namespace tide::test::wire {

FakeEc2::Parameters parse_form(std::string_view body);
std::string value_of(const FakeEc2::Parameters& parameters, const std::string& name, const std::string& fallback = "");
// PREFIX1, PREFIX2 and so on.
std::vector<std::string> list_of(const FakeEc2::Parameters& parameters, const std::string& prefix);
std::string escape(std::string_view text);
net::Response ok(const std::string& action, const std::string& inside);
net::Response refuse(int status, const std::string& code, const std::string& message);
std::string instance_xml(const FakeInstance& instance, const std::string& region);
bool is_json(const net::Request& request);  // JSON 1.1 with X-Amz-Target, as SSM's
net::Response json(int status, const std::string& body);
std::string iso_time(TimePoint time);

// Nothing if the signature is good; else the refusal that EC2 gives.
std::optional<net::Response> check_signature(const net::Request& request, const FakeEc2Options& options);

}  // namespace tide::test::wire

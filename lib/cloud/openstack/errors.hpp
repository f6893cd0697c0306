#pragma once

#include <tide/util/result.hpp>

#include <string>

namespace tide::cloud::openstack {

// What the body of a failure says: Nova's {"badRequest": {...}}, Keystone's {"error": {...}}, Neutron's and the plain
// {"message": ...} of web frameworks, with HTML in it or none. "" if it has no such words.
std::string message_of(const std::string& body);

// What kind of failure a status with these words is. 5xx is `retry`: the call may or may not have been done.
ErrorKind kind_of(int status, const std::string& message);

// What kind of failure Nova's words in `fault.message` of a machine in ERROR tell.
ErrorKind kind_of_fault(const std::string& message);

}  // namespace tide::cloud::openstack

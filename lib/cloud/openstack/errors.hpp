#pragma once

#include <tide/util/result.hpp>

#include <string>

namespace tide::cloud::openstack {

// What the body of a failure says: Nova's {"badRequest": {...}}, Keystone's {"error": {...}}, Neutron's and the plain
// {"message": ...} of web frameworks, with HTML in it or none. "" if it has no such words.
std::string message_of(const std::string& body);

// The body of a 404: is it the service's own word that it has no such thing? Nova's and Cinder's envelope is
// "itemNotFound", Neutron's "NeutronError". A gateway's {"message": ...}, and a path that Nova does not know, have
// none.
bool says_unknown(const std::string& service, const std::string& body);

// The body of a failure: is it Keystone's own {"error": {...}}?
bool is_keystones(const std::string& body);

// What kind of failure a status with these words is. 5xx is `retry`: the call may or may not have been done.
ErrorKind kind_of(int status, const std::string& message);

// What kind of failure Nova's words in `fault.message` of a machine in ERROR tell.
ErrorKind kind_of_fault(const std::string& message);

}  // namespace tide::cloud::openstack

#pragma once

#include <tide/cloud/openstack/session.hpp>

#include <string>
#include <vector>

namespace tide::cloud::nova {

// The replies to these GETs of lists of Neutron, and to their next pages, in no order: a site may cut its lists
// (pagination_max_limit), and a part of one is no list. `key` is the list's name in the reply: "ports".
// The first call that fails is the error, as is a server that pages in a circle.
Result<std::vector<std::string>> all_pages(openstack::Session& session, std::vector<openstack::Call> calls,
                                           const std::string& key);

}  // namespace tide::cloud::nova

#pragma once

#include <tide/core/settings.hpp>

#include <string>

namespace tide::core {

// tide:template: a digest of all that a pool's machines are made from, user data included; not of what differs from one
// machine to the next (names, zone, the type that was to be had).
std::string template_digest(const Settings& settings, const Pool& pool);

}  // namespace tide::core

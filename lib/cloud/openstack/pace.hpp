#pragma once

#include <tide/net/rate_limit.hpp>

#include <string>
#include <vector>

namespace tide::cloud::openstack {

// How fast a project may be asked. OpenStack itself has no rates: a site that has some keeps them in front of it.
struct Rates {
  net::Rate read;    // GET
  net::Rate launch;  // POST /servers
  net::Rate end;     // DELETE
  net::Rate other;   // tokens, consoles, addresses

  bool operator==(const Rates&) const = default;
};

// "launch 20/5", "read none", ...; what is not named has no limit.
Result<Rates> parse_rates(const std::vector<std::string>& lines);

struct Pace {
  net::RateLimiter* limiter = nullptr;
  Rates rates;
};

// Pure: what a call takes of which bucket. `account`: whose they are.
net::Draw draw_for(const std::string& method, const std::string& path, const Rates& rates, const std::string& account);

// What a call is counted as: "GET /servers/*", its path without IDs and query.
std::string name_of_call(const std::string& method, const std::string& path);

}  // namespace tide::cloud::openstack

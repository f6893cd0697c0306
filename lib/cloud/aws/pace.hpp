#pragma once

#include <tide/net/rate_limit.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace tide::cloud::aws {

struct Call {
  std::string action;
  std::vector<std::pair<std::string, std::string>> parameters;  // sent in this order
  std::chrono::milliseconds timeout{60'000};
};

// EC2's own buckets of an account in a region, as its API reference has them ("Request throttling"); accounts may have
// others.
struct Rates {
  net::Rate read{.burst = 100, .per_second = 20};  // Describe*, Get*
  net::Rate run{.burst = 5, .per_second = 2};      // RunInstances, CreateFleet: calls
  net::Rate machines{.burst = 1000, .per_second = 2};
  net::Rate end{.burst = 100, .per_second = 5};  // TerminateInstances
  net::Rate other{.burst = 50, .per_second = 5};

  bool operator==(const Rates&) const = default;
};

// "read 100/20", "machines none", ...; what is not named stays as it is.
Result<Rates> parse_rates(const std::vector<std::string>& lines);

// How fast a service may be asked; without a limiter as fast as it goes.
struct Pace {
  net::RateLimiter* limiter = nullptr;
  Rates rates;
};

// Pure: what this call takes of which buckets. `account`: whose they are.
std::vector<net::Draw> draws_for(const Call& call, const Rates& rates, const std::string& account);

}  // namespace tide::cloud::aws

#pragma once

#include <tide/core/instance.hpp>
#include <tide/util/result.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tide::cloud::nova {

struct NetworkAddress {
  std::string network;  // its name
  std::string address;
  bool floating = false;
  bool v6 = false;

  bool operator==(const NetworkAddress&) const = default;
};

// One server of a list. `instance` is complete but for its cloud, its address and, before microversion 2.47, the name
// of its flavor: `instance.type` then is the flavor's ID.
struct Listed {
  core::Instance instance;
  std::vector<NetworkAddress> addresses;  // in the order of networks' names
  std::vector<std::string> volumes;       // that are to end with it, by ID; before microversion 2.3 it is not told

  bool operator==(const Listed&) const = default;
};

struct ServersPage {
  std::vector<Listed> servers;
  std::string next_marker;  // "" at the end

  bool operator==(const ServersPage&) const = default;
};

// GET /servers/detail. A server without an ID, a status or a readable time makes the page unreadable (protocol): a
// reading that misses one would have it launched twice.
Result<ServersPage> parse_servers(const std::string& body);

// GET /servers/ID. Lists leave out the fault of a machine that never found a host (Zed: it is in a cell of its own).
Result<Listed> parse_server(const std::string& body);
constexpr const char* k_no_fault = "the cloud says ERROR and not why";

// GET /servers: how many machines are in cells that do not answer now. They are in no list with filters or pages.
Result<int> count_unknown(const std::string& body);

// POST /servers: the ID that one call made.
Result<std::string> parse_created(const std::string& body);

// POST /servers/ID/action: what the machine wrote on its console.
Result<std::string> parse_console(const std::string& body);

// Nova's three words for what a machine does; `task` is "" for none. ACTIVE with a task is not ready.
core::InstanceState state_of(const std::string& status, const std::string& task);

// The address of the kind that [pools.x] address wants, "" if there is none yet.
std::string choose_address(const std::vector<NetworkAddress>& addresses, const std::string& wanted);

// What is left of the project's quota, others' use counted; none where it has no limit.
struct Left {
  std::optional<std::int64_t> machines;
  std::optional<std::int64_t> cores;
  std::optional<std::int64_t> memory_mib;

  bool operator==(const Left&) const = default;
};
Result<Left> parse_limits(const std::string& body);

}  // namespace tide::cloud::nova

#pragma once

#include <tide/cloud/cloud.hpp>

#include <span>
#include <string>
#include <vector>

// What ec2-tool and nova-tool, the adapters at the shell, have in common: a verb of theirs asks the cloud, prints a
// line a result and returns the exit code. Each tool has its own line for a machine.
namespace tide::test {

using Words = std::vector<std::string>;
using Show = void (*)(const core::Instance& instance);

// "error KIND: MESSAGE", its context, its hint and its wait; returns 1.
int tell(const Error& error);

int launch(cloud::Cloud& cloud, std::span<const core::LaunchRequest> requests, Show show);
int list(cloud::Cloud& cloud, const std::string& cluster, Show show);
int terminate(cloud::Cloud& cloud, const Words& ids);
int stop(cloud::Cloud& cloud, const Words& ids);
int console(cloud::Cloud& cloud, const std::string& id);
int types(cloud::Cloud& cloud, const Words& names);

}  // namespace tide::test

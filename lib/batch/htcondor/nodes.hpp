#pragma once

#include <tide/batch/htcondor/ads.hpp>
#include <tide/core/node.hpp>

#include <vector>

namespace tide::batch::htcondor {

// All startds of one machine, and its master.
struct Machine {
  std::vector<const Ad*> slots;
  const Ad* master = nullptr;  // one that has or had a startd

  bool is_off() const { return slots.empty() && master != nullptr && master->startd_up_since == 0; }
};
using Machines = std::map<std::string, Machine>;

Machines machines_of(const Ads& ads);

// `silent_after`: an ad that old is that of a daemon that does not answer. Sorted by name.
std::vector<core::Node> nodes_of(const Ads& ads, Seconds silent_after);
core::Node node_of(const std::string& name, const Machine& machine, const Ads& ads, Seconds silent_after);

}  // namespace tide::batch::htcondor

#pragma once

#include <tide/batch/gridengine/complexes.hpp>
#include <tide/batch/gridengine/hosts.hpp>
#include <tide/batch/gridengine/notes.hpp>
#include <tide/core/node.hpp>

#include <set>

namespace tide::batch::gridengine {

// What of the resources is what.
struct ResourceNames {
  std::string note = "tide_note";                                                  // "" for none
  std::vector<std::string> memory{"h_vmem", "mem_free", "virtual_free", "h_rss"};  // where they are consumed
  std::vector<std::pair<std::string, std::string>> gpus{{"", "gpu"}};              // by type
  std::set<std::string> features;                                                  // that some pool has
};

// What is asked of qhost with -F.
std::string resource_list(const ResourceNames& names);

// A feature "small" is the resource small=TRUE, "os=el9" the resource os with the value el9.
std::pair<std::string, std::string> resource_of_feature(const std::string& feature);

// Hosts with a queue, as nodes; a host without one starts no jobs and is none.
std::vector<core::Node> nodes_of(const std::vector<HostRecord>& hosts, const ResourceNames& names, TimePoint now);
// How tide marked the host, held or not; nothing where the resource for notes is not there.
Mark mark_of(const HostRecord& host, const ResourceNames& names);
core::Node node_of(const HostRecord& host, const ResourceNames& names, TimePoint now);

}  // namespace tide::batch::gridengine

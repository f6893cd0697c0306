#pragma once

#include <tide/batch/gridengine/complexes.hpp>
#include <tide/batch/gridengine/nodes.hpp>
#include <tide/batch/gridengine/parallel.hpp>
#include <tide/batch/gridengine/waiting_reader.hpp>
#include <tide/core/job.hpp>

#include <set>

namespace tide::batch::gridengine {

// All that a job's words are judged by.
struct ShapeContext {
  Complexes complexes;
  AllocationRules rules;
  ResourceNames names;
  std::vector<std::string> queues;  // that the cluster has
  std::set<std::string> groups;     // host groups into which tide's nodes come: "@allhosts"
  std::set<std::string> served;     // queues in which they get slots
  std::set<std::string> licences;   // resources that the whole cluster shares
};

struct Wishes {
  core::Shape shape;
  std::string bound_to;  // a host that it names
};

Wishes wishes_of(const JobRecord& job, const ShapeContext& context);

// The fewest slots of "64-128", "4", "2,8-16" that are a multiple of `step`; none if it is no such range, or has none.
std::optional<int> fewest_slots(std::string_view range, int step = 1);

// Does it name a queue by a pattern? Then the cluster's queues must be known.
bool wants_queue_names(const JobRecord& job);

}  // namespace tide::batch::gridengine

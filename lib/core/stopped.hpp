#pragma once

#include <tide/core/world.hpp>

#include <vector>

// Machines that are stopped instead of ended, and started again before new ones are bought ([pools.x] keep_stopped).
// Only an idle drain stops one: what failed, is outdated, or was asked to end, ends. A stopped machine has no node;
// once started it is waited for as a new one is.
namespace tide::core {

// Is it kept so by tide, as far as its cloud last said? Not once it was told to end for good.
bool is_kept_stopped(const Worker& worker, const Machine& row);

// Does this drained machine stop, for its pool still wants one more of just this kind?
bool is_worth_keeping(World& world, const Worker& worker);

// Those of the pool that can be started now, by name. One that its cloud did not start is not asked for
// k_start_refused.
std::vector<const Worker*> startable(World& world, const Pool& pool);

// What its listing says of a machine that tide stopped, or started again, comes into its row.
void note_stopped(World& world, Worker& worker, Machine& row);

// Started again: nothing that was known of its node holds any more.
void begin_again(Machine& row, const IntentId& intent, Moment now);

// Is a start of it open, whose answer was lost?
bool is_starting(const Memory& memory, const InstanceId& id);

bool is_name_of_stopped(const Memory& memory, const NodeName& name);

}  // namespace tide::core

#pragma once

#include <tide/core/settings.hpp>
#include <tide/core/snapshot.hpp>

#include <string>
#include <vector>

// What a pass asks clouds beside the list of machines. By ages alone, so that most passes ask nothing.
namespace tide::core {

// `snapshot` holds the machines, jobs and nodes of this pass. Checks: soon where a node that had joined is silent or a
// failing check is still to be confirmed, else every ten minutes; notices: while spot machines of ours live.
bool asks_health(const Snapshot& snapshot, const CloudName& cloud, HealthQuestion question);

// Types whose spot prices are to be read now; none if nothing depends on them or they are young.
std::vector<std::string> asks_prices(const Snapshot& snapshot, const Settings& settings, const CloudName& cloud);

// Are the account's reservations to be read now? Where a person wants it, while on-demand machines are wanted or live.
bool asks_reservations(const Snapshot& snapshot, const Settings& settings, const CloudName& cloud);

}  // namespace tide::core

#pragma once

#include <tide/core/snapshot.hpp>

namespace tide::core {

// A cloud that lists none of the cluster's machines while their nodes answer answers for another account, region or
// project, or their tags are gone: a machine that ended takes its node along. Such a listing becomes an error
// (unproven), and nothing is decided about that cloud. Where nodes cannot be read there is no doubt; where absence is
// proof, neither.
void suspect_listings(Snapshot& snapshot);

// `tide accept-reading`: the machines of such clouds are gone.
void accept_listings(const Snapshot& snapshot, Memory& memory);

// Of those that suspect_listings() made errors, by name.
std::vector<CloudName> suspect_clouds(const Snapshot& snapshot);

}  // namespace tide::core

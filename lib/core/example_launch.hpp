#pragma once

#include <tide/core/settings.hpp>
#include <tide/core/snapshot.hpp>

#include <map>

namespace tide::core {

// What a launch of one machine of this pool would ask for, as plan() has it on an empty cluster without caps: for
// questions to a cloud, never to be sent. An error says why there is none: names or user data that cannot be.
Result<LaunchRequest> example_launch(Settings settings, const PoolName& pool, const HeadId& head,
                                     const std::map<CloudName, CloudTraits>& clouds);

}  // namespace tide::core

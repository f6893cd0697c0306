#pragma once

#include <tide/util/id.hpp>

namespace tide::core {

using NodeName = Id<struct NodeNameTag>;
using JobId = Id<struct JobIdTag>;
using InstanceId = Id<struct InstanceIdTag>;
using CloudName = Id<struct CloudNameTag>;  // a [clouds.NAME]
using PoolName = Id<struct PoolNameTag>;    // a [pools.NAME]
using IntentId = Id<struct IntentIdTag>;    // 128 random bits as 32 hex digits; EC2's ClientToken
using WishId = Id<struct WishIdTag>;
using HeadId = Id<struct HeadIdTag>;  // tide:owner

}  // namespace tide::core

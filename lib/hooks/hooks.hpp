#pragma once

#include <tide/core/ids.hpp>
#include <tide/util/result.hpp>

#include <string>
#include <string_view>

namespace tide::hooks {

// What a site's own programs are told. Only before_end may keep something from being done.
enum class Kind { node_added, node_removed, instance_started, instance_ended, before_end, pass_failed };

std::string_view to_string(Kind kind);  // "before_end", as in [hooks]

// What is known of what it is about; "" where nothing is.
struct Call {
  Kind kind = Kind::pass_failed;
  core::NodeName node;
  core::InstanceId instance;
  core::CloudName cloud;
  core::PoolName pool;
  std::string address;
  std::string why;  // the rule's words, or the error's
};

// The port for hooks. An error is what the hook said, or why it could not be run.
class Hooks {
 public:
  virtual ~Hooks() = default;

  virtual bool wants(Kind kind) const = 0;
  virtual Result<void> call(const Call& call) = 0;
};

}  // namespace tide::hooks

#pragma once

#include <tide/core/instance.hpp>
#include <tide/core/job.hpp>
#include <tide/util/result.hpp>

#include <map>
#include <string>

namespace tide::cloud::local {

using Environment = std::map<std::string, std::string>;

constexpr const char* k_token = "TIDE_TOKEN";
constexpr const char* k_pid = "TIDE_PID";  // of the command, in its own PID namespace: written after the fork

// Which machine of a launch, and what was chosen for it.
struct Chosen {
  int index = 0;
  std::string id;
  std::string address;
  TimePoint now{};
};

// "INTENT" of the first machine of a launch, "INTENT-1" of the second.
std::string instance_id(const core::IntentId& intent, int index);

// All that the command gets: PATH, [clouds.x.env], TIDE_*; without TIDE_PID.
Environment make_environment(const core::LaunchRequest& request, const Environment& configured, const Chosen& chosen);

// What a command's environment says of its instance; absent for one that is not whole.
std::optional<core::Instance> to_instance(const Environment& environment);

// Tags as one line of text, and back.
std::string encode_tags(const std::map<std::string, std::string>& tags);
std::map<std::string, std::string> decode_tags(std::string_view text);

// The text of /proc/PID/environ; of a name that is there twice, the first counts.
Environment decode_environment(std::string_view text);

}  // namespace tide::cloud::local

#include <tide/core/instance.hpp>

namespace tide::core {

std::string_view tag_of(const Instance& instance, const char* key) {
  const auto found = instance.tags.find(key);
  return found == instance.tags.end() ? std::string_view() : std::string_view(found->second);
}

bool is_live(InstanceState state) { return state != InstanceState::gone; }

bool is_request(const Instance& instance) { return !instance.request.empty() && instance.request == instance.id; }

}  // namespace tide::core

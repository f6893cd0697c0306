#include <tide/core/world.hpp>

namespace tide::core {

void World::act(Action action, RuleId rule, std::string text, std::vector<Fact> facts) {
  if (const auto* hold = std::get_if<Hold>(&action)) touched.insert(hold->row.node.value);
  if (const auto* release = std::get_if<Release>(&action)) touched.insert(release->node.value);
  if (const auto* end = std::get_if<Terminate>(&action)) touched.insert(end->instance.value);
  if (const auto* launch = std::get_if<Launch>(&action)) {
    for (const InstanceId& id : launch->request.restart) touched.insert(id.value);
  }
  if (const auto* own = std::get_if<Adopt>(&action)) touched.insert(own->instance.value);
  if (const auto* disown = std::get_if<Disown>(&action)) touched.insert(disown->instance.value);
  plan.actions.push_back({std::move(action), {std::move(rule), std::move(text), std::move(facts)}});
}

}  // namespace tide::core

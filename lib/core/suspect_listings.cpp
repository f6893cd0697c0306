#include <tide/core/suspect_listings.hpp>

#include <algorithm>

namespace tide::core {

namespace {

// How many machines of the cloud have a node that answers, where the listing has no machine of ours at all: else 0.
std::size_t lost_while_their_nodes_answer(const Snapshot& snapshot, const CloudName& cloud,
                                          const std::vector<Instance>& listed) {
  const auto traits = snapshot.clouds.find(cloud);
  if (traits != snapshot.clouds.end() && traits->second.absence_is_proof) return 0;
  std::size_t lost = 0;
  for (const auto& [id, row] : snapshot.memory.machines) {
    if (row.cloud != cloud || row.adopting || row.disowning || row.missing_accepted) continue;
    if (std::ranges::find(listed, id, &Instance::id) != listed.end()) return 0;
    const auto node = std::ranges::find(*snapshot.nodes, row.node, &Node::name);
    const bool answers =
        node != snapshot.nodes->end() && node->responding && !node->down && registered_since(*node, row.launched_at);
    if (row.registered && !row.told_to_end && !row.interrupted && answers) ++lost;
  }
  return lost;
}

}  // namespace

void suspect_listings(Snapshot& snapshot) {
  if (!snapshot.server || !snapshot.nodes) return;
  for (auto& [name, listed] : snapshot.instances) {
    const std::size_t lost = listed ? lost_while_their_nodes_answer(snapshot, name, *listed) : 0;
    if (lost == 0) continue;
    listed =
        make_error(ErrorKind::unproven,
                   "it lists none of its {} machines, whose nodes answer: it is another account, region or project, "
                   "or their tags are gone",
                   lost)
            .with_hint(
                "Check its region, project, credentials and the tide:* tags. If the machines are really gone, or "
                "nobody's of tide's any more: tide accept-reading.");
  }
}

std::vector<CloudName> suspect_clouds(const Snapshot& snapshot) {
  std::vector<CloudName> names;
  for (const auto& [name, listed] : snapshot.instances) {
    if (!listed && listed.error().kind == ErrorKind::unproven) names.push_back(name);
  }
  return names;
}

void accept_listings(const Snapshot& snapshot, Memory& memory) {
  for (const CloudName& cloud : suspect_clouds(snapshot)) {
    for (auto& [id, row] : memory.machines) {
      if (row.cloud == cloud) row.missing_accepted = true;
    }
  }
}

}  // namespace tide::core

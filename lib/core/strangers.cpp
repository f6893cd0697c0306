#include <tide/core/strangers.hpp>

#include <algorithm>

namespace tide::core {

std::vector<std::string> words_of(const Wish& wish, const Snapshot& snapshot) {
  std::vector<std::string> words = wish.targets;
  if (!snapshot.nodes) return words;
  for (const Node& node : *snapshot.nodes) {
    if (node.placeholder || std::ranges::find(wish.targets, node.name.value) == wish.targets.end()) continue;
    for (const std::string& word : {node.instance.value, node.hostname, node.address}) {
      if (!word.empty() && std::ranges::find(words, word) == words.end()) words.push_back(word);
    }
  }
  return words;
}

}  // namespace tide::core

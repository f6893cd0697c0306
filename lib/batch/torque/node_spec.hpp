#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::torque {

// One part of `-l nodes=`, between its '+' signs: "2:ppn=4:CLOUD:gpus=1".
struct NodePart {
  int nodes = 1;
  int slots = 1;  // ppn
  bool ppn_given = false;
  int gpus = 0;
  std::vector<std::string> properties;  // in the order written
  std::string host;                     // "mom1/0": a node for sure, by its name
  std::string first_word;               // it begins with a word: a node's name, or a property
  std::string unjudged;                 // what tide cannot judge: "mics=1"

  bool operator==(const NodePart&) const = default;
};

struct NodeSpec {
  std::vector<NodePart> parts;
  bool exclusive = false;  // "#excl"

  bool operator==(const NodeSpec&) const = default;
};

// Nothing for what is no such text: "", "2:", "0:ppn=1", "ppn=4".
std::optional<NodeSpec> parse_node_spec(std::string_view text);

}  // namespace tide::batch::torque

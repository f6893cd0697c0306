#pragma once

#include <tide/util/result.hpp>

#include <pugixml.hpp>

#include <string>
#include <string_view>

namespace tide::cloud::aws {

// AWS and those who speak like it differ in namespaces and prefixes by action and version: only local names count.
std::string_view local_name(const pugi::xml_node& node);
pugi::xml_node child(const pugi::xml_node& node, std::string_view name);
std::string text_of(const pugi::xml_node& node);  // as it is, blanks too
std::string child_text(const pugi::xml_node& node,
                       std::string_view name);  // "" if absent; "None" (moto's) is absent too

// Parses `text` into `document` and returns its root, which must be <root>; else an error of kind protocol.
Result<pugi::xml_node> parse_xml(pugi::xml_document& document, std::string_view text, std::string_view root);

// Calls visit(item) for each <item> of the list <name> of `node`; ends at the first error.
template <typename Visit>
Result<void> for_each_item(const pugi::xml_node& node, std::string_view name, Visit&& visit) {
  for (const pugi::xml_node item : child(node, name).children()) {
    if (item.type() != pugi::node_element) continue;
    TIDE_TRY(visit(item));
  }
  return {};
}

}  // namespace tide::cloud::aws

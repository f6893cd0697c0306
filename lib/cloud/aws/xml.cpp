#include <tide/cloud/aws/xml.hpp>

#include <tide/util/text.hpp>

namespace tide::cloud::aws {

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_node each : node.children()) {
    if (local_name(each) == name) return each;
  }
  return {};
}

// A value may come in pieces: text, CDATA, text.
std::string text_of(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node piece : node.children()) {
    if (piece.type() == pugi::node_pcdata || piece.type() == pugi::node_cdata) text += piece.value();
  }
  return text;
}

std::string child_text(const pugi::xml_node& node, std::string_view name) {
  std::string text(trim(text_of(child(node, name))));
  return text == "None" ? std::string() : text;
}

Result<pugi::xml_node> parse_xml(pugi::xml_document& document, std::string_view text, std::string_view root) {
  if (const auto status = document.load_buffer(text.data(), text.size()); !status) {
    return make_error(ErrorKind::protocol, "the reply is not XML at byte {}: {}", status.offset,
                      to_lower(status.description()))
        .with_peer("it begins: " + printable(text, 80));
  }
  const pugi::xml_node top = document.document_element();
  if (local_name(top) != root) {
    return make_error(ErrorKind::protocol, "the reply is <{}>, not <{}>", printable(top.name(), 60), root);
  }
  return top;
}

}  // namespace tide::cloud::aws

#pragma once

#include <tide/util/result.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tide::batch::gridengine {

// What a scanner reads of a document, in order. A text is that of an element without children; of a longer one than
// k_text_max only the beginning.
class XmlHandler {
 public:
  using Attributes = std::vector<std::pair<std::string, std::string>>;
  virtual ~XmlHandler() = default;

  virtual Result<void> open(std::string_view name, const Attributes& attributes) = 0;
  virtual Result<void> close(std::string_view name, std::string_view text) = 0;
};

constexpr std::size_t k_text_max = 64U << 10U;

// The value of an attribute, or "".
std::string_view attribute(const XmlHandler::Attributes& attributes, std::string_view name);

// Reads what Grid Engine's commands print with -xml while they print it, in constant memory: elements, attributes, text
// and the first line's declaration; no comments, document types or CDATA. Grid Engine 8.1.9 writes "<" in a text as
// "%lt;".
class XmlScanner {
 public:
  // `roots`: the names that a whole document of this command begins with.
  XmlScanner(XmlHandler& handler, std::vector<std::string> roots) : m_handler(handler), m_roots(std::move(roots)) {}

  Result<void> feed(std::string_view piece);
  // Once the command ended well: was it a whole document? Nothing at all is none.
  Result<void> finish() const;
  const std::string& root() const { return m_root; }

 private:
  Result<void> take_tag(std::string_view tag);
  Result<void> open(std::string_view tag);
  Result<void> close(std::string_view name);
  Result<void> take_text(std::string_view text);

  XmlHandler& m_handler;
  std::vector<std::string> m_roots;
  std::string m_root;
  std::vector<std::string> m_open;  // names of the elements that are open
  std::string m_text;               // of the innermost one
  std::string m_tag;                // the beginning of a tag that the last piece cut
  bool m_in_tag = false;
  bool m_begun = false;  // something but blanks came
  bool m_ended = false;
};

}  // namespace tide::batch::gridengine

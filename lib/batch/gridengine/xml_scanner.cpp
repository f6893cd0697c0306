#include <tide/batch/gridengine/xml_scanner.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::gridengine {

namespace {

constexpr std::size_t k_tag_max = 16U << 10U;
constexpr std::size_t k_depth_max = 32;
constexpr std::string_view k_blank = " \t\r\n";

Error broken_xml(std::string_view what, std::string_view text) {
  return make_error(ErrorKind::protocol, "'{}' is {}", printable(text.substr(0, 60), 80), what);
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == ':' || c == '.';
  });
}

std::string decode_xml(std::string_view text) {
  constexpr std::pair<std::string_view, char> k_entities[]{
      {"&amp;", '&'}, {"&lt;", '<'}, {"%lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&#39;", '\''}};
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto entity = std::ranges::find_if(k_entities, [&](const auto& one) { return text.starts_with(one.first); });
    const bool found = entity != std::end(k_entities);
    out += found ? entity->second : text.front();
    text.remove_prefix(found ? entity->first.size() : 1);
  }
  return out;
}

// Takes "name='value'" off the front.
Result<std::pair<std::string, std::string>> take_attribute(std::string_view& rest, std::string_view tag) {
  const std::size_t sign = rest.find('=');
  if (sign == std::string_view::npos || sign + 1 >= rest.size()) return broken_xml("no tag", tag);
  const std::string_view name = trim(rest.substr(0, sign));
  const char quote = rest[sign + 1];
  const std::size_t end = rest.find(quote, sign + 2);
  if (!is_name(name) || (quote != '\'' && quote != '"') || end == std::string_view::npos)
    return broken_xml("no tag", tag);
  std::pair<std::string, std::string> taken{name, decode_xml(rest.substr(sign + 2, end - sign - 2))};
  rest.remove_prefix(end + 1);
  return taken;
}

}  // namespace

std::string_view attribute(const XmlHandler::Attributes& attributes, std::string_view name) {
  const auto found = std::ranges::find(attributes, name, &std::pair<std::string, std::string>::first);
  return found == attributes.end() ? std::string_view{} : std::string_view(found->second);
}

Result<void> XmlScanner::feed(std::string_view piece) {
  if (piece.find('\0') != std::string_view::npos)
    return make_error(ErrorKind::protocol, "it has a byte 0 in it: that is no XML");
  while (!piece.empty()) {
    const std::size_t end = piece.find(m_in_tag ? '>' : '<');
    const std::string_view part = piece.substr(0, end);
    if (!m_in_tag) {
      TIDE_TRY(take_text(part));
    } else {
      if (m_tag.size() + part.size() > k_tag_max)
        return broken_xml("a tag that does not end", m_tag + std::string(part));
      m_tag.append(part);
    }
    if (end == std::string_view::npos) return {};
    piece.remove_prefix(end + 1);
    if (m_in_tag) {
      const std::string tag = std::move(m_tag);
      m_tag.clear();
      TIDE_TRY(take_tag(tag));
    }
    m_in_tag = !m_in_tag;
  }
  return {};
}

Result<void> XmlScanner::take_text(std::string_view text) {
  if (m_open.empty()) {
    if (text.find_first_not_of(k_blank) == std::string_view::npos) return {};
    return broken_xml(m_ended ? "text after the end" : "no XML", trim(text));
  }
  m_text.append(text.substr(0, k_text_max - std::min(k_text_max, m_text.size())));
  return {};
}

Result<void> XmlScanner::take_tag(std::string_view tag) {
  if (m_ended) return broken_xml("text after the end", tag);
  if (tag.starts_with('?')) {
    if (m_begun || !tag.ends_with('?')) return broken_xml("no tag", tag);
    m_begun = true;
    return {};
  }
  m_begun = true;
  if (tag.starts_with('/')) return close(trim(tag.substr(1)));
  const bool empty = tag.ends_with('/');
  if (empty) tag.remove_suffix(1);
  TIDE_TRY(open(tag));
  if (empty) TIDE_TRY(close(std::string(m_open.back())));
  return {};
}

Result<void> XmlScanner::open(std::string_view tag) {
  const std::string_view name = tag.substr(0, tag.find_first_of(k_blank));
  if (!is_name(name) || m_open.size() >= k_depth_max) return broken_xml("no tag", tag);
  if (m_open.empty()) {
    if (std::ranges::find(m_roots, name) == m_roots.end()) return broken_xml("not what this command prints", name);
    m_root = name;
  }
  XmlHandler::Attributes attributes;
  std::string_view rest = trim(tag.substr(name.size()));
  while (!rest.empty()) {
    TIDE_TRY_ASSIGN(auto one, take_attribute(rest, tag));
    attributes.push_back(std::move(one));
    rest = trim(rest);
  }
  m_open.emplace_back(name);
  m_text.clear();
  return m_handler.open(name, attributes);
}

Result<void> XmlScanner::close(std::string_view name) {
  if (m_open.empty() || m_open.back() != name) return broken_xml("an end without its beginning", name);
  m_open.pop_back();
  m_ended = m_open.empty();
  const std::string text = decode_xml(trim(m_text));
  m_text.clear();
  return m_handler.close(name, text);
}

Result<void> XmlScanner::finish() const {
  if (m_ended && !m_in_tag) return {};
  if (!m_begun && !m_in_tag) return make_error(ErrorKind::unproven, "it printed nothing");
  return make_error(ErrorKind::unproven, "its output lacks the '</{}>' that ends a whole one",
                    m_root.empty() ? m_roots.front() : m_root);
}

}  // namespace tide::batch::gridengine

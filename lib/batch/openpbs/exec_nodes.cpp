#include <tide/batch/openpbs/exec_nodes.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::openpbs {

namespace {

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return c > ' ' && c < '\x7f' && std::string_view("()+/:*,\"'").find(c) == std::string_view::npos;
  });
}

void sort_once(std::vector<std::string>& names) {
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace

std::string_view without_index(std::string_view vnode) {
  const std::size_t bracket = vnode.find('[');
  return bracket == 0 ? vnode : vnode.substr(0, bracket);
}

std::optional<ExecNodes> exec_nodes(std::string_view exec_vnode, std::string_view exec_host) {
  std::vector<std::string> hosts;
  for (const std::string_view part : split(exec_host, '+')) {
    if (exec_host.empty()) break;
    const std::string_view host = part.substr(0, part.find('/'));
    if (!is_name(host)) return std::nullopt;
    hosts.emplace_back(host);
  }
  sort_once(hosts);
  ExecNodes nodes;
  if (exec_vnode.empty()) {
    nodes.names = std::move(hosts);
    return nodes;
  }
  for (std::string_view part : split(exec_vnode, '+')) {
    if (part.starts_with('(')) part.remove_prefix(1);
    if (part.ends_with(')')) part.remove_suffix(1);
    const std::string_view vnode = part.substr(0, part.find(':'));
    if (!is_name(vnode)) return std::nullopt;
    const std::string_view name = without_index(vnode);
    // exec_host has the short name of a host.
    const bool known = hosts.empty() || std::ranges::binary_search(hosts, std::string(name)) ||
                       std::ranges::binary_search(hosts, std::string(name.substr(0, name.find('.'))));
    if (!known) nodes.names_vnodes = true;
    nodes.names.emplace_back(name);
  }
  sort_once(nodes.names);
  return nodes;
}

}  // namespace tide::batch::openpbs

// What OpenPBS's `pbsnodes -a`, `qstat -Q -f` and `qstat -B -f` print, as JSON or as text: never a crash.
#include <tide/batch/openpbs/nodes.hpp>
#include <tide/batch/openpbs/server_info.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tide::batch::openpbs;
  if (size < 1) return 0;
  const Form form = (data[0] & 1U) != 0 ? Form::text : Form::json;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (const auto list = parse_nodes(text, form)) {
    if (list->nodes.empty() || !std::ranges::is_sorted(list->nodes, {}, &tide::core::Node::name)) std::abort();
    for (const auto& node : list->nodes) {
      if (node.slots < 0 || node.slots_used < 0 || node.memory_mib < 0) std::abort();
    }
  }
  if (const auto queues = parse_queues(text, form); queues && queues->empty()) std::abort();
  if (const auto server = parse_server(text, form); server && server->name.empty()) std::abort();
  return 0;
}

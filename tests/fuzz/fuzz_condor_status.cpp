// What condor_status prints: never a crash, and no node without the collector's ad at the end.
#include <tide/batch/htcondor/nodes.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto ads = tide::batch::htcondor::parse_ads(text, {});
  if (!ads) return 0;
  if (text.empty() || text.back() != '\n' || ads->collector.type != "Collector") std::abort();
  for (const auto& node : tide::batch::htcondor::nodes_of(*ads, tide::Seconds{660})) {
    if (node.slots_used < 0 || node.memory_mib_used < 0 || node.state.empty()) std::abort();
  }
  return 0;
}

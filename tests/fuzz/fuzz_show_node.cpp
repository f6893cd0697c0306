// What scontrol prints for nodes, for partitions and for its configuration: never a crash, and no reading without its
// proof.
#include <tide/batch/slurm/partitions.hpp>
#include <tide/batch/slurm/show_config.hpp>
#include <tide/batch/slurm/show_node.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto nodes = tide::batch::slurm::parse_show_nodes(text);
  if (nodes && text.find("slurm") == std::string::npos) std::abort();
  if (nodes &&
      !std::is_sorted(nodes->begin(), nodes->end(), [](const auto& a, const auto& b) { return a.name < b.name; })) {
    std::abort();
  }
  const auto partitions = tide::batch::slurm::parse_show_partitions(text);
  if (partitions && text.find("slurm") == std::string::npos) std::abort();
  const auto config = tide::batch::slurm::parse_show_config(text);
  if (config && text.find(" is UP") == std::string::npos) std::abort();
  return 0;
}

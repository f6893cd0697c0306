// What `pbsnodes -x`, `qstat -B -f` and `qstat -Q -f` print: never a crash, and nothing from what has no end.
#include <tide/batch/torque/pbsnodes.hpp>
#include <tide/batch/torque/server_status.hpp>

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto nodes = tide::batch::torque::parse_pbsnodes(text);
  if (nodes && text.find("</Data>") == std::string::npos) std::abort();
  for (std::size_t i = 0; nodes && i < nodes->size(); ++i) {
    if ((*nodes)[i].name.empty() || (*nodes)[i].slots_used < 0) std::abort();
  }
  const auto jobs = tide::batch::torque::parse_node_jobs(text);
  if (jobs && !jobs->ids.empty() && jobs->slots < 1) std::abort();
  const auto server = tide::batch::torque::parse_server(text);
  if (server && text.find("\n\n") == std::string::npos && text.back() != '\n') std::abort();
  const auto queues = tide::batch::pbs::parse_queues(text);
  if (queues && !queues->empty() && text.find("Queue: ") == std::string::npos) std::abort();
  return 0;
}

#include <tide/batch/htcondor/htcondor.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::htcondor {

using core::doubtful;
using core::failed;
using core::fine;

// Each startd decides for itself who may drain it or switch it off; there is none to ask while there is no node.
core::Findings HtCondor::examine(const core::Settings& /*settings*/) {
  constexpr const char* k_about = "batch system";
  constexpr const char* k_schedd = "Scheduler";
  constexpr std::array<std::string_view, 1> k_types{k_schedd};
  const auto ads = read_ads(k_types, "");
  if (!ads) return {failed("schedds", k_about, ads.error())};
  std::vector<std::string> known;
  for (const Ad& ad : ads->others) {
    if (ad.type == k_schedd) known.push_back(ad.name);
  }
  std::vector<std::string> missing =
      m_options.schedds == std::vector<std::string>{"all"} ? std::vector<std::string>{} : m_options.schedds;
  std::erase_if(missing, [&](const std::string& name) { return std::ranges::find(known, name) != known.end(); });
  core::Findings findings;
  if (!missing.empty()) {
    findings.push_back(failed("schedds", k_about,
                              make_error(ErrorKind::config, "the collector knows no schedd {}", join(missing, ", "))
                                  .with_hint("It knows: " + join(known, ", ") + ". See [batch] schedds.")));
  } else if (known.empty()) {
    findings.push_back(doubtful("schedds", k_about, "the collector knows no schedd: there can be no job",
                                "Start condor_schedd, or set [batch] pool to the collector that it reports to."));
  } else {
    findings.push_back(fine("schedds", k_about, join(known, ", ")));
  }
  findings.push_back(
      fine("rights", k_about,
           "each node decides who may hold it: its ALLOW_ADMINISTRATOR must name this head (htcondor.md)"));
  return findings;
}

}  // namespace tide::batch::htcondor

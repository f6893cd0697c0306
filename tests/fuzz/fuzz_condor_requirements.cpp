// A job's Requirements: never a crash, a deep stack or a long message.
#include <tide/batch/htcondor/requirements.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto asked = tide::batch::htcondor::judge_requirements(
      std::string_view(reinterpret_cast<const char*>(data), size), {"small", "HasCVMFS", "Site=north"});
  if (asked.assumed.size() > 1'000 || asked.bound.size() > 1'000) std::abort();
  return 0;
}

#include "support_htcondor.hpp"

#include <tide/batch/htcondor/expression.hpp>
#include <tide/batch/htcondor/requirements.hpp>

#include <doctest/doctest.h>

using namespace tide;
using batch::htcondor::judge_requirements;
using Clauses = std::vector<std::vector<std::string>>;

TEST_SUITE_BEGIN("batch/htcondor/requirements");

TEST_CASE("requirements: what condor_submit adds by itself asks for nothing") {
  const auto plain = judge_requirements(
      "(TARGET.Arch == \"X86_64\") && (TARGET.OpSys == \"LINUX\") && (TARGET.Disk >= RequestDisk) && "
      "(TARGET.Memory >= RequestMemory) && (TARGET.Cpus >= RequestCpus) && (TARGET.GPUs >= RequestGPUs) && "
      "(countMatches(MY.RequireGPUs,TARGET.AvailableGPUs) >= RequestGPUs) && (TARGET.HasJobDeferral) && "
      "((time() + ScheddInterval) >= (DeferralTime - DeferralPrepTime)) && "
      "((TARGET.FileSystemDomain == MY.FileSystemDomain) || (TARGET.HasFileTransfer))",
      {});
  CHECK(plain.features.empty());
  CHECK(plain.assumed.empty());
  CHECK(plain.bound.empty());
  CHECK_FALSE(plain.never);
  CHECK(judge_requirements("true", {}).assumed.empty());
  CHECK(judge_requirements("undefined", {}).assumed.empty());
}

TEST_CASE("requirements: features") {
  const struct {
    const char* text;
    Clauses features;
  } rows[]{
      {"TidePool == \"small\"", {{"small"}}},
      {"\"small\" =?= TARGET.TidePool", {{"small"}}},
      {"stringListMember(\"big\", TideFeatures)", {{"big"}}},
      {"stringListIMember(\"big\",TARGET.TideFeatures,\",\")", {{"big"}}},
      {"(TidePool == \"b\") || TidePool == \"a\" || false", {{"a", "b"}}},
      {"TidePool == \"a\" && stringListMember(\"big\", TideFeatures)", {{"a"}, {"big"}}},
      {"TARGET.HasCVMFS", {{"HasCVMFS"}}},
      {"HasCVMFS =?= True", {{"HasCVMFS"}}},
      {"hascvmfs == true && HASCVMFS", {{"HasCVMFS"}}},
      {"TARGET.Site == \"north\"", {{"Site=north"}}},
      {"TARGET.Arch == \"aarch64\"", {{"Arch=aarch64"}}},
      {"TARGET.OpSys == \"WINDOWS\"", {{"OpSys=WINDOWS"}}},
      {"TidePool == \"a\" || (TidePool == \"b\" && HasFileTransfer)", {{"a", "b"}}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto asked = judge_requirements(row.text, {"HasCVMFS", "Site=north"});
    CHECK(asked.features == row.features);
    CHECK(asked.assumed.empty());
  }
}

TEST_CASE("requirements: what machines must not have; case where ClassAds do not mind it; CPUs") {
  const struct {
    const char* text;
    std::vector<std::string> lacking;
  } rows[]{
      {"TidePool != \"Small\"", {"small"}},
      {"TidePool =!= \"small\" && TARGET.TidePool != \"small\"", {"small"}},
      {"!stringListMember(\"small\", TideFeatures)", {"small"}},
      {"!(TidePool == \"small\") && !HasCVMFS", {"small", "HasCVMFS"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto asked = judge_requirements(row.text, {"HasCVMFS", "small"});
    CHECK(asked.lacking == row.lacking);
    CHECK(asked.features.empty());
    CHECK(asked.assumed.empty());
  }
  CHECK(judge_requirements("TidePool == \"SMALL\"", {"small"}).features == Clauses{{"small"}});
  CHECK(judge_requirements("stringListIMember(\"Small\", TideFeatures)", {"small"}).features == Clauses{{"small"}});
  CHECK(judge_requirements("TidePool =?= \"Small\"", {"small"}).features == Clauses{{"Small"}});
  CHECK(judge_requirements("stringListMember(\"Small\", TideFeatures)", {"small"}).features == Clauses{{"Small"}});
  CHECK(judge_requirements("TARGET.Cpus >= 8 && Cpus > 3", {}).cpus == 8);
  CHECK(judge_requirements("7 < TARGET.Cpus", {}).cpus == 8);
  CHECK(judge_requirements("TidePool != \"a\" || TidePool == \"b\"", {}).lacking.empty());
}

TEST_CASE("requirements: what cannot be judged is told in its own words") {
  for (const char* text :
       {"TARGET.HasCVMFS", "regexp(\"x\",TARGET.Name)", "!HasDocker", "NumJobStarts < 3", "Mips > 10 * Memory",
        "OpSysMajorVer >= 8", "x ? y : z", "TARGET.Foo == \"a\\tb\\\"c\"", "MY.Wants", "TARGET.TotalCpus >= 8",
        "!(TidePool == \"a\" && Wants)", "-Rank < 2", "isUndefined(TARGET.Foo)", "a == b == c", "Foo is undefined",
        "Foo isnt undefined", "1.5e3 < Kflops"}) {
    CAPTURE(std::string(text));
    const auto asked = judge_requirements(text, {"other"});
    CHECK(asked.assumed == text);
    CHECK(asked.features.empty());
    CHECK_FALSE(asked.never);
  }
  CHECK(judge_requirements("A && (B || C) && TidePool == \"p\"", {}).assumed == "A && (B || C)");
  CHECK(judge_requirements("TidePool == \"p\" || Unknown", {}).assumed == "(TidePool == \"p\" || Unknown)");
}

TEST_CASE("requirements: a machine by name, never, memory") {
  CHECK_FALSE(judge_requirements("Machine == \"x.y\"", {}).bound.empty());
  CHECK_FALSE(judge_requirements("(TARGET.Machine == \"x\" || Name == \"slot1@y\")", {}).bound.empty());
  CHECK(judge_requirements("Machine != \"bad\" && TARGET.Machine =!= \"worse\"", {}).bound.empty());
  CHECK(judge_requirements("Machine != \"bad\"", {}).assumed.empty());
  CHECK(judge_requirements("TidePool == \"a\" && false", {}).never);
  CHECK(judge_requirements("false || false", {}).never);
  CHECK(judge_requirements("TARGET.Memory >= 4000", {}).memory_mib == 4000);
  CHECK(judge_requirements("4000 < Memory", {}).memory_mib == 4001);
}

TEST_CASE("requirements: hostile ones end in bounded memory and stack") {
  using batch::htcondor::parse_expression;
  for (const char* broken : {"(", ")", "a &&", "a b", "\"open", "a ? b", "f(a", "f(a,,b)", "a..b", "{1,2}", "[a=1]",
                             "&&", "'x", "MY.", ""}) {
    CAPTURE(std::string(broken));
    CHECK_FALSE(parse_expression(broken));
  }
  const std::size_t many = 1'000'000;
  CHECK_FALSE(parse_expression(std::string(many, '(')));
  for (const std::string unit : {"(", "!", "-", "f(", "a==", "a?", "a?b:", "(a&&"}) {
    std::string text;
    while (text.size() < 60'000) text += unit;
    CHECK_FALSE(parse_expression(text + "a"));
  }
  std::string wide = "a";
  while (wide.size() < 60'000) wide += "&&a";
  REQUIRE(parse_expression(wide));
  CHECK(judge_requirements(wide, {}).assumed.size() <= 210);
  const auto deep = judge_requirements(std::string(many, '('), {});
  CHECK_FALSE(deep.assumed.empty());
  CHECK(deep.assumed.size() <= 210);
}

TEST_SUITE_END();

#include "support_ec2.hpp"

#include <tide/cloud/ec2/replies.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::ec2;
using test::recording;

TEST_SUITE_BEGIN("cloud/ec2/replies");

namespace {

// Cut short, empty, another call's answer, a page: none of them is the document.
template <typename Parse>
void refuses_all_else(const Parse& parse, const std::string& whole) {
  REQUIRE(parse(whole));
  for (const std::string& text : {whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 3), std::string(),
                                  std::string("<a/>"), recording("DescribeInstances-ids.xml"),
                                  recording("DescribeInstances-bad-token.xml"), recording("auth-wrong-secret.xml")}) {
    CAPTURE(text.substr(0, 60));
    const auto read = parse(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::protocol);
  }
}

}  // namespace

TEST_CASE("parse_describe_instance_types: real sizes, GPUs counted") {
  const std::string whole = recording("DescribeInstanceTypes-two.xml");
  const auto page = parse_describe_instance_types(whole);
  REQUIRE(page);
  REQUIRE(page->types.size() == 2);
  CHECK(page->types[0] == cloud::InstanceType{.name = "c5.large", .slots = 2, .memory_mib = 4096, .gpus = {}});
  CHECK(page->types[1] ==
        cloud::InstanceType{.name = "p3.2xlarge", .slots = 8, .memory_mib = 62464, .gpus = {{"v100", 1}}});
  CHECK(page->next_token.empty());
  refuses_all_else(parse_describe_instance_types, whole);
}

TEST_CASE("parse_describe_instance_types: a size that is none is unreadable") {
  const auto with = [](const std::string& slots, const std::string& memory) {
    return "<DescribeInstanceTypesResponse><instanceTypeSet><item><instanceType>x.y</"
           "instanceType><vCpuInfo><defaultVCpus>" +
           slots + "</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>" + memory +
           "</sizeInMiB></memoryInfo></item></instanceTypeSet></DescribeInstanceTypesResponse>";
  };
  CHECK(parse_describe_instance_types(with("2", "4096")));
  for (const auto& [slots, memory] : std::vector<std::pair<std::string, std::string>>{
           {"0", "1"}, {"-1", "1"}, {"", "1"}, {"1", "0"}, {"1", "many"}, {"99999999999999", "1"}, {"1", "1e9"}}) {
    CAPTURE(slots);
    CAPTURE(memory);
    const auto page = parse_describe_instance_types(with(slots, memory));
    REQUIRE_FALSE(page);
    CHECK(page.error().kind == ErrorKind::protocol);
  }
}

TEST_CASE("parse_describe_images: the root device of each") {
  const std::string whole = recording("DescribeImages-ids.xml");
  CHECK(parse_describe_images(whole).value() == std::map<std::string, std::string>{{"ami-12c6146b", "/dev/sda1"}});
  CHECK(parse_describe_images("<DescribeImagesResponse><imagesSet/></DescribeImagesResponse>").value().empty());
  CHECK_FALSE(parse_describe_images("<DescribeImagesResponse/>"));
  refuses_all_else(parse_describe_images, whole);
}

TEST_CASE("parse_console_output: decoded; nothing yet is empty") {
  const std::string whole = recording("GetConsoleOutput.xml");
  const auto text = parse_console_output(whole);
  REQUIRE(text);
  CHECK(text->starts_with("Linux version 2.6.16-xenU"));
  CHECK(text->ends_with("Enabling fast FPU save and restore... done.\n"));
  CHECK(parse_console_output("<GetConsoleOutputResponse><instanceId>i-1</instanceId></GetConsoleOutputResponse>")
            .value()
            .empty());
  CHECK_FALSE(parse_console_output("<GetConsoleOutputResponse><output>YQ==</output></GetConsoleOutputResponse>"));
  refuses_all_else(parse_console_output, whole);
}

TEST_CASE("parse_state_changes: the IDs it took, of the call that was made") {
  const std::string whole = recording("TerminateInstances.xml");
  const auto parse = [](std::string_view xml) { return parse_state_changes(xml, "TerminateInstances"); };
  CHECK(parse(whole).value() == std::vector<std::string>{"i-6c15473e8dd77ec67", "i-f30589e8714f0cb13"});
  refuses_all_else(parse, whole);
  CHECK_FALSE(parse_state_changes(whole, "StopInstances"));
}

TEST_CASE("parse_create_tags: only 'true' is done") {
  const std::string whole = recording("CreateTags.xml");
  CHECK_FALSE(parse_create_tags("<CreateTagsResponse><return>false</return></CreateTagsResponse>"));
  CHECK_FALSE(parse_create_tags("<CreateTagsResponse/>"));
  refuses_all_else(parse_create_tags, whole);
}

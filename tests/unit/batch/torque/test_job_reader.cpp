#include "support_torque.hpp"

#include <tide/batch/torque/job_reader.hpp>

#include <doctest/doctest.h>

using namespace tide;
using batch::torque::Field;
using batch::torque::JobReader;
using batch::torque::JobRecord;

TEST_SUITE_BEGIN("batch/torque/job_reader");

namespace {

struct Reading {
  Result<void> result;
  std::vector<std::vector<std::string>> jobs;
  bool proven = false;
};

Reading read(std::string_view text, std::size_t piece = 64) {
  JobReader reader;
  Reading reading;
  const auto on_job = [&](const JobRecord& job) -> Result<void> {
    reading.jobs.emplace_back(job.fields.begin(), job.fields.end());
    return {};
  };
  for (std::size_t at = 0; at < text.size() && reading.result; at += piece)
    reading.result = reader.feed(text.substr(at, piece), on_job);
  reading.proven = reading.result && reader.finish();
  return reading;
}

ErrorKind kind_of(std::string_view text) {
  JobReader reader;
  const auto on_job = [](const JobRecord&) -> Result<void> { return {}; };
  if (const auto fed = reader.feed(text, on_job); !fed) return fed.error().kind;
  const auto whole = reader.finish();
  return whole ? ErrorKind::unexpected : whole.error().kind;
}

std::string one(const std::string& inside) { return test::xml_queue({"<Job>" + inside + "</Job>"}); }

}  // namespace

TEST_CASE("like jobs, other lengths, other elements: each has its own texts") {
  std::vector<std::string> jobs;
  for (int i = 0; i < 40; ++i) {
    test::Changes changes{{"Priority", std::to_string(i * 37)}, {"qtime", std::to_string(1'795'145'000 + i)}};
    if (i % 3 == 0) changes.emplace_back("comment", "why " + std::string(static_cast<std::size_t>(i), 'x'));
    if (i % 5 == 0) changes.emplace_back("Resource_List.nodes", std::to_string(i + 1) + ":ppn=2");
    if (i % 7 == 0) changes.emplace_back("Hold_Types", i % 2 == 0 ? "-" : "us");
    if (i % 4 == 0) changes.emplace_back("Resource_List.mem", std::to_string(i) + "gb");
    jobs.push_back(test::xml_job(std::to_string(i * i * i) + ".head", changes));
  }
  const std::string text = test::xml_queue(jobs);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::size_t{333}, text.size()}) {
    const Reading reading = read(text, piece);
    REQUIRE(reading.proven);
    REQUIRE(reading.jobs.size() == jobs.size());
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      CAPTURE(i);
      // The same job alone is read element by element.
      const Reading alone = read(test::xml_queue({jobs[i]}), text.size());
      REQUIRE(alone.jobs.size() == 1);
      CHECK(reading.jobs[i] == alone.jobs.front());
      CHECK(reading.jobs[i][static_cast<std::size_t>(Field::id)] == std::to_string(i * i * i) + ".head");
    }
  }
}

TEST_CASE("`same` only where all that jobs share is the same") {
  JobReader reader;
  std::vector<bool> same;
  std::vector<std::int64_t*> memos;
  const auto on_job = [&](const JobRecord& job) -> Result<void> {
    same.push_back(job.same);
    memos.push_back(job.memo);
    return {};
  };
  const std::string text =
      test::xml_queue({test::xml_job("1.head"), test::xml_job("22.head"), test::xml_job("3.head", {{"queue", "other"}}),
                       test::xml_job("4.head", {{"Resource_List.walltime", "02:00:00"}}),
                       test::xml_job("5.head", {{"qtime", "1795145999"}})});
  REQUIRE(reader.feed(text, on_job));
  CHECK(same == std::vector<bool>{true, true, false, false, true});
  CHECK(memos.front() == memos.back());
}

TEST_CASE("cut at every byte, it is no queue") {
  const std::string text = test::xml_queue({test::xml_job("1.head"), test::xml_job("2.head", {{"comment", "x"}})});
  const std::size_t whole = text.rfind('>') + 1;
  for (std::size_t at = 0; at < whole; ++at) {
    CAPTURE(at);
    CHECK(!read(std::string_view(text).substr(0, at)).proven);
  }
  CHECK(read(std::string_view(text).substr(0, whole)).proven);
  CHECK(kind_of("") == ErrorKind::unproven);
  CHECK(kind_of(std::string_view(text).substr(0, text.size() / 2)) == ErrorKind::unproven);
}

TEST_CASE("empty, declared or warned of: still a list") {
  for (const std::string text : {"<Data></Data>", "<?xml version=\"1.0\"?>\n<Data></Data>\n", "<Data>\n</Data>\n\n",
                                 "Warning: the server is slow\n<Data></Data>\n"}) {
    CAPTURE(text);
    CHECK(read(text).proven);
    CHECK(read(text, 1).proven);
    CHECK(read(text).jobs.empty());
  }
}

TEST_CASE("what is no list of jobs is refused") {
  const std::vector<std::string> texts{
      "<html><body>502</body></html>",
      "qstat: command failed\n",
      "{\"Jobs\": {}}",
      "<Data></Data><Data></Data>",
      "<Data></Data>more",
      "<Data>text<Job></Job></Data>",
      "<Data><Node></Node></Data>",
      "<!DOCTYPE x [<!ENTITY a \"b\">]><Data></Data>",
      "<?xml version=\"1.0\"?><!DOCTYPE Data><Data></Data>",
      "<Data><!-- --><Job></Job></Data>",
      one("<Job_Id id=\"1\">1.head</Job_Id>"),
      one("<Job_Id>1.head</job_id>"),
      one("<Job_Id>1.head</Job_Ids>"),
      one("<Job_Id>1.head</Job_Id><Job_Id>2.head</Job_Id>"),
      one("text"),
      one("<a><![CDATA[x]]></a>"),
      one("<a><!-- x --></a>"),
      one("<a><?pi x?></a>"),
      one("<a>text<b>x</b></a>"),
      one("<a><b>x</b>text</a>"),
      one("<Job><Job_Id>1.head</Job_Id></Job>"),
      one("< a></ a>"),
      one("<>x</>"),
      one("<a\xff>x</a\xff>"),
      one(std::string("<a\0b>x</a\0b>", 13)),
      one("<a><b>x</a></b>"),
  };
  for (const auto& text : texts) {
    CAPTURE(text);
    CHECK(!read(text).proven);
    CHECK(!read(text, 1).proven);
  }
  CHECK(kind_of("<html>") == ErrorKind::protocol);
}

TEST_CASE("an element where text was is no job of the same elements") {
  const std::string good = test::xml_job("1.head");
  std::string bad = test::xml_job("2.head");
  bad.replace(bad.find("me@head"), 7, "<x>1</x>");
  const Reading reading = read(test::xml_queue({good, bad, good}));
  CHECK(reading.proven);  // unknown structure is skipped, not mistaken
  REQUIRE(reading.jobs.size() == 3);
  CHECK(reading.jobs[1][static_cast<std::size_t>(Field::owner)] == "<x>1</x>");
}

TEST_CASE("what a user's environment holds spoils no job") {
  const std::string good = test::xml_job("1.head");
  const Reading plain = read(test::xml_queue({good, good}));
  REQUIRE(plain.jobs.size() == 2);
  for (const std::string text : {"A=&lt;Data&gt;&lt;/Job&gt;", "A=&bad; &", "A=& B=&#0;", "job_state=R,queue=other",
                                 "\xff\xfe\x01", "a\n\tb\n\nc"}) {
    CAPTURE(text);
    std::string job = good;
    job.replace(job.find("PBS_O_HOME=/home/me"), 19, text);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{4'096}}) {
      const Reading reading = read(test::xml_queue({good, job}), piece);
      CHECK(reading.proven);
      CHECK(reading.jobs == plain.jobs);
    }
  }
}

TEST_CASE("hostile sizes are refused in bounded memory") {
  const auto on_job = [](const JobRecord&) -> Result<void> { return {}; };
  SUBCASE("a million deep") {
    JobReader reader;
    std::string deep = "<Data><Job>";
    for (int i = 0; i < 1'000'000; ++i) deep += "<a>";
    CHECK(reader.feed(deep, on_job).error().kind == ErrorKind::protocol);
  }
  SUBCASE("a text without an end, in pieces") {
    JobReader reader;
    REQUIRE(reader.feed("<Data><Job><Variable_List>", on_job));
    const std::string piece(1U << 20U, 'x');
    std::size_t fed = 0;
    Result<void> result;
    while (result && fed < 1024) {
      result = reader.feed(piece, on_job);
      ++fed;
    }
    REQUIRE(!result);
    CHECK(result.error().kind == ErrorKind::protocol);
    CHECK(fed <= 17);
  }
  SUBCASE("a million elements in one job") {
    JobReader reader;
    std::string wide = "<Data><Job>";
    for (int i = 0; i < 1'000'000; ++i) wide += "<a></a>";
    CHECK(!reader.feed(wide, on_job));
  }
  SUBCASE("a first line without an end") {
    JobReader reader;
    std::string line = "<?xml " + std::string(10'000, 'x');
    CHECK(!reader.feed(line, on_job));
  }
}

TEST_CASE("an error of who takes the jobs ends the reading") {
  JobReader reader;
  const auto stop = [](const JobRecord&) -> Result<void> { return make_error(ErrorKind::protocol, "stop"); };
  CHECK(reader.feed(test::xml_queue({test::xml_job("1.head")}), stop).error().message == "stop");
}

TEST_SUITE_END();

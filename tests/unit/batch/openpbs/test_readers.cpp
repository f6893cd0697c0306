#include "support_openpbs.hpp"

#include <tide/batch/openpbs/exec_nodes.hpp>
#include <tide/batch/openpbs/values.hpp>

#include <doctest/doctest.h>

using namespace tide;
using batch::openpbs::Form;
using core::Waiting;
using test::json_job;
using test::json_queue;
using test::only_group;
using test::read_queue;
using test::text_job;

TEST_SUITE_BEGIN("batch/openpbs/readers");

namespace {

// With one attribute's line replaced by what an older PBS would have printed there.
std::string with_line(std::string text, const std::string& key, const std::string& line) {
  const std::size_t at = text.find("\t\t\t\t\"" + key + "\":") == std::string::npos
                             ? text.find("\t\t\t\"" + key + "\":")
                             : text.find("\t\t\t\t\"" + key + "\":");
  REQUIRE(at != std::string::npos);
  const std::size_t end = text.find('\n', at);
  return text.substr(0, at) + line + text.substr(end);
}

const std::string k_home = "PBS_O_HOME";
const std::string k_two = json_queue({json_job("1.headnode"), json_job("2.headnode")});

}  // namespace

TEST_CASE("json: no Jobs key is a proven empty queue; nothing at all is not") {
  const auto queue = read_queue(json_queue({}));
  REQUIRE(queue);
  CHECK(queue->waiting.empty());
  CHECK(queue->proof == "qstat: its closing brace, 0 records, exit code 0");
  for (const std::string& text :
       {std::string{}, std::string("\n"), std::string("{\n"), k_two.substr(0, k_two.size() - 3)}) {
    const auto none = read_queue(text);
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::unproven);
  }
}

TEST_CASE("json: cut at every byte it is refused, but for the last line end") {
  for (std::size_t size = 0; size + 1 < k_two.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(read_queue(std::string_view(k_two).substr(0, size)));
  }
  CHECK(read_queue(std::string_view(k_two).substr(0, k_two.size() - 1)));
}

TEST_CASE("json: other documents are refused") {
  for (const std::string& text :
       {std::string("<html>\n<body>502</body>\n</html>\n"), std::string("[]\n"), std::string("{}\n"), k_two + k_two,
        k_two + "x\n", std::string("{\n\t\"Jobs\":\t{\n\t\t\"1.headnode\":\t7\n\t}\n}\n"),
        std::string("{\n\t\"Jobs\":\t{\n\t\t\"<b>\":\t{\n\t\t}\n\t}\n}\n"), std::string("{\n\t\"timestamp\":\t1\n}\n"),
        std::string("Job Id: 1.headnode\n    job_state = Q\n\n")}) {
    CAPTURE(text);
    CHECK_FALSE(read_queue(text));
  }
}

TEST_CASE("json: what PBS before 23.06 prints wrongly elsewhere in a job changes nothing of it") {
  const auto good = only_group(read_queue(k_two));
  CHECK(good.count == 2);
  for (const std::string& line : {
           std::string("\t\t\t\t\"PBS_O_HOME\":005"),                              // issue 1255: numbers that are none
           std::string("\t\t\t\t\"PBS_O_HOME\":NaN"),                              //
           std::string("\t\t\t\t\"PBS_O_HOME\":\"a \"quoted\" word\""),            // issue 830
           std::string("\t\t\t\t\"PBS_O_HOME\":\"\\'\\\"asads\\\"\\'\""),          // issue 2049
           std::string("\t\t\t\t\"PBS_O_HOME\":\"ab\\,c\\\""),                     // a backslash before the last quote
           std::string("\t\t\t\t\"PBS_O_HOME\":\"() {  eval `x \"$@\"`\n}\""),     // issue 2541: a function
           std::string("\t\t\t\t\"PBS_O_HOME\":\"() {\n  echo \"a\",\n  b\n}\""),  //
           std::string("\t\t\t\t\"PBS_O_HOME\":\"a\tb\x01\xff\""),                 // raw control characters, no UTF-8
           std::string("\t\t\t\t\"PBS_O_HOME\":\"a\n\""),
       }) {
    CAPTURE(line);
    const auto queue = read_queue(with_line(k_two, k_home, line));
    if (!queue) FAIL(queue.error().message);
    CHECK(only_group(queue) == good);
  }
}

TEST_CASE("json: white space of PBS 19, items of an array on lines of their own") {
  std::string text = k_two;
  for (std::size_t at = 0; (at = text.find(":\t", at)) != std::string::npos;) text.replace(at, 2, ":");
  std::string spaced;
  for (const char c : text) spaced += c == '\t' ? "    " : std::string(1, c);
  CHECK(only_group(read_queue(spaced)).count == 2);
  const auto array = with_line(k_two, "project", "\t\t\t\"list\":[\n\t\t\t\t\"a\",\n\t\t\t\t\"b\"\n\t\t\t]");
  CHECK(only_group(read_queue(array)).count == 2);
}

TEST_CASE("json: a job whose request is broken makes no demand and is told, the others stay") {
  for (const std::string& line :
       {std::string("\t\t\t\t\"select\":\"1:ncpus=1\nx\""), std::string("\t\t\t\t\"select\":\"1:ncpus=1\",\nx\""),
        std::string("\t\t\t\t\"select\":\"1:ncpus=1\",\n\t\t\t\t\"select\":\"9:ncpus=9\"")}) {
    const auto queue = read_queue(with_line(k_two, "select", line));
    REQUIRE(queue);
    CHECK(test::group_with(*queue, "1.headnode").waiting == Waiting::unknown);
    CHECK(test::group_with(*queue, "2.headnode").waiting == Waiting::eligible);
  }
}

TEST_CASE("json: a job whose state, node or time is broken refuses the whole reading, by name") {
  const std::string run = json_queue({json_job("1.headnode", {{"job_state", "R"}, {"exec_vnode", "(m1:ncpus=1)"}})});
  REQUIRE(read_queue(run));
  for (const std::string& text :
       {with_line(k_two, "job_state", "\t\t\t\"job_state\":\t\"Q\n\","),
        with_line(k_two, "job_state", "\t\t\t\"x\":\t\"1\",\n\t\t\t\"job_state\":\t\"Q\",\nx\","),
        with_line(k_two, "job_state", "\t\t\t\"x\":\t1,"),
        with_line(k_two, "job_state", "\t\t\t\"job_state\":\t\"Q\",\n\t\t\t\"job_state\":\t\"R\","),
        with_line(run, "exec_vnode", "\t\t\t\"exec_vnode\":\t\"(m1:\nncpus=1)\""),
        with_line(run, "exec_vnode", "\t\t\t\"exec_vnode\":\t\"\""), with_line(run, "exec_vnode", "\t\t\t\"x\":\t1"),
        with_line(k_two, "ctime", "\t\t\t\"ctime\":\t\"yesterday\","),
        with_line(k_two, "Priority", "\t\t\t\"Priority\":\t\"high\",")}) {
    CAPTURE(text);
    const auto queue = read_queue(text);
    REQUIRE_FALSE(queue);
    CHECK(queue.error().kind == ErrorKind::protocol);
    CHECK(queue.error().message.find("1.headnode") != std::string::npos);
  }
}

TEST_CASE("json: hostile documents are refused, in bounded memory") {
  std::string deep = "{\n";
  for (int i = 1; i < 1'000'000 && i < 100; ++i) deep += std::string(static_cast<std::size_t>(i), '\t') + "\"a\":\t{\n";
  const auto nested = read_queue(deep);
  REQUIRE_FALSE(nested);
  CHECK(nested.error().message.find("deep") != std::string::npos);
  CHECK_FALSE(read_queue(k_two.substr(0, 100) + std::string(1, '\0') + k_two.substr(100)));
  std::string zero = k_two;  // in a value that nobody reads
  zero.insert(zero.find("/home/me") + 2, 1, '\0');
  CHECK_FALSE(read_queue(zero));

  // A GiB in one attribute: on one line it is refused at 8 MiB; on many lines nothing of it is kept.
  const std::string piece(1U << 20U, 'x');
  for (const bool lines : {false, true}) {
    batch::openpbs::QueueBuilder builder({});
    REQUIRE(builder.feed(k_two.substr(0, k_two.find("\"/home/me\"") + 3)));
    std::size_t fed = 0;
    while (fed < 1024) {
      if (!builder.feed(lines ? piece.substr(1) + "\n" : piece)) break;
      ++fed;
    }
    CHECK(fed == (lines ? 1024 : 7));
    CHECK_FALSE(builder.finish());
  }
}

TEST_CASE("json: depth of a million is refused at once") {
  batch::openpbs::QueueBuilder builder({});
  REQUIRE(builder.feed("{\n"));
  std::string indent;
  int depth = 0;
  while (depth < 1'000'000) {
    indent += ' ';
    if (!builder.feed(indent + "\"a\": {\n")) break;
    ++depth;
  }
  CHECK(depth < 20);
}

TEST_CASE("text: objects, folded values, values with line ends, and its end") {
  const std::string two = text_job("1.headnode") + text_job("2.headnode", {{"Job_Name", "a\n\nJob Idle\n  b"}});
  const batch::openpbs::QueueOptions as_text{.form = Form::text};
  CHECK(only_group(read_queue(two, as_text)).count == 2);
  CHECK(only_group(read_queue(two, as_text, 1)).count == 2);
  std::string folded = two;
  folded.replace(folded.find("1:ncpus=1"), 9, "1:ncp\n\tus=1");
  CHECK(only_group(read_queue(folded, as_text)).count == 2);
  CHECK(read_queue("", as_text)->waiting.empty());  // proven by the server's own count
  for (std::size_t size = 1; size < two.size(); ++size) {
    const auto cut = read_queue(std::string_view(two).substr(0, size), as_text);
    if (cut) CHECK(two.substr(size - 2, 2) == "\n\n");
  }
  for (const std::string& text : {std::string("<html>\n"), std::string("    job_state = Q\n\n"),
                                  std::string("Job Id: \n\n"), std::string("Job Id: 1.a\n\tx\n\n"), std::string("{\n")})
    CHECK_FALSE(read_queue(text, as_text));
  const auto broken = read_queue(text_job("1.a", {{"Resource_List.select", "1:ncpus=1\nx"}}), as_text);
  CHECK(only_group(broken).waiting == Waiting::unknown);
}

TEST_CASE("fields: none is taken for one that may be skipped") {
  using namespace batch::openpbs;
  for (const char* key : {"queue", "queue_type", "ctime", "comment", "array", "array_state_count", "Priority",
                          "project", "depend", "Rerunable", "reserve_ID", "job_state", "Hold_Types", "exec_host",
                          "exec_vnode", "Execution_Time", "schedselect", "Account_Name", "max_run_subjobs"}) {
    CAPTURE(key);
    CHECK(field_of("", key) != Field::k_fields);
    CHECK(may_be_field(key[0], key[1]));
  }
}

TEST_CASE("values: times as ctime() writes them, and seconds") {
  using batch::openpbs::parse_time_text;
  CHECK(parse_time_text("Fri Nov 20 03:49:59 2026") == TimePoint{Seconds{1'795'146'599}});
  CHECK(parse_time_text("Sun Nov  1 00:00:00 2026").has_value());
  CHECK(parse_time_text("1795146599") == TimePoint{Seconds{1'795'146'599}});
  for (const char* bad : {"", "Fri Nov 20", "Fri Nov 31 03:49:59 2026", "Fri Xyz 20 03:49:59 2026", "-5",
                          "Fri Nov 20 25:49:59 2026", "99999999999999999"})
    CHECK_FALSE(parse_time_text(bad));
}

TEST_CASE("exec_vnode and exec_host: nodes once each, vnodes of a host, names that differ") {
  using batch::openpbs::exec_nodes;
  CHECK(exec_nodes("(m2:ncpus=2)+(m3:ncpus=2)", "m2/1*2+m3/0*2")->names == std::vector<std::string>{"m2", "m3"});
  CHECK(exec_nodes("(m3[0]:ncpus=2+m3[1]:ncpus=2)", "m3/0*4")->names == std::vector<std::string>{"m3"});
  CHECK_FALSE(exec_nodes("(m3[0]:ncpus=2)", "m3/0*4")->names_vnodes);
  CHECK(exec_nodes("(gpu_a:ncpus=1)", "h1/0")->names_vnodes);
  CHECK_FALSE(exec_nodes("(h1.site.org:ncpus=1)", "h1/0")->names_vnodes);
  CHECK(exec_nodes("", "m2/0")->names == std::vector<std::string>{"m2"});
  CHECK(exec_nodes("", "")->names.empty());
  for (const char* bad : {"(:ncpus=1)", "()", "(a b)", "+", "(m2:ncpus=1)+"}) CHECK_FALSE(exec_nodes(bad, "m2/0"));
}

TEST_SUITE_END();

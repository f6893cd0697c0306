#include "cmd/output/document.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cmd::output;
TEST_SUITE_BEGIN("cmd/document");

namespace {

Document document(const std::string& node, const std::string& why) {
  return {.schema = "tide.info/1",
          .sections = {
              {.name = "workers",
               .columns = {{"node", "NODE"}, {"phase", "PHASE"}, {"why", "WHY"}},
               .rows = {{node, std::string("draining"), why}, {std::string("n2"), std::string("idle"), std::string()}},
               .empty = ""}}};
}

const std::string k_why = "its jobs go on until they end; then the machine is ended";

}  // namespace

TEST_CASE("table: what is longer than the terminal goes on beneath, under itself") {
  CHECK(to_table(document("n1", k_why), 50) ==
        "NODE  PHASE     WHY\n"
        "n1    draining  its jobs go on until they end;\n"
        "                then the machine is ended\n"
        "n2    idle\n");
}

TEST_CASE("table: where there is no room for a sentence it has lines of its own") {
  CHECK(to_table(document("node-with-a-name", k_why), 44) ==
        "NODE              PHASE     WHY\n"
        "node-with-a-name  draining\n"
        "    its jobs go on until they end; then the\n"
        "    machine is ended\n"
        "n2                idle\n");
}

TEST_CASE("table: where all columns are wider than the terminal, a row that says nothing more has no empty line") {
  const std::string wide(50, 'x');
  CHECK(to_table(document(wide, "why"), 40).find("idle\n") != std::string::npos);
  CHECK(to_table(document(wide, "why"), 40).find("\n    \n") == std::string::npos);
}

TEST_CASE(
    "table: what a narrow terminal has no room for is left out, what can be spared most first, and that is said") {
  Document told = document("n1", "why");
  told.sections[0].columns = {
      {"node", "NODE"}, {"phase", "PHASE"}, {"price", "PRICE", true, 3}, {"cost", "COST", false, 2}, {"why", "WHY"}};
  told.sections[0].rows = {
      {std::string("n1"), std::string("idle"), std::string("0.17"), std::string("1.20"), std::string("1 waiting job")}};
  CHECK(to_table(told, 40) == "NODE  PHASE  PRICE  COST  WHY\nn1    idle   0.17   1.20  1 waiting job\n");
  CHECK(to_table(told, 28) ==
        "NODE  PHASE  COST  WHY\nn1    idle   1.20\n    1 waiting job\nNo room here for PRICE: a wider terminal has "
        "it.\n");
  CHECK(to_table(told, 18).find("NODE  PHASE  WHY\n") == 0);
  CHECK(to_table(told, 18).find("PRICE, COST") != std::string::npos);
  CHECK(to_table(told, 0).find("PRICE") != std::string::npos);
  told.sections[0].rows[0][2] = std::string();
  CHECK(to_table(told, 0).find("PRICE") == std::string::npos);
}

TEST_CASE("table: what fits, and what no terminal shows, is one line") {
  const std::string whole = "NODE  PHASE     WHY\nn1    draining  " + k_why + "\nn2    idle\n";
  CHECK(to_table(document("n1", k_why), 72) == whole);
  CHECK(to_table(document("n1", k_why), 0) == whole);
}

TEST_CASE("table: a word that is longer than the line stays whole; characters count, not bytes") {
  const std::string path(60, 'x');
  CHECK(to_table(document("n1", "see " + path), 50) ==
        "NODE  PHASE     WHY\nn1    draining  see\n                " + path + "\nn2    idle\n");
  std::string word;
  for (int i = 0; i < 34; ++i) word += "\u00e9";
  CHECK(to_table(document("n1", word), 50) == "NODE  PHASE     WHY\nn1    draining  " + word + "\nn2    idle\n");
}

TEST_CASE("table: in colours the phase has its own, and blanks between columns have none") {
  CHECK(to_table(document("n1", "why"), 0, true) ==
        "\x1b[1mNODE\x1b[0m  \x1b[1mPHASE\x1b[0m     \x1b[1mWHY\x1b[0m\n"
        "n1    \x1b[33mdraining\x1b[0m  why\n"
        "n2    \x1b[32midle\x1b[0m\n");
}

#include <tide/batch/pbs/queues.hpp>
#include <tide/batch/pbs/values.hpp>

#include <doctest/doctest.h>

#include <array>

using namespace tide;
using namespace tide::batch;

TEST_SUITE_BEGIN("batch/pbs/values");

TEST_CASE("sizes are bytes; words are 8 of them") {
  struct Row {
    std::string_view text;
    std::int64_t bytes;
    std::int64_t mib;
  };
  constexpr std::array k_rows{
      Row{"4gb", 4LL << 30U, 4096},
      Row{"4GB", 4LL << 30U, 4096},
      Row{"4g", 4LL << 30U, 4096},
      Row{"500mb", 500LL << 20U, 500},
      Row{"2048kb", 2048LL << 10U, 2},
      Row{"2049kb", 2049LL << 10U, 3},
      Row{"1gw", 8LL << 30U, 8192},
      Row{"1b", 1, 1},
      Row{"0b", 0, 0},
      Row{"1048577", 1048577, 2},
      Row{"10w", 80, 1},
      Row{"2tb", 2LL << 40U, 2LL << 20U},
  };
  for (const Row& row : k_rows) {
    CAPTURE(row.text);
    CHECK(pbs::parse_size_bytes(row.text) == row.bytes);
    CHECK(pbs::parse_size_mib(row.text) == row.mib);
  }
  for (const std::string_view bad :
       {"", "gb", "-1gb", "4 gb", "4gib", "4.5gb", "4gbb", "9999999pb", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK(!pbs::parse_size_bytes(bad));
    CHECK(!pbs::parse_size_mib(bad));
  }
}

TEST_CASE("times are seconds, minutes, hours or days first") {
  CHECK(pbs::parse_walltime("01:30:00") == Seconds{5400});
  CHECK(pbs::parse_walltime("1:00:00:00") == Seconds{86400});
  CHECK(pbs::parse_walltime("100:00:00") == Seconds{360000});
  CHECK(pbs::parse_walltime("90:00") == Seconds{5400});
  CHECK(pbs::parse_walltime("5400") == Seconds{5400});
  CHECK(pbs::parse_walltime("00:00:01.250") == Seconds{1});
  for (const std::string_view bad : {"", ":", "1:", "-1", "1:2:3:4:5", "1h", "1.", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK(!pbs::parse_walltime(bad));
  }
  CHECK(pbs::parse_epoch("1795145112") == TimePoint{Seconds{1795145112}});
  CHECK(!pbs::parse_epoch("Fri Nov 20 03:25:12 2026"));
}

TEST_CASE("names of jobs") {
  const auto plain = pbs::parse_job_name("45.localhost");
  REQUIRE(plain);
  CHECK(plain->sequence == "45");
  CHECK(plain->server == "localhost");
  CHECK(!plain->is_array);
  const auto task = pbs::parse_job_name("15[3].head.example");
  REQUIRE(task);
  CHECK(task->index == "3");
  CHECK(task->server == "head.example");
  CHECK((task->is_array && !task->is_parent()));
  CHECK(pbs::parse_job_name("15[].head")->is_parent());
  CHECK(pbs::parse_job_name("7")->server.empty());
  for (const std::string_view bad : {"", ".srv", "x1.srv", "1x", "15[", "15[a].srv", "15[1]x", "1.", "1.a b"}) {
    CAPTURE(bad);
    CHECK(!pbs::parse_job_name(bad));
  }
}

TEST_SUITE_END();

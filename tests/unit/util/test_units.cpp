#include <tide/util/units.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace tide;

TEST_SUITE_BEGIN("util/units");

TEST_CASE("parse_duration: units, falling, each at most once") {
  CHECK(parse_duration("90s").value() == Seconds(90));
  CHECK(parse_duration("1h30m").value() == Seconds(5'400));
  CHECK(parse_duration("2d").value() == Seconds(172'800));
  CHECK(parse_duration("0s").value() == Seconds(0));
  CHECK(parse_duration("1d2h3m4s").value() == Seconds(93'784));
  for (const char* text : {"", "90", "s", "1.5h", "-1s", "1m1h", "1m1m", "10 m", "10min", "99999999999999999999s",
                           "36501d", "1h30", "1H", "9223372036854775807d"}) {
    CAPTURE(text);
    const auto span = parse_duration(text);
    REQUIRE_FALSE(span);
    CHECK(span.error().kind == ErrorKind::config);
    CHECK_FALSE(span.error().hint.empty());
  }
}

TEST_CASE("format_duration: the largest two units, neighbours only") {
  CHECK(format_duration(Seconds(0)) == "0s");
  CHECK(format_duration(Seconds(59)) == "59s");
  CHECK(format_duration(Seconds(5'400)) == "1h30m");
  CHECK(format_duration(Seconds(86'400 + 59)) == "1d");
  CHECK(format_duration(Seconds(93'784)) == "1d2h");
  CHECK(format_duration(Seconds(-90)) == "-1m30s");
}

TEST_CASE("parse_size_mib: binary and decimal units, rounded down") {
  CHECK(parse_size_mib("8GiB").value() == 8'192);
  CHECK(parse_size_mib("512MiB").value() == 512);
  CHECK(parse_size_mib("1TiB").value() == 1'048'576);
  CHECK(parse_size_mib("8GB").value() == 7'629);
  CHECK(parse_size_mib("7.5GiB").value() == 7'680);
  CHECK(parse_size_mib("1023KiB").value() == 0);
  CHECK(parse_size_mib("0GiB").value() == 0);
  CHECK(parse_size_mib("1048576TiB").value() == 1'099'511'627'776);
  for (const char* text : {"", "8", "GiB", "8 GiB", "8gib", "-1GiB", "1.GiB", ".5GiB", "1.2.3GiB", "1048577TiB",
                           "9999999999999GiB", "1.1234567GiB", "8G"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size_mib(text));
  }
}

TEST_CASE("money: exact to a millionth, there and back") {
  CHECK(parse_money_micros("0.17").value() == 170'000);
  CHECK(parse_money_micros("5").value() == 5'000'000);
  CHECK(parse_money_micros("0.000001").value() == 1);
  CHECK(parse_money_micros("999999999999.999999").value() == 999'999'999'999'999'999);
  for (const char* text : {"", "-1", "+1", "1e3", ".5", "5.", "0.1234567", "1,5", "$1", " 1", "9999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_money_micros(text));
  }
  CHECK(format_money(170'000) == "0.17");
  CHECK(format_money(5'000'000) == "5.00");
  CHECK(format_money(100'000) == "0.10");
  CHECK(format_money(1) == "0.000001");
  CHECK(format_money(-1'500'000) == "-1.50");
  CHECK(format_money(std::numeric_limits<std::int64_t>::min()) == "-9223372036854.775808");
}

TEST_CASE("time: RFC 3339 in UTC, there and back") {
  const TimePoint time(Seconds(1'764'087'955));
  CHECK(format_time(time) == "2025-11-25T16:25:55Z");
  CHECK(parse_time("2025-11-25T16:25:55Z").value() == time);
  CHECK(parse_time("2025-11-25T16:25:55.123456Z").value() == time);
  CHECK(format_time(TimePoint{}) == "1970-01-01T00:00:00Z");
  CHECK(parse_time("1969-12-31T23:59:59Z").value() == TimePoint(Seconds(-1)));
  CHECK(format_time(TimePoint(Seconds(-1))) == "1969-12-31T23:59:59Z");
  CHECK(parse_time("2024-02-29T00:00:00Z"));
  for (const char* text :
       {"", "2025-11-25", "2025-11-25T16:25:55", "2025-11-25T16:25:55+01:00", "2025-02-29T00:00:00Z",
        "2025-11-25T24:00:00Z", "2025-11-25T16:25:55.Z", "2025-11-25 16:25:55Z", "2025-11-25T16:25:55Zx",
        "25-11-25T16:25:55Z", "2025-13-01T00:00:00Z", "2025-11-25T16:60:00Z", "N/A", "Unknown"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time(text));
  }
}

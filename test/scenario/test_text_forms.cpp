#include <cmath>

#include "host/scenario/text_forms.hpp"
#include "test/support/catch.hpp"

using namespace penfield;

TEST_CASE("times are read with their units", "[scenario][time]") {
  CHECK(parse_time("6 h") == 21600.0);
  CHECK(parse_time("30 min") == 1800.0);
  CHECK(parse_time("2 d 6 h") == 194400.0);
  CHECK(parse_time("0.3 s") == 0.3);
  CHECK(parse_time("100 ms") == 0.1);
  CHECK(parse_time("7 ms") == 0.007);
  CHECK(parse_time("8 wk") == 8 * 7 * 86400.0);
  CHECK(parse_time("1d12h") == 129600.0);
  CHECK(parse_time("  5 s ") == 5.0);
  CHECK(parse_time("-1 d") == -86400.0);
  CHECK(!std::signbit(*parse_time("-0 s")));
  for (const char* bad : {"", " ", "5", "s", "5 sec", "6 h 2 d", "1 h 1 h", "5 s x", "1e3 s", "--1 s",
                          "1 h -5 min", "nan s", "inf s", "1..5 s", "0x10 s", "5 S"}) {
    INFO("text: " << bad);
    CHECK(!parse_time(bad));
  }
}

TEST_CASE("times are written so that they read back", "[scenario][time]") {
  CHECK(time_text(21600.0) == "6 h");
  CHECK(time_text(86400.0 * 56) == "56 d");
  CHECK(time_text(0.1) == "100 ms");
  CHECK(time_text(0.0) == "0 s");
  CHECK(time_text(90.0) == "90 s");
  for (const double t : {0.1, 0.3, 1.0 / 3.0, 1e-9, 123456.789, 3.2e9, 5e-324, 0.1 + 0.2, 1e15}) {
    INFO(time_text(t));
    CHECK(parse_time(time_text(t)) == t);
  }
}

TEST_CASE("numbers are written as the shortest text", "[scenario][numbers]") {
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(250.0) == "250");
  CHECK(number_text(-70.0) == "-70");
  CHECK(number_text(1e9) == "1000000000");
  CHECK(number_text(1e-7) == "1e-07");
  CHECK(number_text(0.30000000000000004) == "0.30000000000000004");
  CHECK(widen(0.1f) == 0.1);
  CHECK(widen(16.8f) == 16.8);
  CHECK(static_cast<float>(widen(1.0f / 3.0f)) == 1.0f / 3.0f);
}

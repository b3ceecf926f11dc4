#include <cmath>

#include "host/scenario/document.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"

using namespace penfield;
using namespace penfield::test;

namespace {

struct Parsed {
  Value value;
  std::string fault;  ///< as a user would see it, or empty
};

Parsed parse(const std::string& text) {
  Sources sources;
  Faults faults(sources);
  Parsed out;
  out.value = parse_json(text, sources.add("t.json"), faults);
  out.fault = thrown_by([&] { faults.throw_if_any(); }).message;
  return out;
}

void expect_fault(const std::string& text, const std::string& place, const std::string& problem) {
  const Parsed parsed = parse(text);
  INFO("text: " << text.substr(0, 80) << "\nfault: " << parsed.fault);
  CHECK(parsed.fault.rfind("t.json:" + place + ": ", 0) == 0);
  CHECK(parsed.fault.find(problem) != std::string::npos);
}

}  // namespace

TEST_CASE("JSON values are read with their places", "[scenario][document]") {
  const Parsed parsed = parse(
      "{\n  \"a\": [1, -2.5e3, true, false, null],\n  \"\xc3\xa4\": {\"b\": "
      "\"x\\u00e4\\n\\ud83d\\ude00\"}\n}\n");
  REQUIRE(parsed.fault == "");
  const Value& a = *parsed.value.find("a");
  REQUIRE(a.items.size() == 5);
  CHECK(a.items[1].number == -2500.0);
  CHECK(a.items[2].boolean);
  CHECK(!a.items[3].boolean);
  CHECK(a.items[4].is(Value::Type::null));
  CHECK(a.items[1].place.line == 2);
  CHECK(a.items[1].place.column == 12);
  const Value& b = *parsed.value.find("\xc3\xa4")->find("b");
  CHECK(b.text == "x\xc3\xa4\n\xf0\x9f\x98\x80");
  CHECK(b.place.line == 3);
  CHECK(b.place.column == 14);  // characters, not bytes
}

TEST_CASE("syntax errors say where and what to do", "[scenario][document]") {
  expect_fault("", "1:1", "the file is empty");
  expect_fault("{\n\"a\": }", "2:6", "no JSON value");
  expect_fault("{\"a\": 1,}", "1:9", "remove the comma");
  expect_fault("[1, 2,]", "1:7", "remove the comma");
  expect_fault("{\"a\" 1}", "1:6", "a colon is missing after \"a\"");
  expect_fault("{\"a\": 1 \"b\": 2}", "1:9", "a comma or closing brace is missing");
  expect_fault("[1 2]", "1:4", "a comma or closing bracket");
  expect_fault("{\"a\": 1} x", "1:10", "text after the end");
  expect_fault("{a: 1}", "1:2", "a key in double quotes");
  expect_fault("{\"a\": 'x'}", "1:7", "no JSON value");
  expect_fault("{\"a\": tru}", "1:7", "no JSON value");
  expect_fault("[01]", "1:4", "no JSON number");
  expect_fault("[1.]", "1:4", "no JSON number");
  expect_fault("[.5]", "1:2", "no JSON value");
  expect_fault("[+5]", "1:2", "no JSON value");
  expect_fault("[0x10]", "1:3", "a comma or closing bracket");
  expect_fault("{\"a\": 1", "1:8", "a comma or closing brace");
  expect_fault("\"abc", "1:5", "not closed");
  expect_fault("// no\n{}", "1:1", "JSON has no comments");
  expect_fault("{ /* no */ }", "1:3", "write the comment as a member");
}

TEST_CASE("numbers are finite, and minus zero is zero", "[scenario][document]") {
  expect_fault("[1e999]", "1:2", "does not fit a double");
  expect_fault("[-1e999]", "1:2", "does not fit a double");
  expect_fault("[1e-999]", "1:2", "does not fit a double");
  expect_fault("[NaN]", "1:2", "NaN and infinity are no JSON numbers");
  expect_fault("[Infinity]", "1:2", "NaN and infinity are no JSON numbers");
  expect_fault("[-Infinity]", "1:3", "NaN and infinity are no JSON numbers");
  for (const char* zero : {"[-0]", "[-0.0]", "[-0e5]"}) {
    const Parsed parsed = parse(zero);
    REQUIRE(parsed.fault == "");
    CHECK(parsed.value.items[0].number == 0.0);
    CHECK(!std::signbit(parsed.value.items[0].number));
  }
  CHECK(parse("[0.1]").value.items[0].number == 0.1);
  CHECK(parse("[1" + std::string(300, '0') + "]").value.items[0].number == 1e300);
}

TEST_CASE("strings are UTF-8 without control characters", "[scenario][document]") {
  expect_fault("[\"a\nb\"]", "1:4", "a control character");
  expect_fault("[\"\\u0000\"]", "1:9", "NUL");
  expect_fault("[\"\\x\"]", "1:4", "unknown escape");
  expect_fault("[\"\\ud83d\"]", "1:9", "surrogate");
  expect_fault("[\"\\udc00\"]", "1:9", "surrogate");
  expect_fault("[\"\\u12g4\"]", "1:5", "four hexadecimal digits");
  for (const char* bad :
       {"\xff", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xf0\x80\x80\x80", "\xc3"})
    expect_fault(std::string("[\"") + bad + "\"]", "1:3", "not UTF-8");
  expect_fault("[\"" + std::string(5000, 'a') + "\"]", "1:4100", "too long");
  CHECK(parse("\xef\xbb\xbf{}").fault == "");  // a byte order mark is tolerated
  CHECK(parse("[\"" + std::string(4096, 'a') + "\"]").fault == "");
}

TEST_CASE("keys are unique, save the comment's", "[scenario][document]") {
  expect_fault("{\"a\": 1,\n \"a\": 2}", "2:2", "the key \"a\" is given twice");
  CHECK(parse("{\"//\": \"x\", \"//\": \"y\"}").fault == "");
  std::string many = "{";
  for (int i = 0; i < 1000; ++i) many += "\"k" + std::to_string(i) + "\": 1, ";
  expect_fault(many + "\"k500\": 1}", "1:" + std::to_string(many.size() + 1), "given twice");
}

TEST_CASE("paths split and join", "[scenario][document]") {
  CHECK(split_path("populations[S1/E].params.tau_m_ms") ==
        std::vector<std::string>{"populations", "S1/E", "params", "tau_m_ms"});
  CHECK(split_path("a[0][1].b") == std::vector<std::string>{"a", "0", "1", "b"});
  CHECK(split_path("projections[VPL/relay -> S1/E].weight_pA")[1] == "VPL/relay -> S1/E");
  CHECK(join_path(join_path("populations", "S1/E"), "n") == "populations[S1/E].n");
  CHECK(join_path("", "until") == "until");
  CHECK(join_path("at", std::size_t{3}) == "at[3]");
  for (const char* bad : {"", "a[", "a[0", "a[0]b", "a..b", "a.", "[]", ".a"}) {
    INFO("path: " << bad);
    CHECK(thrown_by([&] { split_path(bad); }).code == ExitCode::usage);
  }
}

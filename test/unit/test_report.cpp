// report.html and the picture: escaping, size, merging, and what is refused.
#include <limits>
#include <nlohmann/json.hpp>

#include "host/report/page_data.hpp"
#include "host/report/prepare.hpp"
#include "host/report/report.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/synthetic_report.hpp"

using namespace penfield;
using namespace penfield::test;
using nlohmann::json;

namespace {

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size()))
    ++found;
  return found;
}

std::string without_data(const std::string& page) {
  const std::size_t begin = page.find("id=\"data\">"), end = page.find("</script>", begin);
  return page.substr(0, begin) + page.substr(end);
}

}  // namespace

TEST_CASE("the page is one closed file", "[report]") {
  const std::string page = make_report(synthetic_report());
  CHECK(page.rfind("<!DOCTYPE html>", 0) == 0);
  CHECK(page.find("{{") == std::string::npos);
  CHECK(count(page, "<script") == 2);
  CHECK(count(page, "</script>") == 2);
  CHECK(page.find("default-src 'none'") != std::string::npos);
  for (const char* const loader :
       {" src=", "@import", "url(", "<link", "<iframe", "fetch(", "XMLHttp", "innerHTML"}) {
    INFO(loader);
    CHECK(without_data(page).find(loader) == std::string::npos);
  }
  CHECK(page == make_report(synthetic_report()));
}

TEST_CASE("no text of the data becomes markup", "[report]") {
  const ReportData data = hostile_report();
  const std::string page = make_report(data);
  CHECK(count(page, "<script") == 2);
  CHECK(count(page, "</script>") == 2);
  CHECK(page.find("alert('x')</") == std::string::npos);
  CHECK(page.find("<title>&lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)") != std::string::npos);
  const json back = json::parse(page_data_json(data));
  CHECK(back["notes"][0]["text"].get<std::string>().rfind("</script><script>alert('x')</script>", 0) == 0);

  const std::string picture = map_svg(data, 0, 3);
  CHECK(picture.find("<script") == std::string::npos);
  CHECK(picture.find('\x01') == std::string::npos);
}

TEST_CASE("numbers and maps survive the page", "[report]") {
  ReportData data = synthetic_report();
  data.run.seed = std::numeric_limits<std::uint64_t>::max();
  const std::string text = page_data_json(data);
  CHECK(text.find('<') == std::string::npos);
  const json page = json::parse(text);
  CHECK(page["run"]["seed"] == "18446744073709551615");
  CHECK(page["frames"].size() == 12);
  CHECK(page["curves"][3]["value"][60].is_null());
  CHECK(page["verdicts"][3]["high"].is_null());
  CHECK(page["parts"][3]["label"] == "D3");
  CHECK(page["reference"] == 0);
  // 1692 bins of two bytes; the first is part 0, and -1 is ff ff, which is all slashes in base64.
  const std::string winner = page["frames"][1]["winner"];
  CHECK(winner.size() == (1692 * 2 + 2) / 3 * 4);
  CHECK(winner.rfind("AAAAAAAA", 0) == 0);
  CHECK(winner.find("////////") != std::string::npos);
}

TEST_CASE("twelve weeks of large maps stay under 10 MB", "[report]") {
  ReportData data = synthetic_report();
  data.sheet = {"S1", 512, 500, 0.02, 0.0, 0.0, 10.24, 10.0, 10.0};
  data.frames.clear();
  for (int day = 0; day <= 84; ++day) {
    ReportFrame frame{day * kDay_s, "day " + std::to_string(day), day == 0, {}, {}};
    frame.winner.assign(512 * 500, static_cast<std::int16_t>(day % 8));
    frame.best_response_Hz.assign(512 * 500, 20.0f);
    data.frames.push_back(frame);
  }
  data.rates_Hz.assign(12, {"S1/E", std::vector<double>(100000, 1.0), std::vector<double>(100000, 3.25)});
  data.settings.assign(3 << 20, 'x');
  const std::string page = make_report(data);
  CHECK(page.size() < 10u << 20);
  CHECK(page.find("maps here merge blocks of 4 x 4 bins") != std::string::npos);
  CHECK(page.find("at most 2000 points") != std::string::npos);
  CHECK(page.find("Only the first 1048576 of 3145728 bytes") != std::string::npos);
}

TEST_CASE("merged bins take the commonest winner and the mean response", "[report]") {
  const ReportSheet sheet{"S1", 3, 2, 0.1, 0.0, 0.0, 0.3, 0.2, 10.0};
  const ReportFrame frame{0.0, "a", false, {1, 1, -1, 0, -2, -2}, {2.0f, 4.0f, 1.0f, 6.0f, 90.0f, 90.0f}};
  const ReportSheet half = merged_sheet(sheet, 2);
  CHECK(half.num_x == 2);
  CHECK(half.num_y == 1);
  CHECK(half.bin_mm == Approx(0.2));
  const ReportFrame merged = merged_frame(frame, sheet, 2);
  CHECK(merged.winner == std::vector<std::int16_t>{1, -1});
  CHECK(merged.best_response_Hz == std::vector<float>{4.0f, 1.0f});
  CHECK(merge_factor(sheet, 10, 60) == 1);
  CHECK(merge_factor(sheet, 10, 20) == 2);
  CHECK(merge_factor(sheet, 10, 1) == 3);
}

TEST_CASE("thinned curves keep their peaks", "[report]") {
  ReportSeries series{"a", {}, {}};
  for (int i = 0; i < 10000; ++i) {
    series.time_s.push_back(i);
    series.value.push_back(i == 4321 ? 50.0 : i == 777 ? -50.0 : i % 2 ? std::nan("") : 1.0);
  }
  const ReportSeries kept = thinned(series, 200);
  CHECK(kept.value.size() <= 200);
  CHECK(std::count(kept.value.begin(), kept.value.end(), 50.0) == 1);
  CHECK(std::count(kept.value.begin(), kept.value.end(), -50.0) == 1);
  CHECK(std::is_sorted(kept.time_s.begin(), kept.time_s.end()));
  CHECK(thinned(series, 10000).value.size() == 10000);
}

TEST_CASE("names are shortened where they stay unique", "[report]") {
  std::vector<ReportPart> parts(5);
  const char* const names[] = {"hand/D1", "foot/D1", "face", "hand/palm", "hand/"};
  for (std::size_t i = 0; i < 5; ++i) parts[i].name = names[i];
  parts[1].colour = "#123abc";
  CHECK(part_labels(parts) == std::vector<std::string>{"hand/D1", "foot/D1", "face", "palm", "hand/"});
  parts.resize(3);
  CHECK(part_colours(parts) == std::vector<std::string>{"#0072b2", "#123abc", "#e69f00"});
}

TEST_CASE("contradictions are refused", "[report]") {
  const auto refused = [](const auto& spoil) {
    ReportData data = synthetic_report();
    spoil(data);
    const Thrown thrown = thrown_by([&] { make_report(data); });
    CHECK(thrown_by([&] { map_svg(data, 0, 1); }).code == ExitCode::internal);
    return thrown.code == ExitCode::internal ? thrown.message : "not refused";
  };
  CHECK_THAT(refused([](ReportData& d) { d.frames[2].winner.pop_back(); }),
             Catch::Contains("bins of map '1 h'"));
  CHECK_THAT(refused([](ReportData& d) { d.frames[2].winner[5] = 8; }), Catch::Contains("winners of map"));
  CHECK_THAT(refused([](ReportData& d) { d.frames[2].winner[5] = -3; }), Catch::Contains("winners of map"));
  CHECK_THAT(refused([](ReportData& d) { d.frames[2].best_response_Hz.resize(3); }),
             Catch::Contains("responses"));
  CHECK_THAT(refused([](ReportData& d) { d.frames[2].time_s = 1e9; }), Catch::Contains("times of the maps"));
  CHECK_THAT(refused([](ReportData& d) { d.curves[1].value.pop_back(); }), Catch::Contains("borders"));
  CHECK_THAT(refused([](ReportData& d) { d.rates_Hz[1].time_s[3] = std::nan(""); }),
             Catch::Contains("S1/PV"));
  CHECK_THAT(refused([](ReportData& d) { d.parts[1].colour = "red;x"; }), Catch::Contains("colour of part"));
  CHECK_THAT(refused([](ReportData& d) { d.sheet.bin_mm = 0.0; }), Catch::Contains("size of the sheet"));
}

TEST_CASE("a report without maps or results still opens", "[report]") {
  ReportData data;
  data.title = "Nothing yet";
  data.run.finished = false;
  data.run.state = "stopped at 0 s";
  CHECK(json::parse(page_data_json(data))["frames"].empty());
  CHECK(make_report(data).find("Nothing yet") != std::string::npos);
  CHECK(thrown_by([&] { map_svg(data, 0, 0); }).code == ExitCode::internal);
}

TEST_CASE("the picture shows both maps, names and scale", "[report]") {
  const std::string picture = map_svg(synthetic_report(), 0, 3);
  CHECK(picture.find(">intact</text>") != std::string::npos);
  CHECK(picture.find(">6 h</text>") != std::string::npos);
  CHECK(picture.find("D3 (lost)") != std::string::npos);
  CHECK(picture.find("silent cortex") != std::string::npos);
  CHECK(picture.find("nan") == std::string::npos);
  CHECK(picture.size() < 200000);
  CHECK(map_svg(square_report(), 0, 3).find("width=\"960\"") != std::string::npos);
}

// What grew, on its way through run.log into results and report.
#include "host/run/growth_record.hpp"

#include <algorithm>
#include <vector>

#include "host/run/raw_output.hpp"
#include "test/support/catch.hpp"
#include "test/support/scratch_folder.hpp"

namespace penfield::test {

namespace {

/// Two structures of so many intervals, no two values of which are equal.
std::vector<GrowthRecord> records(std::size_t first, std::size_t second) {
  std::vector<GrowthRecord> out(2);
  out[0].structure = "S1/lateral";
  out[1].structure = "spines";
  double value = 0.5;
  for (GrowthRecord& r : out)
    for (const GrowthSeries& series : kGrowthSeries)
      for (std::size_t k = 0; k < 5; ++k) (r.*series.values).push_back(value += 1.0);
  for (const GrowthSeries& series : kGrowthSeries) {
    (out[0].*series.values).resize(first);
    (out[1].*series.values).resize(second);
  }
  return out;
}

}  // namespace

TEST_CASE("what grew is in the log, piece by piece, in the results and in the report") {
  const ScratchFolder folder;
  RunLogWriter log = RunLogWriter::create(folder / "run.log");
  RawRecords now;
  RawLog raw_log{now};
  now.growth = records(2, 0);
  raw_log.append(log, now, 10);
  now.growth = records(3, 1);
  raw_log.append(log, now, 20);
  RawLog after_restart(now);
  after_restart.append(log, now, 20);  // nothing new
  now.growth = records(5, 4);
  after_restart.append(log, now, 30);
  log.sync();
  double time_s = 0.0;
  const RawRecords read = read_raw_log(folder / "run.log", 1.0, &time_s);
  REQUIRE(read.growth.size() == 2);
  CHECK(time_s == Approx(0.03));
  const Results results = raw_results(Scenario{}, read);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(read.growth[k].structure == now.growth[k].structure);
    for (const GrowthSeries& series : kGrowthSeries) {
      CHECK(read.growth[k].*series.values == now.growth[k].*series.values);
      const std::string path = std::string(k == 0 ? "/growth/S1_lateral/" : "/growth/spines/") + series.name;
      const auto found = std::find_if(results.datasets.begin(), results.datasets.end(),
                                      [&](const Dataset& d) { return d.path == path; });
      REQUIRE(found != results.datasets.end());
      CHECK(std::get<std::vector<double>>(found->values) == now.growth[k].*series.values);
      CHECK(found->unit == series.unit);
    }
  }
  const ReportData report = raw_report(Scenario{}, read, time_s, Manifest{});
  const auto curve = std::find_if(report.curves.begin(), report.curves.end(),
                                  [](const ReportCurve& c) { return c.name == "Changes of spines"; });
  REQUIRE(curve != report.curves.end());
  CHECK(curve->value == now.growth[1].formed);
  CHECK(curve->comparisons.at(0).value == now.growth[1].deleted);
}

}  // namespace penfield::test

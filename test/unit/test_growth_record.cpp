// What grew, on its way through run.log into results and report.
#include "host/run/growth_record.hpp"

#include <algorithm>
#include <vector>

#include "host/run/raw_output.hpp"
#include "test/support/catch.hpp"
#include "test/support/scratch_folder.hpp"

namespace penfield::test {

namespace {

/// Two histories of so many intervals, no two values of which are equal.
template <class History>
std::vector<History> records(std::size_t first, std::size_t second) {
  std::vector<History> out(2);
  out[0].name() = "S1/lateral";
  out[1].name() = "spines";
  double value = 0.5;
  for (History& h : out)
    for (const auto& series : History::series())
      for (std::size_t k = 0; k < 5; ++k) (h.*series.values).push_back(value += 1.0);
  for (const auto& series : History::series()) {
    (out[0].*series.values).resize(first);
    (out[1].*series.values).resize(second);
  }
  return out;
}

template <class History>
void require_equal(const std::vector<History>& read, const std::vector<History>& written,
                   const Results& results) {
  REQUIRE(read.size() == written.size());
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(read[k].name() == written[k].name());
    for (const auto& series : History::series()) {
      CHECK(read[k].*series.values == written[k].*series.values);
      const std::string path =
          std::string(History::group) + (k == 0 ? "/S1_lateral/" : "/spines/") + series.name;
      const auto found = std::find_if(results.datasets.begin(), results.datasets.end(),
                                      [&](const Dataset& d) { return d.path == path; });
      REQUIRE(found != results.datasets.end());
      CHECK(std::get<std::vector<double>>(found->values) == written[k].*series.values);
      CHECK(found->unit == series.unit);
    }
  }
}

}  // namespace

TEST_CASE(
    "what grew and what astrocytes held is in the log, piece by piece, in the results and in the report") {
  const ScratchFolder folder;
  RunLogWriter log = RunLogWriter::create(folder / "run.log");
  RawRecords now;
  RawLog raw_log{now};
  const auto set = [&](std::size_t first, std::size_t second) {
    now.growth = records<GrowthRecord>(first, second);
    now.pools = records<PoolRecord>(first, second);
  };
  set(2, 0);
  raw_log.append(log, now, 10);
  set(3, 1);
  raw_log.append(log, now, 20);
  RawLog after_restart(now);
  after_restart.append(log, now, 20);  // nothing new
  set(5, 4);
  after_restart.append(log, now, 30);
  log.sync();
  double time_s = 0.0;
  const RawRecords read = read_raw_log(folder / "run.log", 1.0, &time_s);
  CHECK(time_s == Approx(0.03));
  const Results results = raw_results(Scenario{}, read);
  require_equal(read.growth, now.growth, results);
  require_equal(read.pools, now.pools, results);
  const ReportData report = raw_report(Scenario{}, read, time_s, Manifest{});
  const auto curve_of = [&](const std::string& name) {
    const auto curve = std::find_if(report.curves.begin(), report.curves.end(),
                                    [&](const ReportCurve& c) { return c.name == name; });
    REQUIRE(curve != report.curves.end());
    return *curve;
  };
  CHECK(curve_of("Changes of spines").value == now.growth[1].formed);
  CHECK(curve_of("Changes of spines").comparisons.at(0).value == now.growth[1].deleted);
  CHECK(curve_of("Pools of spines").value.at(2) == now.pools[1].atp_mM[2] / now.pools[1].atp_mM[0]);
}

}  // namespace penfield::test

// The machinery of `penfield validate`: verdicts, kept runs, and what a run of a network is measured by.
#include <atomic>
#include <cmath>
#include <fstream>
#include <limits>
#include <vector>

#include "host/validate/network_runs.hpp"
#include "host/validate/pairing.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/run_cache.hpp"
#include "host/validate/stability_map.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using penfield::test::ScratchFolder;
using penfield::test::thrown_by;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Cells that are driven to about 30 Hz, unconnected; enough for every number to be measured.
constexpr const char* kScenario = R"({
  "penfield": 1, "name": "driven", "seed": 1, "dt_ms": 0.1, "until": "1 s", "clock": {"mode": "raw"},
  "areas": {"A": {"sheet_mm": [1, 1]}},
  "populations": {
    "A/fast": {"model": "iaf_psc_delta", "n": 60, "params": {"e_l_mV": 0, "v_th_mV": 20, "v_reset_mV": 0}},
    "A/slow": {"model": "iaf_psc_delta", "n": 40, "params": {"e_l_mV": 0, "v_th_mV": 20, "v_reset_mV": 0}}},
  "stimuli": [{"poisson": {"to": "A/fast", "port": "delta", "rate_Hz": 12000, "weight_mV": 0.2}},
              {"poisson": {"to": "A/slow", "port": "delta", "rate_Hz": 9000, "weight_mV": 0.2}}],
  "record": [{"what": "spikes", "of": "*"}]
})";

ValidateOptions options_in(const ScratchFolder& folder, const std::string& scenario = kScenario) {
  std::filesystem::create_directories(folder / "validation");
  std::ofstream(folder / "validation/driven.json") << scenario;
  ValidateOptions options;
  options.scenarios = folder.path();
  options.cache = folder / "kept";
  options.threads = 1;
  return options;
}

}  // namespace

TEST_CASE("few seeds are judged by their mean, and by the widening that is printed") {
  CHECK(make_row("r", "Hz", {10.0}, 9.0, 11.0, 0.0, "s").pass);
  CHECK_FALSE(make_row("r", "Hz", {11.2}, 9.0, 11.0, 0.0, "s").pass);
  const ValidationRow wide = make_row("r", "Hz", {11.2}, 9.0, 11.0, 0.3, "s");
  CHECK(wide.pass);
  CHECK(wide.widened_by == 0.3);
  CHECK_FALSE(make_row("r", "Hz", {kNaN}, 9.0, 11.0, 0.3, "s").pass);
  CHECK_FALSE(make_row("r", "Hz", {}, 9.0, 11.0, 0.3, "s").pass);
  CHECK(share_row("r", "Hz", {10.2}, 10.0, 0.03, 0.0, "s").pass);
  CHECK_FALSE(share_row("r", "Hz", {10.4}, 10.0, 0.03, 0.0, "s").pass);
}

TEST_CASE("five seeds are judged without widening, and four of them have to be near") {
  CHECK(make_row("r", "", {9.5, 10.0, 10.5, 10.0, 11.4}, 9.0, 11.0, 5.0, "s").pass);
  CHECK(make_row("r", "", {9.5, 10.0, 10.5, 10.0, 11.4}, 9.0, 11.0, 5.0, "s").widened_by == 0.0);
  CHECK_FALSE(
      make_row("r", "", {9.5, 10.0, 10.0, 11.4, 11.4}, 9.0, 11.0, 5.0, "s").pass);  // mean in, two far
  CHECK_FALSE(make_row("r", "", {11.1, 11.1, 11.1, 11.1, 11.1}, 9.0, 11.0, 5.0, "s").pass);
}

TEST_CASE("a knock-out has to leave the band, and shown rows do not count") {
  CHECK(knock_out(make_row("k", "", {20.0}, 9.0, 11.0, 0.0, "s")).pass);
  CHECK_FALSE(knock_out(make_row("k", "", {10.0}, 9.0, 11.0, 0.0, "s")).pass);
  CHECK(knock_out(make_row("k", "", {kNaN}, 9.0, 11.0, 0.0, "s")).pass);
  CHECK_FALSE(knock_out(make_row("k", "", {}, 9.0, 11.0, 0.0, "s")).pass);
  ValidationReport report{"x", {shown_row("s", "Hz", {1.0}, "why")}, 0.0};
  CHECK_FALSE(report.pass());  // nothing was judged
  report.rows.push_back(make_row("r", "Hz", {10.0}, 9.0, 11.0, 0.0, "s"));
  CHECK(report.pass());
  report.rows.push_back(make_row("long name", "Hz", {12.0}, 9.0, 11.0, 0.25, "s"));
  CHECK_FALSE(report.pass());
  const std::string table = validation_table(report);
  CHECK(table.find("x: FAIL") != std::string::npos);
  CHECK(table.find("shown") != std::string::npos);
  CHECK(table.find("band 8.75 to 11.25 (widened by two standard errors, 0.25)") != std::string::npos);
  CHECK(validation_json({report}).find("\"judged\": false") != std::string::npos);
}

TEST_CASE("finished runs are kept by scenario, protocol and program") {
  const ScratchFolder folder;
  Scenario scenario;
  scenario.name = "a/b c";
  scenario.hash = 7;
  const RunCache cache(folder / "kept", scenario, "p");
  CHECK_FALSE(cache.find());
  const RunNumbers numbers = {{"x", {0.1, 1.0 / 3.0, kNaN, -1e300}}, {"none", {}}};
  cache.keep(numbers);
  const auto found = cache.find();
  REQUIRE(found);
  CHECK(found->at("x")[1] == 1.0 / 3.0);
  CHECK(std::isnan(found->at("x")[2]));
  CHECK(found->at("x")[3] == -1e300);
  CHECK(found->at("none").empty());
  CHECK_FALSE(RunCache(folder / "kept", scenario, "q").find());
  scenario.hash = 8;
  CHECK_FALSE(RunCache(folder / "kept", scenario, "p").find());
  CHECK_FALSE(RunCache({}, scenario, "p").find());
  RunCache({}, scenario, "p").keep(numbers);
  for (const auto& entry : std::filesystem::directory_iterator(folder / "kept"))
    std::ofstream(entry.path()) << "{\"scenario_hash\": 3";
  CHECK_FALSE(cache.find());
}

TEST_CASE("a run is measured, kept, and found again with the same numbers") {
  const ScratchFolder folder;
  const ValidateOptions options = options_in(folder);
  const NetworkProtocol protocol{"driven", 3, 0.5, 2.5};
  const NetworkState fresh = run_network(options, protocol);
  REQUIRE(fresh.populations.size() == 2);
  CHECK(fresh.measured_s == Approx(2.0));
  CHECK(fresh.populations[0].mean_Hz > fresh.populations[1].mean_Hz);
  CHECK(fresh.mean_Hz() == Approx(0.6 * fresh.populations[0].mean_Hz + 0.4 * fresh.populations[1].mean_Hz));
  CHECK(fresh.populations[0].block_Hz.size() == 10);
  CHECK(fresh.rate_error_Hz() > 0.0);
  CHECK(fresh.rate_error_Hz() < 0.1 * fresh.mean_Hz());
  CHECK(std::fabs(fresh.populations[0].correlation) < 0.01);
  std::string said;
  ValidateOptions again = options;
  again.say = [&](const std::string& text) { said += text; };
  const NetworkState kept = run_network(again, protocol);
  CHECK(said.find("kept from an earlier run") != std::string::npos);
  for (std::size_t p = 0; p < 2; ++p) {
    CHECK(kept.populations[p].rate_Hz == fresh.populations[p].rate_Hz);
    CHECK(kept.populations[p].cv == fresh.populations[p].cv);
    CHECK(kept.populations[p].mode_cv == fresh.populations[p].mode_cv);
    CHECK(kept.populations[p].peak_Hz == fresh.populations[p].peak_Hz);
    CHECK(kept.populations[p].last_Hz == fresh.populations[p].last_Hz);
  }
  CHECK(kept.mean_cv() == fresh.mean_cv());
  said.clear();
  CHECK(run_network(again, {"driven", 4, 0.5, 2.5}).mean_Hz() != fresh.mean_Hz());
  CHECK(said.find("kept") == std::string::npos);
}

TEST_CASE("pairs at several lags side by side leave the weights of each lag alone") {
  PairingProtocol protocol;
  protocol.rate_Hz = 5.0;
  protocol.num_pairs = 6;
  protocol.first_weight = 0.5;
  const std::vector<double> lags{-30.0, -0.1, 0.0, 0.1, 10.0, 60.0};
  for (const char* rule : {"stdp_triplet", "calcium_graupner", "calcium_nmda"}) {
    protocol.plasticity = "{\"" + std::string(rule) + "\": {}}";
    for (const double delay_ms : {0.0, 4.6}) {
      protocol.calcium_delay_ms = delay_ms;
      const std::vector<double> weights = weights_after_pairs({}, protocol, lags);
      REQUIRE(weights.size() == lags.size());
      for (std::size_t k = 0; k < lags.size(); ++k) {
        CAPTURE(rule, delay_ms, lags[k]);
        protocol.lag_ms = lags[k];
        // Alone, the end comes a second after its own last spike, and slow receptors still close then.
        const double alone = weight_after_pairs({}, protocol), apart = std::fabs(weights[k] - alone);
        CHECK(apart <= (rule == std::string("calcium_nmda") ? 1e-5 : 0.0));
        CHECK(weights[k] != 0.5);
      }
      CHECK(weights.front() != weights.back());
    }
  }
}

TEST_CASE("a run ends at its budget, at a stop, and where it runs away") {
  const ScratchFolder folder;
  ValidateOptions options = options_in(folder);
  NetworkProtocol protocol{"driven", 1, 0.1, 1000.0};
  protocol.wall_budget_s = 1e-6;
  protocol.least_s = 0.4;
  const NetworkState state = run_network(options, protocol);
  CHECK(state.simulated_s == Approx(0.5));
  CHECK(state.measured_s == Approx(0.4));

  options.stop = [] { return true; };
  const auto stopped = thrown_by([&] { run_network(options, {"driven", 9, 0.1, 1.0}); });
  CHECK(stopped.code == ExitCode::stopped);
  CHECK(stopped.says("goes on from there"));
  options.stop = {};

  std::string wild = kScenario;
  wild.replace(wild.find("0.2"), 3, "25 ");
  wild.replace(wild.find("\"v_reset_mV\": 0"), 15, "\"v_reset_mV\": 0, \"t_ref_ms\": 0");
  options = options_in(folder, wild);
  NetworkProtocol away{"driven", 1, 0.1, 1.0};
  CHECK(thrown_by([&] { run_network(options, away); }).code == ExitCode::numerics);
  away.may_run_away = true;
  const NetworkState broken = run_network(options, away);
  CHECK(broken.ran_away());
  CHECK(std::isnan(broken.mean_Hz()));
  CHECK(run_network(options, away).ran_away());  // also from the cache
}

TEST_CASE("jobs are spread over cores: each once, and what one throws ends the rest") {
  ValidateOptions options;
  options.threads = 3;
  std::vector<std::atomic<int>> done(20);
  spread_over_cores(options, done.size(), [&](std::size_t k) { ++done[k]; });
  for (const auto& times : done) CHECK(times == 1);
  std::atomic<int> begun = 0;
  const auto thrown = thrown_by([&] {
    options.threads = 1;
    spread_over_cores(options, 20, [&](std::size_t k) {
      ++begun;
      if (k == 4) throw Error(ExitCode::stopped, "enough");
    });
  });
  CHECK(thrown.says("enough"));
  CHECK(begun == 5);
}

TEST_CASE("a stability map is drawn with a cell for each, the first row at the bottom") {
  CHECK(time_label(1.0) == "1 s");
  CHECK(time_label(600.0) == "10 min");
  CHECK(time_label(3600.0) == "1 h");
  CHECK(time_label(864000.0) == "10 d");
  const StabilityMap map{{1.0, 86400.0},
                         {0.5, 2.0},
                         {{Stability::stable, 1.0, 0.1},
                          {Stability::silent, 0.01, 3.0},
                          {Stability::oscillating, 1.04, 1.53},
                          {Stability::unstable, kOpenEnd, 0.0}}};
  const std::string svg = stability_svg(map);
  const auto place = [&](const char* words) {
    const std::size_t at = svg.find(words);
    INFO(words);
    REQUIRE(at != std::string::npos);
    return at;
  };
  CHECK(place(">1.00<") < place(">1.04<"));  // row by row
  const auto height = [&](const char* words) {
    const std::size_t at = svg.rfind(" y=\"", place(words));
    return std::stoi(svg.substr(at + 4));
  };
  CHECK(height(">1.00<") > height(">1.04<"));
  CHECK(height(">run away<") == height(">1.04<"));
  for (const char* words : {">swing 1.53<", ">1 d<", ">silent<", ">unstable<", ">oscillating<", ">stable<"})
    place(words);
  CHECK(svg.ends_with("</svg>\n"));
}

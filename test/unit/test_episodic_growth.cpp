// Elements on the episodic clock: the order of the predictor-corrector, the random walk of a macro step, and
// what short episodes say of single cells.
#include <cmath>
#include <vector>

#include "host/run/episodic_growth.hpp"
#include "penfield/numerics/distributions.hpp"
#include "test/support/catch.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr double kUsual_Hz = 5.0, kPi = 3.14159265358979323846;

StructureSpec structure(double calcium_tau_s) {
  StructureSpec s;
  s.name = "growth";
  s.projection = "all";
  s.weight_reference = 1.0;
  s.kernel.sigma_mm = 0.4;
  s.calcium_tau_s = calcium_tau_s;
  s.calcium_beta = 1.0 / (calcium_tau_s * kUsual_Hz);  // level 1 at the usual rate
  GrowthCurveSpec curve;
  curve.curve = "linear";
  curve.rate_per_s = 0.01;
  curve.eps = 1.0;
  s.axonal = s.dendritic = curve;
  return s;
}

Scenario sheet(std::uint32_t cells, double calcium_tau_s) {
  Scenario s = two_layers(cells, cells, 20, constant(0.1), constant(1.0));
  s.clock.episodic = true;
  s.clock.settle_s = 0.0;
  for (PopulationSpec& p : s.populations) p.positions = "jittered_grid";
  s.structure = {structure(calcium_tau_s)};
  return s;
}

struct Sheet {
  explicit Sheet(const Scenario& s)
      : scenario(s),
        network(build_network(scenario, tiles_of(64))),
        injury(scenario, network),
        influences(scenario, network, injury),
        growth(scenario, network, injury, influences, records) {}

  /// A macro step of cells that all fire at this rate, without scatter.
  EpisodicGrowth::Step advance(double rate_Hz, double from_s, double seconds, double fano = 0.0) {
    Measures measures;
    for (const auto& p : network.populations)
      measures.rate_Hz.emplace_back(p->view.n, static_cast<float>(rate_Hz));
    EpisodeSpikes spikes;
    spikes.seconds = 4.0;
    spikes.fraction = 1.0;
    spikes.count.assign(2, {});
    for (auto& of : spikes.count) of.fill(static_cast<std::uint64_t>(1000.0 * rate_Hz));
    spikes.fano.assign(2, fano);
    return growth.advance(measures, {spikes}, from_s, seconds, [](const std::string&) { return false; });
  }

  Scenario scenario;
  Network network;
  Injury injury;
  Influences influences;
  std::vector<GrowthRecord> records;
  EpisodicGrowth growth;
};

/// How far the mean elements of targets come away from the solution within 1,000 s in which rates rise and
/// fall, in steps of H; *told: the largest error that a step told.
double error_of(double step_s, double* told) {
  constexpr double kEnd_s = 1000.0, kPeriod_s = 800.0;
  Sheet sheet_of(sheet(64, 0.01));
  *told = 0.0;
  for (double t = 0.0; t < kEnd_s - 1e-6; t += step_s) {
    const double rate_Hz = kUsual_Hz * (1.0 - 0.5 * std::sin(2.0 * kPi * t / kPeriod_s));
    *told = std::max(*told, sheet_of.advance(rate_Hz, t, step_s).errors.discretisation);
  }
  double error = 0.0;
  const GrowthRecord& record = sheet_of.records[0];
  for (std::size_t k = 0; k < record.time_s.size(); ++k) {
    const double exact = 20.0 + 0.01 * 0.5 * kPeriod_s / (2.0 * kPi) *
                                    (1.0 - std::cos(2.0 * kPi * record.time_s[k] / kPeriod_s));
    error = std::max(error, std::fabs(record.dendritic[k] - exact));
  }
  return error;
}

}  // namespace

TEST_CASE("elements follow rates that change with an error of second order, which a step tells") {
  double last_error = 0.0, last_told = 0.0;
  for (const double step_s : {50.0, 25.0, 12.5}) {
    double told = 0.0;
    const double error = error_of(step_s, &told);
    CAPTURE(step_s, error, told);
    CHECK(error < 2e-5 * step_s * step_s);
    CHECK(told > 0.0);
    if (last_error > 0.0) {
      CHECK(last_error / error == Approx(4.0).margin(1.2));
      CHECK(last_told / told > 3.5);
    }
    last_error = error;
    last_told = told;
  }
}

TEST_CASE("over a macro step elements walk as far as the scatter of spikes lets them in as much time") {
  // All cells have the same rate, so that nothing tells them apart: D = nu^2 F r / r1^2.
  constexpr std::uint32_t kCells = 1024;
  constexpr double kStep_s = 40.0, kFano = 0.7, kSteps = 10.0;
  Sheet sheet_of(sheet(kCells, 10.0));
  for (double k = 0; k < kSteps; k += 1.0) sheet_of.advance(kUsual_Hz, k * kStep_s, kStep_s, kFano);
  const GrowthRecord& record = sheet_of.records[0];
  // Calcium begins at 0, and is below 1 for a while: that is drift, the same for all.
  const double expected = 0.01 * 0.01 * kFano / kUsual_Hz * kStep_s * kSteps;
  StateArchive a;
  sheet_of.growth.archive(a);
  CHECK(record.dendritic.back() > 20.0);
  std::vector<double> z;
  for (std::uint32_t i = 0; i < kCells; ++i)
    z.push_back(static_cast<double>(sheet_of.growth.dendritic(0).elements()[i]));
  double mean = 0.0, variance = 0.0;
  for (const double v : z) mean += v / kCells;
  for (const double v : z) variance += (v - mean) * (v - mean) / kCells;
  CHECK(variance == Approx(expected).epsilon(0.25));
}

TEST_CASE("of cells that are alike, episodes show the mean; cells that differ are told apart") {
  constexpr std::uint32_t kCells = 1024;
  constexpr double kEpisode_s = 4.0, kTau_s = 10.0;
  const bool differ = GENERATE(false, true);
  const Scenario s = sheet(kCells, kTau_s);
  const Network network = build_network(s, tiles_of(64));
  const Population& cells = *network.populations[1];
  CalciumSensor calcium(s.structure[0], cells.view);
  LevelEstimate estimate(cells, kTau_s);
  std::vector<float> rate_Hz(kCells);
  for (std::uint32_t episode = 0; episode < 40; ++episode) {
    for (std::uint32_t i = 0; i < kCells; ++i) {
      RandomSequence random(3, 0u, i, episode);
      const double mean_Hz = kUsual_Hz * (!differ ? 1.0 : i % 2 == 0 ? 0.5 : 1.5);
      rate_Hz[i] = static_cast<float>(static_cast<double>(random.poisson(mean_Hz * kEpisode_s)) / kEpisode_s);
    }
    calcium.observe_rates(rate_Hz, 400.0);
    estimate.observe(calcium, {1.0, kEpisode_s}, 400.0, {});
  }
  const double raw_variance = 1.0 / kUsual_Hz / (2.0 * kTau_s);  // of calcium at level 1
  double scatter[2] = {0.0, 0.0}, mean[2] = {0.0, 0.0}, variance = 0.0;
  for (std::uint32_t i = 0; i < kCells; ++i) {
    const double truth = !differ ? 1.0 : i % 2 == 0 ? 0.5 : 1.5, apart = estimate.level()[i] - truth;
    mean[i % 2] += estimate.level()[i] / (kCells / 2);
    scatter[i % 2] += apart * apart / (kCells / 2);
    variance += estimate.variance()[i] / kCells;
  }
  if (!differ) {
    CHECK(mean[0] == Approx(1.0).epsilon(0.02));
    CHECK(scatter[0] < 0.3 * raw_variance);  // an episode's own: five times that of the raw clock's calcium
    CHECK(variance == Approx(raw_variance).epsilon(0.2));
  } else {
    CHECK(mean[0] == Approx(0.5).epsilon(0.15));
    CHECK(mean[1] == Approx(1.5).epsilon(0.05));
    CHECK(variance < 0.5 * raw_variance);  // most of the scatter is in the levels
  }
}

TEST_CASE("the dead are nobody's neighbours") {
  constexpr std::uint32_t kCells = 1024;
  const Scenario s = sheet(kCells, 10.0);
  const Network network = build_network(s, tiles_of(64));
  const Population& cells = *network.populations[1];
  CalciumSensor calcium(s.structure[0], cells.view);
  LevelEstimate estimate(cells, 10.0);
  std::vector<std::uint8_t> dead(kCells, 0);
  std::vector<float> rate_Hz(kCells, static_cast<float>(kUsual_Hz));
  for (std::uint32_t i = 0; i < kCells; i += 3) dead[i] = 1, rate_Hz[i] = 0.0f;
  calcium.observe_rates(rate_Hz, 400.0);
  estimate.observe(calcium, {1.0, 4.0}, 400.0, dead);
  for (std::uint32_t i = 0; i < kCells; ++i)
    if (dead[i] == 0) CHECK(estimate.level()[i] == Approx(static_cast<double>(calcium.level(i))));
}

}  // namespace penfield::test

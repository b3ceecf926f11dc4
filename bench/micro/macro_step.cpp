// What does a macro step itself cost the host, on one thread and on all: weights under a rule that are read
// in batches and leap, and rows that are rewired? A stop has to wait for the leap and the rewiring.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/micro/measure.hpp"
#include "host/build/build_network.hpp"
#include "host/run/measure.hpp"
#include "host/run/projected_weights.hpp"
#include "host/run/rewiring.hpp"
#include "host/run/step_errors.hpp"
#include "test/support/small_network.hpp"

namespace {

using namespace penfield;
using namespace penfield::micro;

constexpr const char* kQuestion = "what does a macro step cost the host, by synapse and thread?";
constexpr std::uint32_t kInDegree = 150;
constexpr double kMeasured = ProjectedWeights::kBytesPerSynapse;
// Bytes of a synapse that are read and written: what is measured of it is filled, looked at before and after
// the episode and in each batch, with the weight; the leap reads it three times, the latest with the weight.
constexpr double kReadBytes = (2.0 + 2.0 * (2.0 + kDriftBatches)) * kMeasured + 4.0 * (2.0 + kDriftBatches);
constexpr double kLeapBytes = 3.0 * kMeasured + 4.0 * 4.0;
constexpr double kDay_s = 86400.0, kEpisode_s = 4.0, kRate_Hz = 5.0;

/// A sheet of cells that are wired by distance.
Scenario sheet(std::uint32_t cells) {
  Scenario s;
  s.seed = 5;
  s.dt_ms = 1.0;
  s.clock.episodic = true;
  s.clock.conditions.resize(1);
  s.clock.conditions[0].episode_s = kEpisode_s;
  s.areas["net"] = {4.0, 4.0, true};
  s.populations = {test::population_spec("net/E", "iaf_psc_exp", cells)};
  s.populations[0].positions = "jittered_grid";
  ProjectionSpec p;
  p.name = "lateral";
  p.from = p.to = "net/E";
  p.port = "excitatory";
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = kInDegree;
  p.rule.allow_self = false;
  p.weight = test::uniform(5.0, 15.0);
  p.delay.base_ms = test::constant(1.0);
  p.delay.velocity_mm_per_ms = 0.2;
  s.projections = {p};
  return s;
}

Scenario learning(std::uint32_t cells) {
  Scenario s = sheet(cells);
  s.projections[0].plasticity = PlasticitySpec{
      "stdp_pair", {{"a_plus", 0.003}, {"a_minus", 0.002}, {"w_min", 0.0}, {"w_max", 30.0}}, false};
  return s;
}

Scenario rewired(std::uint32_t cells) {
  Scenario s = sheet(cells);
  StructureSpec r;
  r.projection = "lateral";
  r.burst_driver = false;
  r.driver_tau_s = 1.0;
  r.weight_reference = 10.0;
  r.kernel.sigma_mm = 0.2;
  s.structure = {r};
  return s;
}

BuildOptions tiles_for(std::uint32_t threads) {
  BuildOptions options;
  options.threads = threads;
  return options;
}

/// Seconds that one macro step takes before its leap, and in it.
struct Costs {
  double measure_s = 0.0, leap_s = 0.0;
};

/// A macro step whose episode has moved each weight a little in every batch, as a rule does.
Costs learn(Network& network, ProjectedWeights& weights, std::uint64_t macro_step) {
  const std::vector<std::vector<float>> rate_Hz = {
      std::vector<float>(network.populations[0]->view.n, static_cast<float>(kRate_Hz))};
  Costs out;
  double from = now_s();
  weights.begin_step(network);
  weights.begin_episode(network);
  out.measure_s = now_s() - from;
  for (std::uint32_t batch = 0; batch < kDriftBatches; ++batch) {
    // By the weight, not by its place: tiles are others on other threads.
    for (SynapseTile& tile : network.projections[0]->tiles)
      for (float& w : tile.weight) {
        const auto thousands = static_cast<std::uint32_t>(w * 1e3f) + batch;
        w = std::min(30.0f, w + (thousands % 2 == 0 ? 1e-3f : -1e-3f));
      }
    from = now_s();
    weights.end_batch(network, batch);
    out.measure_s += now_s() - from;
  }
  from = now_s();
  weights.end_episode(network, rate_Hz, kEpisode_s, 1.0);
  out.measure_s += now_s() - from;
  from = now_s();
  static_cast<void>(weights.leap(network, 3600.0, macro_step, false));
  out.leap_s = now_s() - from;
  return out;
}

/// A sheet whose cells have all that they need but what turnover takes.
struct Sheet {
  Sheet(std::uint32_t cells, std::uint32_t threads)
      : scenario(rewired(cells)),
        network(build_network(scenario, tiles_for(threads))),
        rewiring(scenario, scenario.structure[0], network) {
    observe();
    rewiring.take_snapshot(network);
  }
  void observe() {
    Measures m;
    m.rate_Hz = {std::vector<float>(network.populations[0]->view.n, static_cast<float>(kRate_Hz))};
    rewiring.observe(m, kDay_s);
  }
  std::uint64_t advance(std::uint64_t macro_step) {
    observe();
    const RewiringCounts counts = rewiring.advance(network, kDay_s, macro_step, {});
    network.bind();
    return counts.formed + counts.deleted;
  }

  Scenario scenario;
  Network network;
  Rewiring rewiring;
};

/// Whatever the threads (and so the tiles), the same network comes out, and it is another one than before.
void check(std::uint32_t threads, Report& report) {
  StateDigest leapt[2], rewired[2];
  bool moved = true;
  for (const int k : {0, 1}) {
    const Scenario s = learning(2000);
    Network network = build_network(s, tiles_for(k == 0 ? 1 : threads));
    const StateDigest before = digest(network);
    ProjectedWeights weights(s, 0, network);
    for (std::uint64_t step = 0; step < 3; ++step) static_cast<void>(learn(network, weights, step));
    leapt[k] = digest(network);
    moved = moved && !(leapt[k] == before);
    Sheet sheet_(2000, k == 0 ? 1 : threads);
    std::uint64_t changes = 0;
    for (std::uint64_t step = 0; step < 3; ++step) changes += sheet_.advance(step);
    rewired[k] = digest(sheet_.network);
    moved = moved && changes > 1000;
  }
  report.check("leaps are the same on all threads", leapt[0] == leapt[1]);
  report.check("rewiring is the same on all threads", rewired[0] == rewired[1]);
  report.check("weights and rows have changed", moved);
}

/// `roof`: bytes a second that one thread copies.
void measure_on(std::uint32_t threads, std::uint32_t cells, double roof, const Options& options,
                Report& report) {
  const std::string on = threads == 1 ? ", one thread" : ", " + std::to_string(threads) + " threads";
  {
    const Scenario s = learning(cells);
    Network network = build_network(s, tiles_for(threads));
    ProjectedWeights weights(s, 0, network);
    const auto synapses = static_cast<double>(network.num_synapses());
    std::uint64_t step = 0;
    const auto one = [&] { return learn(network, weights, step++); };
    const double measure_s = median_of(options, [&] { return one().measure_s / synapses; });
    const double leap_s = median_of(options, [&] { return one().leap_s / synapses; });
    report.add({"reading eight batches" + on,
                1e9 * measure_s,
                "ns a synapse and macro step",
                kReadBytes / measure_s,
                roof,
                {}});
    report.add({"leap" + on,
                1e9 * leap_s,
                "ns a synapse and macro step",
                kLeapBytes / leap_s,
                roof,
                {{"bytes a synapse", kMeasured + 4.0}}});
  }
  Sheet sheet_(cells, threads);
  const auto synapses = static_cast<double>(sheet_.network.num_synapses());
  std::uint64_t step = 0;
  const double rewire_s = median_of(options, [&] {
    const double from = now_s();
    static_cast<void>(sheet_.advance(step++));
    return (now_s() - from) / synapses;
  });
  report.add({"rewiring" + on, 1e9 * rewire_s, "ns a synapse and macro step", 0.0, 0.0, {}});
}

int body(const Options& options) {
  Report report("macro_step", kQuestion, options);
  const std::uint32_t all = std::max(2u, std::thread::hardware_concurrency());
  check(all, report);
  if (!report.passed()) return report.finish();
  const std::uint32_t cells = options.tiny ? 300 : 20000;
  const double roof = copy_bytes_per_s(static_cast<std::size_t>(kMeasured) * cells * kInDegree, options);
  measure_on(1, cells, roof, options, report);
  measure_on(all, cells, roof, options, report);
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}

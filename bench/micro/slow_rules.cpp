// What do the processes cost that the host runs between stretches of steps: normalisation and consolidation
// (a synapse and look), synaptic scaling on the raw clock (a cell and look)?
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "bench/micro/measure.hpp"
#include "host/build/build_network.hpp"
#include "host/run/raw_homeostasis.hpp"
#include "host/run/slow_weights.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/small_network.hpp"

namespace {

using namespace penfield;
using namespace penfield::micro;

constexpr const char* kQuestion = "what does a look of normalisation, consolidation and scaling cost?";
constexpr std::uint32_t kInDegree = 200;
constexpr double kSum = 250.0;      // wanted by the normalisation; 200 to begin with
constexpr double kLook_s = 60.0;    // between two looks of the consolidation
constexpr double kStored = 6.0;     // bytes of a synapse whose weight is float32
constexpr double kWeightRw = 8.0;   // read and written
constexpr double kCode = 2.0;       // where in its tile the target lies
constexpr double kLastingRw = 8.0;  // of the consolidation, beside the weight

Scenario cells_with_synapses(std::uint32_t cells) {
  Scenario s;
  s.seed = 5;
  s.areas["net"] = {1.0, 1.0, false};
  s.populations = {test::population_spec("net/P", "relay", cells),
                   test::population_spec("net/E", "iaf_psc_exp", cells)};
  ProjectionSpec p;
  p.name = "all";
  p.from = "net/P";
  p.to = "net/E";
  p.port = "excitatory";
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = kInDegree;
  p.weight = test::uniform(0.5, 1.5);
  p.plasticity = PlasticitySpec{"stdp_pair", {{"w_min", 0.0}, {"w_max", 10.0}}, false};
  s.projections = {p};
  return s;
}

NormalisationSpec normalisation(bool divisive) {
  NormalisationSpec n;
  n.name = "normalised";
  n.projection = "all";
  n.divisive = divisive;
  n.sum = kSum;
  return n;
}

ConsolidationSpec consolidation() {
  ConsolidationSpec c;
  c.name = "lasting";
  c.projection = "all";
  return c;
}

HomeostasisSpec scaling() {
  HomeostasisSpec h;
  h.name = "scaling";
  h.of = "net/E";
  h.port = "excitatory";
  h.set_point_Hz = 4.0;
  h.tau_s = 600.0;
  h.sensor_tau_s = 10.0;
  h.every_s = 1.0;
  return h;
}

template <class F>
void for_each_weight(Network& network, F&& f) {
  for (SynapseTile& tile : network.projections[0]->tiles)
    for (std::size_t k = 0; k < tile.weight.size(); ++k) f(tile.weight[k]);
}

bool near(double a, double b) { return std::fabs(a - b) <= 1e-5 * std::fabs(b); }

/// Every neuron's sum is the one that is wanted, and each weight its old one times, or plus, what that takes.
void check_normalisation(bool divisive, Report& report) {
  Scenario s = cells_with_synapses(400);
  s.normalisation = {normalisation(divisive)};
  Network network = build_network(s, {});
  const Normalisation n(s.normalisation[0], s, network);
  const PopulationView& target = network.populations[1]->view;
  std::vector<double> sum(target.n, 0.0), before, after;
  std::vector<std::uint32_t> of;
  const auto visit = [&](std::vector<double>& weights) {
    for (std::uint32_t t = 0; t < network.projections[0]->tiles.size(); ++t)
      network.projections[0]->for_each_synapse(t, [&](const Projection::Synapse& x) {
        weights.push_back(static_cast<double>(x.weight));
        of.push_back(tile_begin(target, t) + x.target);
      });
  };
  visit(before);
  for (std::size_t k = 0; k < before.size(); ++k) sum[of[k]] += before[k];
  n.apply(network);
  visit(after);
  bool same = before.size() == std::size_t{400} * kInDegree;
  for (std::size_t k = 0; k < before.size(); ++k) {
    const double wanted =
        divisive ? before[k] * kSum / sum[of[k]] : before[k] + (kSum - sum[of[k]]) / kInDegree;
    same = same && near(after[k], wanted);
  }
  report.check(divisive ? "normalisation by one factor" : "normalisation by one amount", same);
}

/// A weight that was moved by e keeps (r + (1 - r) x) e, r = exp(-t (1/tau_e + 1/tau_l)), x the late share.
void check_consolidation(Report& report) {
  Scenario s = cells_with_synapses(400);
  s.consolidation = {consolidation()};
  Network network = build_network(s, {});
  std::vector<AstrocyteField> none;
  Consolidation c(s.consolidation[0], s, network, none);
  std::vector<double> before;
  for_each_weight(network, [&](float& w) {
    before.push_back(static_cast<double>(w));
    w *= 1.5f;
  });
  c.advance(network, kLook_s, false);
  const double early = 1.0 / s.consolidation[0].early_tau_s, late = 1.0 / s.consolidation[0].late_tau_s;
  const double left = std::exp(-kLook_s * (early + late)), lasts = late / (early + late) * (1.0 - left);
  bool same = !before.empty();
  std::size_t k = 0;
  for_each_weight(network, [&](float& w) {
    same = same && near(static_cast<double>(w), before[k] * (1.0 + 0.5 * (left + lasts)));
    ++k;
  });
  report.check("consolidation", same);
}

void measure_normalisation(bool divisive, std::uint32_t cells, double roof, const Options& options,
                           Report& report) {
  Scenario s = cells_with_synapses(cells);
  s.normalisation = {normalisation(divisive)};
  Network network = build_network(s, {});
  const Normalisation n(s.normalisation[0], s, network);
  const double synapses = static_cast<double>(network.projections[0]->num_synapses());
  const double s_each = median_of(options, [&] {
    for_each_weight(network, [](float& w) { w *= 0.9f; });
    const double from = now_s();
    n.apply(network);
    return (now_s() - from) / synapses;
  });
  // Weights are read for the sums, then read and written.
  report.add({divisive ? "normalisation, one factor" : "normalisation, one amount",
              1e9 * s_each,
              "ns a synapse and look",
              (kWeightRw + 4.0 + 2.0 * kCode) / s_each,
              roof,
              {{"bytes a synapse", kStored}, {"bytes a cell", 8.0}}});
}

void measure_consolidation(std::uint32_t cells, double roof, const Options& options, Report& report) {
  Scenario s = cells_with_synapses(cells);
  s.consolidation = {consolidation()};
  Network network = build_network(s, {});
  std::vector<AstrocyteField> none;
  Consolidation c(s.consolidation[0], s, network, none);
  const double synapses = static_cast<double>(network.projections[0]->num_synapses());
  const double s_each = median_of(options, [&] {
    for_each_weight(network, [](float& w) { w *= 0.99f; });  // every synapse has an early part
    const double from = now_s();
    c.advance(network, kLook_s, false);
    return (now_s() - from) / synapses;
  });
  report.add({"consolidation, every synapse moved",
              1e9 * s_each,
              "ns a synapse and look",
              (kWeightRw + kLastingRw + kCode) / s_each,
              roof,
              {{"bytes a synapse", kStored + 4.0}}});
}

void measure_scaling(std::uint32_t cells, const Options& options, Report& report) {
  Scenario s;
  s.areas["net"] = {1.0, 1.0, false};
  s.dt_ms = 0.5;
  s.populations = {test::population_spec("net/E", "iaf_psc_exp", cells)};
  s.homeostasis = {scaling()};
  Network network = build_network(s, {});
  const auto engine = cpu::make_cpu_engine(network, {});
  const RawInjury injury(s, network, *engine);
  RawHomeostasis homeostasis(s, network, *engine, injury);
  const auto interval = static_cast<StepIndex>(1e3 * s.homeostasis[0].every_s / s.dt_ms);
  const double s_each = median_of(options, [&] {
    engine->run(interval);
    const double from = now_s();
    static_cast<void>(homeostasis.prepare(engine->now() + interval));
    return (now_s() - from) / cells;
  });
  // Silent cells below their set-point: their gains rise.
  const auto& gain = network.populations[0]->factor[0];
  report.check("scaling raised every gain",
               std::all_of(gain.begin(), gain.begin() + cells, [](float g) { return g > 1.0f; }));
  report.add({"synaptic scaling", 1e9 * s_each, "ns a cell and look", 0.0, 0.0, {{"bytes a cell", 12.0}}});
}

int body(const Options& options) {
  Report report("slow_rules", kQuestion, options);
  for (const bool divisive : {true, false}) check_normalisation(divisive, report);
  check_consolidation(report);
  if (!report.passed()) return report.finish();
  const std::size_t bytes = options.tiny ? std::size_t{1} << 18 : std::size_t{32} << 20;
  const auto cells = static_cast<std::uint32_t>(static_cast<double>(bytes) / kStored / kInDegree);
  const double roof = copy_bytes_per_s(bytes, options);
  for (const bool divisive : {true, false}) measure_normalisation(divisive, cells, roof, options, report);
  measure_consolidation(cells, roof, options, report);
  measure_scaling(options.tiny ? 500 : 100000, options, report);
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}

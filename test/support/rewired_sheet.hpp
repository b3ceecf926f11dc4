#pragma once
// Structural plasticity on a sheet whose drivers a test sets itself; no spikes are needed.
#include <vector>

#include "host/build/build_network.hpp"
#include "host/run/rewiring.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

inline constexpr std::uint32_t kNeurons = 600, kInDegree = 20;
inline constexpr double kDay_s = 86400.0;

/// A sheet without an edge; nothing turns over by itself and no cap binds.
inline Scenario sheet() {
  Scenario s;
  s.dt_ms = 1.0;
  s.areas["A"] = {2.0, 2.0, true};
  s.populations = {population_spec("A/cells", "iaf_psc_exp", kNeurons)};
  s.populations[0].positions = "jittered_grid";
  ProjectionSpec p;
  p.name = "lateral";
  p.from = p.to = "A/cells";
  p.port = "excitatory";
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = kInDegree;
  p.rule.allow_self = false;
  p.weight = uniform(5.0, 15.0);
  p.delay.base_ms = constant(1.0);
  p.delay.velocity_mm_per_ms = 0.2;
  s.projections = {p};
  StructureSpec r;
  r.projection = "lateral";
  r.burst_driver = false;
  r.driver_tau_s = 1.0;
  r.dead_band = 0.0;
  r.hazard_per_d = 0.0;
  r.weight_reference = 10.0;
  r.kernel.sigma_mm = 0.2;
  r.cap_per_d = 1000.0;
  r.sum_limit = 0.0;
  s.structure = {r};
  return s;
}

/// One sheet, its rewiring after a snapshot at 10 Hz, and what a test does with it.
struct Sheet {
  explicit Sheet(const Scenario& s)
      : scenario(s),
        network(build_network(scenario, tiles_of(64))),
        rewiring(scenario, scenario.structure[0], network) {
    observe(std::vector<float>(kNeurons, 10.0f));
    rewiring.take_snapshot(network);
  }
  void observe(const std::vector<float>& rate_Hz) {
    Measures m;
    m.rate_Hz = {rate_Hz};
    rewiring.observe(m, 1e30);
  }
  RewiringCounts advance(double days, const FormationMask& mask = {}) {
    const RewiringCounts counts = rewiring.advance(network, days * kDay_s, macro_step++, mask);
    network.bind();
    return counts;
  }
  struct Synapse {
    std::uint32_t source;
    int delay;
    float weight;
  };
  std::vector<std::vector<Synapse>> rows() const {
    std::vector<std::vector<Synapse>> out(kNeurons);
    const Projection& p = *network.projections[0];
    for (std::size_t t = 0; t < p.tiles.size(); ++t)
      p.for_each_synapse(t, [&](const Projection::Synapse& s) {
        out[64 * t + s.target].push_back({s.source, s.delay, s.weight});
      });
    return out;
  }

  Scenario scenario;
  Network network;
  Rewiring rewiring;
  std::uint64_t macro_step = 0;
};

inline std::vector<float> all_at(float rate_Hz) { return std::vector<float>(kNeurons, rate_Hz); }

}  // namespace penfield::test

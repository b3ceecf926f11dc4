// The CPU's tuned plastic delivery gives the bits of the plain body: rows longer than a block, targets that
// fire more often between two presynaptic spikes than the tuned loops replay, spikes of targets that are
// still on their way, flushes between visits, presynaptic spikes that are years apart.
#include <string>

#include "host/build/build_network.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "penfield/numerics/bits.hpp"
#include "test/support/catch.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kSources = 40, kTargets = 3000, kRow = 2000;

struct Case {
  std::string rule;
  bool dendritic, spread;
  std::uint32_t tile;
};

Scenario fast_targets(const Case& c) {
  Scenario s;
  s.seed = 17;
  s.areas["net"] = {1.0, 1.0, false};
  s.populations = {population_spec("net/P", "relay", kSources),
                   population_spec("net/E", "iaf_psc_delta", kTargets)};
  s.populations[1].initial_v_m_mV = uniform(-70.0, -56.0);
  s.populations[1].params["t_ref_ms"] = 1.0;
  StimulusSpec drive;
  drive.kind = StimulusSpec::Kind::rate;
  drive.to = "net/P";
  drive.rate_Hz = 20.0;
  s.stimuli.push_back(drive);
  drive.kind = StimulusSpec::Kind::dc;
  drive.to = "net/E";
  drive.current_pA = 1500.0;
  s.stimuli.push_back(drive);
  ProjectionSpec p;
  p.name = "plastic";
  p.from = "net/P";
  p.to = "net/E";
  p.port = "delta";
  p.rule.kind = RuleSpec::Kind::fixed_out_degree;
  p.rule.count = kRow;
  p.weight = uniform(0.05, 0.15);
  p.delay.base_ms = c.spread ? uniform(0.5, 6.0) : constant(1.5);
  std::map<std::string, double> params{{"w_max", 0.3}};
  if (c.rule == "stdp_weight_dependent") {
    params = {{"w_max", 0.3}, {"a_plus", 0.02}, {"a_minus", 0.01}, {"mu_plus", 0.4}, {"mu_minus", 1.0}};
  } else if (c.rule == "stdp_power_law") {
    params["w_0"] = 0.1;
  } else if (c.rule == "stdp_pair") {
    params["a_plus"] = 0.02;
    params["a_minus"] = 0.01;
  } else {
    params["eta"] = 0.01;
    params["rho0_Hz"] = 100.0;
  }
  p.plasticity = PlasticitySpec{c.rule, params, c.dendritic};
  s.projections.push_back(p);
  return s;
}

struct Run {
  Network network;
  std::unique_ptr<Engine> engine;

  Run(const Case& c, bool plain) : network(build_network(fast_targets(c), tiles_of(c.tile))) {
    cpu::CpuEngineOptions options;
    options.threads = 1;
    options.reversed_delivery = plain;
    engine = cpu::make_cpu_engine(network, options);
  }
};

void require_equal(const Run& tuned, const Run& plain) {
  const Projection& a = *tuned.network.projections[0];
  const Projection& b = *plain.network.projections[0];
  for (std::size_t t = 0; t < a.tiles.size(); ++t)
    for (std::size_t k = 0; k < a.tiles[t].weight.size(); ++k) {
      if (bits_from_float(a.tiles[t].weight[k]) == bits_from_float(b.tiles[t].weight[k])) continue;
      CAPTURE(t, k, a.tiles[t].weight[k], b.tiles[t].weight[k]);
      REQUIRE(bits_from_float(a.tiles[t].weight[k]) == bits_from_float(b.tiles[t].weight[k]));
    }
  REQUIRE(digest(tuned.network) == digest(plain.network));
}

}  // namespace

TEST_CASE("tuned plastic delivery gives the bits of the plain body") {
  const std::string rule =
      GENERATE(as<std::string>{}, "stdp_pair", "istdp_vogels", "stdp_weight_dependent", "stdp_power_law");
  const bool dendritic = GENERATE(false, true), spread = GENERATE(false, true);
  const std::uint32_t tile = GENERATE(4096u, 64u);
  const Case c{rule, dendritic, spread, tile};
  CAPTURE(c.rule, dendritic, spread, tile);
  Run tuned(c, false), plain(c, true);
  const auto both = [&](auto&& f) {
    f(*tuned.engine);
    f(*plain.engine);
  };
  REQUIRE(tuned.network.populations[1]->view.history_limit > 8);
  both([](Engine& e) { e.run(1500); });
  require_equal(tuned, plain);
  REQUIRE(tuned.engine->flush_times().last > 0);  // a full ring asked
  std::uint64_t target_spikes = 0;
  for (std::uint32_t n : tuned.network.populations[1]->spike_count) target_spikes += n;
  REQUIRE(target_spikes > 150 * kTargets / 5);  // 200 Hz: ten between two of a source at 20 Hz
  both([](Engine& e) { e.flush(); });
  require_equal(tuned, plain);
  both([](Engine& e) {
    e.set_now(e.now() + (StepIndex{1} << 32));  // gaps that no 32 bits hold
    e.run(300);
  });
  require_equal(tuned, plain);
  const auto& weight = tuned.network.projections[0]->tiles[0].weight;
  REQUIRE(std::any_of(weight.begin(), weight.end(), [](float w) { return w < 0.05f || w > 0.15f; }));
}

}  // namespace penfield::test

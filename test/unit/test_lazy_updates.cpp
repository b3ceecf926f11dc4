// How often lazy plasticity updates a synapse: once for each presynaptic spike, and now and then because the
// target's history ring is full. Counted over 10 s at 5 Hz, with rings as the builder makes them.
#include <cmath>
#include <string>
#include <vector>

#include "host/build/build_network.hpp"
#include "host/build/history_sizes.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "penfield/numerics/distributions.hpp"
#include "test/support/catch.hpp"
#include "test/support/eager_plasticity.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kNeurons = 4000, kInDegree = 20, kRelays = 0, kCells = 1;
constexpr double kRate_Hz = 5.0;

/// Cells that fire whenever their own relay does, refractoriness apart, among each other's plastic synapses.
Scenario driven_cells(bool dendritic, double longest_delay_ms) {
  Scenario s;
  s.dt_ms = 0.1;
  s.areas["A"] = {1.0, 1.0, false};
  s.populations = {population_spec("A/relays", "relay", kNeurons),
                   population_spec("A/cells", "iaf_psc_delta", kNeurons)};
  ProjectionSpec p;
  p.name = "drive";
  p.from = "A/relays";
  p.to = "A/cells";
  p.port = "delta";
  p.rule.kind = RuleSpec::Kind::one_to_one;
  p.weight = constant(30.0);
  p.delay.base_ms = constant(0.5);
  s.projections.push_back(p);
  p.name = "plastic";
  p.from = "A/cells";
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = kInDegree;
  p.weight = uniform(0.0, 1e-3);
  p.delay.base_ms = uniform(0.5, longest_delay_ms);
  p.plasticity =
      PlasticitySpec{"stdp_pair", {{"a_plus", 1e-6}, {"a_minus", 1e-6}, {"w_max", 1e-3}}, dendritic};
  s.projections.push_back(p);
  return s;
}

/// Mean kRate_Hz; sigma is that of the rates' logarithm.
void set_rates(Population& relays, double sigma) {
  RandomSequence random(12, 0u, 0, 0);
  for (float& rate : relays.background_Hz)
    rate = static_cast<float>(kRate_Hz * std::exp(sigma * random.normal() - 0.5 * sigma * sigma));
}

std::vector<std::uint32_t> out_degrees(const Projection& projection, std::uint32_t tile_size) {
  std::vector<std::uint32_t> degree(kNeurons, 0);
  for (const auto& s : EagerPlasticity<StdpPair>(projection, tile_size, 0.1).synapses) ++degree[s.source];
  return degree;
}

}  // namespace

TEST_CASE("a synapse is updated at most 1.1 times in the mean for each presynaptic spike") {
  const double sigma = GENERATE(0.0, 1.0);
  const bool dendritic = GENERATE(false, true);
  const Scenario scenario = driven_cells(dendritic, dendritic ? 20.0 : 1.5);
  Network network = build_network(scenario, {});
  set_rates(*network.populations[kRelays], sigma);
  cpu::CpuEngineOptions options;
  options.threads = 1;
  const auto engine = cpu::make_cpu_engine(network, options);
  engine->record_spikes({false, true});
  const Population& cells = *network.populations[kCells];
  std::uint64_t flushes = 0, flushed = 0;
  while (engine->now() < 100000) {
    engine->run(1);
    if (engine->flush_times().last != engine->now() - 1) continue;
    ++flushes;
    for (const StepIndex at : cells.history_flushed)
      if (at == engine->now() - 1) flushed += kInDegree;
  }
  std::uint64_t visits = 0;
  const std::vector<std::uint32_t> degree = out_degrees(*network.projections[1], cells.view.tile_size);
  const std::vector<Spike> spikes = engine->take_spikes();
  for (const Spike& s : spikes) visits += degree[s.neuron];
  const double updates = static_cast<double>(visits + flushed) / static_cast<double>(visits);
  WARN((sigma > 0.0 ? "log-normal rates" : "equal rates")
       << (dendritic ? ", dendritic delays up to 20 ms" : ", axonal delays up to 1.5 ms")
       << ", history limit " << cells.view.history_limit << ": " << updates
       << " updates a synapse and spike; " << flushes << " flushes in 10 s");
  CHECK(static_cast<double>(spikes.size()) == Approx(kNeurons * kRate_Hz * 10.0).epsilon(0.1));
  CHECK(flushes > 0);
  CHECK(updates <= 1.1);
}

TEST_CASE("history rings keep what one dendritic delay needs, and ten spikes between two flushes") {
  for (std::uint32_t interval = 1; interval < 60; ++interval)
    for (std::uint32_t delay = 1; delay < 1100; ++delay) {
      const HistorySizes sizes = history_sizes(delay, interval);
      // Spikes in as many steps as the delay is long, and the one before, whose trace is looked up.
      const std::uint32_t older = (delay + interval - 1) / interval + 1;
      if (sizes.limit / 2 < 10 || sizes.limit + older > sizes.capacity ||
          (sizes.capacity & (sizes.capacity - 1)) != 0)
        FAIL("delay " << delay << ", interval " << interval << ": limit " << sizes.limit << ", capacity "
                      << sizes.capacity);
    }
}

}  // namespace penfield::test

#pragma once
// Networks for static_delivery and plastic_delivery: relays that fire at random onto one tile of neurons.
#include <algorithm>
#include <string>
#include <vector>

#include "bench/micro/isas.hpp"
#include "bench/micro/measure.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "penfield/numerics/fixed_point.hpp"
#include "test/support/small_network.hpp"

namespace penfield::micro {

struct DeliveryCase {
  std::uint32_t sources = 100, targets = 4096, tile = 4096;
  std::uint32_t row = 256;  ///< synapses of a source
  double rate_Hz = 20.0;    ///< of a source
  double dc_pA = 0.0;       ///< into the targets
  Distribution weight = test::constant(0.1);
  Distribution delay_ms = test::constant(1.5);
  bool targets_fire = false;
  std::optional<PlasticitySpec> plasticity;
};

inline Network delivery_network(const DeliveryCase& c) {
  Scenario s;
  s.seed = 11;
  s.areas["net"] = {1.0, 1.0, false};
  s.populations.push_back(test::population_spec("net/P", "relay", c.sources));
  PopulationSpec targets = test::population_spec("net/E", "iaf_psc_delta", c.targets);
  targets.initial_v_m_mV = test::uniform(-70.0, -56.0);
  if (!c.targets_fire) targets.params["v_th_mV"] = 1e9;
  s.populations.push_back(targets);
  StimulusSpec drive;
  drive.kind = StimulusSpec::Kind::rate;
  drive.to = "net/P";
  drive.rate_Hz = c.rate_Hz;
  s.stimuli.push_back(drive);
  drive.kind = StimulusSpec::Kind::dc;
  drive.to = "net/E";
  drive.current_pA = c.dc_pA;
  s.stimuli.push_back(drive);
  ProjectionSpec p;
  p.name = "delivered";
  p.from = "net/P";
  p.to = "net/E";
  p.port = "delta";
  p.rule.kind = RuleSpec::Kind::fixed_out_degree;
  p.rule.count = c.row;
  p.weight = c.weight;
  p.delay.base_ms = c.delay_ms;
  p.plasticity = c.plasticity;
  s.projections.push_back(p);
  return build_network(s, test::tiles_of(c.tile));
}

/// Calls f(source, target, delay, weight) for every synapse of a static projection: neurons, steps, and the
/// integer that is added.
template <class F>
void for_each_static_synapse(const Projection& projection, std::uint32_t tile_size, F&& f) {
  const ProjectionView& v = projection.view;
  for (std::size_t t = 0; t < projection.tiles.size(); ++t)
    projection.for_each_synapse(t, [&](const Projection::Synapse& s) {
      f(s.source, t * tile_size + s.target, s.delay, to_fixed(s.weight, v.scale_log2));
    });
}

inline std::unique_ptr<Engine> one_thread(Network& network, cpu::Isa isa) {
  ask_for(isa);
  cpu::CpuEngineOptions options;
  options.threads = 1;
  return cpu::make_cpu_engine(network, options);
}

/// How much memory the rows take.
struct Footprint {
  const char* name;
  std::size_t bytes;
};
inline std::vector<Footprint> footprints(const Options& options) {
  if (options.tiny) return {{"tiny", std::size_t{1} << 16}};
  return {{"L2", l2_bytes() / 2},
          {"L3", std::min<std::size_t>(l3_bytes() / 2, std::size_t{32} << 20)},
          {"memory", std::size_t{256} << 20}};
}

/// What one stretch of steps delivered, and how long that took.
struct Delivered {
  double events = 0.0;  ///< spikes of sources times their synapses
  double deliver_s = 0.0, learn_s = 0.0;
};

inline Delivered run_stretch(Engine& engine, Network& network, std::uint32_t row, StepIndex steps) {
  Population& sources = *network.populations[0];
  sources.spike_count.fill(0);
  engine.time_phases(true);
  engine.run(steps);
  Delivered out;
  for (const auto& [phase, seconds] : engine.phase_times_s()) {
    if (phase == "deliver") out.deliver_s += seconds;
    if (phase == "learn") out.learn_s += seconds;
  }
  for (std::uint32_t i = 0; i < sources.view.n; ++i) out.events += double(sources.spike_count[i]) * row;
  return out;
}

/// Steps that bring about so many events.
inline StepIndex steps_for(double events, const DeliveryCase& c, double dt_ms) {
  const double each = c.sources * c.rate_Hz * dt_ms * 1e-3 * c.row;
  return std::max<StepIndex>(20, static_cast<StepIndex>(events / each));
}

}  // namespace penfield::micro

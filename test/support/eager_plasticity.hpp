#pragma once
// Pair plasticity done the plain way, one step after the other, as a reference for the engine's lazy one:
// every synapse keeps its own traces, and each event of each step is applied when it happens.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "penfield/engine/engine.hpp"
#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fixed_point.hpp"

namespace penfield::test {

/// Which neurons fired: fired[step][neuron].
using Raster = std::vector<std::vector<std::uint8_t>>;

inline Raster raster_of(const std::vector<Spike>& spikes, std::uint32_t population, std::uint32_t n,
                        StepIndex num_steps) {
  Raster raster(static_cast<std::size_t>(num_steps), std::vector<std::uint8_t>(n, 0));
  for (const Spike& s : spikes)
    if (s.population == population) raster[static_cast<std::size_t>(s.step)][s.neuron] = 1;
  return raster;
}

/// One projection with rule `Rule`, as it is when made, stepped eagerly.
template <class Rule>
class EagerPlasticity {
 public:
  struct Synapse {
    std::uint32_t source, target;  ///< neurons
    std::int32_t axonal, dendritic;
    std::size_t tile, place;  ///< where the engine keeps its weight
    float weight;
    StepIndex pre_at = kNeverStep, post_at = kNeverStep;  ///< latest events, in time at the synapse
    float pre_trace = 0.0f, post_trace = 0.0f;            ///< right after them
  };

  EagerPlasticity(const Projection& projection, std::uint32_t tile_size, double dt_ms)
      : rule_{*static_cast<const typename Rule::Params*>(projection.view.rule_params)},
        scale_log2_(projection.view.scale_log2),
        dt_ms_(dt_ms) {
    const ProjectionView& v = projection.view;
    for (std::size_t t = 0; t < projection.tiles.size(); ++t)
      projection.for_each_synapse(t, [&](const Projection::Synapse& s) {
        Synapse e{};
        e.source = s.source;
        e.target = static_cast<std::uint32_t>(t * tile_size) + s.target;
        e.axonal = v.dendritic ? 0 : s.delay;
        e.dendritic = v.dendritic ? s.delay : 0;
        e.tile = t;
        e.place = s.place;
        e.weight = s.weight;
        e.pre_at = e.post_at = kNeverStep;
        synapses.push_back(e);
      });
  }

  /// What happens at every synapse at time `at`, given who fired up to then. A presynaptic event comes before
  /// postsynaptic ones of its time. One that acts at at + 1 over an axon is due now, after all else: its
  /// weight has to be on its way.
  void step(StepIndex at, const Raster& source, const Raster& target) {
    for (Synapse& s : synapses) {
      if (s.dendritic > 0 && fired(source, at, s.source)) pre_event(s, at);
      if (fired(target, at - s.dendritic, s.target)) post_event(s, at);
      if (s.axonal > 0 && fired(source, at + 1 - s.axonal, s.source)) pre_event(s, at + 1);
    }
  }

  /// Input delivered so far that arrives at `step` or later: sums[step - first][target].
  std::vector<std::vector<std::int64_t>> on_the_way(StepIndex first, StepIndex num_steps,
                                                    std::uint32_t num_targets) const {
    std::vector<std::vector<std::int64_t>> sums(static_cast<std::size_t>(num_steps),
                                                std::vector<std::int64_t>(num_targets, 0));
    for (const Delivery& d : delivered_)
      if (d.arrives >= first) sums[static_cast<std::size_t>(d.arrives - first)][d.target] += d.amount;
    return sums;
  }

  std::vector<Synapse> synapses;
  std::uint64_t num_pre_events = 0, num_post_events = 0;

 private:
  struct Delivery {
    StepIndex arrives;
    std::uint32_t target;
    std::int32_t amount;
  };

  static bool fired(const Raster& raster, StepIndex at, std::uint32_t neuron) {
    return at >= 0 && at < static_cast<StepIndex>(raster.size()) &&
           raster[static_cast<std::size_t>(at)][neuron] != 0;
  }
  /// As the engine's tables have it: nothing is left after 21 time constants.
  float decay(double tau_ms, StepIndex gap) const {
    if (gap >= static_cast<StepIndex>(21.0 * tau_ms / dt_ms_) + 2) return 0.0f;
    return static_cast<float>(exp_d(-static_cast<double>(gap) * dt_ms_ / tau_ms));
  }
  void pre_event(Synapse& s, StepIndex at) {
    const float post =
        s.post_at == kNeverStep ? 0.0f : s.post_trace * decay(Rule::tau_post_ms(rule_.p), at - s.post_at);
    s.weight = rule_.at_pre_spike(s.weight, post);
    const float before =
        s.pre_at == kNeverStep ? 0.0f : s.pre_trace * decay(Rule::tau_pre_ms(rule_.p), at - s.pre_at);
    s.pre_trace = before + 1.0f;
    s.pre_at = at;
    const StepIndex arrives = at + s.dendritic;
    delivered_.push_back({arrives, s.target, to_fixed(s.weight, scale_log2_)});
    ++num_pre_events;
  }
  void post_event(Synapse& s, StepIndex at) {
    // Before its first presynaptic spike a synapse learns nothing.
    if (s.pre_at != kNeverStep) {
      s.weight = rule_.at_post_spike(s.weight, s.pre_trace * decay(Rule::tau_pre_ms(rule_.p), at - s.pre_at));
      ++num_post_events;
    }
    const float before =
        s.post_at == kNeverStep ? 0.0f : s.post_trace * decay(Rule::tau_post_ms(rule_.p), at - s.post_at);
    s.post_trace = before + 1.0f;
    s.post_at = at;
  }

  Rule rule_;
  std::int32_t scale_log2_;
  double dt_ms_;
  std::vector<Delivery> delivered_;
};

}  // namespace penfield::test

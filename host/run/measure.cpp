#include "host/run/measure.hpp"

#include <cmath>

#include "host/body/touch_plan.hpp"
#include "host/run/episode_batches.hpp"

namespace penfield {

StepIndex steps_of(double seconds, double dt_ms) {
  return static_cast<StepIndex>(std::llround(seconds * 1000.0 / dt_ms));
}

void clear_counters(Network& network) {
  for (auto& p : network.populations) {
    p->spike_count.fill(0);
    p->burst_sum.fill(0.0f);
  }
}

namespace {

/// [population][neuron] Hz, from the counters of an episode.
std::vector<std::vector<float>> episode_rates(const Network& network, double seconds) {
  std::vector<std::vector<float>> out;
  const auto per_spike = static_cast<float>(1.0 / seconds);
  for (const auto& p : network.populations) {
    out.emplace_back(p->view.n, 0.0f);
    for (std::size_t i = 0; i < out.back().size(); ++i)
      out.back()[i] = per_spike * static_cast<float>(p->spike_count[i]);
  }
  return out;
}

}  // namespace

Measures measure(const Scenario& scenario, Network& network, Engine& engine, std::uint64_t episode,
                 EpisodeBatches* batches, const std::vector<double>& use) {
  Measures out;
  for (const auto& p : network.populations) {
    out.rate_Hz.emplace_back(p->view.n, 0.0f);
    out.rest_rate_Hz.emplace_back(p->view.n, 0.0f);
    out.burst.emplace_back(p->burst_sum.empty() ? 0 : p->view.n, 0.0f);
  }
  double rest_share = 0.0;
  for (const ConditionSpec& condition : scenario.clock.conditions)
    if (!condition.touch) rest_share += condition.fraction;
  if (batches != nullptr) batches->begin_step();
  std::uint64_t number = episode * scenario.clock.conditions.size();
  for (const ConditionSpec& condition : scenario.clock.conditions) {
    const StepIndex heal = steps_of(condition.heal_s, scenario.dt_ms);
    const StepIndex length = steps_of(condition.episode_s, scenario.dt_ms);
    if (condition.touch && scenario.body) {
      const auto touches =
          random_touches(*scenario.body, scenario.dt_ms, scenario.seed, number, heal + length, use);
      set_touches(network, *scenario.body, touches, engine.now(), heal + length);
    } else {
      clear_touches(network);
    }
    ++number;
    if (batches != nullptr) batches->begin_heal();
    engine.upload_inputs();
    engine.run(heal);
    engine.download_held();
    clear_counters(network);
    engine.upload();
    if (batches != nullptr) batches->begin_episode(length);
    engine.run(length);
    engine.flush();  // slow processes see weights that owe nothing
    engine.download_held();
    const auto share = static_cast<float>(condition.fraction / condition.episode_s);
    const auto at_rest =
        condition.touch || !(rest_share > 0.0) ? 0.0f : static_cast<float>(share / rest_share);
    for (std::size_t p = 0; p < network.populations.size(); ++p) {
      const Population& population = *network.populations[p];
      for (std::size_t i = 0; i < out.rate_Hz[p].size(); ++i)
        out.rate_Hz[p][i] += share * static_cast<float>(population.spike_count[i]);
      for (std::size_t i = 0; i < out.rest_rate_Hz[p].size(); ++i)
        out.rest_rate_Hz[p][i] += at_rest * static_cast<float>(population.spike_count[i]);
      for (std::size_t i = 0; i < out.burst[p].size(); ++i)
        out.burst[p][i] += share * population.burst_sum[i];
    }
    out.spiking_s += condition.heal_s + condition.episode_s;
    if (batches != nullptr)
      batches->end_episode(episode_rates(network, condition.episode_s), condition.episode_s,
                           condition.fraction);
  }
  if (!(rest_share > 0.0)) out.rest_rate_Hz = out.rate_Hz;
  clear_touches(network);
  return out;
}

}  // namespace penfield

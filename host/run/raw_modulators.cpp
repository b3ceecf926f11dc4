#include "host/run/raw_modulators.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "host/build/build_network.hpp"
#include "host/run/measure.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

RawModulators::RawModulators(const Scenario& scenario, Network& network, Engine& engine)
    : scenario_(scenario),
      network_(network),
      engine_(engine),
      observed_(engine.now()),
      shortest_delay_(std::numeric_limits<StepIndex>::max()) {
  const auto steps_of_ms = [&](double ms) { return steps_of(ms * 1e-3, scenario.dt_ms); };
  for (std::size_t m = 0; m < scenario.modulators.size(); ++m) {
    State state{&scenario.modulators[m], {}, {}, {}, {}, {}, {}};
    state.random_step = -1;
    for (std::size_t r = 0; r < state.spec->rewards.size(); ++r) {
      const ModulatorSpec::Reward& spec = state.spec->rewards[r];
      const auto of = std::find_if(scenario.projections.begin(), scenario.projections.end(),
                                   [&](const ProjectionSpec& p) { return p.name == spec.projection; });
      Reward reward{&spec,
                    population_index(network, of->from),
                    population_index(network, of->to),
                    steps_of_ms(spec.within_ms),
                    {std::max<StepIndex>(steps_of_ms(spec.delay_ms[0]), 1), steps_of_ms(spec.delay_ms[1])},
                    std::uint64_t{m} << 32 | r};
      reward.delay[1] = std::max(reward.delay[1], reward.delay[0]);
      shortest_delay_ = std::min(shortest_delay_, reward.delay[0]);
      state.rewards.push_back(reward);
    }
    states_.push_back(std::move(state));
  }
}

void RawModulators::require(std::vector<bool>& populations) const {
  for (const State& state : states_)
    for (const Reward& reward : state.rewards)
      populations[reward.source_population] = populations[reward.target_population] = true;
}

void RawModulators::draw_random(State& state, std::size_t index) const {
  RandomSequence random(scenario_.seed, Stream::modulator_pulse, index, state.next_random);
  state.random_s += random.exponential() / state.spec->random_rate_Hz;
  state.random_step = steps_of(state.random_s, scenario_.dt_ms);
}

bool RawModulators::enter(State& state, Modulator& modulator, StepIndex now, StepIndex until) {
  const auto index = static_cast<std::size_t>(&state - states_.data());
  std::vector<Pulse> due;
  const auto& listed = state.spec->pulses;
  for (; state.next_listed < listed.size(); ++state.next_listed) {
    const StepIndex step = steps_of(listed[state.next_listed].first, scenario_.dt_ms);
    if (step >= until) break;
    if (step >= now) due.push_back({step, static_cast<float>(listed[state.next_listed].second)});
  }
  if (state.spec->random_rate_Hz > 0.0) {
    if (state.random_step < 0) draw_random(state, index);
    for (; state.random_step < until; draw_random(state, index)) {
      if (state.random_step >= now)
        due.push_back({state.random_step, static_cast<float>(state.spec->random_amount)});
      ++state.next_random;
    }
  }
  const auto later =
      std::find_if(state.called.begin(), state.called.end(), [&](const Pulse& p) { return p.step >= until; });
  due.insert(due.end(), state.called.begin(), later);
  state.called.erase(state.called.begin(), later);
  std::stable_sort(due.begin(), due.end(), [](const Pulse& a, const Pulse& b) { return a.step < b.step; });
  for (const Pulse& pulse : due) modulator.add_pulse(pulse.step, pulse.amount);
  return !due.empty();
}

StepIndex RawModulators::prepare(StepIndex until) {
  if (states_.empty()) return until;
  const StepIndex now = engine_.now();
  // Not from now on: a stop may have cut a stretch, whose spikes are observed when all of it has been run.
  if (shortest_delay_ < until - observed_) until = observed_ + shortest_delay_;
  bool entered = false;
  for (std::size_t m = 0; m < states_.size(); ++m)
    entered = enter(states_[m], *network_.modulators[m], now, until) || entered;
  if (entered) {
    network_.bind();
    engine_.upload_inputs();
  }
  return until;
}

void RawModulators::observe_reward(Reward& reward, std::vector<Pulse>& called,
                                   const std::vector<Spike>& spikes) const {
  const ModulatorSpec::Reward& spec = *reward.spec;
  StepIndex fires_now = kNeverStep;  // the source, in a step whose other spikes may be listed before it
  for (const Spike& s : spikes) {
    if (fires_now != kNeverStep && s.step > fires_now) {
      reward.source_fired = fires_now;
      fires_now = kNeverStep;
    }
    if (s.population == reward.target_population && s.neuron == spec.target &&
        reward.source_fired != kNeverStep && s.step > reward.source_fired &&
        s.step - reward.source_fired < reward.within) {
      RandomSequence random(scenario_.seed, Stream::modulator_reward, reward.entity, reward.given++);
      const auto range = static_cast<std::uint64_t>(reward.delay[1] - reward.delay[0] + 1);
      const auto wait = reward.delay[0] + static_cast<StepIndex>(random.below(range));
      called.push_back({s.step + wait, static_cast<float>(spec.amount)});
    }
    if (s.population == reward.source_population && s.neuron == spec.source) fires_now = s.step;
  }
  if (fires_now != kNeverStep) reward.source_fired = fires_now;
}

void RawModulators::observe(const std::vector<Spike>& spikes) {
  observed_ = engine_.now();
  for (State& state : states_) {
    if (state.rewards.empty()) continue;
    std::vector<Pulse> called;
    for (Reward& reward : state.rewards) observe_reward(reward, called, spikes);
    std::vector<std::byte> bytes(called.size() * sizeof(Pulse));
    if (!called.empty()) std::memcpy(bytes.data(), called.data(), bytes.size());
    network_.ranks->share(bytes);
    called.resize(bytes.size() / sizeof(Pulse));
    if (!called.empty()) std::memcpy(called.data(), bytes.data(), bytes.size());
    state.called.insert(state.called.end(), called.begin(), called.end());
    std::stable_sort(state.called.begin(), state.called.end(),
                     [](const Pulse& a, const Pulse& b) { return a.step < b.step; });
  }
}

void RawModulators::archive(StateArchive& a) {
  a.within("modulators");
  a.value("observed", observed_);
  for (std::size_t m = 0; m < states_.size(); ++m) {
    State& state = states_[m];
    std::uint64_t next_listed = state.next_listed;
    a.value("next_listed", next_listed);
    state.next_listed = next_listed;
    a.value("next_random", state.next_random);
    a.value("random_step", state.random_step);
    a.value("random_s", state.random_s);
    a.value("called", state.called);
    a.list("rewards", state.rewards, [](StateArchive& b, Reward& r) {
      b.value("source_fired", r.source_fired);
      b.value("given", r.given);
    });
    Modulator& modulator = *network_.modulators[m];
    std::vector<StepIndex> step(modulator.step.data(), modulator.step.data() + modulator.num_pulses);
    std::vector<float> level(modulator.level.data(), modulator.level.data() + modulator.num_pulses);
    a.value("pulse_step", step);
    a.value("pulse_level", level);
    if (a.reading()) modulator.set_pulses(step, level);
  }
  if (!a.reading() || states_.empty()) return;
  network_.bind();
  engine_.upload_inputs();
}

}  // namespace penfield

#include "host/run/watchdog.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "host/run/raw_records.hpp"
#include "host/run/session_progress.hpp"
#include "host/scenario/sections.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/neuron/catalogue.hpp"

namespace penfield {

namespace {

/// Drive that never ends and is random: a network that it reaches does not fall silent by itself.
bool always_driven(const Scenario& s) {
  if (s.body && s.body->spontaneous_Hz > 0.0) return true;
  return std::any_of(s.stimuli.begin(), s.stimuli.end(), [](const StimulusSpec& x) {
    using Kind = StimulusSpec::Kind;
    return (x.kind == Kind::poisson || x.kind == Kind::noise || x.kind == Kind::rate) && x.from_s <= 0.0 &&
           x.to_s < 0.0 && x.rate_schedule.empty();
  });
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// Index of the first value that is not finite, or `n`. x - x is 0 for a finite x and not a number otherwise;
/// the sum keeps the loop free of branches.
std::size_t first_not_finite(const float* values, std::size_t n) {
  float sum = 0.0f;
  for (std::size_t i = 0; i < n; ++i) sum += values[i] - values[i];
  if (sum == 0.0f) return n;
  std::size_t i = 0;
  while (i < n && std::isfinite(values[i])) ++i;
  return i;
}

[[noreturn]] void not_finite(const std::string& what, StepIndex step) {
  throw Error(ExitCode::numerics,
              "the numbers broke: " + what + " is not finite before step " + std::to_string(step) +
                  "; a drive or weight is too strong for dt_ms, or a time constant too short: lower "
                  "dt_ms or the drive");
}

std::string of_neuron(const Population& p, std::size_t neuron, const std::string& what) {
  return p.name + " neuron " + std::to_string(neuron) + " " + what;
}

/// `width` values a neuron.
void require_finite(const Population& p, const AlignedArray<float>& values, std::size_t width,
                    const char* what, StepIndex step) {
  const std::size_t found = first_not_finite(values.data(), values.size());
  if (found < values.size()) not_finite(of_neuron(p, found / width, what), step);
}

void require_finite(const Population& p, StepIndex step) {
  const auto columns = neuron_model_infos[p.view.model].columns;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].is_integer) continue;
    const auto* values = reinterpret_cast<const float*>(p.columns[c].data());
    const std::size_t found = first_not_finite(values, p.view.n);
    if (found < p.view.n) not_finite(of_neuron(p, found, columns[c].key), step);
  }
  for (std::uint32_t port = 0; port < p.view.num_ports; ++port)
    require_finite(p, p.factor[port], 1, "gain of its input", step);
  require_finite(p, p.background_Hz, 1, "rate without touch", step);
  require_finite(p, p.skin_gain, 1, "gain of its skin", step);
  require_finite(p, p.burst_sum, 1, "burst calcium", step);
  for (std::uint32_t k = 0; k < p.view.num_traces; ++k) {
    require_finite(p, p.trace[k], 1, "spike trace", step);
    require_finite(p, p.history_trace[k], std::max<std::uint32_t>(1, p.view.history_capacity),
                   "spike trace in its history", step);
    const AlignedArray<float>& listed = p.list_previous_trace[k];
    const std::size_t found = first_not_finite(listed.data(), listed.size());
    if (found < listed.size())
      not_finite(of_neuron(p, p.list_neuron[found], "spike trace in the list of spikes"), step);
  }
}

void require_finite_weights(const Network& network, const Projection& projection, StepIndex step) {
  const Population& target = *network.populations[projection.view.target];
  const TileRange own = network.own_tiles(target);
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    const SynapseTile& tile = projection.tiles[t];
    if (tile.elsewhere()) continue;  // on a card alone: seen when it is fetched
    const auto look = [&](const AlignedArray<float>& values, const char* what) {
      const std::size_t found = first_not_finite(values.data(), values.size());
      if (found == values.size()) return;
      const std::size_t synapse = found / (values.size() / tile.num_synapses());
      std::uint32_t neuron = 0;
      projection.for_each_synapse(t, [&](const Projection::Synapse& s) {
        if (s.place == synapse) neuron = tile_begin(target.view, t) + s.target;
      });
      not_finite(of_neuron(target, neuron, what + (" of a synapse of projection " + projection.name)), step);
    };
    look(tile.weight, "weight");
    look(tile.state, "plasticity state");
  }
}

}  // namespace

Watchdog::Watchdog(const Scenario& scenario, const Network& network)
    : all_silent_for_s_(always_driven(scenario) && scenario.watchdog.all_silent_for_s > 0.0
                            ? scenario.watchdog.all_silent_for_s
                            : -1.0),
      silent_s_(network.populations.size(), 0.0) {
  for (std::size_t k = 0; k < network.populations.size(); ++k) {
    const auto& p = network.populations[k];
    Limits limits{scenario.watchdog.most_rate_Hz, -1.0, 0.0};
    for (const WatchSpec& one : scenario.watchdog.populations)
      if (record_matches(one.of, p->name)) limits = {one.most_rate_Hz, one.silent_for_s, 0.0};
    const auto& params = scenario.populations[k % scenario.populations.size()].params;
    const auto refractory = params.find("t_ref_ms");
    if (scenario.watchdog.saturation < 1.0 && refractory != params.end() && refractory->second > 0.0)
      limits.ceiling_Hz = 1e3 * scenario.watchdog.saturation / refractory->second;
    names_.push_back(p->name);
    limits_.push_back(limits);
  }
}

void Watchdog::look(const std::vector<double>& rate_Hz, double seconds, StepIndex now) {
  bool all_silent = true;
  for (std::size_t p = 0; p < rate_Hz.size(); ++p) {
    const std::string where = "the numbers broke: population " + names_[p];
    if (rate_Hz[p] > limits_[p].most_rate_Hz)
      throw Error(ExitCode::numerics,
                  where + " fires at " + std::to_string(std::lround(rate_Hz[p])) +
                      " Hz in the mean before step " + std::to_string(now) + ", above " +
                      number(limits_[p].most_rate_Hz) +
                      " Hz (watchdog.most_rate_Hz), a run-away loop; lower excitation or raise inhibition");
    if (limits_[p].ceiling_Hz > 0.0 && rate_Hz[p] > limits_[p].ceiling_Hz)
      throw Error(ExitCode::numerics, where + " fires at " + std::to_string(std::lround(rate_Hz[p])) +
                                          " Hz in the mean before step " + std::to_string(now) + ", above " +
                                          number(limits_[p].ceiling_Hz) +
                                          " Hz, nearly all that its refractory time allows "
                                          "(watchdog.saturation), a run-away loop; lower excitation or raise "
                                          "inhibition");
    silent_s_[p] = rate_Hz[p] > 0.0 ? 0.0 : silent_s_[p] + seconds;
    all_silent = all_silent && !(rate_Hz[p] > 0.0);
    if (limits_[p].silent_for_s >= 0.0 && silent_s_[p] >= limits_[p].silent_for_s)
      throw Error(ExitCode::numerics, where + " has been silent for " + number(silent_s_[p]) +
                                          " s of spiking before step " + std::to_string(now) +
                                          " (watchdog.populations.silent_for); raise its drive, or leave the "
                                          "key out if it may be silent");
  }
  active_ = active_ || !all_silent;
  all_silent_s_ = all_silent && active_ ? all_silent_s_ + seconds : 0.0;
  if (all_silent_for_s_ > 0.0 && all_silent_s_ >= all_silent_for_s_)
    throw Error(
        ExitCode::numerics,
        "the numbers broke: all populations, which were active and are driven, have been silent for " +
            number(all_silent_s_) + " s of spiking before step " + std::to_string(now) +
            "; look at the drive and at inhibition, or set watchdog.all_silent_for to 0 if that is "
            "meant to happen");
}

void require_finite(const Network& network, StepIndex step, bool weights) {
  for (const auto& p : network.populations) require_finite(*p, step);
  if (!weights) return;
  for (const auto& p : network.projections) require_finite_weights(network, *p, step);
}

StateArchive finite_check(StepIndex step) {
  return StateArchive([step](const LookedAt& values) {
    double sum = 0.0;
    for (std::size_t k = 0; k < values.count; ++k) sum += values.at(k) - values.at(k);
    if (sum == 0.0) return;
    std::size_t k = 0;
    while (std::isfinite(values.at(k))) ++k;
    not_finite(std::string(values.within) + (values.within.empty() ? "" : " ") + std::string(values.name) +
                   " " + std::to_string(k / values.width),
               step);
  });
}

std::string last_event(const Scenario& scenario, double time_s) {
  const EventSpec* last = nullptr;
  std::size_t number = 0;
  for (std::size_t k = 0; k < scenario.timeline.size(); ++k) {
    const EventSpec& e = scenario.timeline[k];
    if (!e.enabled || e.from_s > time_s || time_s < 0.0) continue;
    if (last != nullptr && last->from_s > e.from_s) continue;
    last = &e;
    number = k;
  }
  if (last == nullptr) return "before any event of the timeline";
  std::string of = last->what;
  for (const std::string* other : {&last->part, &last->of, &last->area})
    if (of.empty()) of = *other;
  return std::string("after ") + event_name(last->kind) + " " + of + " (timeline[" +
         (last->name.empty() ? std::to_string(number) : last->name) + "], at " +
         time_point_text(last->from_s) + ")";
}

}  // namespace penfield

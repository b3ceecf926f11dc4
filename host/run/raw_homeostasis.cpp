#include "host/run/raw_homeostasis.hpp"

#include <algorithm>

#include "host/build/build_network.hpp"
#include "host/run/measure.hpp"
#include "host/run/session_schedule.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

namespace {

/// A gain of zero could never grow again.
constexpr float kLeastGain = 1e-30f;

std::uint32_t port_of(const Population& p, const std::string& name) {
  const auto ports = neuron_model_infos[p.view.model].ports;
  std::uint32_t port = 0;
  while (port + 1 < ports.size() && name != ports[port].name) ++port;
  return port;
}

}  // namespace

RawHomeostasis::RawHomeostasis(const Scenario& scenario, Network& network, Engine& engine,
                               const RawInjury& injury)
    : scenario_(scenario), network_(network), engine_(engine), injury_(injury) {
  for (const HomeostasisSpec& spec : scenario.homeostasis) {
    const Population& p = *network.populations[population_index(network, spec.of)];
    homeostats_.push_back({&spec,
                           p.view.index,
                           port_of(p, spec.port),
                           std::max<StepIndex>(1, steps_of(spec.every_s, scenario.dt_ms)),
                           engine.now(),
                           std::vector<float>(p.view.n, static_cast<float>(spec.set_point_Hz)),
                           {p.spike_count.begin(), p.spike_count.end()}});
  }
}

StepIndex RawHomeostasis::prepare(StepIndex until) {
  const StepIndex now = engine_.now();
  bool any = false;
  for (Homeostat& h : homeostats_) {
    until = std::min(until, (now / h.interval + 1) * h.interval);
    if (now % h.interval != 0 || now == h.moved) continue;
    if (!any) engine_.download_neurons();
    any = true;
    move(h, now);
  }
  if (any) engine_.upload_inputs();
  return until;
}

void RawHomeostasis::move(Homeostat& h, StepIndex now) {
  Population& p = *network_.populations[h.population];
  const HomeostasisSpec& spec = *h.spec;
  const double seconds = static_cast<double>(now - h.moved) * scenario_.dt_ms * 1e-3;
  const auto decay = static_cast<float>(exp_d(-seconds / spec.sensor_tau_s));
  const auto per_spike_Hz = static_cast<float>(1.0 / seconds);
  const auto target_Hz = static_cast<float>(spec.set_point_Hz);
  const auto step = static_cast<float>((spec.raises_rate ? 1.0 : -1.0) * seconds / spec.tau_s);
  const float lower = std::max(static_cast<float>(spec.lower), kLeastGain);
  const auto upper = static_cast<float>(spec.upper);
  const bool holds = is_frozen_until(scenario_, spec.name, now);
  AlignedArray<float>& gain = p.factor[h.port];
  const std::vector<float>* const share = injury_.influences().share_of(h.population, h.port);
  const std::vector<std::uint8_t>& dead = injury_.injury().dead(h.population);
  for (std::uint32_t i = 0; i < p.view.n; ++i) {
    const float rate_Hz = static_cast<float>(p.spike_count[i] - h.counted[i]) * per_spike_Hz;
    h.counted[i] = p.spike_count[i];
    h.rate_Hz[i] = fused(decay, h.rate_Hz[i] - rate_Hz, rate_Hz);
    if (holds || (!dead.empty() && dead[i] != 0)) continue;
    float g = share == nullptr ? gain[i] : gain[i] / (*share)[i];
    g *= exp_f(step * (1.0f - h.rate_Hz[i] / target_Hz));
    g = g < lower ? lower : g;
    g = g > upper ? upper : g;
    gain[i] = share == nullptr ? g : g * (*share)[i];
  }
  h.moved = now;
}

void RawHomeostasis::archive(StateArchive& a) {
  for (Homeostat& h : homeostats_) {
    a.within("homeostat " + h.spec->name);
    a.value("sensor_moved", h.moved);
    a.value("sensor_Hz", h.rate_Hz);
    a.value("sensor_counted", h.counted);
  }
  if (!a.reading()) return;
  for (const Homeostat& h : homeostats_) {
    const std::size_t n = network_.populations[h.population]->view.n;
    if (h.rate_Hz.size() == n && h.counted.size() == n) continue;
    throw Error(ExitCode::input_file, "the checkpoint's sensor of \"" + h.spec->name + "\" has " +
                                          std::to_string(h.rate_Hz.size()) + " neurons, not " +
                                          std::to_string(n) +
                                          ": it is damaged; start anew with another --out");
  }
}

}  // namespace penfield

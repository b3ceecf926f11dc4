#include "host/run/raw_stimuli.hpp"

#include <algorithm>
#include <cmath>

#include "host/body/touch_plan.hpp"
#include "host/build/build_network.hpp"
#include "host/run/measure.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/numerics/fixed_point.hpp"

namespace penfield {

namespace {

constexpr double kTouchPlan_s = 10.0;  ///< touches are laid out for so long at a time

std::uint32_t port_of(const Population& p, const std::string& name) {
  const auto ports = neuron_model_infos[p.view.model].ports;
  for (std::uint32_t k = 0; k < ports.size(); ++k)
    if (name == ports[k].name) return k;
  return 0;
}

/// Noise SD of a step with one more source of independent noise, as the builder adds them.
float combined_noise_pA(float sd_pA, const StimulusSpec& s, double dt_ms) {
  const double sd = s.current_pA / std::sqrt(dt_ms);
  return static_cast<float>(std::sqrt(sd_pA * sd_pA + sd * sd));
}

/// The rate of a schedule at a step, and (lowering `until`) when it changes next.
double scheduled_rate(const StimulusSpec& s, double dt_ms, StepIndex now, StepIndex& until) {
  double rate_Hz = 0.0;
  for (const auto& [time_s, value_Hz] : s.rate_schedule) {
    const StepIndex at = steps_of(time_s, dt_ms);
    if (at <= now) {
      rate_Hz = value_Hz;
    } else {
      until = std::min(until, at);
      break;
    }
  }
  return rate_Hz;
}

}  // namespace

float rest_mV(const Scenario& scenario, std::uint32_t population) {
  const PopulationSpec& spec = scenario.populations[population];
  float rest = 0.0f;
  visit_neuron_model(spec.model, [&](auto tag) {
    using Model = typename decltype(tag)::type;
    auto params = defaults<typename Model::Params>();
    for (const auto& field : Model::Params::fields()) {
      const auto found = spec.params.find(field.key);
      if (found != spec.params.end()) params.*(field.member) = static_cast<float>(found->second);
    }
    rest = Model::rest_mV(params);
  });
  return rest;
}

RawStimuli::RawStimuli(const Scenario& scenario, Network& network, Engine& engine, const RawInjury& injury)
    : scenario_(scenario),
      network_(network),
      engine_(engine),
      injury_(injury),
      relay_Hz_(scenario.stimuli.size(), 0.0),
      done_(scenario.timeline.size(), false),
      drug_times_(scenario),
      drugs_(scenario, network) {
  for (const EventSpec& e : scenario.timeline)
    if (e.kind == EventSpec::Kind::use) uses_.emplace_back(e, scenario.dt_ms);
  for (const auto& p : network.populations) constant_pA_.push_back(p->view.dc_pA);
  for (const StimulusSpec& s : scenario.stimuli) {
    if (s.kind != StimulusSpec::Kind::spikes) continue;
    const Population& p = *network.populations[population_index(network, s.to)];
    const std::uint32_t port = port_of(p, s.port);
    for (const auto& [neuron, time_ms] : s.spikes)
      injections_.push_back({static_cast<StepIndex>(std::llround(time_ms / scenario.dt_ms)), p.view.index,
                             port, neuron, to_fixed(static_cast<float>(s.weight), p.view.scale_log2[port])});
  }
  std::stable_sort(injections_.begin(), injections_.end(),
                   [](const Injection& a, const Injection& b) { return a.step < b.step; });
}

StepIndex RawStimuli::prepare(StepIndex until) {
  const StepIndex now = engine_.now();
  changed_ = false;
  touch(now, until);
  dose(now, until);
  set_currents(now, until);
  set_noise(now, until);
  set_drives(now, until);
  amputate(now, until);
  inject(now, until);
  if (changed_) engine_.upload();
  return until;
}

void RawStimuli::change() {
  if (!changed_) engine_.download();
  changed_ = true;
}

/// Whether a stimulus with `from` and `to_time` is on at step `now`; lowers `until` to where it switches
/// next.
bool RawStimuli::active(const StimulusSpec& s, StepIndex now, StepIndex& until) const {
  const StepIndex from = steps_of(s.from_s, scenario_.dt_ms);
  const StepIndex to = steps_of(s.to_s < 0.0 ? scenario_.until_s : s.to_s, scenario_.dt_ms);
  for (StepIndex edge : {from, to})
    if (edge > now) until = std::min(until, edge);
  return now >= from && now < to;
}

void RawStimuli::archive(StateArchive& a) {
  a.value("relay_Hz", relay_Hz_);
  a.value("next_injection", next_injection_);
  a.value("done", done_);
  a.value("touch_episode", touch_episode_);
  drugs_.archive(a);
  if (a.reading() && drug_times_.any()) engine_.upload();
  // The plan that is running is drawn again; steps of it that are over are not looked at.
  StepIndex planned_from = network_.touch.first;
  a.value("touched_from", planned_from);
  a.value("touched_until", touched_until_);
  if (!a.reading() || !scenario_.body || touch_episode_ == 0) return;
  plan_touches(planned_from, touched_until_ - planned_from, touch_episode_ - 1);
}

/// Before all else, since it asks the engine to learn up to now what spikes owe by the old constants.
void RawStimuli::dose(StepIndex now, StepIndex& until) {
  if (!drug_times_.any()) return;
  // Whatever asks within the same stretch between two looks finds its same middle.
  const double step_s = 1e-3 * scenario_.dt_ms, at_s = (static_cast<double>(now) + 0.5) * step_s;
  const double last_s = drug_times_.last_s(at_s), next_s = drug_times_.next_s(at_s);
  if (std::isfinite(next_s))
    until = std::min(until, std::max(now + 1, static_cast<StepIndex>(std::llround(next_s / step_s))));
  if (!std::isfinite(last_s)) return;
  const double middle_s = std::isfinite(next_s) ? 0.5 * (last_s + next_s) : last_s + 1.0;
  // Pulses of modulators are known up to now alone.
  const double seen_s = std::max(last_s, 0.0);
  if (!drugs_.differ(middle_s, seen_s)) return;
  engine_.flush();
  change();
  drugs_.set(middle_s, seen_s);
}

void RawStimuli::set_currents(StepIndex now, StepIndex& until) {
  for (auto& p : network_.populations) {
    float current_pA = constant_pA_[p->view.index];
    for (const StimulusSpec& s : scenario_.stimuli)
      if (s.kind == StimulusSpec::Kind::step_current && s.to == p->name && active(s, now, until))
        current_pA += static_cast<float>(s.current_pA);
    if (current_pA == p->view.dc_pA) continue;
    change();
    p->view.dc_pA = current_pA;
  }
}

void RawStimuli::set_noise(StepIndex now, StepIndex& until) {
  for (auto& p : network_.populations) {
    bool any = false;
    float sd_pA = 0.0f;
    for (const StimulusSpec& s : scenario_.stimuli) {
      if (s.kind != StimulusSpec::Kind::noise || s.to != p->name) continue;
      any = true;
      if (active(s, now, until)) sd_pA = combined_noise_pA(sd_pA, s, scenario_.dt_ms);
    }
    if (!any || sd_pA == p->view.noise_sd_pA) continue;
    change();
    p->view.noise_sd_pA = sd_pA;
  }
}

void RawStimuli::set_drives(StepIndex now, StepIndex& until) {
  std::vector<std::uint32_t> drive(network_.populations.size(), 0);
  bool rebind = false;
  for (std::size_t k = 0; k < scenario_.stimuli.size(); ++k) {
    const StimulusSpec& s = scenario_.stimuli[k];
    const bool poisson = s.kind == StimulusSpec::Kind::poisson;
    if (!poisson && s.kind != StimulusSpec::Kind::rate) continue;
    Population& p = *network_.populations[population_index(network_, s.to)];
    const std::uint32_t place = poisson ? drive[p.view.index]++ : 0;
    double rate_Hz = s.rate_Hz;
    if (!s.rate_schedule.empty()) {
      rate_Hz = scheduled_rate(s, scenario_.dt_ms, now, until);
    } else if (poisson && (s.from_s > 0.0 || s.to_s >= 0.0)) {
      if (!active(s, now, until)) rate_Hz = 0.0;
    } else {
      continue;  // constant: the builder has set it
    }
    if (poisson) {
      AlignedArray<std::uint32_t> thresholds = poisson_thresholds(rate_Hz * scenario_.dt_ms * 1e-3);
      const AlignedArray<std::uint32_t>& old = p.thresholds[place];
      if (thresholds.size() == old.size() && std::equal(old.begin(), old.end(), thresholds.begin())) continue;
      change();
      p.thresholds[place] = std::move(thresholds);
      rebind = true;
    } else if (rate_Hz != relay_Hz_[k]) {
      change();
      for (float& rate : p.background_Hz) rate += static_cast<float>(rate_Hz - relay_Hz_[k]);
      relay_Hz_[k] = rate_Hz;
    }
  }
  if (rebind) network_.bind();
}

void RawStimuli::inject(StepIndex now, StepIndex& until) {
  // The ring has room for the steps [now, now + slots): a slot is cleared when its step has read it.
  for (; next_injection_ < injections_.size(); ++next_injection_) {
    const Injection& in = injections_[next_injection_];
    Population& p = *network_.populations[in.population];
    const PopulationView& v = p.view;
    if (in.step >= until || in.step >= now + static_cast<StepIndex>(v.ring_slots)) break;
    if (in.step < now) continue;
    change();
    const std::uint32_t tile = in.neuron / v.tile_size;
    const std::uint32_t slot = static_cast<std::uint32_t>(in.step) & (v.ring_slots - 1);
    p.ring[in.port][(static_cast<std::size_t>(tile) * v.ring_slots + slot) * v.tile_size +
                    in.neuron % v.tile_size] += in.weight_q;
  }
  if (next_injection_ < injections_.size()) until = std::min(until, injections_[next_injection_].step);
}

void RawStimuli::amputate(StepIndex now, StepIndex& until) {
  for (std::size_t k = 0; k < scenario_.timeline.size(); ++k) {
    const EventSpec& event = scenario_.timeline[k];
    if (event.kind != EventSpec::Kind::amputate || !event.enabled || done_[k]) continue;
    const StepIndex at = steps_of(event.from_s, scenario_.dt_ms);
    if (at > now) {
      until = std::min(until, at);
      continue;
    }
    done_[k] = true;
    change();
    lose_skin(scenario_, network_, event.part, injury_.injury());
  }
}

void RawStimuli::touch(StepIndex now, StepIndex& until) {
  if (!scenario_.body) return;
  if (now >= touched_until_) {
    touched_until_ = now + steps_of(kTouchPlan_s, scenario_.dt_ms);
    for (const EventSteps& use : uses_) touched_until_ = std::min(touched_until_, use.next(now));
    plan_touches(now, touched_until_ - now, touch_episode_++);
  }
  until = std::min(until, touched_until_);
}

void RawStimuli::plan_touches(StepIndex first, StepIndex length, std::uint64_t episode) {
  const double middle_s = (static_cast<double>(first) + 0.5) * scenario_.dt_ms * 1e-3;  // of its first step
  set_touches(network_, *scenario_.body,
              random_touches(*scenario_.body, scenario_.dt_ms, scenario_.seed, episode, length,
                             injury_.influences().use(middle_s)),
              first, length);
  engine_.upload_inputs();
}

}  // namespace penfield

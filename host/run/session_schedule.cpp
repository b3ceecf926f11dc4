#include "host/run/session_schedule.hpp"

#include <algorithm>
#include <cmath>

#include "host/run/measure.hpp"

namespace penfield {

namespace {

/// Spiking of one map probe (host/probe/map_probe.cpp): settling, rest, then every site in every trial.
double probe_length_s(const Scenario& scenario, const ProbeSpec& spec) {
  if (!scenario.body) return 0.0;
  double sites = 0.0;
  for (const BodyPartSpec& part : scenario.body->parts)
    sites += static_cast<double>(std::max(1L, std::lround(part.width_mm / spec.site_spacing_mm)) *
                                 std::max(1L, std::lround(part.height_mm / spec.site_spacing_mm)));
  return 2.3 + sites * spec.trials * (spec.touch_ms + spec.rest_ms) * 1e-3;
}

class ClockWalk {
 public:
  explicit ClockWalk(const Scenario& scenario)
      : s_(scenario),
        drug_times_(scenario),
        time_s_(-scenario.clock.settle_s),
        fitted_s_(scenario.clock.short_step_s),
        gain_known_(scenario.homeostasis.size(), false),
        gain_time_s_(scenario.homeostasis.size(), 0.0) {}

  StudySchedule walk() {
    double episodes_s = 0.0;
    StepIndex steps = 0;
    for (const ConditionSpec& c : s_.clock.conditions) {
      episodes_s += c.heal_s + c.episode_s;
      steps += steps_of(c.heal_s, s_.dt_ms) + steps_of(c.episode_s, s_.dt_ms);
    }
    started_.assign(s_.timeline.size(), false);
    while (!reached(time_s_, s_.until_s)) {
      pass_milestones();
      measure_loop_gains();
      time_s_ += fitted(scheduled_step_s(s_, drug_times_, time_s_, short_until_s_));
      ++out_.macro_steps;
    }
    pass_milestones();
    if (!s_.probes.empty())
      out_.probe_s = static_cast<double>(out_.probes) * probe_length_s(s_, s_.probes.front());
    out_.spiking_s = static_cast<double>(out_.macro_steps + 2 * loop_gains_) * episodes_s + out_.probe_s;
    out_.steps = static_cast<StepIndex>(out_.macro_steps) * steps;
    return out_;
  }

 private:
  void pass_milestones() {
    if (!snapshot_ && reached(time_s_, 0.0)) {
      snapshot_ = true;
      probe();
    }
    bool changed = false, fresh = false;
    for (std::size_t k = 0; k < s_.timeline.size(); ++k) {
      const EventSpec& event = s_.timeline[k];
      if (started_[k] || !reached(time_s_, event.from_s) || !reached(time_s_, 0.0)) continue;
      started_[k] = true;
      fitted_s_ = s_.clock.short_step_s;
      changed = changed || is_abrupt(event);
      fresh = fresh || begins_short_steps(event);
    }
    if (fresh) {
      short_until_s_ = time_s_ + s_.clock.short_for_s;
      gain_known_.assign(s_.homeostasis.size(), false);
    }
    if (changed || probe_due()) probe();
  }

  /// With a tolerance, as if no error ever held a step back: the fewest steps that the run can take.
  double fitted(double scheduled_s) {
    if (!(s_.clock.tolerance > 0.0)) return scheduled_s;
    const double step_s = std::min(scheduled_s, fitted_s_);
    const double most_s = std::max(s_.clock.macro_step_s, s_.clock.short_step_s);
    fitted_s_ = std::min(most_s, std::max(2.0 * step_s, fitted_s_));
    return step_s;
  }

  void measure_loop_gains() {
    for (std::size_t k = 0; k < s_.homeostasis.size(); ++k) {
      const HomeostasisSpec& h = s_.homeostasis[k];
      const bool due = !gain_known_[k] || reached(time_s_, gain_time_s_[k] + h.loop_gain_every_s);
      if (!(h.loop_gain_every_s > 0.0) || !due || is_frozen(s_, h.name, time_s_)) continue;
      gain_known_[k] = true;
      gain_time_s_[k] = time_s_;
      ++loop_gains_;
    }
  }

  void probe() {
    if (s_.probes.empty()) return;
    ++out_.probes;
    probed_s_ = time_s_;
  }

  bool probe_due() const {
    if (s_.probes.empty() || (out_.probes > 0 && reached(probed_s_, time_s_))) return false;
    return probe_falls_at(s_, s_.probes.front(), time_s_);
  }

  const Scenario& s_;
  const DrugTimes drug_times_;
  StudySchedule out_;
  double time_s_, short_until_s_ = -1.0, probed_s_ = 0.0;
  bool snapshot_ = false;
  std::vector<bool> started_;
  double fitted_s_;
  std::vector<bool> gain_known_;     ///< [homeostat]
  std::vector<double> gain_time_s_;  ///< [homeostat] of the latest measurement
  std::uint64_t loop_gains_ = 0;     ///< measured
};

}  // namespace

bool is_frozen(const Scenario& scenario, const std::string& name, double time_s) {
  return std::any_of(scenario.timeline.begin(), scenario.timeline.end(), [&](const EventSpec& e) {
    return e.kind == EventSpec::Kind::freeze && e.what == name && holds(e, time_s);
  });
}

bool is_frozen_until(const Scenario& scenario, const std::string& name, StepIndex step) {
  return std::any_of(scenario.timeline.begin(), scenario.timeline.end(), [&](const EventSpec& e) {
    return e.kind == EventSpec::Kind::freeze && e.enabled && e.what == name &&
           step > steps_of(e.from_s, scenario.dt_ms) &&
           (e.to_s < 0.0 || step <= steps_of(e.to_s, scenario.dt_ms));
  });
}

bool is_abrupt(const EventSpec& e) {
  using Kind = EventSpec::Kind;
  return e.kind == Kind::amputate || e.kind == Kind::cut_afferents || e.kind == Kind::infarct ||
         e.kind == Kind::cut || e.kind == Kind::block;
}

bool begins_short_steps(const EventSpec& e) {
  using Kind = EventSpec::Kind;
  return is_abrupt(e) || e.kind == Kind::use || e.kind == Kind::stimulate || e.kind == Kind::scale_field;
}

bool probe_falls_at(const Scenario& scenario, const ProbeSpec& spec, double time_s) {
  if (time_s < kTimeTolerance_s) return false;
  if (reached(time_s, scenario.until_s)) return true;
  for (double at : spec.at_s)
    if (std::fabs(at - time_s) < kTimeTolerance_s) return true;
  const double k = std::round(time_s / spec.every_s);
  return k >= 1.0 && std::fabs(k * spec.every_s - time_s) < kTimeTolerance_s;
}

double scheduled_step_s(const Scenario& scenario, const DrugTimes& drug_times, double time_s,
                        double short_until_s) {
  const ClockSpec& clock = scenario.clock;
  double step = !reached(time_s, 0.0)             ? clock.settle_step_s
                : !reached(time_s, short_until_s) ? clock.short_step_s
                                                  : clock.macro_step_s;
  const auto cut = [&](double at) {
    if (at > time_s + kTimeTolerance_s) step = std::min(step, at - time_s);
  };
  cut(scenario.until_s);
  cut(0.0);
  cut(-0.5 * clock.settle_s);
  cut(short_until_s);
  step = std::min(step, drug_times.longest_step_s(time_s));
  for (const EventSpec& e : scenario.timeline) {
    cut(e.from_s);
    if (e.to_s >= 0.0) cut(e.to_s);
  }
  if (time_s > -kTimeTolerance_s)
    for (const ProbeSpec& p : scenario.probes) {
      for (double at : p.at_s) cut(at);
      cut((std::floor((time_s + kTimeTolerance_s) / p.every_s) + 1.0) * p.every_s);
    }
  return step;
}

StudySchedule plan_schedule(const Scenario& scenario) {
  if (scenario.clock.episodic) return ClockWalk(scenario).walk();
  StudySchedule out;
  out.spiking_s = scenario.until_s;
  out.steps = steps_of(scenario.until_s, scenario.dt_ms);
  return out;
}

}  // namespace penfield

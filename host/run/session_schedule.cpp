#include "host/run/session_schedule.hpp"

#include <algorithm>
#include <cmath>

#include "host/run/drugs.hpp"
#include "host/run/measure.hpp"

namespace penfield {

namespace {

constexpr double kTolerance_s = 1e-3;  // as in host/run/study.cpp

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
      : s_(scenario), drug_times_(scenario), time_s_(-scenario.clock.settle_s) {}

  StudySchedule walk() {
    double episodes_s = 0.0;
    StepIndex steps = 0;
    for (const ConditionSpec& c : s_.clock.conditions) {
      episodes_s += c.heal_s + c.episode_s;
      steps += steps_of(c.heal_s, s_.dt_ms) + steps_of(c.episode_s, s_.dt_ms);
    }
    started_.assign(s_.timeline.size(), false);
    while (time_s_ < s_.until_s - kTolerance_s) {
      pass_milestones();
      time_s_ += next_step();
      ++out_.macro_steps;
    }
    pass_milestones();
    if (!s_.probes.empty())
      out_.probe_s = static_cast<double>(out_.probes) * probe_length_s(s_, s_.probes.front());
    out_.spiking_s = static_cast<double>(out_.macro_steps) * episodes_s + out_.probe_s;
    out_.steps = static_cast<StepIndex>(out_.macro_steps) * steps;
    return out_;
  }

 private:
  bool reached(double due_s) const { return time_s_ >= due_s - kTolerance_s; }

  void pass_milestones() {
    if (!snapshot_ && reached(0.0)) {
      snapshot_ = true;
      probe();
    }
    bool changed = false;
    for (std::size_t k = 0; k < s_.timeline.size(); ++k) {
      const EventSpec& event = s_.timeline[k];
      if (started_[k] || !reached(event.from_s) || time_s_ < -kTolerance_s) continue;
      started_[k] = true;
      changed |= event.kind == EventSpec::Kind::amputate;
    }
    if (changed) short_until_s_ = time_s_ + s_.clock.short_for_s;
    if (changed || probe_due()) probe();
  }

  void probe() {
    if (s_.probes.empty()) return;
    ++out_.probes;
    probed_s_ = time_s_;
  }

  bool probe_due() const {
    if (s_.probes.empty() || time_s_ < kTolerance_s ||
        (out_.probes > 0 && probed_s_ >= time_s_ - kTolerance_s))
      return false;
    const ProbeSpec& spec = s_.probes.front();
    if (reached(s_.until_s)) return true;
    for (double at : spec.at_s)
      if (std::fabs(at - time_s_) < kTolerance_s) return true;
    const double k = std::round(time_s_ / spec.every_s);
    return k >= 1.0 && std::fabs(k * spec.every_s - time_s_) < kTolerance_s;
  }

  double next_step() const {
    double step = time_s_ < -kTolerance_s    ? s_.clock.settle_step_s
                  : !reached(short_until_s_) ? s_.clock.short_step_s
                                             : s_.clock.macro_step_s;
    const auto cut = [&](double at) {
      if (at > time_s_ + kTolerance_s) step = std::min(step, at - time_s_);
    };
    cut(s_.until_s);
    cut(0.0);
    cut(-0.5 * s_.clock.settle_s);
    cut(short_until_s_);
    step = std::min(step, drug_times_.longest_step_s(time_s_));
    for (const EventSpec& e : s_.timeline) {
      cut(e.from_s);
      if (e.to_s >= 0.0) cut(e.to_s);
    }
    if (time_s_ > -kTolerance_s)
      for (const ProbeSpec& p : s_.probes) {
        for (double at : p.at_s) cut(at);
        cut((std::floor((time_s_ + kTolerance_s) / p.every_s) + 1.0) * p.every_s);
      }
    return step;
  }

  const Scenario& s_;
  const DrugTimes drug_times_;
  StudySchedule out_;
  double time_s_, short_until_s_ = -1.0, probed_s_ = 0.0;
  bool snapshot_ = false;
  std::vector<bool> started_;
};

}  // namespace

StudySchedule plan_schedule(const Scenario& scenario) {
  if (scenario.clock.episodic) return ClockWalk(scenario).walk();
  StudySchedule out;
  out.spiking_s = scenario.until_s;
  out.steps = steps_of(scenario.until_s, scenario.dt_ms);
  return out;
}

}  // namespace penfield

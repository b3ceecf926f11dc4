#include "host/run/raw_injury.hpp"

#include <algorithm>

#include "host/run/field_values.hpp"
#include "host/run/measure.hpp"
#include "penfield/base/error.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

namespace {

using Event = EventSpec::Kind;

constexpr double kLook_s = 0.1;
constexpr double kRimLook_s = 1.0;
constexpr double kRimRate_s = 10.0;  ///< over which a rim's rates are low-passed

StepIndex grid_after(StepIndex now, StepIndex interval) { return (now / interval + 1) * interval; }

}  // namespace

RawInjury::RawInjury(const Scenario& scenario, Network& network, Engine& engine)
    : scenario_(scenario),
      network_(network),
      engine_(engine),
      injury_(scenario, network),
      influences_(scenario, network, injury_),
      any_(influences_.any()),
      look_interval_(std::max<StepIndex>(1, steps_of(kLook_s, scenario.dt_ms))),
      rim_interval_(std::max<StepIndex>(1, steps_of(kRimLook_s, scenario.dt_ms))) {
  for (std::size_t k = 0; k < scenario.timeline.size(); ++k) {
    const EventSpec& e = scenario.timeline[k];
    if (!e.enabled) continue;
    const EventSteps steps(e, scenario.dt_ms);
    if (injury_.strikes(k)) strikes_.push_back({k, steps.from()});
    if (e.kind == Event::block || e.kind == Event::stimulate || e.kind == Event::cut_afferents ||
        e.kind == Event::scale_field)
      acting_.push_back(steps);
    if (e.kind == Event::cut_afferents && e.to_s >= 0.0 && e.regrowth_tau_s > 0.0) growing_.push_back(steps);
  }
  any_ = any_ || !strikes_.empty();
  if (!influences_.any()) return;
  influences_.make_room();
  network.bind();
  engine.upload();
}

StepIndex RawInjury::prepare(StepIndex until) {
  if (!any_) return until;
  const StepIndex now = engine_.now();
  struck_ = false;
  if (now > prepared_) {
    prepared_ = now;
    starve(now);
    strike(now);
    look(now);
  }
  for (const Strike& s : strikes_)
    if (s.step > now) until = std::min(until, s.step);
  if (injury_.may_kill()) until = std::min(until, grid_after(now, rim_interval_));
  return std::min(until, next_look_);
}

/// The host's copy of the synapses becomes the one that counts, with all that was learnt.
void RawInjury::fetch() {
  engine_.flush();
  engine_.download();
  network_.fetch_synapses();
}

void RawInjury::put_back() {
  network_.bind();
  engine_.upload();
  struck_ = true;
}

bool RawInjury::strikes_at(StepIndex step) const {
  return std::any_of(strikes_.begin(), strikes_.end(), [&](const Strike& s) { return s.step == step; });
}

void RawInjury::begin_rim(StepIndex now) {
  counted_.clear();
  for (const auto& p : network_.populations)
    counted_.emplace_back(p->spike_count.begin(), p->spike_count.end());
  starved_to_ = now;
}

void RawInjury::starve(StepIndex now) {
  const bool due = strikes_at(now) || (injury_.may_kill() && now % rim_interval_ == 0);
  if (!due || rim_Hz_.empty() || now == starved_to_) return;
  engine_.download_neurons();
  const double elapsed_s = seconds(now - starved_to_);
  const auto keep = static_cast<float>(exp_d(-elapsed_s / kRimRate_s));
  const auto per_spike_Hz = static_cast<float>(1.0 / elapsed_s);
  for (std::size_t p = 0; p < rim_Hz_.size(); ++p)
    for (std::size_t i = 0; i < rim_Hz_[p].size(); ++i) {
      const std::uint32_t spikes = network_.populations[p]->spike_count[i] - counted_[p][i];
      const float rate_Hz = static_cast<float>(spikes) * per_spike_Hz;
      rim_Hz_[p][i] = fused(keep, rim_Hz_[p][i] - rate_Hz, rate_Hz);
    }
  begin_rim(now);
  Measures measures;
  measures.rate_Hz.swap(rim_Hz_);
  const bool any_dies = injury_.starve(measures, elapsed_s);
  measures.rate_Hz.swap(rim_Hz_);
  if (!any_dies) return;
  fetch();
  injury_.bury_starved();
  put_back();
}

void RawInjury::strike(StepIndex now) {
  if (!strikes_at(now)) return;
  fetch();
  for (const Strike& s : strikes_) {
    if (s.step != now) continue;
    const bool infarct = scenario_.timeline[s.event].kind == Event::infarct;
    if (infarct && rim_Hz_.empty()) {
      Measures usual;
      const auto per_spike_Hz = now > 0 ? static_cast<float>(1.0 / seconds(now)) : 0.0f;
      for (const auto& p : network_.populations) {
        std::vector<float>& of = usual.rate_Hz.emplace_back();
        for (std::uint32_t i = 0; i < p->view.n; ++i)
          of.push_back(static_cast<float>(p->spike_count[i]) * per_spike_Hz);
      }
      injury_.advance(usual, seconds(now));
      rim_Hz_ = std::move(usual.rate_Hz);
    }
    injury_.strike(s.event, seconds(now));
    if (infarct) begin_rim(now);
  }
  put_back();
}

/// Does anything that acts vary by itself?
bool RawInjury::moves(StepIndex now) const {
  const auto follows = [&](const std::string& name) {
    const FieldSpec* const field = find_field(scenario_, name);
    return field != nullptr && field->course.kind != CourseSpec::Kind::steady &&
           (field->injury_amplitude == 0.0 || injury_.any());
  };
  for (const EffectSpec& x : scenario_.effects)
    if (follows(x.field)) return true;
  for (const PopulationSpec& p : scenario_.populations)
    if (follows(p.tonic_field)) return true;
  return std::any_of(growing_.begin(), growing_.end(), [&](const EventSteps& e) { return e.over(now); });
}

StepIndex RawInjury::look_after(StepIndex now) const {
  StepIndex next = moves(now) ? grid_after(now, look_interval_) : kNoStep;
  for (const EventSteps& e : acting_) next = std::min(next, e.next(now));
  for (const Strike& s : strikes_)
    if (s.step > now) next = std::min(next, s.step);
  return next;
}

void RawInjury::look(StepIndex now) {
  if (now < next_look_) return;
  next_look_ = look_after(now);
  if (!influences_.any()) return;
  // Where nothing is to come, nothing moves, and any time from now on is as good.
  const StepIndex to = next_look_ == kNoStep ? now + 1 : next_look_;
  if (influences_.set(0.5 * (seconds(now) + seconds(to)))) engine_.upload_inputs();
}

void RawInjury::require_fit() const {
  const auto fits = [&](const auto& of) {
    if (of.empty()) return true;
    if (of.size() != network_.populations.size()) return false;
    for (std::size_t p = 0; p < of.size(); ++p)
      if (of[p].size() != network_.populations[p]->view.n) return false;
    return true;
  };
  if (!fits(rim_Hz_) || !fits(counted_) || (rim_Hz_.empty() && injury_.may_kill()))
    throw Error(
        ExitCode::input_file,
        "the checkpoint's rates of cells around an infarct are damaged; start anew with another --out");
}

void RawInjury::archive(StateArchive& a) {
  if (!any_) return;
  a.within("injury");
  a.value("injury_prepared", prepared_);
  a.value("injury_next_look", next_look_);
  a.value("starved_to", starved_to_);
  a.list("rim_Hz", rim_Hz_, [](StateArchive& inner, std::vector<float>& of) { inner.value("rate_Hz", of); });
  a.list("rim_counted", counted_,
         [](StateArchive& inner, std::vector<std::uint32_t>& of) { inner.value("counted", of); });
  injury_.archive(a);
  influences_.archive(a);
  if (!a.reading()) return;
  require_fit();
  influences_.resume();
  network_.bind();
  engine_.upload();
}

}  // namespace penfield

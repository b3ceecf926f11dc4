#include "host/run/drugs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/build/population_builder.hpp"
#include "host/build/projection_builder.hpp"
#include "host/scenario/catalogues.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kThrough =
    14.0;  ///< time constants after which a millionth is left, which counts as nothing

bool acts(const EventSpec& e) { return e.kind == EventSpec::Kind::drug && e.enabled; }

/// What is left of 1 after `time_s`.
double left(double time_s, double tau_s) { return time_s >= kThrough * tau_s ? 0.0 : exp_d(-time_s / tau_s); }

}  // namespace

double drug_level(const EventSpec& e, double time_s) {
  if (!acts(e) || time_s < e.from_s) return 0.0;
  if (e.to_s < 0.0 || time_s < e.to_s) return 1.0 - left(time_s - e.from_s, e.onset_tau_s);
  return (1.0 - left(e.to_s - e.from_s, e.onset_tau_s)) * left(time_s - e.to_s, e.washout_tau_s);
}

DrugTimes::DrugTimes(const Scenario& scenario) : scenario_(scenario), grid_s_(kNever) {
  const auto add = [&](double from_s, double tau_s, double end_s) {
    const double to_s = std::min(from_s + kThrough * tau_s, end_s);
    edges_s_.push_back(from_s);
    edges_s_.push_back(to_s);
    if (tau_s <= 0.0) return;
    slopes_.push_back({from_s, to_s, tau_s});
    grid_s_ = std::min(grid_s_, std::max(tau_s / 50.0, 1e-3 * scenario.dt_ms));
  };
  for (const EventSpec& e : scenario.timeline) {
    if (!acts(e)) continue;
    add(e.from_s, e.onset_tau_s, e.to_s < 0.0 ? kNever : e.to_s);
    if (e.to_s >= 0.0) add(e.to_s, e.washout_tau_s, kNever);
  }
  for (const ModulatorSpec& m : scenario.modulators) {
    if (m.effects.empty()) continue;
    edges_s_.push_back(0.0);
    if (m.pulses.empty() && m.random_rate_Hz == 0.0 && m.rewards.empty()) continue;
    slopes_.push_back({0.0, kNever, 1e-3 * m.tau_ms});
    grid_s_ = std::min(grid_s_, std::max(1e-3 * m.tau_ms / 50.0, 1e-3 * scenario.dt_ms));
  }
  std::sort(edges_s_.begin(), edges_s_.end());
}

/// The grid's last line at or before a time: a quotient that is rounded may point to one beside it.
double DrugTimes::line(double time_s) const {
  double k = std::floor(time_s / grid_s_);
  if (k * grid_s_ > time_s) k -= 1.0;
  return (k + 1.0) * grid_s_ <= time_s ? k + 1.0 : k;
}

double DrugTimes::next_s(double time_s) const {
  const auto edge = std::upper_bound(edges_s_.begin(), edges_s_.end(), time_s);
  double next = edge == edges_s_.end() ? kNever : *edge;
  for (const Slope& s : slopes_)
    if (time_s >= s.from_s && time_s < s.to_s) next = std::min(next, (line(time_s) + 1.0) * grid_s_);
  return next;
}

double DrugTimes::last_s(double time_s) const {
  const auto edge = std::upper_bound(edges_s_.begin(), edges_s_.end(), time_s);
  double last = edge == edges_s_.begin() ? -kNever : *(edge - 1);
  for (const Slope& s : slopes_)
    if (time_s >= s.from_s && time_s < s.to_s) last = std::max(last, line(time_s) * grid_s_);
  return last;
}

double DrugTimes::longest_step_s(double time_s) const {
  double longest = kNever;
  for (const EventSpec& e : scenario_.timeline)
    for (const double edge : {e.from_s, e.to_s})
      if (acts(e) && edge >= 0.0 && time_s >= edge && time_s < edge + scenario_.clock.short_for_s)
        longest = std::min(longest, scenario_.clock.short_step_s);
  for (const Slope& s : slopes_)
    if (time_s >= s.from_s && time_s < std::min(s.to_s, s.from_s + 5.0 * s.tau_s))
      longest = std::min(longest, std::max(0.25 * s.tau_s, 1e-3));
  return longest;
}

Drugs::Drugs(const Scenario& scenario, Network& network) : scenario_(scenario), network_(network) {
  // `reads`: the modulator that a rule reads; under its name drugs act on what the rule takes from it.
  const auto add = [&](bool is_rule, std::size_t index, const ModelTable* table, const std::string& target,
                       const std::string& reads) {
    if (table == nullptr) return;
    Subject s{is_rule, static_cast<std::uint32_t>(index), {}, {}};
    s.events.resize(table->drug_targets.size());
    s.modulations.resize(table->drug_targets.size());
    bool any = false;
    const auto drugs_on = [&](const std::string& what) {
      std::vector<std::size_t> found;
      for (std::size_t k = 0; k < scenario.timeline.size(); ++k) {
        const EventSpec& e = scenario.timeline[k];
        if (acts(e) && e.what == what && matches_name(e.of, target)) found.push_back(k);
      }
      return found;
    };
    for (std::size_t t = 0; t < s.events.size(); ++t) {
      const std::string& listed = table->drug_targets[t];
      s.events[t] = drugs_on(listed == kOwnModulator ? reads : listed);
      for (std::size_t m = 0; m < scenario.modulators.size(); ++m)
        for (const ModulatorSpec::Effect& e : scenario.modulators[m].effects)
          if (e.what == listed && matches_name(e.of, target))
            s.modulations[t].push_back({m, e.gain, drugs_on(scenario.modulators[m].name)});
      any = any || !s.events[t].empty() || !s.modulations[t].empty();
    }
    if (!any) return;
    subjects_.push_back(std::move(s));
    in_force_.emplace_back(table->drug_targets.size(), 1.0f);
  };
  for (std::size_t k = 0; k < scenario.populations.size(); ++k)
    add(false, k, find_table(neuron_tables(), scenario.populations[k].model), scenario.populations[k].name,
        "");
  for (std::size_t k = 0; k < scenario.projections.size(); ++k)
    if (const auto& learnt = scenario.projections[k].plasticity)
      add(true, k, find_table(plasticity_tables(), learnt->rule), scenario.projections[k].to,
          learnt->modulator);
}

/// From the pulses that the network has so far.
double Drugs::concentration(std::size_t modulator, double time_s) const {
  const Modulator& m = *network_.modulators[modulator];
  const auto at = static_cast<StepIndex>(std::llround(1e3 * time_s / scenario_.dt_ms));
  std::uint32_t pulse = 0;
  while (pulse < m.num_pulses && m.step[pulse] <= at) ++pulse;
  double level = static_cast<double>(m.view.baseline);
  if (pulse > 0)
    level +=
        static_cast<double>(m.level[pulse - 1]) * exp_d(-static_cast<double>(at - m.step[pulse - 1]) *
                                                        scenario_.dt_ms / static_cast<double>(m.view.tau_ms));
  return level;
}

std::vector<float> Drugs::gains(const Subject& s, double time_s, double modulators_s) const {
  const auto under = [&](const std::vector<std::size_t>& events) {
    double gain = 1.0;
    for (const std::size_t k : events) {
      const EventSpec& e = scenario_.timeline[k];
      gain *= 1.0 + (e.gain - 1.0) * drug_level(e, time_s);
    }
    return gain;
  };
  std::vector<float> out;
  for (std::size_t t = 0; t < s.events.size(); ++t) {
    double gain = under(s.events[t]);
    for (const Modulation& m : s.modulations[t]) {
      const double by = 1.0 + m.gain * concentration(m.modulator, modulators_s) * under(m.events);
      gain *= by > 0.0 ? by : 0.0;
    }
    out.push_back(static_cast<float>(gain));
  }
  return out;
}

bool Drugs::differ(double time_s, double modulators_s) const {
  for (std::size_t k = 0; k < subjects_.size(); ++k)
    if (gains(subjects_[k], time_s, modulators_s) != in_force_[k]) return true;
  return false;
}

void Drugs::set(double time_s, double modulators_s) {
  for (std::size_t k = 0; k < subjects_.size(); ++k) {
    std::vector<float> wanted = gains(subjects_[k], time_s, modulators_s);
    if (wanted == in_force_[k]) continue;
    apply(subjects_[k], wanted);
    in_force_[k] = std::move(wanted);
  }
}

void Drugs::apply(const Subject& s, const std::vector<float>& gains) {
  if (s.is_rule) {
    set_rule_constants(*network_.projections[s.index], scenario_, scenario_.projections[s.index], gains);
  } else {
    set_model_constants(*network_.populations[s.index], scenario_, scenario_.populations[s.index], gains);
  }
}

void Drugs::archive(StateArchive& a) {
  struct Entry {
    bool is_rule = false;
    std::uint32_t index = 0;
    std::vector<float> gains;
  };
  std::vector<Entry> entries;
  for (std::size_t k = 0; k < subjects_.size(); ++k)
    entries.push_back({subjects_[k].is_rule, subjects_[k].index, in_force_[k]});
  a.within("drugs");
  a.list("drugs", entries, [](StateArchive& inner, Entry& e) {
    inner.value("is_rule", e.is_rule);
    inner.value("index", e.index);
    inner.value("gains", e.gains);
  });
  if (!a.reading()) return;
  // A run that branches may know of other drugs: what it does not know of no longer acts.
  for (std::size_t k = 0; k < subjects_.size(); ++k)
    for (const Entry& e : entries) {
      if (e.is_rule != subjects_[k].is_rule || e.index != subjects_[k].index ||
          e.gains.size() != in_force_[k].size())
        continue;
      in_force_[k] = e.gains;
      apply(subjects_[k], in_force_[k]);
    }
}

}  // namespace penfield

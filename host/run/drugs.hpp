#pragma once
// Drugs: events of the timeline that scale the conductance of a receptor, or of sodium channels, in whole
// populations, and what their plasticity rules take from that receptor; and modulators that act likewise, as
// acetylcholine does on learning and excitability: by 1 + gain * concentration.
#include <cstdint>
#include <vector>

#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// Share of its full effect that a drug has at a time (biological, s): it comes with 1 - exp(-t/onset_tau),
/// and goes from `to` on with exp(-t/washout_tau). 0 where the event is disabled or no drug.
double drug_level(const EventSpec& event, double time_s);

/// The steps of a clock over drugs and modulators with effects. Between two calls of `next` a level is as
/// good as constant: it moves by 2 % at most, or does not move at all, but for pulses of modulators, which
/// are seen at the next look.
class DrugTimes {
 public:
  explicit DrugTimes(const Scenario& scenario);
  bool any() const { return !edges_s_.empty(); }
  /// When levels are next to be looked at, after `time_s`; infinity if never.
  double next_s(double time_s) const;
  /// When they were last to be, at or before `time_s`; minus infinity if never.
  double last_s(double time_s) const;
  /// A macro step at `time_s` is at most this long: short after a drug comes or begins to go, and a quarter
  /// of its time constant while it does; infinity else.
  double longest_step_s(double time_s) const;

 private:
  struct Slope {
    double from_s, to_s, tau_s;
  };
  double line(double time_s) const;

  const Scenario& scenario_;
  std::vector<double> edges_s_;  ///< ascending: where anything starts or ends to move
  std::vector<Slope> slopes_;
  double grid_s_;  ///< while anything moves
};

/// Gains of everything that drugs act on, as constants of models and rules.
class Drugs {
 public:
  Drugs(const Scenario& scenario, Network& network);

  /// Would set() change anything?
  bool differ(double time_s, double modulators_s = 0.0) const;
  /// Gives all constants the gains of that time, and of modulators' concentrations at `modulators_s`, up to
  /// which all pulses are known. The caller has seen to it that pending learning was done by the old ones,
  /// and uploads the network.
  void set(double time_s, double modulators_s = 0.0);
  /// The gains that are in force. Reading puts them in force again: the caller uploads the network.
  void archive(StateArchive& a);

 private:
  /// What a modulator does to a target of a subject, and the events that scale that.
  struct Modulation {
    std::size_t modulator;
    double gain;
    std::vector<std::size_t> events;
  };
  /// A population's model, or a projection's rule.
  struct Subject {
    bool is_rule;
    std::uint32_t index;                               ///< of the population or projection
    std::vector<std::vector<std::size_t>> events;      ///< [target of its table] that act on it
    std::vector<std::vector<Modulation>> modulations;  ///< likewise
  };
  std::vector<float> gains(const Subject& s, double time_s, double modulators_s) const;
  double concentration(std::size_t modulator, double time_s) const;
  void apply(const Subject& s, const std::vector<float>& gains);

  const Scenario& scenario_;
  Network& network_;
  std::vector<Subject> subjects_;
  std::vector<std::vector<float>> in_force_;  ///< [subject][target]
};

}  // namespace penfield

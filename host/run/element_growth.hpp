#pragma once
// Calcium and synaptic elements of the neurons at either end of one projection, on the raw clock.
#include <cstdint>
#include <string_view>
#include <vector>

#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/model/growth_curve.hpp"
#include "penfield/state/population.hpp"

namespace penfield {

/// Calcium of all neurons of a population: dCa/dt = -Ca / tau + beta spikes. Spikes of an interval count as
/// evenly spread over it. It begins at 0.
class CalciumSensor {
 public:
  CalciumSensor(const StructureSpec& spec, const PopulationView& population);

  /// Takes the spikes since the last call, `seconds` ago.
  void observe(const PopulationView& population, double seconds);
  /// Cells have fired at these rates, [neuron] Hz, for `seconds`: levels are means over that time.
  void observe_rates(const std::vector<float>& rate_Hz, double seconds);
  /// Adds the present calcium to the neuron's mean, with a weight of its own.
  void add_to_baseline(double weight = 1.0);
  /// From now on calcium counts in units of that mean.
  void end_baseline();
  bool has_baseline() const { return relative_; }
  /// Calcium, or calcium over its baseline; 1 for a neuron that had none then, whose set-point nobody knows.
  float level(std::uint32_t neuron) const { return level_[neuron]; }
  const std::vector<float>& levels() const { return level_; }
  /// The rate at which calcium is at level 1, Hz.
  double unit_Hz(std::uint32_t neuron) const;

  void archive(StateArchive& a, std::string_view prefix);
  /// Has it `n` neurons? A checkpoint that was just read may not.
  bool fits(std::size_t n) const;

 private:
  void set_levels(const std::vector<float>& calcium);

  double tau_s_, beta_;
  bool relative_ = false;
  double baseline_weight_ = 0.0;  ///< of all that was added
  std::vector<float> calcium_, baseline_, level_;
  std::vector<std::uint32_t> counted_;  ///< [neuron] spikes up to now, modulo 2^32 as counters are
};

/// Elements of one kind, z, and the synapses that hold some of them.
class ElementCounts {
 public:
  /// `synapses`: of each neuron now; so many elements it starts with.
  ElementCounts(const GrowthCurveSpec& spec, double vacant_tau_s, std::vector<std::uint32_t> synapses);

  /// z grows by its curve; what no synapse holds decays.
  void grow(const CalciumSensor& calcium, double seconds);
  const GrowthCurve& curve() const { return curve_; }
  /// z moves by `share` of each entry, [neuron]; then what no synapse holds decays for `seconds`.
  void move(const std::vector<double>& change, double share, double seconds);
  /// The dead have none. [neuron] 1: dead; empty: none is.
  void bury(const std::vector<std::uint8_t>& dead);
  /// Synapses for which the neuron has no element, in whole numbers.
  std::uint32_t missing(std::uint32_t neuron) const {
    const float short_of = static_cast<float>(synapses_[neuron]) - elements_[neuron];
    return short_of >= 1.0f ? static_cast<std::uint32_t>(short_of) : 0;
  }
  /// [neuron] elements that no synapse holds, in whole numbers, and at most as many as `most_synapses` leave.
  void free(std::uint32_t most_synapses, std::vector<std::uint32_t>& elements) const;

  std::vector<std::uint32_t>& synapses() { return synapses_; }
  const std::vector<std::uint32_t>& synapses() const { return synapses_; }
  const std::vector<float>& elements() const { return elements_; }
  void archive(StateArchive& a, std::string_view prefix);

 private:
  float decayed(double seconds) const;
  void set(std::uint32_t neuron, float elements, float decayed);

  GrowthCurve curve_;
  double vacant_tau_s_;
  std::vector<float> elements_;          ///< z
  std::vector<std::uint32_t> synapses_;  ///< that hold an element each
};

}  // namespace penfield

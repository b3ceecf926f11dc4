#pragma once
// Processes that move plastic weights beside their rule, between events: consolidation and normalisation. The
// host does it, every so many steps in the raw clock and at macro steps in the episodic one, on weights that
// owe nothing. Sums are whole numbers, so that no thread, tile, rank or engine matters to the bits.
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "host/run/astrocyte_field.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

struct StepErrors;

/// [projection] -> [tile][synapse] weights of own tiles.
using KeptWeights = std::map<std::uint32_t, std::vector<std::vector<float>>>;

/// Synaptic tagging and capture, as simple as can be. A weight w = b + e has a lasting part b and an early
/// one e, which is where its rule writes to. With a the ATP of the target's bin over that of rest,
///   de/dt = -e / tau_early - a e / tau_late    db/dt = a e / tau_late    where |e| >= threshold,
///   de/dt = -e / tau_early                     elsewhere,
/// exact over an interval at constant a. In a macro step a rule's leap is a drift d of e that lasts as long
/// as the step: de/dt has d besides, and what was learnt first has decayed, or become lasting, by its end.
/// What is consolidated costs ATP, what is early does not (synaptic caching: Li & van Rossum, eLife 9:e50804,
/// 2020). The weights at the start count as lasting. Time constants: of the model of Luboeinski & Tetzlaff,
/// Commun Biol 4:275 (2021), whose early part decays with 688.4 s / 0.1 and whose late part grows in 60 min,
/// there up to a fixed size once tagged, here by what the early part is worth.
class Consolidation {
 public:
  Consolidation(const ConsolidationSpec& spec, const Scenario& scenario, const Network& network,
                std::vector<AstrocyteField>& fields);

  const ConsolidationSpec& spec() const { return *spec_; }
  std::uint32_t projection() const { return projection_; }
  /// Episodic clock: what the weights have moved by since `before` is taken back, and advance() adds it as it
  /// goes, until end_leap(). Errors are those of strides of `stride_s` against half of it, in units of the
  /// rule's range, at the ATP there is.
  StepErrors spread_leap(Network& network, const std::vector<std::vector<float>>& before, double seconds,
                         double stride_s);
  void end_leap() { drift_per_s_.clear(); }
  /// Moves the weights by `seconds`; every rank calls it. Frozen, early parts neither decay nor last.
  void advance(Network& network, double seconds, bool frozen);
  /// [tile][synapse] the lasting parts, of own tiles.
  const std::vector<std::vector<float>>& lasting() const { return lasting_; }
  void archive(StateArchive& a, const Network& network);

 private:
  /// What an interval makes of a lasting part b and an early one e under a drift d: b + late e + late_s d,
  /// early e + early_s d.
  struct Shares {
    double early = 1.0, late = 0.0, early_s = 0.0, late_s = 0.0;
  };
  struct BinShares {
    Shares untagged;
    std::vector<Shares> tagged;  ///< [bin]
  };
  BinShares shares(double seconds) const;
  const Shares& shares_of(const BinShares& all, double early, double drift_per_s, double seconds,
                          std::size_t bin) const;
  std::size_t bin_of(std::uint32_t target) const { return field_ != nullptr ? bin_[target] : 0; }

  const ConsolidationSpec* spec_;
  std::uint32_t projection_ = 0;
  float w_min_ = 0.0f, w_max_ = 1.0f;  ///< of the rule
  AstrocyteField* field_ = nullptr;
  std::vector<std::uint32_t> bin_;    ///< [target neuron]
  std::vector<std::uint32_t> cells_;  ///< [bin] target neurons
  std::vector<std::vector<float>> lasting_;
  std::vector<std::vector<float>> drift_per_s_;  ///< [tile][synapse]; empty: none
};

/// Heterosynaptic normalisation: the summed size of the weights that a neuron has of one projection is kept
/// at S, by one factor for all (the multiplicative form of von der Malsburg, Kybernetik 14:85, 1973), or by
/// one amount for all (the subtractive form: Miller & MacKay, Neural Comput 6:100, 1994), or only where the
/// sum lies above S (a limit on the summed weight: Fiete et al., Neuron 65:563, 2010). Bounds of the rule
/// hold: weights that meet them leave the rest to the next time. That neurons keep summed excitation when
/// some synapses grow: Royer & Pare, Nature 422:518 (2003).
class Normalisation {
 public:
  Normalisation(const NormalisationSpec& spec, const Scenario& scenario, const Network& network);

  const NormalisationSpec& spec() const { return *spec_; }
  std::uint32_t projection() const { return projection_; }
  /// Episodic clock: errors of an apply() now, in units of the rule's range: once against twice, the first
  /// time when the weights have moved half of the way from `before`.
  StepErrors errors(const Network& network, const std::vector<std::vector<float>>& before) const;
  void apply(Network& network) const;
  /// [target neuron] summed size of its weights in units of 2^-unit_log2(), of own tiles; 0 elsewhere.
  std::vector<std::int64_t> sums(const Network& network) const;
  std::int32_t unit_log2() const { return unit_log2_; }
  void archive(StateArchive& a);

 private:
  template <class Weight>
  std::vector<std::int64_t> sums_of(const Network& network, const Weight& weight) const;

  const NormalisationSpec* spec_;
  std::uint32_t projection_ = 0;
  float w_min_ = 0.0f, w_max_ = 0.0f;
  std::int32_t unit_log2_ = 0;
  std::vector<std::int64_t> wanted_;  ///< [target neuron] S in these units, over all ranks
};

/// All of a scenario.
class SlowWeights {
 public:
  SlowWeights(const Scenario& scenario, const Network& network);

  bool any() const { return !fields.empty() || !consolidations.empty() || !normalisations.empty(); }
  /// Episodic clock, before the leaps of a macro step: the weights are remembered.
  void begin_leap(const Network& network);
  /// Then: a macro step of `seconds` from `time_s` on, at rates [population][neuron] Hz.
  /// Pools as they stand after it go into `records`. Consolidation is stepped in intervals of a fifth of its
  /// time constants, the pools' state at their ends.
  StepErrors advance(Network& network, const std::vector<std::vector<float>>& rate_Hz, double time_s,
                     double seconds, const std::function<bool(const std::string&)>& frozen,
                     std::vector<PoolRecord>& records);
  void archive(StateArchive& a, const Network& network);

  std::vector<AstrocyteField> fields;
  std::vector<Consolidation> consolidations;
  std::vector<Normalisation> normalisations;

 private:
  KeptWeights before_;  ///< within a macro step
};

}  // namespace penfield

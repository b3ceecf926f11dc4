#pragma once
// Structural plasticity of one projection by synaptic elements, in batches at macro steps.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "host/run/measure.hpp"
#include "host/run/sheet_cells.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/connect/rewire_row.hpp"
#include "penfield/engine/tile_rewirer.hpp"
#include "penfield/state/arrays.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

struct StepErrors;

/// Which synapses may form: a region mask as knock-out.
struct FormationMask {
  using Kind = SourceMask;
  Kind kind = Kind::none;
  std::vector<std::uint8_t> inside;  ///< [source neuron] lies in the named territory
};

/// The growth field of a structure at each source neuron; empty where it has none.
std::vector<float> growth_field(const Scenario& scenario, const StructureSpec& spec,
                                const Population& source);

/// What one macro step of rewiring did.
struct RewiringCounts {
  std::uint64_t formed = 0, deleted = 0;
};

/// Elements after Butz & van Ooyen (PLoS Comput Biol 9:e1003259, 2013), with opposite signs for the receiving
/// and the giving side as a balanced network needs (Sinha et al., 2021, PMC8195387):
///   driver c: burst calcium or rate, low-passed with tau; deficit e = 1 - c/c0 beyond a dead band, c its
///   mean over the macro step, c0 the neuron's own intact mean; dendritic elements dz_d/dt = nu_d e; axonal
///   elements dz_a/dt = nu_a e + relax (1 - z_a), bounded; deletion hazard h0 exp(-w/w_c) (1 + kappa max(e,
///   0)), and what exceeds z_d, weak synapses first; formation: Poisson(vacant (1 - exp(-k_f H))), partners
///   by kernel(distance) z_a growth field; tau-leaping caps changes at a share of a neuron's synapses per
///   day.
/// Elements and drivers are of second order in the step at one episode a step: c is predicted with the rates
/// that the episode shows, and corrected to rates on a straight line when the next episode shows theirs.
/// What is drawn for a row stands in penfield/connect/rewire_row.hpp. Synapses that a card alone holds are
/// rewired there, with the same bits: `card` is Engine::rewirer(), and may be null where none are.
class Rewiring {
 public:
  Rewiring(const Scenario& scenario, const StructureSpec& spec, const Network& network);

  const StructureSpec& spec() const { return spec_; }
  std::uint32_t projection() const { return projection_; }

  std::uint32_t source() const { return source_; }
  std::uint32_t target() const { return target_; }

  /// [source neuron] what the growth field is, from now on; nothing if the structure has none.
  void set_growth_field(std::vector<float> field);
  /// [target neuron] how many times as fast elements grow and retract there; empty: 1.
  void set_speed(std::vector<float> speed) { speed_ = std::move(speed); }
  /// [neuron] 1: dead, offers or takes no synapses; empty: none is.
  void set_dead(const std::vector<std::uint8_t>& sources, const std::vector<std::uint8_t>& targets) {
    dead_sources_ = sources;
    dead_targets_ = targets;
  }

  /// Low-passes the drivers; call at every macro step, also while rewiring is frozen.
  void observe(const Measures& measures, double seconds);
  /// Rates before an event and after it do not lie on a line.
  void forget() { corrected_share_ = 0.0; }
  /// The intact network: set-points are the mean drivers since the last call of begin_baseline, sums of
  /// weights and element counts are today's.
  void begin_baseline();
  void take_snapshot(const Network& network, TileRewirer* card = nullptr);
  bool has_snapshot() const { return !received_.intact.empty(); }

  /// Deletes, forms and lets new synapses mature over `seconds`; `macro_step` keys the draws. Call
  /// Network::bind and Engine::upload afterwards.
  RewiringCounts advance(Network& network, double seconds, std::uint64_t macro_step,
                         const FormationMask& mask, TileRewirer* card = nullptr);

  /// Errors of a step of `seconds` from what is expected of its draws; between observe() and advance().
  StepErrors step_errors(const Measures& measures, double seconds, double rate_error) const;

  /// Synapses formed in the last advance().
  const std::vector<FormedSynapse>& formed() const { return formed_; }
  /// [target neuron] synapses deleted in the last advance().
  const std::vector<std::uint32_t>& deleted_on() const { return deleted_on_; }
  /// [target neuron] synapses after the last advance().
  const std::vector<std::uint32_t>& in_degree() const { return in_degree_; }
  /// Elements: [target neuron], [source neuron].
  const std::vector<float>& dendritic() const { return dendritic_; }
  const std::vector<float>& axonal() const { return axonal_; }
  /// c / c0 per target neuron at the end of the step (1 before the snapshot).
  float relative_driver(std::uint32_t neuron) const;

  /// What changes in a run, for checkpoints (host/run/study_state.cpp).
  void archive(StateArchive& a);

 private:
  struct Tile;
  /// What drives the elements of one population's cells, [neuron].
  struct Drivers {
    std::vector<float> now;           ///< low-passed, at the end of the step
    std::vector<float> mean;          ///< over the step
    std::vector<float> shown;         ///< by the last episode
    std::vector<float> baseline_sum;  ///< since begin_baseline
    std::vector<float> intact;        ///< c0; empty before the snapshot

    float relative(float driver, std::uint32_t neuron) const;
    float relative(std::uint32_t neuron) const { return relative(now[neuron], neuron); }
    float relative_mean(std::uint32_t neuron) const { return relative(mean[neuron], neuron); }
  };

  bool within_one() const { return source_ == target_; }
  const Drivers& given() const { return within_one() ? received_ : given_; }
  void observe(const std::vector<float>& driver, double seconds, Drivers& of) const;
  float deficit_at(float relative_driver) const;
  double expected_after(double synapses, double dendritic, double deficit, double days) const;
  void advance_elements(double days);
  RowRewiring row_rewiring(const Network& network, double days, std::uint64_t macro_step,
                           const FormationMask& mask);
  void collect(const Network& network, std::uint32_t index, Tile& tile) const;
  void remove(const RowRewiring& job, Tile& tile);
  void form(const RowRewiring& job, Tile& tile, std::vector<FormedSynapse>& formed);
  void mature(const RowRewiring& job, Tile& tile) const;

  StructureSpec spec_;
  std::uint32_t seed_ = 0;
  double dt_ms_ = 0.1;
  std::uint32_t projection_ = 0;
  std::uint32_t source_ = 0, target_ = 0;  ///< populations
  bool periodic_ = false;
  DelaySpec delay_;
  std::uint32_t max_in_degree_ = 0;
  std::vector<float> field_;  ///< growth field at each source neuron; empty: 1
  std::vector<float> speed_;  ///< see set_speed
  std::vector<std::uint8_t> dead_sources_, dead_targets_;

  SheetCells cells_;  ///< of the sources

  // Slow state.
  Drivers received_;  ///< of the targets
  Drivers given_;     ///< of the sources; unused where they are the targets
  std::uint32_t baseline_steps_ = 0;
  std::vector<float> dendritic_, axonal_;  ///< [target neuron], [source neuron]
  std::vector<float> intact_sum_;          ///< [target neuron] summed incoming weight
  std::vector<FormedSynapse> formed_;
  std::vector<std::uint32_t> deleted_on_, in_degree_;
  std::vector<float> deficit_;  ///< [target neuron] of the present step
  bool driver_started_ = false;
  double corrected_share_ =
      0.0;  ///< of a change between two episodes, what the driver has of it at the second
};

}  // namespace penfield

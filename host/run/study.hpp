#pragma once
// The episodic clock: settling, snapshot, timeline, macro steps with adaptive-by-schedule length, probes.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/readout/map_study.hpp"
#include "host/run/episode_checks.hpp"
#include "host/run/episode_records.hpp"
#include "host/run/homeostasis.hpp"
#include "host/run/rewiring.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// One probe of the map. NaN where a number could not be measured.
struct MapPoint {
  double time_s = 0.0;                                     ///< biological, 0 = end of settling
  bool intact = false;                                     ///< the baseline map, before any event
  std::vector<std::uint32_t> winner;                       ///< [bin] see readout::winner_map
  std::vector<float> best_response_Hz;                     ///< [bin]
  std::vector<double> area_mm2, centre_x_mm, centre_y_mm;  ///< [part]
  std::vector<double> spared_share;  ///< [part] area over that of the intact map, both without dead bins
  double silent_mm2 = 0.0;
  double recovered_share = 0.0, share = 0.0, baseline_overlap = 0.0;
  double share_low_threshold = 0.0, share_high_threshold = 0.0;  ///< share at 0.7 and 1.4 theta
  double share_near_border = 0.0;                                ///< within 1.5 mm of the borders
  double border_shift_mm = 0.0, front_mm = 0.0, filled_share = 0.0;
  double topography = 0.0, kept_winner_share = 0.0, overlap = 0.0, overlap_strict = 0.0;
  double field_mm2 = 0.0, field_territory_mm2 = 0.0;
  double direct_response_Hz = 0.0;  ///< of the territory to drive of the lost part's relay
  double decode_accuracy = 0.0, decode_chance = 0.0, decode_lost_part = 0.0;
};

/// One macro step as the curves show it.
struct StepPoint {
  double time_s = 0.0, step_s = 0.0;
  std::vector<double> rate_Hz;  ///< [population] mean
  double zone_rate_Hz = 0.0;    ///< probed population inside the lost part's territory
  double neighbour_rate_Hz = 0.0, far_rate_Hz = 0.0;
  double inhibition = 1.0;                ///< inhibitory input to the territory, relative to intact
  double excitatory_gain = 1.0;           ///< mean scaling factor in the territory, relative to intact
  std::uint64_t formed = 0, deleted = 0;  ///< all synapses
  double turnover_zone = 0.0, turnover_far = 0.0;  ///< (formed + deleted) / (2 n) per week
  double formed_outside = 0.0;                     ///< share of the territory's new synapses from outside it
  double formed_responsive = 0.0;                  ///< share from donors above half their intact driver
  double net_outside_per_cell = 0.0,
         net_inside_per_cell = 0.0;  ///< against intact, synapses per territory cell
  std::uint64_t dead = 0;            ///< cells, so far
  // Of the macro step itself; errors and change are the largest of its slow processes (step_errors.hpp).
  double acceleration = 1.0;       ///< its length over the spiking that it was measured by
  double error = 0.0;              ///< of one step against two halves
  double error_statistical = 0.0;  ///< from what the episodes leave uncertain
  double change = 0.0;             ///< mean change of a slow variable
  double rate_change = 0.0;        ///< of rates since the step before, with a tolerance (step_control.hpp)
};

/// How steeply a homeostat's rate was found to answer it (loop_gain.hpp).
struct LoopGainPoint {
  double time_s = 0.0;
  std::uint32_t homeostat = 0;
  double gain = 0.0, standard_error = 0.0;
  bool used = false;  ///< by the steps that follow; else too uncertain
};

struct StudyResult {
  readout::MapStudy map;
  std::uint32_t lost_part = readout::kNoPart;
  std::vector<MapPoint> maps;
  std::vector<StepPoint> steps;
  std::vector<LoopGainPoint> loop_gains;
  EpisodeChecks checks;
  double spiking_s = 0.0;
  double biological_s = 0.0;
  EpisodeRecords records;  ///< what `record` asks for, beside synapses at the end
};

/// Told about progress, after every probe and macro step: biological time done and in all, spiking simulated
/// so far.
using Progress = std::function<void(double done_s, double total_s, double spiking_s)>;

/// Runs the whole timeline. `stop` is asked between macro steps. An engine may leave an episode or a probe by
/// throwing Interrupted (host/run/interruptible_engine.hpp): the study is then what it was before that macro
/// step or probe, and likewise where an Error ends an episode.
class Study {
 public:
  Study(const Scenario& scenario, Network& network, Engine& engine);
  ~Study();

  /// Runs to the end or until `stop` or the engine says so; true when finished. May be called again to go on.
  bool run(const Progress& progress, const std::function<bool()>& stop);
  const StudyResult& result() const;

  /// Everything beside the network and the engine that the rest of the run depends on, and the results so
  /// far; written or read back between macro steps. Throws Error(input_file) for a state of another version
  /// or scenario.
  void archive(StateArchive& a);
  /// Takes what another study's archive() wrote, of a scenario with the same network, body, homeostats and
  /// structure, as where this one starts: biological time is 0 there, and nothing has been measured yet. Read
  /// before that study's time 0, this one has its bits from there on where their timelines agree.
  void branch(StateArchive& a);
  double time_s() const;  ///< biological; negative while it settles
  /// Has settling just ended, and is nothing of what comes at time 0 done?
  bool settled() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penfield

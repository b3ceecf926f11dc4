#pragma once
// A validated scenario: plain values in the field's units, every default filled in. Knows nothing of JSON
// (scenario_json.cpp) nor of hardware (host/build). Times are seconds unless a name says otherwise.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/scenario/pulse_train.hpp"

namespace penfield {

/// A random quantity: weights, delays, initial potentials. Bounds truncate.
struct Distribution {
  enum class Kind { constant, normal, lognormal, uniform };
  Kind kind = Kind::constant;
  double a = 0.0;  ///< constant: value; normal, lognormal: mean of the value; uniform: lower end
  double b = 0.0;  ///< normal, lognormal: standard deviation of the value; uniform: upper end
  std::optional<double> lower, upper;  ///< truncation bounds
};

struct SheetSpec {
  double width_mm = 1.0, height_mm = 1.0;
  bool periodic = false;
};

struct PopulationSpec {
  std::string name;   ///< "S1/E": area before the slash
  std::string model;  ///< "iaf_psc_exp"
  std::uint32_t n = 0;
  std::string positions = "uniform";     ///< grid, jittered_grid, uniform
  std::map<std::string, double> params;  ///< every field of the model, defaults filled in
  Distribution initial_v_m_mV;           ///< absolute membrane potential at step 0
  bool somatotopic = false;              ///< neurons belong to the body part whose territory they lie in
  std::string tonic_field;               ///< its value at a neuron multiplies g_tonic_nS; "": none
};

struct KernelSpec {
  enum class Kind { gaussian, exponential, box };
  Kind kind = Kind::gaussian;
  double sigma_mm = 0.5;   ///< gaussian: SD; exponential: length constant; box: radius
  double cutoff_mm = 0.0;  ///< 0: the kernel's own (4 sigma, 8 lengths, the radius)
};

struct RuleSpec {
  enum class Kind {
    one_to_one,
    all_to_all,
    fixed_probability,
    fixed_in_degree,
    fixed_out_degree,
    fixed_total_number,
    distance_probability,
    distance_in_degree,
    topographic,
    file
  };
  Kind kind = Kind::all_to_all;
  double probability = 0.0;  ///< fixed_probability; peak of distance_probability
  std::uint64_t count = 0;   ///< in-degree, out-degree or total number
  KernelSpec kernel;         ///< distance rules; scatter of topographic
  bool allow_self = true, allow_multapses = true;
  std::string file;             ///< CSV or SONATA edges, relative to the scenario
  std::string edge_population;  ///< of a SONATA file; "": its only one
};

struct DelaySpec {
  Distribution base_ms;             ///< at least dt
  double velocity_mm_per_ms = 0.0;  ///< 0: distance adds nothing
};

/// A plasticity rule on a projection; `params` holds every field of the rule's table.
struct PlasticitySpec {
  std::string rule;  ///< "stdp_pair", "istdp_vogels"
  std::map<std::string, double> params;
  bool dendritic_delay = false;  ///< false: the delay is axonal
  std::string modulator = "";    ///< that the rule reads, of Scenario::modulators; "" if it reads none
};

/// A neuromodulator: one concentration for all that read it, a tonic level and pulses that decay.
struct ModulatorSpec {
  /// Pulses that the network's own spikes call for: whenever the target of a synapse fires within a time
  /// after its source, a pulse follows later.
  struct Reward {
    std::string projection;
    std::uint32_t source = 0, target = 0;  ///< neurons of its populations
    double within_ms = 20.0;
    double delay_ms[2] = {1000.0, 3000.0};  ///< drawn evenly between the two
    double amount = 0.5;
  };
  /// What it does beside being read by rules: `what`, as drugs name it, is multiplied by 1 + gain * level.
  struct Effect {
    std::string what;   ///< "learning", or a receptor or channel of the model
    std::string of;     ///< population (a trailing * matches), its neurons and what learns onto them
    double gain = 1.0;  ///< per unit of the concentration; negative: it lessens
  };
  std::string name;  ///< "dopamine"
  double tau_ms = 200.0;
  double baseline = 0.0;
  std::vector<std::pair<double, double>> pulses;  ///< (time s, amount)
  double random_rate_Hz = 0.0;                    ///< of pulses at random times; 0: none
  double random_amount = 0.5;
  std::vector<Reward> rewards;
  std::vector<Effect> effects;
};

struct ProjectionSpec {
  std::string name;            ///< default "FROM -> TO"
  std::string from, to, port;  ///< port: receptor name of the target's model
  RuleSpec rule;
  Distribution weight;  ///< in the port's unit
  std::string weight_unit;
  DelaySpec delay;
  std::optional<PlasticitySpec> plasticity;
};

struct StimulusSpec {
  enum class Kind { poisson, dc, step_current, spikes, noise, rate };
  Kind kind = Kind::poisson;
  std::string to;
  std::string port;         ///< poisson, spikes
  std::string weight_unit;  ///< poisson, spikes: the port's unit
  std::string file;         ///< spikes: CSV of `neuron,time_ms` lines they were read from, below the folder
  double rate_Hz = 0.0;     ///< poisson: summed rate per neuron; rate: drive of a relay
  double weight = 0.0;      ///< poisson, spikes: in the port's unit
  double current_pA = 0.0;  ///< dc, step_current: amplitude; noise: SD
  bool continuous_crossings = false;  ///< noise: see penfield/model/neuron/sampled_noise.hpp
  double from_s = 0.0, to_s = -1.0;   ///< active interval of raw time; to_s < 0: to the end
  std::vector<std::pair<double, double>> rate_schedule;  ///< (time s, rate Hz): holds until the next entry
  std::vector<std::pair<std::uint32_t, double>> spikes;  ///< (neuron, time ms)
};

/// Touch of one body part: an independent on/off process; Gaussian bump on the skin around a place.
struct TouchSpec {
  double amplitude_Hz = 60.0, sigma_mm = 0.25, on_ms = 100.0, off_mean_ms = 300.0;
  bool stratified_places =
      true;  ///< each round of touches visits every cell of the part once, in random order
};

struct BodyPartSpec {
  std::string name;                                        ///< "hand/D3"
  double x_mm = 0, y_mm = 0, width_mm = 0, height_mm = 0;  ///< territory on the relay's and the area's sheet
  std::string source;                                      ///< citation of its size
};

struct BodySpec {
  std::vector<BodyPartSpec> parts;
  TouchSpec touch;
  double spontaneous_Hz = 4.0;           ///< relay rate without touch
  double residual_spontaneous_Hz = 1.5;  ///< of a relay whose part is gone
  std::string relay;                     ///< population that the skin drives
};

/// A condition of the day in the episodic clock.
struct ConditionSpec {
  std::string name;       ///< rest, touch
  double fraction = 1.0;  ///< of the day
  double heal_s = 0.3, episode_s = 4.0;
  bool touch = false;  ///< body parts are touched
};

struct ClockSpec {
  bool episodic = false;
  double macro_step_s = 12 * 3600.0;
  double short_step_s = 360.0, short_for_s = 6 * 3600.0;  ///< after every event
  double settle_s = 0.0;  ///< biological time of settling before time 0 ("baseline")
  double settle_step_s = 12 * 3600.0;
  double tolerance = 0.0;  ///< error of a macro step that its length is fitted to; 0: the schedule alone
  std::vector<ConditionSpec> conditions;
};

/// A per-neuron factor on one input port that pulls the neuron's rate to its set-point: synaptic scaling
/// (excitatory port) or rate-based inhibitory plasticity (inhibitory port, sign -1).
struct HomeostasisSpec {
  std::string name;  ///< "inhibitory_plasticity", "scaling": what `freeze` events name
  std::string of, port;
  double tau_s = 2 * 86400.0;         ///< time constant of ln(factor) for a rate at zero
  double loop_gain = 3.0;             ///< episodic: -d ln(rate) / d ln(factor) used by the projective step
  double loop_gain_every_s = 0.0;     ///< episodic: how often it is measured; 0: it is as given
  double sensor_tau_s = 10.0;         ///< raw: decay of the running mean of the rate
  double every_s = 0.1;               ///< raw: interval at which the factor moves
  bool raises_rate = true;            ///< true: the factor grows when the rate is low
  double lower = 0.0, upper = 1e9;    ///< relative to the intact state at time 0 (before: absolute)
  bool bounds_after_snapshot = true;  ///< episodic: bounds hold from time 0 on
  double set_point_Hz = 0.0;
};

/// How fast synaptic elements come and go with a neuron's calcium (penfield/model/growth_curve.hpp).
struct GrowthCurveSpec {
  std::string curve = "gaussian";  ///< gaussian, linear, sigmoid
  double rate_per_s = 0.1;         ///< nu: elements per second at the most; its sign is the rule's
  double eps = 0.7;                ///< calcium at which nothing changes, the target
  double eta = 0.1;                ///< gaussian: the other such calcium, on either side of the target
  double psi = 0.1;                ///< sigmoid: width
};

/// Spines that are labile when formed and may become mature, on top of raw structural plasticity. Their class
/// is their weight: labile below `mature_weight`, relative to the structure's weight_reference.
struct SpineSpec {
  double day_s = 86400.0;  ///< simulated seconds that count as a day: 86,400 without compression
  double formation_per_d = 0.05, stabilise_per_d = 0.1, labile_loss_per_d = 0.4, mature_loss_per_d = 0.005;
  double mature_weight = 1.0;
  std::string modulator;  ///< that formation and stabilisation wait for, with activity; "": neither does
  double formation_gain = 0.0, stabilise_gain = 0.0;  ///< per unit of modulator at unit calcium
};

/// Structural plasticity by synaptic elements on one projection.
struct StructureSpec {
  std::string name = "structure";
  std::string projection;
  bool burst_driver = true;  ///< burst calcium, else the mean rate
  double driver_tau_s = 3 * 86400.0, burst_tau_ms = 114.0;
  double dead_band = 0.2;
  double dendrite_rate_per_d = 5.0;  ///< nu_d: elements per day at unit deficit (sign by population)
  double axon_rate_per_d = -0.5;     ///< opposite sign for excitatory cells (Sinha et al. 2021, PMC8195387)
  double axon_relax_per_d = 0.02, axon_min = 0.02, axon_max = 2.5;
  double hazard_per_d = 0.25, hazard_weight = 0.22, hazard_deficit_gain = 1.0;
  double formation_per_d = 0.7;
  KernelSpec kernel;
  double new_weight = 0.25;       ///< relative to weight_reference
  double weight_reference = 1.0;  ///< the weight that counts as 1, in the port's unit
  double mature_weight = 0.7;     ///< relative weight that a new synapse grows to
  double maturation_tau_s = 0.0;  ///< time constant of that growth; 0: never
  double cap_per_d = 0.12;
  double sum_limit = 1.0;    ///< of summed weight relative to time 0; <= 0: none
  std::string growth_field;  ///< optional: a pairing succeeds with its value at the source
  // Raw clock.
  double every_s = 1.0;                              ///< interval at which synapses form and go
  double calcium_tau_s = 10.0, calcium_beta = 1e-3;  ///< decay, and what a spike adds
  double baseline_s = 0.0;  ///< above 0: growth waits so long, and calcium is relative to its mean till then
  double vacant_tau_s = 0.0;                         ///< decay of elements without a synapse; 0: none
  std::optional<GrowthCurveSpec> axonal, dendritic;  ///< of sources and of targets
  std::optional<SpineSpec> spines;
};

/// How something varies with time.
struct CourseSpec {
  enum class Kind { steady, points, growth };
  Kind kind = Kind::steady;                       ///< 1 at all times
  std::vector<std::pair<double, double>> points;  ///< (time s, value): straight lines, level beyond the ends
  double peak_s = 7 * 86400.0;                    ///< growth: (u e^(1-u))^power, u = t / peak
  double power = 2.0;
};

/// A scalar over an area's sheet: the sum of Gaussian bumps on `base`, and what injury adds around it.
struct FieldSpec {
  std::string name, area;
  double base = 1.0;
  struct Bump {
    double x_mm, y_mm, sigma_mm, amplitude;
  };
  std::vector<Bump> bumps;
  CourseSpec course{};            ///< of the bumps, from time 0; of the injury's part, from the injury
  double injury_amplitude = 0.0;  ///< at the border of dead tissue and in it
  double injury_sigma_mm = 1.0;   ///< SD of its fall with the distance from there
};

/// What a field does.
struct EffectSpec {
  enum class Kind { current, gain, speed };
  Kind kind = Kind::current;
  std::string field;
  std::string of;           ///< current, gain: population (a trailing * matches)
  std::string port;         ///< gain: whose summed input is multiplied by the field
  std::string what;         ///< speed: structure or plastic projection, whose rates are multiplied by it
  double current_pA = 0.0;  ///< current: for each unit of the field
};

/// What spikes, synapses, rest and learning cost (host/readout/energy.hpp has the sources of the figures).
struct EnergySpec {
  enum class Mode { textbook, budget };
  enum class Figures { attwell_laughlin_2001, howarth_2012 };
  Mode mode = Mode::textbook;
  std::string of = "*";   ///< populations that are counted (a trailing * matches)
  double every_s = 1.0;   ///< raw: interval of the curves
  double spike_nJ = 2.0;  ///< textbook: of a spike, with all that follows it
  // Of a budget, in molecules of ATP.
  Figures figures = Figures::attwell_laughlin_2001;
  double spike_ATP = 3.84e8;          ///< of an action potential, over axon and dendrites
  double rest_ATP_per_s = 4.44e8;     ///< of a neuron and its glia at rest
  double release_probability = 0.25;  ///< vesicles of a synaptic event
  double postsynaptic_ATP = 1.4e5;    ///< of a vesicle: ions that its glutamate lets into the target
  double release_ATP = 1.28e4;        ///< of a vesicle: presynaptic calcium, the vesicle's own cycle
  double recycling_ATP = 1.1e4;       ///< of a vesicle: its glutamate's way back
  double update_ATP = 1330.0;         ///< of a spike of either side at a plastic synapse
  double ATP_kJ_per_mol = 50.0;
};

/// Glycogen of astrocytes, lactate outside cells and ATP of neurons in bins of an area's sheet
/// (host/clock/lactate.hpp has the equations).
struct AstrocyteSpec {
  std::string name, area;
  std::string released_by;  ///< populations whose spikes release glutamate (a trailing * matches)
  double bin_mm = 0.25;
  double every_s = 1.0;                 ///< raw: interval at which the pools move
  double glycogen_mM = 5.0;             ///< glucose units, at rest
  double glycogen_tau_s = 3600.0;       ///< of its refilling
  double glycolysis_mM_per_s = 0.0042;  ///< glucose, at rest
  double driven_share = 0.5;            ///< of that, by glutamate at rest_rate_Hz
  double rest_rate_Hz = 4.0;            ///< mean rate of the releasing cells that rest stands for
  double lactate_mM = 1.0;              ///< at rest
  double blood_tau_s = 250.0;           ///< of the exchange of lactate with blood
  double mct2_k_mM = 0.7;               ///< lactate of half the neurons' uptake
  double atp_mM = 2.2;                  ///< of neurons at rest
  double atp_per_lactate = 17.0;
};

/// Early and late part of the weights of a projection: the early part decays unless energy turns it into the
/// late one (host/clock/consolidation.hpp).
struct ConsolidationSpec {
  std::string name, projection;
  std::string astrocytes;         ///< whose ATP pays; "": energy is never short
  double every_s = 60.0;          ///< raw: interval at which weights move
  double early_tau_s = 6884.0;    ///< decay of the early part
  double late_tau_s = 3600.0;     ///< of its consolidation where ATP is that of rest
  double threshold = 0.0;         ///< port unit: an early part below it is not tagged for consolidation
  double cost_mM_per_unit = 0.0;  ///< ATP of a bin for one port unit of consolidated weight per neuron of it
};

/// Heterosynaptic normalisation: the summed weight that a neuron has of a projection is kept, or bounded.
struct NormalisationSpec {
  std::string name, projection;
  bool divisive = true;     ///< all weights by one factor; else by one amount
  double sum = -1.0;        ///< port unit; negative: what each neuron began with
  bool only_above = false;  ///< a sum below is left alone
  double every_s = 1.0;     ///< raw: interval
};

struct EventSpec {
  enum class Kind {
    amputate,
    freeze,
    mask_formation,
    drug,
    cut_afferents,
    block,
    infarct,
    cut,
    stimulate,
    use,
    scale_field
  };
  Kind kind = Kind::amputate;
  double from_s = 0.0, to_s = -1.0;  ///< biological time; to_s < 0: to the end
  std::string part;                  ///< amputate, cut_afferents; mask_formation: the territory; use: parts
  std::string what;   ///< freeze: name of a homeostat or structure; mask_formation: "outside" | "inside";
                      ///< drug: the receptor or channel it acts on; cut: projection; scale_field: field
  std::string of;     ///< drug (neurons, and what learns onto them), block, stimulate: population, or S1/*
  double gain = 1.0;  ///< drug: of the conductance, at the full effect; use: of the rate of touches;
                      ///< scale_field: of what the field is beyond its base
  double onset_tau_s = 0.0, washout_tau_s = 0.0;  ///< drug: time constants of coming and going; 0: at once

  // cut_afferents
  bool relay_keeps_rate = false;  ///< other paths keep the relay's resting rate up, as in the dorsal columns
  double regrowth_tau_s = 0.0;    ///< after `to`: the skin's gain comes back with it; 0: at once

  // block, infarct, stimulate: the places within radius_mm of a rectangle; without one, a disc
  std::string area;                                                ///< infarct: all populations of it
  double x_mm = 0.0, y_mm = 0.0, width_mm = 0.0, height_mm = 0.0;  ///< middle and size of the rectangle
  double radius_mm = 0.0;                                          ///< block, stimulate: 0: the whole sheet

  // infarct: the rim whose cells live or die by their energy (host/run/injury.hpp)
  double penumbra_mm = 0.0;  ///< width
  double blood_share = 0.2;  ///< supply left at the core's border; 1 at the rim's outer border
  double reperfusion_tau_s = 86400.0;
  double resting_share = 0.13;           ///< of the demand at the intact rate that no spike causes
  double lethal_debt_s = 12.0 * 3600.0;  ///< time at no supply that kills a cell of intact activity

  double current_pA = 0.0, sigma_mm = 0.0;  ///< stimulate; SD of its fall from the middle, 0: a disc
  PulseTrainSpec train;                     ///< stimulate
  std::string name;                         ///< optional, so that --set can switch it
  bool enabled = true;
};

struct ProbeSpec {
  std::string probe;  ///< receptive_fields
  std::string of;     ///< cortical population
  double every_s = 7 * 86400.0;
  std::vector<double> at_s;  ///< extra times
  double site_spacing_mm = 0.5, touch_ms = 100.0, rest_ms = 0.0;
  std::uint32_t trials = 6, decoder_cells = 4, decoder_draws = 40;
  double threshold_fraction = 0.3;  ///< of the median best baseline response
  double bin_mm = 0.1;
};

struct RecordSpec {
  std::string what;      ///< spikes, traces, rates, weights, connectivity
  std::string of;        ///< population (a trailing * matches) or projection
  double every_s = 1.0;  ///< rates: bin; traces: sampling interval; weights, connectivity: interval
  std::vector<std::string> columns;    ///< traces: state columns
  std::uint32_t first = 0, count = 0;  ///< traces: neuron range; count 0: all
};

/// What the watchdog takes for absurd in some populations, in place of what holds for all.
struct WatchSpec {
  std::string of;  ///< population (a trailing * matches)
  double most_rate_Hz = 500.0;
  double silent_for_s = -1.0;  ///< spiking time without one spike; negative: they may be silent
};

/// When a run is stopped because its numbers broke (host/run/watchdog.hpp). The defaults stop no healthy
/// network; silence counts only where random drive never ends, after activity.
struct WatchdogSpec {
  double most_rate_Hz = 500.0;     ///< a population's mean, over 100 ms or an episode
  double saturation = 0.9;         ///< the same as a share of 1/t_ref; 1 and more: never
  double all_silent_for_s = 60.0;  ///< spiking time without one spike of any population; 0: never looked at
  std::vector<WatchSpec> populations;
};

struct Scenario {
  std::string name, about;
  std::uint32_t seed = 1;
  double dt_ms = 0.1;
  double until_s = 1.0;
  ClockSpec clock;
  std::optional<BodySpec> body;
  std::map<std::string, SheetSpec> areas;
  std::vector<FieldSpec> fields;
  std::vector<EffectSpec> effects;
  std::vector<PopulationSpec> populations;
  std::vector<ProjectionSpec> projections;
  std::vector<StimulusSpec> stimuli;
  std::vector<ModulatorSpec> modulators;
  std::vector<HomeostasisSpec> homeostasis;
  std::vector<StructureSpec> structure;
  std::vector<EventSpec> timeline;
  std::vector<ProbeSpec> probes;
  std::vector<RecordSpec> record;
  WatchdogSpec watchdog;
  std::optional<EnergySpec> energy;
  std::vector<AstrocyteSpec> astrocytes;
  std::vector<ConsolidationSpec> consolidation;
  std::vector<NormalisationSpec> normalisation;
  std::string canonical_json;  ///< every default filled in, keys in a fixed order
  std::string folder;          ///< of the scenario file: data files are looked up below it
  std::vector<std::pair<std::string, std::uint64_t>>
      data_files;          ///< (path below folder, XXH3-64 of the content)
  std::uint64_t hash = 0;  ///< XXH3-64 of canonical_json and of every data file's path and hash
};

/// How a projection grows and is pruned; null where it does not.
inline const StructureSpec* structure_of(const Scenario& scenario, const std::string& projection) {
  for (const StructureSpec& s : scenario.structure)
    if (s.projection == projection) return &s;
  return nullptr;
}

}  // namespace penfield

#include "host/run/raw_growth.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "host/build/build_network.hpp"
#include "host/run/field_values.hpp"
#include "host/run/measure.hpp"
#include "host/run/rewiring.hpp"
#include "host/run/session_schedule.hpp"
#include "host/run/tile_edit.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/plasticity/modulator.hpp"
#include "penfield/numerics/distributions.hpp"

namespace penfield {

namespace {

std::uint32_t projection_of(const Scenario& scenario, const StructureSpec& spec) {
  for (std::uint32_t k = 0; k < scenario.projections.size(); ++k)
    if (scenario.projections[k].name == spec.projection) return k;
  throw Error(ExitCode::internal, "structure of an unknown projection " + spec.projection);
}

/// Elements that nobody asked for: as many as there are synapses, and they stay.
GrowthCurveSpec curve_of(const std::optional<GrowthCurveSpec>& given) {
  if (given) return *given;
  GrowthCurveSpec still;
  still.rate_per_s = 0.0;
  return still;
}

double mean(const std::vector<float>& values) {
  double sum = 0.0;
  for (const float v : values) sum += static_cast<double>(v);
  return values.empty() ? 0.0 : sum / static_cast<double>(values.size());
}

/// Synapses of each target and of each source.
struct Degrees {
  std::vector<std::uint32_t> in, out;
};
Degrees degrees(const Network& network, std::uint32_t number) {
  Projection& projection = *network.projections[number];
  projection.fetch();
  const Population& target = *network.populations[projection.view.target];
  std::vector<std::uint32_t> in(target.view.n, 0);
  std::vector<std::uint64_t> reach(network.populations[projection.view.source]->view.n, 0);
  const TileRange own = network.own_tiles(target);
  for (std::uint32_t t = own.begin; t < own.end; ++t)
    projection.for_each_synapse(t, [&](const Projection::Synapse& s) {
      ++in[tile_begin(target.view, t) + s.target];
      ++reach[s.source];
    });
  gather_neurons(network, target, in.data());
  network.ranks->sum(reach);
  return {std::move(in), {reach.begin(), reach.end()}};
}

}  // namespace

struct RawGrowth::Structure {
  const StructureSpec* spec;
  std::uint32_t projection;
  std::int32_t modulator = -1;  ///< of spines; negative: none
  const Population *source_population, *target_population;
  StepIndex interval, baseline;  ///< steps
  StepIndex moved;               ///< the step up to which all is done
  std::uint32_t intervals = 0;   ///< so far, which key the draws
  std::uint32_t max_in_degree;
  CalciumSensor source_calcium, target_calcium;
  ElementCounts axonal, dendritic;
  PartnerMatching matching;
  GrowthStep latest;

  // Of the present interval.
  std::vector<Chance32> source_loss;       ///< of each synapse
  std::vector<std::uint32_t> target_loss;  ///< synapses
  std::vector<std::uint32_t> offered, wanted;
  double modulator_level = 0.0;

  std::uint64_t key() const { return std::uint64_t{projection} << 32 | intervals; }
};

RawGrowth::RawGrowth(const Scenario& scenario, Network& network, Engine& engine, const RawInjury& injury,
                     std::vector<GrowthRecord>& records)
    : scenario_(scenario), network_(network), engine_(engine), injury_(injury), records_(records) {
  if (scenario.clock.episodic || scenario.structure.empty()) return;
  const BorrowedSynapses borrowed(network);
  for (const StructureSpec& spec : scenario.structure) {
    const std::uint32_t q = projection_of(scenario, spec);
    const Projection& projection = *network.projections[q];
    const Population& source = *network.populations[projection.view.source];
    const Population& target = *network.populations[projection.view.target];
    auto [in_degree, out_degree] = degrees(network, q);
    // The fixed-point scale allows twice what there is as the network is built.
    const std::uint32_t most =
        in_degree.empty() ? 0 : 2 * *std::max_element(in_degree.begin(), in_degree.end());
    structures_.push_back(std::unique_ptr<Structure>(
        new Structure{&spec,
                      q,
                      -1,
                      &source,
                      &target,
                      std::max<StepIndex>(1, steps_of(spec.every_s, scenario.dt_ms)),
                      steps_of(spec.baseline_s, scenario.dt_ms),
                      engine.now(),
                      0,
                      most,
                      CalciumSensor(spec, source.view),
                      CalciumSensor(spec, target.view),
                      ElementCounts(curve_of(spec.axonal), spec.vacant_tau_s, std::move(out_degree)),
                      ElementCounts(curve_of(spec.dendritic), spec.vacant_tau_s, std::move(in_degree)),
                      PartnerMatching(scenario, spec, network, q),
                      {},
                      {},
                      {},
                      {},
                      {},
                      0.0}));
    for (std::size_t m = 0; spec.spines && m < scenario.modulators.size(); ++m)
      if (scenario.modulators[m].name == spec.spines->modulator)
        structures_.back()->modulator = static_cast<std::int32_t>(m);
    records_.emplace_back();
    records_.back().structure = spec.name;
  }
}

RawGrowth::~RawGrowth() = default;

const GrowthStep& RawGrowth::latest(std::size_t k) const { return structures_[k]->latest; }
const ElementCounts& RawGrowth::axonal(std::size_t k) const { return structures_[k]->axonal; }
const ElementCounts& RawGrowth::dendritic(std::size_t k) const { return structures_[k]->dendritic; }
const CalciumSensor& RawGrowth::target_calcium(std::size_t k) const { return structures_[k]->target_calcium; }

StepIndex RawGrowth::prepare(StepIndex until) {
  if (structures_.empty()) return until;
  const auto began = std::chrono::steady_clock::now();
  const StepIndex now = engine_.now();
  fetched_ = false;
  bool any = false;
  for (std::size_t k = 0; k < structures_.size(); ++k) {
    Structure& s = *structures_[k];
    until = std::min(until, (now / s.interval + 1) * s.interval);
    if (now % s.interval != 0 || now == s.moved) continue;
    if (!any) engine_.download_neurons();
    any = true;
    move(s, records_[k], now);
  }
  if (fetched_) {
    network_.bind();
    engine_.upload();
  }
  wall_s_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return until;
}

void RawGrowth::move(Structure& s, GrowthRecord& record, StepIndex now) {
  const double seconds = static_cast<double>(now - s.moved) * scenario_.dt_ms * 1e-3;
  s.source_calcium.observe(s.source_population->view, seconds);
  s.target_calcium.observe(s.target_population->view, seconds);
  if (s.modulator >= 0) {
    // An eligibility that lasts for ever: the plain integral.
    constexpr float kForEver_ms = 1e12f;
    const ModulatorView& m = network_.modulators[static_cast<std::size_t>(s.modulator)]->view;
    s.modulator_level = static_cast<double>(eligible_level(m, s.moved, now, kForEver_ms)) / (1e3 * seconds);
  }
  s.moved = now;
  ++s.intervals;
  s.latest = {};
  std::uint64_t matured = 0;
  if (now <= s.baseline) {
    if (now > s.baseline / 2)
      for (CalciumSensor* c : {&s.source_calcium, &s.target_calcium}) c->add_to_baseline();
    if (now + s.interval > s.baseline)
      for (CalciumSensor* c : {&s.source_calcium, &s.target_calcium}) c->end_baseline();
  } else if (!is_frozen_until(scenario_, s.spec->name, now)) {
    matured = rewire(s, seconds, now);
  }
  std::uint64_t synapses = 0;
  for (const std::uint32_t n : s.dendritic.synapses()) synapses += n;
  record.time_s.push_back(static_cast<double>(now) * scenario_.dt_ms * 1e-3);
  record.source_calcium.push_back(mean(s.source_calcium.levels()));
  record.target_calcium.push_back(mean(s.target_calcium.levels()));
  record.axonal.push_back(mean(s.axonal.elements()));
  record.dendritic.push_back(mean(s.dendritic.elements()));
  record.formed.push_back(static_cast<double>(s.latest.formed.size()));
  record.deleted.push_back(static_cast<double>(s.latest.deleted.size()));
  record.matured.push_back(static_cast<double>(matured));
  record.synapses.push_back(static_cast<double>(synapses));
}

/// The host's copy of the synapses becomes the one that counts, with all that was learnt.
void RawGrowth::fetch() {
  if (fetched_) return;
  fetched_ = true;
  engine_.flush();
  engine_.download();
  network_.fetch_synapses();
}

void RawGrowth::count_again() {
  const BorrowedSynapses borrowed(network_);
  for (const auto& s : structures_) {
    auto [in_degree, out_degree] = degrees(network_, s->projection);
    s->dendritic.synapses() = std::move(in_degree);
    s->axonal.synapses() = std::move(out_degree);
    bury(*s);
  }
}

void RawGrowth::bury(Structure& s) const {
  s.axonal.bury(injury_.injury().dead(s.source_population->view.index));
  s.dendritic.bury(injury_.injury().dead(s.target_population->view.index));
}

/// The growth field as it is at `now`, among those who live.
void RawGrowth::attract(Structure& s, StepIndex now) const {
  const std::string& name = s.spec->growth_field;
  const Population& source = *s.source_population;
  const std::vector<std::uint8_t>& dead = injury_.injury().dead(source.view.index);
  const bool varies = injury_.influences().varies(name);
  if (!varies && dead.empty()) return;
  const double now_s = static_cast<double>(now) * scenario_.dt_ms * 1e-3;
  std::vector<float> field = varies
                                 ? injury_.influences().field_at(*find_field(scenario_, name), source, now_s)
                                 : growth_field(scenario_, *s.spec, source);
  if (field.empty()) field.assign(source.view.n, 1.0f);
  for (std::size_t i = 0; i < dead.size(); ++i)
    if (dead[i] != 0) field[i] = 0.0f;
  s.matching.set_field(std::move(field));
}

std::uint64_t RawGrowth::rewire(Structure& s, double seconds, StepIndex now) {
  const StructureSpec& spec = *s.spec;
  s.axonal.grow(s.source_calcium, seconds);
  s.dendritic.grow(s.target_calcium, seconds);
  bury(s);
  attract(s, now);
  TileEdit edit;
  SynapseFates& fates = edit.fates;
  fates.seed = scenario_.seed;
  fates.step = s.key();
  s.source_loss.assign(s.source_population->view.n, 0);
  s.target_loss.assign(s.target_population->view.n, 0);
  bool any_goes = spec.spines.has_value();
  for (std::uint32_t i = 0; spec.axonal && i < s.source_loss.size(); ++i)
    if (const std::uint32_t lost = s.axonal.missing(i); lost > 0) {
      s.source_loss[i] = chance32(static_cast<double>(lost) / s.axonal.synapses()[i]);
      any_goes = true;
    }
  for (std::uint32_t i = 0; spec.dendritic && i < s.target_loss.size(); ++i) {
    s.target_loss[i] = s.dendritic.missing(i);
    any_goes = any_goes || s.target_loss[i] > 0;
  }
  fates.of_source = s.source_loss.data();
  edit.target_loss = s.target_loss.data();
  edit.in_degree = s.dendritic.synapses().data();
  if (spec.spines) {
    set_spines(s, seconds, edit);
    find_wanted_spines(s, seconds);
    s.latest.formed = s.matching.match({&s.wanted, nullptr}, s.key());
  } else {
    s.dendritic.free(s.max_in_degree, s.wanted);
    s.axonal.free(~0u, s.offered);
    s.latest.formed = s.matching.match({&s.wanted, &s.offered}, s.key());
  }
  if (!any_goes && s.latest.formed.empty()) return 0;
  fetch();
  Projection& projection = *network_.projections[s.projection];
  const PopulationView& target = s.target_population->view;
  const float weight = static_cast<float>(spec.new_weight * spec.weight_reference);
  const TileRange own = network_.own_tiles(*s.target_population);
  std::vector<SynapseEntry> arriving;
  std::size_t next = 0;
  const std::vector<FormedSynapse>& formed = s.latest.formed;
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    edit.first_target = tile_begin(target, t);
    edit.num_targets = tile_count(target, t);
    const std::uint32_t end = edit.first_target + edit.num_targets;
    while (next < formed.size() && formed[next].target < edit.first_target) ++next;
    arriving.clear();
    for (; next < formed.size() && formed[next].target < end; ++next)
      arriving.push_back({formed[next].source,
                          static_cast<std::uint16_t>(formed[next].target - edit.first_target),
                          static_cast<std::uint16_t>(s.matching.delay(formed[next])), weight});
    edit.formed = {arriving.data(), arriving.size()};
    edit_tile(projection.tiles[t], projection.view, edit);
  }
  s.latest.deleted = join_values(*network_.ranks, edit.deleted);
  for (const FormedSynapse& pair : formed)
    ++s.axonal.synapses()[pair.source], ++s.dendritic.synapses()[pair.target];
  for (const FormedSynapse& pair : s.latest.deleted)
    --s.axonal.synapses()[pair.source], --s.dendritic.synapses()[pair.target];
  return network_.ranks->sum_of(edit.matured);
}

void RawGrowth::set_spines(const Structure& s, double seconds, TileEdit& edit) const {
  const SpineSpec& spines = *s.spec->spines;
  const double days = seconds / spines.day_s;
  const auto chance = [&](double rate_per_d) { return chance32(1.0 - exp_d(-rate_per_d * days)); };
  SynapseFates& fates = edit.fates;
  fates.spines = true;
  edit.matured_weight = static_cast<float>(spines.mature_weight * s.spec->weight_reference);
  fates.mature_weight = magnitude_of(edit.matured_weight);
  fates.labile_loss = chance(spines.labile_loss_per_d);
  fates.mature_loss = chance(spines.mature_loss_per_d);
  fates.stabilise = spines.stabilise_per_d * days;
  fates.stabilise_gain = spines.stabilise_gain * s.modulator_level;
  fates.source_calcium = s.source_calcium.levels().data();
  fates.target_calcium = s.target_calcium.levels().data();
}

/// Spines that each target forms: Poisson, in proportion to its elements, or to its spines where it has none.
void RawGrowth::find_wanted_spines(Structure& s, double seconds) const {
  const SpineSpec& spines = *s.spec->spines;
  const std::vector<std::uint32_t>& has = s.dendritic.synapses();
  const std::vector<float>& elements = s.dendritic.elements();
  const double per_element = spines.formation_per_d * seconds / spines.day_s;
  const double gain = spines.formation_gain * s.modulator_level;
  s.wanted.resize(has.size());
  for (std::uint32_t i = 0; i < has.size(); ++i) {
    RandomSequence random(scenario_.seed, Stream::structure_form, i, s.key());
    const double of = s.spec->dendritic ? static_cast<double>(elements[i]) : has[i];
    const double forms = per_element * of * (1.0 + gain * static_cast<double>(s.target_calcium.level(i)));
    const std::uint32_t room = s.max_in_degree > has[i] ? s.max_in_degree - has[i] : 0;
    s.wanted[i] = static_cast<std::uint32_t>(std::min<std::uint64_t>(random.poisson(forms), room));
  }
}

void RawGrowth::archive(StateArchive& a) {
  for (std::size_t k = 0; k < structures_.size(); ++k) {
    Structure& s = *structures_[k];
    a.value("growth_moved", s.moved);
    a.value("growth_intervals", s.intervals);
    a.value("growth_max_in_degree", s.max_in_degree);
    s.source_calcium.archive(a, "source_");
    s.target_calcium.archive(a, "target_");
    s.axonal.archive(a, "axonal_");
    s.dendritic.archive(a, "dendritic_");
    if (!a.reading()) continue;
    const std::size_t sources = s.source_population->view.n, targets = s.target_population->view.n;
    const std::size_t has = s.axonal.elements().size(), has_targets = s.dendritic.elements().size();
    const bool fits = s.source_calcium.fits(sources) && s.target_calcium.fits(targets) && has == sources &&
                      s.axonal.synapses().size() == sources && has_targets == targets &&
                      s.dendritic.synapses().size() == targets;
    if (!fits)
      throw Error(ExitCode::input_file, "the checkpoint's elements of \"" + s.spec->name + "\" are of " +
                                            std::to_string(has) + " sources and " +
                                            std::to_string(has_targets) + " targets, not " +
                                            std::to_string(sources) + " and " + std::to_string(targets) +
                                            ": it is damaged; start anew with another --out");
  }
}

}  // namespace penfield

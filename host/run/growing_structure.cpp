#include "host/run/growing_structure.hpp"

#include <algorithm>

#include "host/build/build_network.hpp"
#include "host/run/field_values.hpp"
#include "host/run/rewiring.hpp"
#include "host/run/tile_edit.hpp"
#include "penfield/base/error.hpp"
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

}  // namespace

/// Synapses of each target and of each source.
struct GrowingStructure::Degrees {
  std::vector<std::uint32_t> in, out;
};
GrowingStructure::Degrees GrowingStructure::degrees_of(const Network& network, std::uint32_t number) {
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

GrowingStructure::GrowingStructure(const StructureSpec& spec, const Scenario& scenario, Network& network)
    : GrowingStructure(spec, scenario, network, projection_of(scenario, spec),
                       degrees_of(network, projection_of(scenario, spec))) {}

GrowingStructure::GrowingStructure(const StructureSpec& spec, const Scenario& scenario, Network& network,
                                   std::uint32_t projection, Degrees degrees)
    : source_calcium(spec, network.populations[network.projections[projection]->view.source]->view),
      target_calcium(spec, network.populations[network.projections[projection]->view.target]->view),
      axonal(curve_of(spec.axonal), spec.vacant_tau_s, std::move(degrees.out)),
      dendritic(curve_of(spec.dendritic), spec.vacant_tau_s, degrees.in),
      spec_(&spec),
      scenario_(scenario),
      network_(network),
      projection_(projection),
      source_(network.populations[network.projections[projection]->view.source].get()),
      target_(network.populations[network.projections[projection]->view.target].get()),
      // The fixed-point scale allows twice what there is as the network is built.
      max_in_degree_(degrees.in.empty() ? 0 : 2 * *std::max_element(degrees.in.begin(), degrees.in.end())),
      matching_(scenario, spec, network, projection) {}

void GrowingStructure::begin_interval() {
  ++intervals_;
  latest = {};
}

void GrowingStructure::count_again(const Injury& injury) {
  auto [in_degree, out_degree] = degrees_of(network_, projection_);
  dendritic.synapses() = std::move(in_degree);
  axonal.synapses() = std::move(out_degree);
  bury(injury);
}

void GrowingStructure::bury(const Injury& injury) {
  axonal.bury(injury.dead(source_->view.index));
  dendritic.bury(injury.dead(target_->view.index));
}

/// The growth field as it is at that time, among those who live.
void GrowingStructure::attract(const Injury& injury, const Influences& influences, double at_s) {
  const std::string& name = spec_->growth_field;
  const Population& source = *source_;
  const std::vector<std::uint8_t>& dead = injury.dead(source.view.index);
  const bool varies = influences.varies(name);
  if (!varies && dead.empty()) return;
  std::vector<float> field = varies ? influences.field_at(*find_field(scenario_, name), source, at_s)
                                    : growth_field(scenario_, *spec_, source);
  if (field.empty()) field.assign(source.view.n, 1.0f);
  for (std::size_t i = 0; i < dead.size(); ++i)
    if (dead[i] != 0) field[i] = 0.0f;
  matching_.set_field(std::move(field));
}

std::uint64_t GrowingStructure::change(double seconds, double at_s, const Injury& injury,
                                       const Influences& influences, const std::function<void()>& fetch) {
  const StructureSpec& spec = *spec_;
  bury(injury);
  attract(injury, influences, at_s);
  TileEdit edit;
  SynapseFates& fates = edit.fates;
  fates.seed = scenario_.seed;
  fates.step = key();
  source_loss_.assign(source_->view.n, 0);
  target_loss_.assign(target_->view.n, 0);
  bool any_goes = spec.spines.has_value();
  for (std::uint32_t i = 0; spec.axonal && i < source_loss_.size(); ++i)
    if (const std::uint32_t lost = axonal.missing(i); lost > 0) {
      source_loss_[i] = chance32(static_cast<double>(lost) / axonal.synapses()[i]);
      any_goes = true;
    }
  for (std::uint32_t i = 0; spec.dendritic && i < target_loss_.size(); ++i) {
    target_loss_[i] = dendritic.missing(i);
    any_goes = any_goes || target_loss_[i] > 0;
  }
  fates.of_source = source_loss_.data();
  edit.target_loss = target_loss_.data();
  edit.in_degree = dendritic.synapses().data();
  std::vector<FormedSynapse> formed;
  if (spec.spines) {
    set_spines(seconds, edit);
    find_wanted_spines(seconds);
    formed = matching_.match({&wanted_, nullptr}, key());
  } else {
    dendritic.free(max_in_degree_, wanted_);
    axonal.free(~0u, offered_);
    formed = matching_.match({&wanted_, &offered_}, key());
  }
  if (!any_goes && formed.empty()) return 0;
  fetch();
  Projection& projection = *network_.projections[projection_];
  const PopulationView& target = target_->view;
  const float weight = static_cast<float>(spec.new_weight * spec.weight_reference);
  const TileRange own = network_.own_tiles(*target_);
  std::vector<SynapseEntry> arriving;
  std::size_t next = 0;
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    edit.first_target = tile_begin(target, t);
    edit.num_targets = tile_count(target, t);
    const std::uint32_t end = edit.first_target + edit.num_targets;
    while (next < formed.size() && formed[next].target < edit.first_target) ++next;
    arriving.clear();
    for (; next < formed.size() && formed[next].target < end; ++next)
      arriving.push_back({formed[next].source,
                          static_cast<std::uint16_t>(formed[next].target - edit.first_target),
                          static_cast<std::uint16_t>(matching_.delay(formed[next])), weight});
    edit.formed = {arriving.data(), arriving.size()};
    edit_tile(projection.tiles[t], projection.view, edit);
  }
  const std::vector<FormedSynapse> deleted = join_values(*network_.ranks, edit.deleted);
  for (const FormedSynapse& pair : formed)
    ++axonal.synapses()[pair.source], ++dendritic.synapses()[pair.target];
  for (const FormedSynapse& pair : deleted)
    --axonal.synapses()[pair.source], --dendritic.synapses()[pair.target];
  latest.formed.insert(latest.formed.end(), formed.begin(), formed.end());
  latest.deleted.insert(latest.deleted.end(), deleted.begin(), deleted.end());
  return network_.ranks->sum_of(edit.matured);
}

void GrowingStructure::set_spines(double seconds, TileEdit& edit) const {
  const SpineSpec& spines = *spec_->spines;
  const double days = seconds / spines.day_s;
  const auto chance = [&](double rate_per_d) { return chance32(1.0 - exp_d(-rate_per_d * days)); };
  SynapseFates& fates = edit.fates;
  fates.spines = true;
  edit.matured_weight = static_cast<float>(spines.mature_weight * spec_->weight_reference);
  fates.mature_weight = magnitude_of(edit.matured_weight);
  fates.labile_loss = chance(spines.labile_loss_per_d);
  fates.mature_loss = chance(spines.mature_loss_per_d);
  fates.stabilise = spines.stabilise_per_d * days;
  fates.stabilise_gain = spines.stabilise_gain * modulator_level;
  fates.source_calcium = source_calcium.levels().data();
  fates.target_calcium = target_calcium.levels().data();
}

/// Spines that each target forms: Poisson, in proportion to its elements, or to its spines where it has none.
void GrowingStructure::find_wanted_spines(double seconds) {
  const SpineSpec& spines = *spec_->spines;
  const std::vector<std::uint32_t>& has = dendritic.synapses();
  const std::vector<float>& elements = dendritic.elements();
  const double per_element = spines.formation_per_d * seconds / spines.day_s;
  const double gain = spines.formation_gain * modulator_level;
  wanted_.resize(has.size());
  for (std::uint32_t i = 0; i < has.size(); ++i) {
    RandomSequence random(scenario_.seed, Stream::structure_form, i, key());
    const double of = spec_->dendritic ? static_cast<double>(elements[i]) : has[i];
    const double forms = per_element * of * (1.0 + gain * static_cast<double>(target_calcium.level(i)));
    const std::uint32_t room = max_in_degree_ > has[i] ? max_in_degree_ - has[i] : 0;
    wanted_[i] = static_cast<std::uint32_t>(std::min<std::uint64_t>(random.poisson(forms), room));
  }
}

void GrowingStructure::append_to(GrowthRecord& record, double time_s, std::uint64_t matured) const {
  std::uint64_t synapses = 0;
  for (const std::uint32_t n : dendritic.synapses()) synapses += n;
  record.time_s.push_back(time_s);
  record.source_calcium.push_back(mean(source_calcium.levels()));
  record.target_calcium.push_back(mean(target_calcium.levels()));
  record.axonal.push_back(mean(axonal.elements()));
  record.dendritic.push_back(mean(dendritic.elements()));
  record.formed.push_back(static_cast<double>(latest.formed.size()));
  record.deleted.push_back(static_cast<double>(latest.deleted.size()));
  record.matured.push_back(static_cast<double>(matured));
  record.synapses.push_back(static_cast<double>(synapses));
}

void GrowingStructure::archive(StateArchive& a) {
  a.within("structure " + spec_->name);
  a.value("growth_intervals", intervals_);
  a.value("growth_max_in_degree", max_in_degree_);
  source_calcium.archive(a, "source_");
  target_calcium.archive(a, "target_");
  axonal.archive(a, "axonal_");
  dendritic.archive(a, "dendritic_");
  if (!a.reading()) return;
  const std::size_t sources = source_->view.n, targets = target_->view.n;
  const std::size_t has = axonal.elements().size(), has_targets = dendritic.elements().size();
  const bool fits = source_calcium.fits(sources) && target_calcium.fits(targets) && has == sources &&
                    axonal.synapses().size() == sources && has_targets == targets &&
                    dendritic.synapses().size() == targets;
  if (!fits)
    throw Error(ExitCode::input_file, "the checkpoint's elements of \"" + spec_->name + "\" are of " +
                                          std::to_string(has) + " sources and " +
                                          std::to_string(has_targets) + " targets, not " +
                                          std::to_string(sources) + " and " + std::to_string(targets) +
                                          ": it is damaged; start anew with another --out");
}

}  // namespace penfield

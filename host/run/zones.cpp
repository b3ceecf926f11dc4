#include "host/run/zones.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/run/field_values.hpp"
#include "host/run/session_schedule.hpp"
#include "host/scenario/checks.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/neuron/catalogue.hpp"

namespace penfield {

namespace {

/// Beyond it a partner is found with a chance of at most 1 %.
double reach_of(const KernelSpec& kernel) {
  switch (kernel.kind) {
    case KernelSpec::Kind::gaussian: return 3.0 * kernel.sigma_mm;
    case KernelSpec::Kind::exponential: return 7.0 * kernel.sigma_mm;
    case KernelSpec::Kind::box: break;
  }
  return kernel.sigma_mm;
}

/// By the distance from the nearest core; also of infarcts that are switched off, for a sham to be read by.
void zones_of_infarcts(const Scenario& scenario, const Population& p, double reach_mm, StudyZones& z) {
  constexpr double kNear_mm = 1.0, kNext_mm = 2.0;
  for (std::uint32_t i = 0; i < p.view.n; ++i) {
    double nearest_mm = std::numeric_limits<double>::infinity();
    for (const EventSpec& e : scenario.timeline)
      if (e.kind == EventSpec::Kind::infarct && area_of(p.name) == e.area)
        nearest_mm = std::min(nearest_mm, outside_mm(shape_of(e), p.x_mm[i], p.y_mm[i]));
    if (!(nearest_mm < std::numeric_limits<double>::infinity())) continue;
    z.territory[i] = nearest_mm > 0.0 && nearest_mm <= kNear_mm ? 1 : 0;
    z.neighbour[i] = nearest_mm > kNear_mm && nearest_mm <= kNext_mm ? 1 : 0;
    z.far[i] = nearest_mm >= std::max(reach_mm, kNext_mm) ? 1 : 0;
  }
}

}  // namespace

StudyZones make_zones(const Scenario& scenario, const Network& network, std::uint32_t population,
                      std::uint32_t lost_part) {
  StudyZones z;
  z.population = population;
  const Population& p = *network.populations[population];
  z.territory.assign(p.view.n, 0);
  z.neighbour.assign(p.view.n, 0);
  z.far.assign(p.view.n, 0);
  double reach_mm = 0.0;
  for (const StructureSpec& s : scenario.structure) reach_mm = std::max(reach_mm, reach_of(s.kernel));
  if (lost_part == readout::kNoPart) {
    zones_of_infarcts(scenario, p, reach_mm, z);
    return z;
  }
  const BodyPartSpec& lost = scenario.body->parts[lost_part];
  for (std::uint32_t i = 0; i < p.view.n; ++i) {
    const std::int32_t part = p.part.empty() ? -1 : p.part[i];
    if (part == static_cast<std::int32_t>(lost_part)) z.territory[i] = 1;
    if (part >= 0 && (part == static_cast<std::int32_t>(lost_part) - 1 ||
                      part == static_cast<std::int32_t>(lost_part) + 1))
      z.neighbour[i] = 1;
    const double left = lost.x_mm - p.x_mm[i], right = p.x_mm[i] - (lost.x_mm + lost.width_mm);
    if (std::max(left, right) >= reach_mm) z.far[i] = 1;
  }
  return z;
}

std::uint32_t part_index(const Scenario& scenario, const std::string& name) {
  for (std::uint32_t k = 0; k < scenario.body->parts.size(); ++k)
    if (scenario.body->parts[k].name == name) return k;
  throw Error(ExitCode::internal, "no body part is called " + name);
}

void leave_out(StudyZones& zones, const std::vector<std::uint8_t>& dead) {
  for (std::size_t i = 0; i < dead.size(); ++i)
    if (dead[i] != 0) zones.territory[i] = zones.neighbour[i] = zones.far[i] = 0;
}

FormationMask formation_mask(const Scenario& scenario, const Population& population, double time_s) {
  FormationMask m;
  for (const EventSpec& event : scenario.timeline) {
    if (event.kind != EventSpec::Kind::mask_formation || !holds(event, time_s)) continue;
    m.kind = event.what == "inside" ? FormationMask::Kind::no_inside_sources
                                    : FormationMask::Kind::no_outside_sources;
    m.inside.assign(population.view.n, 0);
    for (std::uint32_t i = 0; i < population.view.n; ++i)
      m.inside[i] =
          population.part[i] >= 0 &&
                  scenario.body->parts[static_cast<std::size_t>(population.part[i])].name == event.part
              ? 1
              : 0;
  }
  return m;
}

double mean_over(const std::vector<float>& values, const std::vector<std::uint8_t>& mask) {
  double sum = 0.0;
  std::size_t n = 0;
  for (std::size_t i = 0; i < values.size() && i < mask.size(); ++i)
    if (mask[i] != 0) {
      sum += values[i];
      ++n;
    }
  return n == 0 ? 0.0 : sum / static_cast<double>(n);
}

double inhibitory_input(const Scenario& scenario, const Network& network, const StudyZones& zones,
                        const Measures& measures, TileRewirer* card) {
  const Population& target = *network.populations[zones.population];
  std::vector<float> input(target.view.n, 0.0f);
  for (const HomeostasisSpec& h : scenario.homeostasis) {
    if (h.raises_rate || h.of != target.name) continue;
    const auto& ports = neuron_model_infos[target.view.model].ports;
    for (const auto& projection : network.projections) {
      const ProjectionView& v = projection->view;
      if (v.target != zones.population || h.port != ports[v.port].name) continue;
      const std::vector<float>& rate = measures.rest_rate_Hz[v.source];
      const auto& gain = target.factor[v.port];
      if (card != nullptr && projection->away()) {
        RowReading reading;
        reading.source_rate_Hz = rate.data();
        reading.target_gain = gain.data();
        reading.input = input.data();
        card->read(network, *projection, reading);
        continue;
      }
      for (std::uint32_t t = 0; t < projection->tiles.size(); ++t)
        projection->for_each_synapse(t, [&](const Projection::Synapse& s) {
          const std::uint32_t i = tile_begin(target.view, t) + s.target;
          input[i] += std::fabs(s.weight) * rate[s.source] * gain[i];
        });
    }
  }
  gather_neurons(network, target, input.data());
  return mean_over(input, zones.territory);
}

InputOrigin input_origin(const Network& network, std::uint32_t projection, const StudyZones& zones,
                         TileRewirer* card) {
  const Projection& p = *network.projections[projection];
  const PopulationView& target = network.populations[p.view.target]->view;
  std::uint64_t counts[2] = {}, cells = 0;  // inside and outside
  for (std::uint8_t flag : zones.territory) cells += flag;
  if (card != nullptr && p.away()) {
    std::vector<std::uint32_t> length(target.n, 0), inside(target.n, 0);
    RowReading reading;
    reading.source_flag = zones.territory.data();
    reading.length = length.data();
    reading.flagged = inside.data();
    card->read(network, p, reading);
    for (std::uint32_t i = 0; i < target.n; ++i) {
      if (zones.territory[i] == 0) continue;
      counts[0] += inside[i];
      counts[1] += length[i] - inside[i];
    }
  } else {
    for (std::uint32_t t = 0; t < p.tiles.size(); ++t)
      p.for_each_synapse(t, [&](const Projection::Synapse& s) {
        if (zones.territory[tile_begin(target, t) + s.target] == 0) return;
        ++counts[zones.territory[s.source] != 0 ? 0 : 1];
      });
  }
  network.ranks->sum(counts);
  const auto n = static_cast<double>(std::max<std::uint64_t>(1, cells));
  return {static_cast<double>(counts[0]) / n, static_cast<double>(counts[1]) / n};
}

void describe_rates(const Measures& measures, const StudyZones& zones, StepPoint& point) {
  for (const auto& rates : measures.rate_Hz) {
    double sum = 0.0;
    for (float r : rates) sum += r;
    point.rate_Hz.push_back(rates.empty() ? 0.0 : sum / static_cast<double>(rates.size()));
  }
  const std::vector<float>& probed = measures.rate_Hz[zones.population];
  point.zone_rate_Hz = mean_over(probed, zones.territory);
  point.neighbour_rate_Hz = mean_over(probed, zones.neighbour);
  point.far_rate_Hz = mean_over(probed, zones.far);
}

double gain_in_territory(const Network& network, const Homeostat& homeostat, const StudyZones& zones) {
  const Population& p = *network.populations[zones.population];
  const auto& factor = p.factor[homeostat.port()];
  if (homeostat.spec().of != p.name || factor.empty()) return 1.0;
  std::vector<float> relative(p.view.n);
  for (std::uint32_t i = 0; i < p.view.n; ++i) relative[i] = factor[i] / homeostat.intact()[i];
  return mean_over(relative, zones.territory);
}

void describe_rewiring(const Network& network, const Rewiring& rewiring, const StudyZones& zones,
                       const InputOrigin& intact, double seconds, StepPoint& point, TileRewirer* card) {
  const std::size_t n = zones.territory.size();
  std::vector<std::uint32_t> changes(rewiring.deleted_on());
  changes.resize(n, 0);
  std::uint64_t formed_here = 0, formed_outside = 0, formed_responsive = 0;
  for (const FormedSynapse& f : rewiring.formed()) {
    ++changes[f.target];
    if (zones.territory[f.target] == 0) continue;
    ++formed_here;
    if (zones.territory[f.source] == 0) ++formed_outside;
    if (rewiring.relative_driver(f.source) > 0.5f) ++formed_responsive;
  }
  if (formed_here > 0) {
    point.formed_outside = static_cast<double>(formed_outside) / static_cast<double>(formed_here);
    point.formed_responsive = static_cast<double>(formed_responsive) / static_cast<double>(formed_here);
  }
  const std::vector<float> in_degree(rewiring.in_degree().begin(), rewiring.in_degree().end());
  const std::vector<float> changed(changes.begin(), changes.end());
  const double weeks = seconds / (7.0 * 86400.0);
  const auto per_week = [&](const std::vector<std::uint8_t>& mask) {
    const double synapses = mean_over(in_degree, mask);
    return synapses > 0.0 ? mean_over(changed, mask) / (2.0 * synapses * weeks) : 0.0;
  };
  point.turnover_zone = per_week(zones.territory);
  point.turnover_far = per_week(zones.far);
  const InputOrigin now = input_origin(network, rewiring.projection(), zones, card);
  point.net_inside_per_cell = now.inside_per_cell - intact.inside_per_cell;
  point.net_outside_per_cell = now.outside_per_cell - intact.outside_per_cell;
}

}  // namespace penfield

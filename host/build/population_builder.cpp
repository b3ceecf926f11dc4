#include "host/build/population_builder.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>

#include "penfield/base/error.hpp"
#include "penfield/connect/value_distribution.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/model/neuron/sampled_noise.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

namespace {

template <class Model>
typename Model::Params params_of(const std::map<std::string, double>& values) {
  auto params = defaults<typename Model::Params>();
  for (const auto& field : Model::Params::fields()) {
    const auto found = values.find(field.key);
    if (found != values.end()) params.*(field.member) = static_cast<float>(found->second);
  }
  return params;
}

/// Initial potential of one neuron, mV; drawn again outside the bounds.
double initial_v_m(const Distribution& d, std::uint32_t seed, std::uint32_t population,
                   std::uint32_t neuron) {
  RandomSequence random(seed, Stream::initial_state, neuron, population);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    double v = d.a;
    if (d.kind == Distribution::Kind::normal) v = d.a + d.b * random.normal();
    if (d.kind == Distribution::Kind::uniform) v = d.a + (d.b - d.a) * random.uniform();
    if ((!d.lower || v >= *d.lower) && (!d.upper || v <= *d.upper)) return v;
  }
  return d.a;
}

/// SD over 1 ms of the noise whose crossings count as in continuous time.
double continuous_noise_pA(const Scenario& scenario, const std::string& population) {
  double variance = 0.0;
  for (const StimulusSpec& s : scenario.stimuli)
    if (s.to == population && s.kind == StimulusSpec::Kind::noise && s.continuous_crossings)
      variance += s.current_pA * s.current_pA;
  return std::sqrt(variance);
}

template <class Model>
typename Model::Params fill_constants(Population& p, const PopulationSpec& spec, const Scenario& scenario,
                                      const std::vector<float>& gains) {
  auto params = params_of<Model>(spec.params);
  if constexpr (FiresAtThreshold<typename Model::Params>)
    params.v_th_mV =
        static_cast<float>(params.v_th_mV - sampled_threshold_mV(continuous_noise_pA(scenario, spec.name),
                                                                 params.c_m_pF, scenario.dt_ms));
  typename Model::Derived derived = Model::derive(params, scenario.dt_ms);
  if constexpr (!drug_targets_of_model<Model>().empty())
    for (std::size_t target = 0; target < gains.size(); ++target)
      if (gains[target] != 1.0f) Model::apply_drug(derived, target, gains[target]);
  p.derived.resize(sizeof derived);
  std::memcpy(p.derived.data(), &derived, sizeof derived);
  return params;
}

template <class Model>
void fill_model(Population& p, const PopulationSpec& spec, const Scenario& scenario) {
  const auto params = fill_constants<Model>(p, spec, scenario, {});
  for (std::size_t k = 0; k < num_columns<Model>; ++k) p.columns[k].resize(spec.n);
  Columns columns{};
  for (int k = 0; k < kMaxColumns; ++k) columns.column[k] = p.columns[k].data();
  for (std::uint32_t i = 0; i < spec.n; ++i) {
    const double v = initial_v_m(spec.initial_v_m_mV, scenario.seed, p.view.index, i);
    store_state<Model>(columns, i, Model::initial(params, static_cast<float>(v)));
  }
  p.view.num_ports = static_cast<std::uint32_t>(Model::ports.size());
  if (Model::stochastic) {
    p.rate_Hz.resize(spec.n);
    p.uniform.resize(spec.n);
    p.background_Hz.resize(spec.n);
  }
}

std::uint32_t port_index(const Population& p, const std::string& name) {
  const auto& ports = neuron_model_infos[p.view.model].ports;
  for (std::uint32_t k = 0; k < ports.size(); ++k)
    if (name == ports[k].name) return k;
  return 0;
}

void add_stimuli(Population& p, const Scenario& scenario) {
  for (const StimulusSpec& s : scenario.stimuli) {
    if (s.to != p.name) continue;
    switch (s.kind) {
      case StimulusSpec::Kind::poisson: {
        if (p.view.num_drives == kMaxDrives)
          throw Error(ExitCode::scenario, "population " + p.name + " has more than " +
                                              std::to_string(kMaxDrives) +
                                              " Poisson drives: sum their rates where weight and port agree");
        const std::uint32_t k = p.view.num_drives++;
        p.view.drive[k].port = port_index(p, s.port);
        p.view.drive[k].weight = static_cast<float>(s.weight);
        const double rate_Hz = s.rate_schedule.empty() ? s.rate_Hz : 0.0;
        p.thresholds[k] = poisson_thresholds(rate_Hz * scenario.dt_ms * 1e-3);
        break;
      }
      case StimulusSpec::Kind::dc: p.view.dc_pA += static_cast<float>(s.current_pA); break;
      case StimulusSpec::Kind::noise: {
        // White noise of a given strength whatever dt is: the SD is that of its mean over 1 ms.
        const double sd = s.current_pA / std::sqrt(scenario.dt_ms);
        p.view.noise_sd_pA = static_cast<float>(std::sqrt(p.view.noise_sd_pA * p.view.noise_sd_pA + sd * sd));
        break;
      }
      case StimulusSpec::Kind::rate:
        if (s.rate_schedule.empty())
          for (float& rate : p.background_Hz) rate += static_cast<float>(s.rate_Hz);
        break;
      case StimulusSpec::Kind::step_current:
      case StimulusSpec::Kind::spikes: break;  // switched by the run loop at their times
    }
  }
}

/// The body part in whose territory a neuron lies, negative if none.
std::int32_t part_at(const BodySpec& body, float x_mm, float y_mm) {
  for (std::size_t k = 0; k < body.parts.size(); ++k) {
    const BodyPartSpec& part = body.parts[k];
    if (x_mm >= part.x_mm && x_mm < part.x_mm + part.width_mm && y_mm >= part.y_mm &&
        y_mm < part.y_mm + part.height_mm)
      return static_cast<std::int32_t>(k);
  }
  return -1;
}

/// Synapses of a target on average; nothing of rules by distance.
std::optional<double> mean_in_degree(const ProjectionSpec& p, double num_sources, double num_targets) {
  using K = RuleSpec::Kind;
  const auto count = static_cast<double>(p.rule.count);
  switch (p.rule.kind) {
    case K::one_to_one: return 1.0;
    case K::all_to_all: return num_sources;
    case K::fixed_probability: return p.rule.probability * num_sources;
    case K::fixed_in_degree: return count;
    case K::fixed_out_degree: return count * num_sources / std::max(1.0, num_targets);
    case K::fixed_total_number: return count / std::max(1.0, num_targets);
    default: return std::nullopt;
  }
}

/// Tiles as the synapses into a population let them be.
struct TileBounds {
  std::uint32_t largest = SynapseCode::kMaxTileSize;    ///< whose targets the codes tell apart
  std::uint32_t long_rows = SynapseCode::kMaxTileSize;  ///< in which rows are long enough, or the largest
};

TileBounds tile_bounds(const Scenario& scenario, const PopulationSpec& population) {
  constexpr double kLongRow = 64.0;  // synapses: finding a row costs as much as adding some ten of them
  TileBounds bounds;
  double synapses = 0.0, sources = 0.0;
  for (const ProjectionSpec& p : scenario.projections) {
    if (p.to != population.name) continue;
    const auto from = std::find_if(scenario.populations.begin(), scenario.populations.end(),
                                   [&](const PopulationSpec& q) { return q.name == p.from; });
    const auto in_degree = mean_in_degree(p, from->n, population.n);
    const bool spread =
        p.delay.base_ms.kind != Distribution::Kind::constant || p.delay.velocity_mm_per_ms > 0.0;
    if (!in_degree || spread || p.plasticity || structure_of(scenario, p.name) != nullptr) return bounds;
    synapses += *in_degree;
    sources += from->n;
  }
  bounds.largest = SynapseCode::kMaxWideTileSize;
  while (bounds.long_rows < bounds.largest && bounds.long_rows * synapses < kLongRow * sources)
    bounds.long_rows *= 2;
  return bounds;
}

}  // namespace

std::uint32_t choose_tile_size(const Scenario& scenario, std::uint32_t population,
                               const BuildOptions& options) {
  const std::uint32_t n = scenario.populations[population].n;
  const TileBounds bounds = tile_bounds(scenario, scenario.populations[population]);
  const std::uint32_t given =
      population < options.tile_sizes.size() ? options.tile_sizes[population] : options.tile_size;
  if (given != 0) {
    // Random words come four neurons to a block.
    if (given < 4 || given > bounds.largest || (given & (given - 1)) != 0)
      throw Error(ExitCode::internal, "a tile of " + std::to_string(given) +
                                          " neurons: tiles are powers of two from 4 to " +
                                          std::to_string(bounds.largest) + " here");
    return given;
  }
  const std::uint32_t ranks = options.ranks->size();
  // More tiles than blocks that a card updates at once would wait for each other, and halve their rows for
  // nothing: large populations have larger tiles.
  if (options.gpu) return std::clamp(std::bit_ceil(n / 8 / ranks), 64u, n / ranks < 1u << 19 ? 1024u : 2048u);
  // One a worker: rows are then as long as they can be. A population that is small beside a worker's share
  // stays whole: others level out what it costs, and every tile is one more to look for spikes in.
  const std::uint64_t workers = std::uint64_t{std::max(1u, options.threads)} * ranks;
  std::uint64_t all = 0;
  for (const PopulationSpec& p : scenario.populations) all += p.n;
  const std::uint64_t cells = n <= all / (4 * workers) ? n : n / workers;
  const auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(cells, bounds.long_rows));
  return std::clamp(std::bit_ceil(size), 64u, bounds.long_rows);
}

Layout layout_of(const PopulationSpec& spec) {
  Layout layout;
  layout.kind = spec.positions == "grid"            ? Layout::Kind::grid
                : spec.positions == "jittered_grid" ? Layout::Kind::jittered_grid
                                                    : Layout::Kind::uniform;
  return layout;
}

Sheet sheet_of(const Scenario& scenario, const std::string& population) {
  const auto found = scenario.areas.find(population.substr(0, population.find('/')));
  if (found == scenario.areas.end()) return Sheet{};
  return {static_cast<float>(found->second.width_mm), static_cast<float>(found->second.height_mm),
          found->second.periodic};
}

AlignedArray<std::uint32_t> poisson_thresholds(double mean) {
  AlignedArray<std::uint32_t> out;
  if (!(mean > 0.0)) return out;
  if (mean > 100.0)
    throw Error(ExitCode::scenario,
                "a Poisson drive brings " + std::to_string(mean) +
                    " events a step, over the limit of 100: use a smaller dt_ms or a larger weight "
                    "at a lower rate");
  std::vector<std::uint32_t> thresholds;
  double term = exp_d(-mean);
  double sum = term;
  for (int k = 0; k < 400; ++k) {
    const double scaled = sum * 4294967296.0 + 0.5;
    if (scaled >= 4294967295.0) break;
    thresholds.push_back(static_cast<std::uint32_t>(scaled));
    term *= mean / (k + 1);
    sum += term;
  }
  out.resize(thresholds.size());
  std::copy(thresholds.begin(), thresholds.end(), out.begin());
  return out;
}

void set_model_constants(Population& population, const Scenario& scenario, const PopulationSpec& spec,
                         const std::vector<float>& gains) {
  visit_neuron_model(spec.model, [&](auto tag) {
    fill_constants<typename decltype(tag)::type>(population, spec, scenario, gains);
  });
}

std::uint32_t find_or_add_trace(Population& p, double tau_ms, double dt_ms) {
  for (std::uint32_t k = 0; k < p.trace_tau_ms.size(); ++k)
    if (p.trace_tau_ms[k] == tau_ms) return k;
  const auto k = static_cast<std::uint32_t>(p.trace_tau_ms.size());
  if (k == kMaxTraces)
    throw Error(ExitCode::scenario,
                "population " + p.name + " needs more than " + std::to_string(kMaxTraces) +
                    " spike traces of different time constants: let rules share time constants");
  p.trace_tau_ms.push_back(tau_ms);
  p.trace[k].resize(p.view.n);
  // Beyond 21 time constants a trace is below 1e-9 of a spike and counts as zero.
  const auto length = static_cast<std::size_t>(21.0 * tau_ms / dt_ms) + 2;
  p.decay[k].resize(length);
  for (std::size_t gap = 0; gap < length; ++gap)
    p.decay[k][gap] = static_cast<float>(exp_d(-static_cast<double>(gap) * dt_ms / tau_ms));
  if (p.last_spike.empty()) {
    p.last_spike.resize(p.view.n);
    p.last_spike.fill(kNeverStep);
  }
  p.view.num_traces = k + 1;
  return k;
}

double bumps_at(const FieldSpec& field, double x_mm, double y_mm) {
  double sum = 0.0;
  for (const FieldSpec::Bump& b : field.bumps) {
    const double dx = x_mm - b.x_mm, dy = y_mm - b.y_mm;
    sum += b.amplitude * exp_d(-(dx * dx + dy * dy) / (2.0 * b.sigma_mm * b.sigma_mm));
  }
  return sum;
}

double field_at(const FieldSpec& field, double x_mm, double y_mm) {
  return field.base + bumps_at(field, x_mm, y_mm);
}

namespace {

/// Tonic inhibition of each neuron is that of the parameter times the field where it lies, never below 0.
void spread_tonic_gaba(Population& p, const PopulationSpec& spec, const Scenario& scenario) {
  for (const FieldSpec& field : scenario.fields) {
    if (field.name != spec.tonic_field) continue;
    p.tonic_share.resize(spec.n);
    for (std::uint32_t i = 0; i < spec.n; ++i) {
      const double share = field_at(field, static_cast<double>(p.x_mm[i]), static_cast<double>(p.y_mm[i]));
      p.tonic_share[i] = static_cast<float>(share > 0.0 ? share : 0.0);
    }
  }
}

}  // namespace

std::unique_ptr<Population> build_population(const Scenario& scenario, std::uint32_t index,
                                             const BuildOptions& options) {
  const PopulationSpec& spec = scenario.populations[index];
  auto p = std::make_unique<Population>();
  p->name = spec.name;
  p->model = spec.model;
  PopulationView& v = p->view;
  v.n = spec.n;
  v.index = index;
  v.key = index;
  v.model = static_cast<std::uint32_t>(neuron_model_index(spec.model));
  v.tile_size = choose_tile_size(scenario, index, options);
  v.num_tiles = (spec.n + v.tile_size - 1) / v.tile_size;

  visit_neuron_model(spec.model,
                     [&](auto tag) { fill_model<typename decltype(tag)::type>(*p, spec, scenario); });
  const Sheet sheet = sheet_of(scenario, spec.name);
  const std::vector<Position> positions = lay_out(layout_of(spec), sheet, scenario.seed, index, spec.n);
  p->x_mm.resize(spec.n);
  p->y_mm.resize(spec.n);
  for (std::uint32_t i = 0; i < spec.n; ++i) {
    p->x_mm[i] = positions[i].x_mm;
    p->y_mm[i] = positions[i].y_mm;
  }
  spread_tonic_gaba(*p, spec, scenario);
  if (scenario.body && (spec.somatotopic || scenario.body->relay == spec.name)) {
    p->part.resize(spec.n);
    for (std::uint32_t i = 0; i < spec.n; ++i) p->part[i] = part_at(*scenario.body, p->x_mm[i], p->y_mm[i]);
  }
  const std::uint32_t padded = v.num_tiles * v.tile_size;
  for (std::uint32_t port = 0; port < v.num_ports; ++port) p->input[port].resize(spec.n);
  p->current_pA.resize(spec.n);
  p->word.resize(padded);
  p->count.resize(spec.n);
  p->spiked.resize(spec.n);
  p->spike_count.resize(spec.n);
  add_stimuli(*p, scenario);
  if (scenario.body && scenario.body->relay == spec.name) {
    p->skin_gain.resize(spec.n);
    p->skin_gain.fill(1.0f);
    for (float& rate : p->background_Hz) rate += static_cast<float>(scenario.body->spontaneous_Hz);
  }
  return p;
}

void allocate_rings(Population& p, const RingSizes& sizes) {
  PopulationView& v = p.view;
  v.ring_slots = sizes.ring_slots;
  v.list_slots = sizes.list_slots;
  v.list_length = static_cast<std::uint32_t>(list_places(v.tile_size, v.list_slots, sizes.spike_interval));
  const std::size_t padded = static_cast<std::size_t>(v.num_tiles) * v.tile_size;
  for (std::uint32_t port = 0; port < v.num_ports; ++port)
    if (sizes.heard[port]) p.ring[port].resize(padded * v.ring_slots);
  p.list_size.resize(static_cast<std::size_t>(v.list_slots) * v.num_tiles);
  p.list_start.resize(p.list_size.size());
  p.list_neuron.resize(static_cast<std::size_t>(v.num_tiles) * v.list_length);
}

}  // namespace penfield

#include "host/probe/map_probe.hpp"

#include <algorithm>
#include <cmath>

#include "host/body/touch_plan.hpp"
#include "host/build/build_network.hpp"
#include "host/build/population_builder.hpp"
#include "host/probe/fast_state.hpp"
#include "penfield/base/error.hpp"
#include "penfield/numerics/hash.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

namespace {

constexpr double kSettle_s = 0.3;       ///< without touch, before the first count
constexpr double kSpontaneous_s = 2.0;  ///< counted without touch

StepIndex steps(double ms, double dt_ms) { return static_cast<StepIndex>(std::llround(ms / dt_ms)); }

std::vector<readout::Site> place_sites(const BodySpec& body, double spacing_mm) {
  std::vector<readout::Site> sites;
  for (std::uint32_t p = 0; p < body.parts.size(); ++p) {
    const BodyPartSpec& part = body.parts[p];
    const auto nx = std::max(1L, std::lround(part.width_mm / spacing_mm));
    const auto ny = std::max(1L, std::lround(part.height_mm / spacing_mm));
    for (long iy = 0; iy < ny; ++iy)
      for (long ix = 0; ix < nx; ++ix)
        sites.push_back({p,
                         static_cast<float>(part.x_mm + (static_cast<double>(ix) + 0.5) * part.width_mm /
                                                            static_cast<double>(nx)),
                         static_cast<float>(part.y_mm + (static_cast<double>(iy) + 0.5) * part.height_mm /
                                                            static_cast<double>(ny))});
  }
  return sites;
}

readout::MapProbe describe(const Scenario& scenario, const Population& population, const ProbeSpec& spec) {
  readout::MapProbe map;
  map.bin_mm = spec.bin_mm;
  const SheetSpec& sheet = scenario.areas.at(population.name.substr(0, population.name.find('/')));
  map.sheet_width_mm = sheet.width_mm;  // not sheet_of(): rounded to float, 1.2 mm would need one more bin
  map.sheet_height_mm = sheet.height_mm;
  for (const BodyPartSpec& part : scenario.body->parts)
    map.parts.push_back({part.name, part.x_mm, part.y_mm, part.width_mm, part.height_mm});
  map.sites = place_sites(*scenario.body, spec.site_spacing_mm);
  map.num_neurons = population.view.n;
  map.x_mm.assign(population.x_mm.begin(), population.x_mm.end());
  map.y_mm.assign(population.y_mm.begin(), population.y_mm.end());
  map.response_Hz.assign(static_cast<std::size_t>(map.num_neurons) * map.sites.size(), 0.0f);
  map.spontaneous_Hz.assign(map.num_neurons, 0.0f);
  return map;
}

/// Along x, the somatotopic axis.
bool within_half_width(const BodyPartSpec& part, const readout::Site& site) {
  const double reach_mm = 0.5 * part.width_mm;
  return site.x_mm >= part.x_mm - reach_mm && site.x_mm <= part.x_mm + part.width_mm + reach_mm;
}

/// Gives the parts that lost their skin a direct line to their relay cells, for the life of this object.
class RelayDrive {
 public:
  RelayDrive(Population& relay, const std::vector<bool>& at_relay) : relay_(relay) {
    saved_.assign(relay.skin_gain.begin(), relay.skin_gain.end());
    for (std::uint32_t i = 0; i < relay.view.n; ++i)
      if (relay.part[i] >= 0 && at_relay[static_cast<std::size_t>(relay.part[i])]) relay.skin_gain[i] = 1.0f;
  }
  ~RelayDrive() { std::copy(saved_.begin(), saved_.end(), relay_.skin_gain.begin()); }
  RelayDrive(const RelayDrive&) = delete;
  RelayDrive& operator=(const RelayDrive&) = delete;

 private:
  Population& relay_;
  std::vector<float> saved_;
};

}  // namespace

MapProbeResult run_map_probe(const Scenario& scenario, Network& network, Engine& engine,
                             const ProbeSpec& spec, const std::vector<bool>& at_relay,
                             const std::vector<std::uint32_t>& decoded_parts, std::uint32_t decoded_around) {
  if (!scenario.body)
    throw Error(ExitCode::scenario, "probe receptive_fields needs a body whose skin it can touch");
  const FastState guard(network, engine);
  const RelayDrive drive(*network.populations[population_index(network, scenario.body->relay)], at_relay);
  Population& population = *network.populations[population_index(network, spec.of)];
  // Noise of its own: with the run's seed the probe would see the very noise of the episodes that follow.
  network.seed = static_cast<std::uint32_t>(
      mix64(scenario.seed ^ static_cast<std::uint64_t>(Stream::probe_schedule) << 40));

  MapProbeResult out;
  out.map = describe(scenario, population, spec);
  const std::uint32_t n = out.map.num_neurons;
  const std::size_t num_sites = out.map.sites.size();
  const StepIndex on = steps(spec.touch_ms, scenario.dt_ms);
  const StepIndex gap = steps(spec.rest_ms, scenario.dt_ms);
  const StepIndex quiet = steps(kSettle_s * 1000.0, scenario.dt_ms);
  const StepIndex alone = steps(kSpontaneous_s * 1000.0, scenario.dt_ms);

  std::vector<Touch> touches;
  const StepIndex first_touch = quiet + alone;
  StepIndex at = first_touch;
  for (std::uint32_t trial = 0; trial < spec.trials; ++trial)
    for (const readout::Site& site : out.map.sites) {
      touches.push_back({site.part, at, at + on, site.x_mm, site.y_mm});
      at += on + gap;
    }
  set_touches(network, *scenario.body, touches, engine.now(), at);
  engine.upload();

  std::vector<std::uint32_t> before(n);
  const auto count = [&](StepIndex length, auto&& take) {
    engine.download_held();
    std::copy(population.spike_count.begin(), population.spike_count.end(), before.begin());
    engine.run(length);
    engine.download_held();
    for (std::uint32_t i = 0; i < n; ++i) take(i, static_cast<float>(population.spike_count[i] - before[i]));
  };
  engine.run(quiet);
  count(alone, [&](std::uint32_t i, float spikes) {
    out.map.spontaneous_Hz[i] = spikes / static_cast<float>(kSpontaneous_s);
  });

  // Labels of the decoder: the sites of the decoded parts.
  std::vector<std::int32_t> label(num_sites, -1);
  for (std::size_t s = 0; s < num_sites; ++s) {
    const auto found = std::find(decoded_parts.begin(), decoded_parts.end(), out.map.sites[s].part);
    if (found == decoded_parts.end() ||
        !within_half_width(scenario.body->parts[decoded_around], out.map.sites[s]))
      continue;
    label[s] = static_cast<std::int32_t>(out.trials.group.size());
    out.trials.group.push_back(static_cast<std::uint32_t>(found - decoded_parts.begin()));
  }
  out.trials.num_cells = n;
  out.trials.counts.reserve(out.trials.group.size() * spec.trials * n);
  const auto per_trial_Hz = static_cast<float>(1000.0 / spec.touch_ms / spec.trials);
  for (std::uint32_t trial = 0; trial < spec.trials; ++trial)
    for (std::size_t s = 0; s < num_sites; ++s) {
      float* counts = nullptr;
      if (label[s] >= 0) {
        out.trials.label.push_back(static_cast<std::uint32_t>(label[s]));
        out.trials.counts.resize(out.trials.counts.size() + n);
        counts = out.trials.counts.data() + out.trials.counts.size() - n;
        ++out.trials.num_trials;
      }
      count(on, [&](std::uint32_t i, float spikes) {
        out.map.response_Hz[static_cast<std::size_t>(i) * num_sites + s] += spikes * per_trial_Hz;
        if (counts != nullptr) counts[i] = spikes;
      });
      engine.run(gap);
    }
  out.spiking_s = static_cast<double>(at) * scenario.dt_ms * 1e-3;
  clear_touches(network);
  return out;
}

}  // namespace penfield

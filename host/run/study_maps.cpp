#include "host/run/study_maps.hpp"

namespace penfield {

namespace {

/// [part] area that it wins, over what it won of the same bins before: those that still have neurons. NaN for
/// a part that won none.
std::vector<double> spared_shares(const readout::MapStudy& study, const readout::BinGrid& grid,
                                  const std::vector<std::uint32_t>& winner) {
  std::vector<double> now(study.parts.size(), 0.0), before(study.parts.size(), 0.0);
  for (std::uint32_t b = 0; b < grid.num_bins(); ++b) {
    if (winner[b] == readout::kEmptyBin) continue;
    if (winner[b] < now.size()) now[winner[b]] += grid.area_mm2(b);
    if (study.baseline_winner[b] < before.size()) before[study.baseline_winner[b]] += grid.area_mm2(b);
  }
  for (std::size_t k = 0; k < now.size(); ++k)
    now[k] = before[k] > 0.0 ? now[k] / before[k] : readout::kNotMeasured;
  return now;
}

}  // namespace

std::vector<std::uint32_t> decoded_parts(std::uint32_t lost_part, std::uint32_t num_parts) {
  std::vector<std::uint32_t> out;
  if (lost_part == readout::kNoPart) return out;
  for (std::int64_t part = std::int64_t{lost_part} - 1; part <= std::int64_t{lost_part} + 1; ++part)
    if (part >= 0 && part < std::int64_t{num_parts}) out.push_back(static_cast<std::uint32_t>(part));
  return out;
}

readout::MapProbe living_map(readout::MapProbe map, const std::vector<std::uint8_t>& dead) {
  if (dead.empty()) return map;
  const std::size_t sites = map.sites.size();
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < map.num_neurons; ++i) {
    if (dead[i] != 0) continue;
    map.x_mm[kept] = map.x_mm[i];
    map.y_mm[kept] = map.y_mm[i];
    map.spontaneous_Hz[kept] = map.spontaneous_Hz[i];
    for (std::size_t s = 0; s < sites; ++s)
      map.response_Hz[kept * sites + s] = map.response_Hz[i * sites + s];
    ++kept;
  }
  map.num_neurons = kept;
  map.x_mm.resize(kept);
  map.y_mm.resize(kept);
  map.spontaneous_Hz.resize(kept);
  map.response_Hz.resize(kept * sites);
  return map;
}

MapPoint read_map_point(const Scenario& scenario, const readout::MapStudy& study, std::uint32_t lost_part,
                        bool lesioned, const StudyZones& zones, const MapProbeResult& probed) {
  const readout::MapReadout r = readout::read_map(study, probed.map, lesioned);
  const readout::BinMap bins = readout::bin_map(probed.map);
  MapPoint m;
  const std::uint32_t excluded = lesioned ? lost_part : readout::kNoPart;
  m.winner = readout::winner_map(bins, study.theta_Hz, excluded);
  for (std::uint32_t b = 0; b < bins.grid.num_bins(); ++b) {
    const std::uint32_t best = readout::best_part(bins, b, excluded);
    m.best_response_Hz.push_back(best == readout::kNoPart ? 0.0f
                                                          : static_cast<float>(bins.response(b, best)));
  }
  m.area_mm2 = r.areas.part_mm2;
  m.spared_share = spared_shares(study, bins.grid, m.winner);
  m.silent_mm2 = r.areas.silent_mm2;
  for (const auto& c : r.centre) {
    m.centre_x_mm.push_back(c.x_mm);
    m.centre_y_mm.push_back(c.y_mm);
  }
  m.recovered_share = r.rectangle.recovered_share;
  m.share = r.rectangle.share;
  m.baseline_overlap = r.rectangle.baseline_overlap;
  m.share_low_threshold = r.thresholds.front().share;
  m.share_high_threshold = r.thresholds.back().share;
  m.share_near_border = r.share_near_border;
  m.border_shift_mm = r.border_shift_mm;
  m.front_mm = r.fronts.mean_mm();
  m.filled_share = r.share_interpolated;
  m.topography = r.topography;
  m.kept_winner_share = r.kept_winner_share;
  m.overlap = r.overlap;
  m.overlap_strict = r.overlap_strict;
  m.field_mm2 = r.field_mm2;
  m.field_territory_mm2 = r.field_territory_mm2;
  m.direct_response_Hz = r.direct_response_Hz;
  std::vector<std::uint32_t> cells;
  for (std::uint32_t i = 0; i < zones.territory.size(); ++i)
    if (zones.territory[i] != 0) cells.push_back(i);
  if (!cells.empty() && probed.trials.num_trials > 0) {
    readout::DecoderSettings settings;
    settings.cells = scenario.probes.front().decoder_cells;
    settings.draws = scenario.probes.front().decoder_draws;
    settings.seed = scenario.seed;
    const readout::Decoding d = readout::decode(probed.trials, Span<const std::uint32_t>(cells), settings);
    m.decode_accuracy = d.accuracy;
    m.decode_chance = d.chance;
    for (std::size_t g = 0; g < d.group_accuracy.size(); ++g)
      if (d.group_accuracy.size() > 1 && g == (lost_part > 0 ? 1u : 0u))
        m.decode_lost_part = d.group_accuracy[g];
  }
  return m;
}

}  // namespace penfield

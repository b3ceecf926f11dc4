// A study's results as arrays of results.h5.
#include <algorithm>

#include "host/run/study_output.hpp"
#include "penfield/model/neuron/catalogue.hpp"

namespace penfield {

namespace {

constexpr double kDay_s = 86400.0;

template <class Point>
struct Series {
  const char* path;
  double Point::*member;
  const char* unit;
  const char* meaning;
};

constexpr Series<MapPoint> kReadouts[] = {
    {"/readouts/recovered_share", &MapPoint::recovered_share, "1",
     "share of the silent bins of the lost part's rectangle that answer another part"},
    {"/readouts/share", &MapPoint::share, "1",
     "share of the lost part's rectangle that answers another part"},
    {"/readouts/baseline_overlap", &MapPoint::baseline_overlap, "1", "the same in the intact map"},
    {"/readouts/share_low_threshold", &MapPoint::share_low_threshold, "1",
     "share at 0.7 of the response threshold"},
    {"/readouts/share_high_threshold", &MapPoint::share_high_threshold, "1",
     "share at 1.4 of the response threshold"},
    {"/readouts/share_near_border", &MapPoint::share_near_border, "1",
     "share within 1.5 mm of the rectangle's borders"},
    {"/readouts/border_shift", &MapPoint::border_shift_mm, "mm",
     "advance of the neighbours' responses against the intact map, mean of the sides"},
    {"/readouts/front", &MapPoint::front_mm, "mm",
     "depth of the neighbours' responses into the rectangle, mean of the sides"},
    {"/readouts/filled_share", &MapPoint::filled_share, "1", "share of the rectangle behind the fronts"},
    {"/readouts/topography", &MapPoint::topography, "1",
     "share of the recovered bins that answer the nearer neighbour"},
    {"/readouts/kept_winner_share", &MapPoint::kept_winner_share, "1",
     "share of the other parts' bins that keep their winner"},
    {"/readouts/overlap", &MapPoint::overlap, "1",
     "share of the answering bins in which two parts or more reach the threshold"},
    {"/readouts/overlap_strict", &MapPoint::overlap_strict, "1", "the same at 1.5 of the threshold"},
    {"/readouts/field", &MapPoint::field_mm2, "mm2", "mean receptive field of the sheet"},
    {"/readouts/field_territory", &MapPoint::field_territory_mm2, "mm2",
     "mean receptive field of the old territory"},
    {"/readouts/direct_response", &MapPoint::direct_response_Hz, "Hz",
     "response of the old territory to drive of the lost part's relay"},
    {"/readouts/silent_area", &MapPoint::silent_mm2, "mm2", "area in which no part reaches the threshold"},
    {"/readouts/decode_accuracy", &MapPoint::decode_accuracy, "1",
     "accuracy of the decoder on the old territory"},
    {"/readouts/decode_chance", &MapPoint::decode_chance, "1", "accuracy of naming a site blindly"},
    {"/readouts/decode_lost_part", &MapPoint::decode_lost_part, "1",
     "share of the lost part's trials that are named right"},
};

constexpr Series<StepPoint> kCurves[] = {
    {"/rates/step", &StepPoint::step_s, "s", "length of the macro step"},
    {"/rates/territory", &StepPoint::zone_rate_Hz, "Hz", "mean rate in the lost part's territory"},
    {"/rates/neighbours", &StepPoint::neighbour_rate_Hz, "Hz", "mean rate in the parts beside it"},
    {"/rates/far", &StepPoint::far_rate_Hz, "Hz", "mean rate in control cortex"},
    {"/rates/inhibition", &StepPoint::inhibition, "1",
     "inhibitory input to the territory relative to intact"},
    {"/rates/excitatory_gain", &StepPoint::excitatory_gain, "1",
     "mean scaling factor in the territory relative to intact"},
    {"/rates/turnover_territory", &StepPoint::turnover_zone, "1/week", "synapse turnover in the territory"},
    {"/rates/turnover_far", &StepPoint::turnover_far, "1/week", "synapse turnover in control cortex"},
    {"/rates/formed_outside", &StepPoint::formed_outside, "1",
     "share of the territory's new synapses from outside it"},
    {"/rates/formed_responsive", &StepPoint::formed_responsive, "1",
     "share of them from donors above half their intact driver"},
    {"/rates/net_outside_per_cell", &StepPoint::net_outside_per_cell, "1",
     "synapses per territory cell from outside it, against intact"},
    {"/rates/net_inside_per_cell", &StepPoint::net_inside_per_cell, "1",
     "synapses per territory cell from inside it, against intact"},
    {"/clock/acceleration", &StepPoint::acceleration, "1",
     "length of the macro step over the spiking that it was measured by"},
    {"/clock/error", &StepPoint::error, "1",
     "error of the macro step, one step against two halves: the largest of its slow processes (ln gain, "
     "share of "
     "a neuron's synapses, share of a weight's range)"},
    {"/clock/error_statistical", &StepPoint::error_statistical, "1",
     "standard error of the mean drift times the macro step, likewise"},
    {"/clock/change", &StepPoint::change, "1", "mean change of a slow variable in the macro step, likewise"},
    {"/clock/rate_change", &StepPoint::rate_change, "1",
     "change of the rates that slow processes follow since the macro step before, of the mean rate: root "
     "mean "
     "square over bins of neighbours, without scatter"},
};

class Builder {
 public:
  void add(std::string path, std::vector<std::uint64_t> shape, Values values, std::string unit,
           std::string meaning, std::vector<std::string> axes) {
    out_.push_back({std::move(path), std::move(shape), std::move(values), std::move(unit), std::move(meaning),
                    std::move(axes)});
  }
  template <class Point, std::size_t N>
  void add_series(const Series<Point> (&table)[N], const std::vector<Point>& points) {
    for (const Series<Point>& s : table) {
      std::vector<double> values;
      for (const Point& p : points) values.push_back(p.*s.member);
      add(s.path, {points.size()}, std::move(values), s.unit, s.meaning, {"time (d)"});
    }
  }
  std::vector<Dataset> take() { return std::move(out_); }

 private:
  std::vector<Dataset> out_;
};

void add_maps(Builder& b, const StudyResult& result) {
  const readout::BinGrid& grid = result.map.baseline.grid;
  const std::uint64_t num_times = result.maps.size(), num_parts = result.map.parts.size();
  std::vector<double> time_d;
  std::vector<std::uint8_t> intact;
  std::vector<std::int32_t> winner;
  std::vector<float> best;
  std::vector<double> area, spared, centre_x, centre_y;
  for (const MapPoint& m : result.maps) {
    time_d.push_back(m.time_s / kDay_s);
    intact.push_back(m.intact ? 1 : 0);
    for (std::uint32_t w : m.winner) winner.push_back(static_cast<std::int32_t>(w));  // -1 silent, -2 empty
    best.insert(best.end(), m.best_response_Hz.begin(), m.best_response_Hz.end());
    area.insert(area.end(), m.area_mm2.begin(), m.area_mm2.end());
    spared.insert(spared.end(), m.spared_share.begin(), m.spared_share.end());
    centre_x.insert(centre_x.end(), m.centre_x_mm.begin(), m.centre_x_mm.end());
    centre_y.insert(centre_y.end(), m.centre_y_mm.begin(), m.centre_y_mm.end());
  }
  const std::string bin = " (bin of " + std::to_string(grid.bin_mm).substr(0, 5) + " mm)";
  const std::vector<std::string> map_axes = {"time (d)", "y" + bin, "x" + bin};
  b.add("/maps/time", {num_times}, time_d, "d", "biological time of the maps; 0 = end of settling",
        {"time (d)"});
  b.add("/maps/intact", {num_times}, intact, "1", "1: the map before any event", {"time (d)"});
  b.add(
      "/maps/winner", {num_times, grid.num_y, grid.num_x}, winner, "1",
      "part that drives the bin best, an index into parts; -1: no part reaches the threshold, -2: no neurons",
      map_axes);
  b.add("/maps/best_response", {num_times, grid.num_y, grid.num_x}, best, "Hz",
        "response to the part that drives the bin best", map_axes);
  b.add("/maps/area", {num_times, num_parts}, area, "mm2", "area that each part wins", {"time (d)", "part"});
  b.add("/maps/spared_share", {num_times, num_parts}, spared, "1",
        "area of each part over that of the intact map, both where there are living neurons",
        {"time (d)", "part"});
  b.add("/maps/centre_x", {num_times, num_parts}, centre_x, "mm", "centre of gravity of each part",
        {"time (d)", "part"});
  b.add("/maps/centre_y", {num_times, num_parts}, centre_y, "mm", "centre of gravity of each part",
        {"time (d)", "part"});
  std::vector<std::string> names;
  std::vector<double> rectangle;
  for (const readout::Part& p : result.map.parts) {
    names.push_back(p.name);
    rectangle.insert(rectangle.end(), {p.x_mm, p.y_mm, p.width_mm, p.height_mm});
  }
  b.add("/maps/parts", {num_parts}, names, "1", "names of the body parts", {"part"});
  b.add("/maps/rectangles", {num_parts, 4}, rectangle, "mm", "x, y, width, height of each part's territory",
        {"part", "x, y, width, height"});
  b.add("/maps/threshold", {}, std::vector<double>{result.map.theta_Hz}, "Hz",
        "response at which a bin counts as driven", {});
}

/// What the clock found out about itself beside its macro steps.
void add_clock(Builder& b, const Scenario& scenario, const StudyResult& result,
               const std::vector<std::string>& populations) {
  const EpisodeChecks& checks = result.checks;
  const std::uint64_t conditions = checks.num_conditions(), n = checks.num_populations();
  if (conditions > 0) {
    std::vector<std::string> names;
    std::vector<double> drift, error, wander;
    for (std::size_t c = 0; c < conditions; ++c) {
      names.push_back(scenario.clock.conditions[c].name);
      for (std::size_t p = 0; p < n; ++p) {
        drift.push_back(checks.drift(c, p).mean);
        error.push_back(checks.drift(c, p).standard_error);
        wander.push_back(checks.wander(c, p));
      }
    }
    b.add("/clock/conditions", {conditions}, names, "1", "names of the conditions of the day", {"condition"});
    b.add("/clock/populations", {n}, populations, "1", "names of the populations", {"population"});
    b.add(
        "/clock/heal_in_drift", {conditions, n}, drift, "1",
        "rate of the first quarter of the episodes minus that of the rest, over their mean: all macro steps",
        {"condition", "population"});
    b.add("/clock/heal_in_error", {conditions, n}, error, "1", "standard error of that",
          {"condition", "population"});
    b.add("/clock/wander", {conditions, n}, wander, "1",
          "of the variance of neighbours' rates between distant batches of an episode, the share that "
          "neighbouring "
          "batches do not have; NaN: no slow process follows them",
          {"condition", "population"});
  }
  if (result.loop_gains.empty()) return;
  std::vector<double> time_d, gain, error;
  std::vector<std::string> of;
  std::vector<std::uint8_t> used;
  for (const LoopGainPoint& g : result.loop_gains) {
    time_d.push_back(g.time_s / kDay_s);
    of.push_back(scenario.homeostasis[g.homeostat].name);
    gain.push_back(g.gain);
    error.push_back(g.standard_error);
    used.push_back(g.used ? 1 : 0);
  }
  const std::uint64_t m = result.loop_gains.size();
  b.add("/clock/loop_gain_time", {m}, time_d, "d", "biological time of the measurement", {"measurement"});
  b.add("/clock/loop_gain_of", {m}, of, "1", "name of the homeostat", {"measurement"});
  b.add("/clock/loop_gain", {m}, gain, "1", "-d ln(rate) / d ln(factor), measured by small perturbations",
        {"measurement"});
  b.add("/clock/loop_gain_error", {m}, error, "1", "of the gain", {"measurement"});
  b.add("/clock/loop_gain_used", {m}, used, "1", "1: steps were built on it; 0: too uncertain",
        {"measurement"});
}

void add_edges(Builder& b, const std::string& path, SynapseRecord s, const char* unit, bool wiring) {
  const std::uint64_t n = s.source.size();
  if (wiring) {
    std::vector<std::uint64_t> source(s.source.begin(), s.source.end()),
        target(s.target.begin(), s.target.end());
    b.add(path + "/source", {n}, std::move(source), "1", "presynaptic neuron, index within its population",
          {"synapse"});
    b.add(path + "/target", {n}, std::move(target), "1", "postsynaptic neuron, index within its population",
          {"synapse"});
    b.add(path + "/delay", {n}, std::move(s.delay_ms), "ms", "delay", {"synapse"});
  }
  b.add(path + "/weight", {n}, std::move(s.weight), unit, "weight at the end", {"synapse"});
}

}  // namespace

std::vector<Dataset> study_datasets(const Scenario& scenario, const StudyResult& result) {
  Builder b;
  if (!result.maps.empty()) {
    add_maps(b, result);
    b.add_series(kReadouts, result.maps);
  }
  if (result.steps.empty()) return b.take();
  std::vector<double> time_d, rates, formed, deleted, dead;
  std::vector<std::string> names;
  for (const PopulationSpec& p : scenario.populations) names.push_back(p.name);
  for (const StepPoint& p : result.steps) {
    time_d.push_back(p.time_s / kDay_s);
    rates.insert(rates.end(), p.rate_Hz.begin(), p.rate_Hz.end());
    formed.push_back(static_cast<double>(p.formed));
    deleted.push_back(static_cast<double>(p.deleted));
    dead.push_back(static_cast<double>(p.dead));
  }
  const std::uint64_t n = result.steps.size();
  b.add("/rates/time", {n}, time_d, "d", "biological time at the end of the macro step", {"time (d)"});
  b.add("/rates/populations", {names.size()}, names, "1", "names of the populations", {"population"});
  b.add("/rates/mean", {n, names.size()}, rates, "Hz", "mean rate of each population",
        {"time (d)", "population"});
  b.add("/rates/formed", {n}, formed, "1", "synapses formed in the macro step", {"time (d)"});
  b.add("/rates/deleted", {n}, deleted, "1", "synapses deleted in the macro step", {"time (d)"});
  b.add("/rates/dead", {n}, dead, "1", "cells that have died", {"time (d)"});
  b.add_series(kCurves, result.steps);
  add_clock(b, scenario, result, names);
  std::vector<Dataset> all = b.take();
  for (Dataset& d : energy_datasets(scenario, result.records.raw.energy)) all.push_back(std::move(d));
  return all;
}

std::vector<Dataset> weight_datasets(const Scenario& scenario, const Network& network) {
  Builder b;
  for (const auto& p : network.projections) {
    bool weights = false, wiring = false;
    for (const RecordSpec& r : scenario.record) {
      if (!record_matches(r.of, p->name)) continue;
      weights |= r.what == "weights";
      wiring |= r.what == "connectivity";
    }
    if (!weights && !wiring) continue;
    p->fetch();
    std::string name = p->name;
    std::replace(name.begin(), name.end(), '/', '_');
    const std::uint32_t model = network.populations[p->view.target]->view.model;
    add_edges(b, "/weights/" + name, read_projection(scenario, network, p->view.index, 0),
              neuron_model_infos[model].ports[p->view.port].unit, wiring);
  }
  return b.take();
}

}  // namespace penfield

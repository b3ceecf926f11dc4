#include "host/run/injury.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/build/build_network.hpp"
#include "host/run/cut_synapses.hpp"
#include "host/run/field_values.hpp"
#include "host/scenario/checks.hpp"
#include "penfield/base/error.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

namespace {

constexpr double kUsual_s = 3.0 * 86400.0;  ///< over which a cell's intact rate is averaged

}  // namespace

Injury::Injury(const Scenario& scenario, Network& network) : scenario_(scenario), network_(network) {
  dead_.resize(network.populations.size());
  usual_Hz_.resize(network.populations.size());
  if (!scenario.clock.episodic &&
      std::none_of(scenario.timeline.begin(), scenario.timeline.end(),
                   [](const EventSpec& e) { return e.kind == EventSpec::Kind::infarct; }))
    return;
  for (std::size_t p = 0; p < network.populations.size(); ++p)
    usual_Hz_[p].assign(network.populations[p]->view.n, 0.0f);
}

std::vector<std::uint64_t> Injury::dead_by_population() const {
  std::vector<std::uint64_t> out;
  for (const auto& of : dead_) out.push_back(std::accumulate(of.begin(), of.end(), std::uint64_t{0}));
  return out;
}

std::uint64_t Injury::num_dead() const {
  const std::vector<std::uint64_t> all = dead_by_population();
  return std::accumulate(all.begin(), all.end(), std::uint64_t{0});
}

void Injury::mark(std::uint32_t population, std::uint32_t neuron) {
  Population& p = *network_.populations[population];
  if (dead_[population].empty()) dead_[population].resize(p.view.n, 0);
  dead_[population][neuron] = 1;
  if (p.silent.empty()) p.silent.resize(p.view.n);
  p.silent[neuron] = 1;
}

void Injury::kill(std::uint32_t population, std::uint32_t neuron) {
  mark(population, neuron);
  Population& p = *network_.populations[population];
  if (p.skin_gain.empty()) return;
  p.skin_gain[neuron] = 0.0f;
  p.background_Hz[neuron] = 0.0f;
}

/// Takes the synapses of the dead away.
void Injury::bury() {
  for (auto& projection : network_.projections) {
    const std::vector<std::uint8_t>& sources = dead_[projection->view.source];
    const std::vector<std::uint8_t>& targets = dead_[projection->view.target];
    if (sources.empty() && targets.empty()) continue;
    cut_synapses(network_, *projection, [&](std::uint32_t source, std::uint32_t target) {
      return (!sources.empty() && sources[source] != 0) || (!targets.empty() && targets[target] != 0);
    });
  }
}

bool Injury::strikes(std::size_t event) const {
  const EventSpec::Kind kind = scenario_.timeline[event].kind;
  return kind == EventSpec::Kind::cut || kind == EventSpec::Kind::infarct;
}

bool Injury::strike(std::size_t event, double time_s) {
  using Kind = EventSpec::Kind;
  if (!strikes(event)) return false;
  const EventSpec& e = scenario_.timeline[event];
  const Struck struck{e.kind == Kind::infarct, time_s,          e.area,         shape_of(e),
                      e.reperfusion_tau_s,     e.resting_share, e.lethal_debt_s};
  const auto number = static_cast<std::uint32_t>(struck_.size());
  struck_.push_back(struck);
  if (!struck.infarct) {
    for (auto& projection : network_.projections)
      if (projection->name == e.what)
        cut_synapses(network_, *projection, [](std::uint32_t, std::uint32_t) { return true; });
    return true;
  }
  for (std::uint32_t k = 0; k < network_.populations.size(); ++k) {
    const Population& p = *network_.populations[k];
    if (area_of(p.name) != e.area) continue;
    for (std::uint32_t i = 0; i < p.view.n; ++i) {
      if (!dead_[k].empty() && dead_[k][i] != 0) continue;
      const double mm = outside_mm(struck.shape, p.x_mm[i], p.y_mm[i]);
      if (mm <= 0.0) {
        kill(k, i);
      } else if (mm < e.penumbra_mm) {
        rim_.push_back({k, i, number, e.blood_share + (1.0 - e.blood_share) * mm / e.penumbra_mm, 0.0});
      }
    }
  }
  bury();
  return true;
}

bool Injury::advance(const Measures& measures, double seconds) {
  if (!starve(measures, seconds)) return false;
  bury_starved();
  return true;
}

bool Injury::starve(const Measures& measures, double seconds) {
  const bool hurt = std::any_of(struck_.begin(), struck_.end(), [](const Struck& s) { return s.infarct; });
  if (!hurt) {
    const auto keep = static_cast<float>(exp_d(-seconds / kUsual_s));
    for (std::size_t p = 0; p < usual_Hz_.size(); ++p)
      for (std::size_t i = 0; i < usual_Hz_[p].size(); ++i) {
        const float now = measures.rate_Hz[p][i];
        usual_Hz_[p][i] = usual_known_ ? fused(keep, usual_Hz_[p][i] - now, now) : now;
      }
    usual_known_ = true;
    return false;
  }
  std::vector<RimCell> living;
  for (RimCell cell : rim_) {
    const Struck& e = struck_[cell.struck];
    const double usual = usual_Hz_[cell.population][cell.neuron];
    // A cell that was silent before has no rate to be compared with, and rests.
    const double busy = usual > 0.0 ? measures.rate_Hz[cell.population][cell.neuron] / usual : 0.0;
    const double lack = e.resting_share + (1.0 - e.resting_share) * busy - cell.blood;
    if (lack > 0.0) cell.debt_s += lack * seconds;
    cell.blood = 1.0 - (1.0 - cell.blood) * exp_d(-seconds / e.reperfusion_tau_s);
    if (cell.debt_s >= e.lethal_debt_s) {
      starved_.push_back(cell);
    } else if (cell.blood < 0.999) {
      living.push_back(cell);
    }
  }
  rim_ = std::move(living);
  return !starved_.empty();
}

void Injury::bury_starved() {
  for (const RimCell& cell : starved_) kill(cell.population, cell.neuron);
  starved_.clear();
  bury();
}

std::vector<Injury::Distance> Injury::distances(const std::string& area, double x_mm, double y_mm) const {
  std::vector<Distance> out;
  for (const Struck& s : struck_)
    if (s.infarct && s.area == area)
      out.push_back({s.time_s, std::max(0.0, outside_mm(s.shape, x_mm, y_mm))});
  return out;
}

void Injury::shift(double seconds) {
  for (Struck& s : struck_) s.time_s -= seconds;
}

void Injury::archive(StateArchive& a) {
  a.within("injury");
  for (std::uint32_t p = 0; p < dead_.size(); ++p) {
    a.value("dead", dead_[p]);
    a.value("usual_Hz", usual_Hz_[p]);
    if (!a.reading()) continue;
    for (std::uint32_t i = 0; i < dead_[p].size(); ++i)
      if (dead_[p][i] != 0) mark(p, i);
  }
  a.value("usual_known", usual_known_);
  a.list("struck", struck_, [](StateArchive& inner, Struck& s) {
    auto& [infarct, time_s, area, shape, reperfusion_tau_s, resting_share, lethal_debt_s] = s;
    inner.value("infarct", infarct);
    inner.value("time_s", time_s);
    inner.value("area", area);
    inner.value("x_mm", shape.x_mm);
    inner.value("y_mm", shape.y_mm);
    inner.value("width_mm", shape.width_mm);
    inner.value("height_mm", shape.height_mm);
    inner.value("radius_mm", shape.radius_mm);
    inner.value("reperfusion_tau_s", reperfusion_tau_s);
    inner.value("resting_share", resting_share);
    inner.value("lethal_debt_s", lethal_debt_s);
  });
  a.list("rim", rim_, [](StateArchive& inner, RimCell& c) {
    auto& [population, neuron, struck, blood, debt_s] = c;
    inner.value("population", population);
    inner.value("neuron", neuron);
    inner.value("struck", struck);
    inner.value("blood", blood);
    inner.value("debt_s", debt_s);
  });
}

void lose_skin(const Scenario& scenario, Network& network, const std::string& part, const Injury& injury) {
  const BodySpec& body = *scenario.body;
  Population& relay = *network.populations[population_index(network, body.relay)];
  const std::vector<std::uint8_t>& dead = injury.dead(relay.view.index);
  for (std::uint32_t i = 0; i < relay.view.n; ++i) {
    if (relay.part[i] < 0 || body.parts[static_cast<std::size_t>(relay.part[i])].name != part ||
        (!dead.empty() && dead[i] != 0))
      continue;
    relay.skin_gain[i] = 0.0f;
    relay.background_Hz[i] += static_cast<float>(body.residual_spontaneous_Hz - body.spontaneous_Hz);
  }
}

}  // namespace penfield

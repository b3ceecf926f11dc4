#include "host/run/energy_meter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/scenario/text_forms.hpp"

namespace penfield {

using readout::EnergyCounts;
using readout::EnergySample;
using readout::EnergyTerms;

namespace {

constexpr double kAvogadro_per_mol = 6.02214076e23;  // exact by the SI of 2019

bool is(const std::string& port, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* n) { return port == n; });
}

}  // namespace

readout::EnergyCosts energy_costs(const EnergySpec& s) {
  readout::EnergyCosts costs;
  if (s.mode == EnergySpec::Mode::textbook) {
    costs.spike = 1e-9 * s.spike_nJ;
    return costs;
  }
  const double atp_J = 1e3 * s.ATP_kJ_per_mol / kAvogadro_per_mol;
  costs.spike = atp_J * s.spike_ATP;
  costs.postsynaptic = atp_J * s.release_probability * s.postsynaptic_ATP;
  costs.release = atp_J * s.release_probability * s.release_ATP;
  costs.recycling = atp_J * s.release_probability * s.recycling_ATP;
  costs.update = atp_J * s.update_ATP;
  costs.rest_W = atp_J * s.rest_ATP_per_s;
  return costs;
}

std::vector<bool> energy_counted(const Scenario& scenario) {
  std::vector<bool> counted;
  for (const PopulationSpec& p : scenario.populations)
    counted.push_back(scenario.energy && matches_name(scenario.energy->of, p.name));
  return counted;
}

bool is_glutamatergic(const Scenario& scenario, const ProjectionSpec& projection) {
  const std::string& port = projection.port;
  if (is(port, {"GABA_A", "GABA_B", "inhibitory"})) return false;
  if (port == "NMDA")
    return std::none_of(
        scenario.projections.begin(), scenario.projections.end(), [&](const ProjectionSpec& other) {
          return other.port == "AMPA" && other.from == projection.from && other.to == projection.to;
        });
  return is(port, {"AMPA", "excitatory"}) || projection.weight.a >= 0.0;
}

void EnergyMeter::look() {
  known_ = true;
  sent_.clear();
  learning_.clear();
  const BorrowedSynapses borrowed(network_);
  for (const auto& projection : network_.projections) {
    const ProjectionView& v = projection->view;
    const PopulationView& target = network_.populations[v.target]->view;
    projection->fetch();
    std::vector<std::uint64_t>& sent = sent_.emplace_back(network_.populations[v.source]->view.n, 0);
    std::vector<std::uint64_t>& learning = learning_.emplace_back(v.rule < 0 ? 0 : target.n, 0);
    for (std::uint32_t t = 0; t < projection->tiles.size(); ++t) {
      const SynapseTile& tile = projection->tiles[t];
      if (tile.num_synapses() == 0) continue;
      for (std::uint32_t s = 0; s < tile.num_sources(); ++s) {
        const RowRange row = tile.row(s);
        sent[tile.source_begin + s] += row.end - row.begin;
      }
      if (v.rule < 0) continue;
      projection->for_each_synapse(
          t, [&](const Projection::Synapse& s) { ++learning[tile_begin(target, t) + s.target]; });
    }
    network_.ranks->sum(sent);
    network_.ranks->sum(learning);
  }
}

/// Adds what follows at synapses from spikes_of(population, neuron), in the order of projections and neurons.
template <class SpikesOf>
void EnergyMeter::spread(EnergySample& sample, const SpikesOf& spikes_of) const {
  using Number = decltype(spikes_of(0u, 0u));
  for (std::size_t q = 0; q < sent_.size(); ++q) {
    const ProjectionView& v = network_.projections[q]->view;
    Number arrived = 0, answered = 0;
    for (std::uint32_t i = 0; i < sent_[q].size(); ++i)
      arrived += spikes_of(v.source, i) * static_cast<Number>(sent_[q][i]);
    for (std::uint32_t i = 0; i < learning_[q].size(); ++i)
      answered += spikes_of(v.target, i) * static_cast<Number>(learning_[q][i]);
    if (is_glutamatergic(scenario_, scenario_.projections[q])) {
      sample.populations[v.source].releases += static_cast<double>(arrived);
      sample.populations[v.target].receptions += static_cast<double>(arrived);
    }
    if (v.rule >= 0) sample.populations[v.target].updates += static_cast<double>(arrived + answered);
  }
}

EnergySample EnergyMeter::count(double time_s, const std::vector<DeathSample>& deaths) {
  if (!known_) look();
  EnergySample sample{time_s, std::vector<EnergyCounts>(network_.populations.size())};
  for (const auto& p : network_.populations) {
    std::uint64_t spikes = 0;
    for (std::uint32_t i = 0; i < p->view.n; ++i) spikes += p->spike_count[i];
    EnergyCounts& counts = sample.populations[p->view.index];
    counts.spikes = static_cast<double>(spikes);
    counts.cell_s = time_s * p->view.n;
    std::uint64_t before = 0;
    for (const DeathSample& d : deaths) {
      counts.cell_s -= (time_s - d.time_s) * static_cast<double>(d.dead[p->view.index] - before);
      before = d.dead[p->view.index];
    }
  }
  spread(sample, [&](std::uint32_t population, std::uint32_t i) {
    return std::uint64_t{network_.populations[population]->spike_count[i]};
  });
  return sample;
}

void EnergyMeter::append(std::vector<EnergySample>& samples, const std::vector<std::vector<float>>& rate_Hz,
                         double seconds, double end_s) {
  if (!known_) look();
  EnergySample sample = samples.empty() ? EnergySample{} : samples.back();
  sample.time_s = end_s;
  sample.populations.resize(network_.populations.size());
  for (const auto& p : network_.populations) {
    double sum_Hz = 0.0;
    for (const float r : rate_Hz[p->view.index]) sum_Hz += static_cast<double>(r);
    EnergyCounts& counts = sample.populations[p->view.index];
    counts.spikes += sum_Hz * seconds;
    const std::uint64_t dead = dead_.empty() ? 0 : dead_[p->view.index];
    counts.cell_s += seconds * static_cast<double>(p->view.n - dead);
  }
  spread(sample, [&](std::uint32_t population, std::uint32_t i) {
    return static_cast<double>(rate_Hz[population][i]) * seconds;
  });
  samples.push_back(std::move(sample));
}

std::vector<Dataset> energy_datasets(const Scenario& scenario, const std::vector<EnergySample>& samples) {
  std::vector<Dataset> out;
  if (!scenario.energy || samples.empty()) return out;
  const readout::EnergyCosts costs = energy_costs(*scenario.energy);
  const std::vector<bool> counted = energy_counted(scenario);
  const std::uint64_t times = samples.size(), populations = scenario.populations.size();
  std::vector<double> time_s, joules, power_W, events;
  std::vector<std::string> names, terms(readout::kEnergyTermNames.begin(), readout::kEnergyTermNames.end());
  for (const PopulationSpec& p : scenario.populations) names.push_back(p.name);
  double before_J = 0.0, before_s = 0.0;
  for (const EnergySample& sample : samples) {
    time_s.push_back(sample.time_s);
    const double total_J = readout::sum_of(readout::energy_of(costs, sample, counted));
    power_W.push_back(sample.time_s > before_s ? (total_J - before_J) / (sample.time_s - before_s) : 0.0);
    before_J = total_J;
    before_s = sample.time_s;
    for (std::size_t p = 0; p < populations; ++p) {
      const EnergyTerms one = counted[p] ? readout::energy_of(costs, sample.populations[p]) : EnergyTerms{};
      joules.insert(joules.end(), one.begin(), one.end());
      const EnergyCounts& c = sample.populations[p];
      events.insert(events.end(), {c.spikes, c.releases, c.receptions, c.updates});
    }
  }
  const std::uint64_t num_terms = readout::kEnergyTerms;
  out.push_back({"/energy/time", {times}, time_s, "s", "biological time of the samples", {"time (s)"}});
  out.push_back(
      {"/energy/populations", {populations}, names, "1", "names of the populations", {"population"}});
  out.push_back({"/energy/terms", {num_terms}, terms, "1", "what the energy was taken for", {"term"}});
  out.push_back({"/energy/joules",
                 {times, populations, num_terms},
                 joules,
                 "J",
                 "energy since time 0, by population and term; 0 for populations that are not counted",
                 {"time (s)", "population", "term"}});
  out.push_back({"/energy/power", {times}, power_W, "W", "of all, since the sample before", {"time (s)"}});
  out.push_back({"/energy/events",
                 {times, populations, 4},
                 events,
                 "1",
                 "since time 0: spikes, glutamatergic synaptic events sent, the same received, spikes of "
                 "either side at plastic synapses onto the population",
                 {"time (s)", "population", "event"}});
  return out;
}

std::string energy_summary(const Scenario& scenario, const std::vector<EnergySample>& samples) {
  if (!scenario.energy || samples.empty()) return "";
  const EnergyTerms terms =
      readout::energy_of(energy_costs(*scenario.energy), samples.back(), energy_counted(scenario));
  const double all_J = readout::sum_of(terms), time_s = samples.back().time_s;
  char text[96];
  std::snprintf(text, sizeof text, "Energy: %.4g J, %.4g W", all_J, time_s > 0.0 ? all_J / time_s : 0.0);
  std::string out = text, shares;
  for (std::size_t k = 0; all_J > 0.0 && k < terms.size(); ++k) {
    if (terms[k] == 0.0) continue;
    std::snprintf(text, sizeof text, "%s%s %.3g %%", shares.empty() ? "" : ", ", readout::kEnergyTermNames[k],
                  100.0 * terms[k] / all_J);
    shares += text;
  }
  return out + (shares.empty() ? "" : " (" + shares + ")") + ".";
}

}  // namespace penfield

// Inhibitory plasticity balances a recurrent network: Vogels, Sprekeler, Zenke, Clopath & Gerstner, Science
// 334:1569 (2011). Half an hour of learning from equal inhibitory weights: cells come to fire at the rule's
// rate, and the inhibition of each to match its own excitation.
//
// The rule's rate holds where spikes of a synapse's two cells are not correlated. A strong inhibitory spike
// keeps its target from firing, so that pairs are rarer than by chance and inhibition stops growing above
// rho0. A second network, four times as many synapses of a fortieth of the strength each, shows the rate
// without most of that.
#include <cmath>
#include <cstdio>
#include <limits>
#include <mutex>

#include "host/build/build_network.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/measure.hpp"
#include "host/run/raw_run.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/run_cache.hpp"

namespace penfield {

namespace {

constexpr const char* kSource = "Vogels et al., Science 334:1569 (2011)";
constexpr double kMeasured_s = 60.0;  ///< rates and intervals are those of the last minute
constexpr double kSampled_s = 10.0;   ///< after it, for currents
constexpr double kSample_ms = 2.0;
constexpr std::uint32_t kBin = 10;  ///< samples in whose means currents are compared in time: 20 ms

enum class Version { published, weak_synapses, no_learning };

struct Job {
  std::uint32_t seed;
  Version version;
  double until_s;
};

struct Outcome {
  double rate = 0.0;           ///< mean over excitatory cells, of rho0
  double cv = 0.0;             ///< of their intervals
  double over_cells = 0.0;     ///< correlation over cells of mean excitatory with mean inhibitory current
  double in_time = 0.0;        ///< correlation in time of the two in a cell, mean over cells
  double of_population = 0.0;  ///< correlation in time of their means over all cells

  std::vector<double> list() const { return {rate, cv, over_cells, in_time, of_population}; }
  static Outcome of(const std::vector<double>& v) { return {v.at(0), v.at(1), v.at(2), v.at(3), v.at(4)}; }
};

/// Pearson's correlation of pairs that come one by one.
class Correlation {
 public:
  void add(double x, double y) {
    ++n_;
    const double dx = x - x_, dy = y - y_;
    x_ += dx / n_;
    y_ += dy / n_;
    xx_ += dx * (x - x_);
    yy_ += dy * (y - y_);
    xy_ += dx * (y - y_);
  }
  double value() const { return xy_ / std::sqrt(xx_ * yy_); }
  double mean_x() const { return x_; }
  double mean_y() const { return y_; }

 private:
  double n_ = 0.0, x_ = 0.0, y_ = 0.0, xx_ = 0.0, yy_ = 0.0, xy_ = 0.0;
};

/// Adds excitatory and inhibitory synaptic currents of all excitatory cells, pA, both counted positive.
void add_currents(const Scenario& scenario, const Network& network, StepIndex now, std::vector<double>& ex,
                  std::vector<double>& in) {
  RecordSpec columns;
  columns.columns = {"v_m_mV", "g_ex_nS", "g_in_nS"};
  std::vector<TraceRecord> traces;
  sample_traces(scenario, network, columns, {0}, now, traces);
  const std::vector<float>&v_mV = traces.at(0).values, &g_ex_nS = traces.at(1).values,
        &g_in_nS = traces.at(2).values;
  const auto& params = scenario.populations[0].params;
  const double e_ex_mV = params.at("e_ex_mV"), e_in_mV = params.at("e_in_mV");
  for (std::size_t i = 0; i < ex.size(); ++i) {
    ex[i] += static_cast<double>(g_ex_nS[i]) * (e_ex_mV - static_cast<double>(v_mV[i]));
    in[i] += static_cast<double>(g_in_nS[i]) * (static_cast<double>(v_mV[i]) - e_in_mV);
  }
}

void sample_currents(const ValidateOptions& options, const Scenario& scenario, Network& network,
                     Engine& engine, Outcome& out) {
  const Population& cells = *network.populations[0];
  const StepIndex steps = steps_of(1e-3 * kSample_ms, scenario.dt_ms);
  const auto bins = static_cast<std::uint32_t>(1000.0 * kSampled_s / kSample_ms / kBin);
  std::vector<Correlation> of_cell(cells.view.n);
  Correlation over_cells, of_population;
  for (std::uint32_t b = 0; b < bins; ++b) {
    std::vector<double> ex(cells.view.n, 0.0), in(cells.view.n, 0.0);
    for (std::uint32_t k = 0; k < kBin; ++k) {
      engine.run(steps);
      engine.download_neurons();
      add_currents(scenario, network, engine.now(), ex, in);
    }
    check_stop(options);
    double sum_ex = 0.0, sum_in = 0.0;
    for (std::uint32_t i = 0; i < cells.view.n; ++i) {
      of_cell[i].add(ex[i], in[i]);
      sum_ex += ex[i];
      sum_in += in[i];
    }
    of_population.add(sum_ex, sum_in);
  }
  double sum = 0.0;
  for (const Correlation& c : of_cell) {
    over_cells.add(c.mean_x(), c.mean_y());
    sum += c.value() / cells.view.n;
  }
  out.over_cells = over_cells.value();
  out.in_time = sum;
  out.of_population = of_population.value();
}

Outcome measure(const ValidateOptions& options, Scenario& scenario) {
  Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
  EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  const StepIndex from = steps_of(scenario.until_s - kMeasured_s, scenario.dt_ms);
  readout::SpikeTrains trains;
  trains.num_neurons = network.populations[0]->view.n;
  RawRun raw(scenario, network, *choice.engine);
  raw.send_spikes([&](const std::vector<Spike>& spikes) {
    for (const Spike& s : spikes) {
      if (s.step < from) continue;
      trains.neuron.push_back(s.neuron);
      trains.time_s.push_back(static_cast<double>(s.step + 1) * scenario.dt_ms * 1e-3);
    }
  });
  raw.run({}, [&] {
    check_stop(options);
    return false;
  });
  Outcome out;
  const double rho0_Hz = scenario.projections.at(3).plasticity->params.at("rho0_Hz");
  const double from_s = scenario.until_s - kMeasured_s;
  out.rate = readout::mean(readout::rates_Hz(trains, from_s, scenario.until_s)) / rho0_Hz;
  out.cv = readout::mean(readout::cv_isi(trains, from_s, scenario.until_s));
  choice.engine->record_spikes({});
  sample_currents(options, scenario, network, *choice.engine, out);
  return out;
}

Outcome run(const ValidateOptions& options, const Job& job, std::mutex& saying) {
  check_stop(options);
  char until[32];
  std::snprintf(until, sizeof until, "until=\"%.9g s\"", job.until_s);
  std::vector<std::string> sets = {"seed=" + std::to_string(job.seed), until};
  if (job.version == Version::no_learning) sets.emplace_back("projections[IE].plasticity.istdp_vogels.eta=0");
  const bool weak = job.version == Version::weak_synapses;
  const std::string name = weak ? "istdp_balance_weak.json" : "istdp_balance.json";
  Scenario scenario = load_scenario((options.scenarios / "validation" / name).string(), sets);
  const RunCache cache(options.cache, scenario, "istdp_balance");
  const auto kept = cache.find();
  const Outcome out = kept ? Outcome::of(kept->at("outcome")) : measure(options, scenario);
  if (!kept) cache.keep({{"outcome", out.list()}});
  const std::lock_guard<std::mutex> lock(saying);
  if (!options.say) return out;
  static constexpr const char* kNames[] = {"published network", "weak synapses", "no learning"};
  char text[200];
  std::snprintf(text, sizeof text,
                "seed %u, %s%s: rate %.3g of rho0, CV %.3g; currents correlate over cells %.3g, in a cell's "
                "time %.3g, in the population's %.3g",
                job.seed, kNames[static_cast<int>(job.version)], kept ? " (kept from an earlier run)" : "",
                out.rate, out.cv, out.over_cells, out.in_time, out.of_population);
  options.say(text);
  return out;
}

}  // namespace

ValidationReport validate_istdp_balance(const ValidateOptions& options) {
  ValidationReport report{"istdp_balance", {}, 0.0};
  std::vector<Job> jobs;
  for (const std::uint32_t seed : seeds_of(options, 5, 1)) {
    jobs.push_back({seed, Version::published, options.quick ? 600.0 : 1800.0});
    jobs.push_back({seed, Version::weak_synapses, options.quick ? 120.0 : 300.0});
    jobs.push_back({seed, Version::no_learning, 70.0});  // nothing changes in it
  }
  std::vector<Outcome> outcomes(jobs.size());
  std::mutex saying;
  spread_over_cores(options, jobs.size(),
                    [&](std::size_t k) { outcomes[k] = run(options, jobs[k], saying); });
  const auto values = [&](Version version, double Outcome::*what) {
    std::vector<double> out;
    for (std::size_t k = 0; k < jobs.size(); ++k)
      if (jobs[k].version == version) out.push_back(outcomes[k].*what);
    return out;
  };
  using O = Outcome;
  constexpr Version kPublished = Version::published, kWeak = Version::weak_synapses,
                    kOff = Version::no_learning;
  constexpr double kMost = std::numeric_limits<double>::infinity();
  auto& rows = report.rows;
  const char* own = "band of this project";
  rows.push_back(make_row("rate of excitatory cells, of rho0", "", values(kPublished, &O::rate), 0.9, 1.1,
                          0.0, kSource));
  rows.push_back(make_row("E and I currents of a cell: correlation in time", "",
                          values(kPublished, &O::in_time), 0.7, kMost, 0.0, own));
  rows.push_back(make_row("... of their means: correlation over cells", "",
                          values(kPublished, &O::over_cells), 0.7, kMost, 0.0, own));
  rows.push_back(make_row("CV of intervals", "", values(kPublished, &O::cv), 0.7, kMost, 0.0, own));
  rows.push_back(knock_out(
      make_row("knock-out: eta 0, rate, of rho0", "", values(kOff, &O::rate), 0.9, 1.1, 0.0, kSource)));
  const char* own_swings = "the network's own swings reach all currents";
  rows.push_back(shown_row("... correlation in time", "", values(kOff, &O::in_time), own_swings));
  rows.push_back(shown_row("... correlation over cells", "", values(kOff, &O::over_cells), own_swings));
  const char* weak = "four times as many synapses of a fortieth of the strength";
  rows.push_back(shown_row("weak synapses: rate, of rho0", "", values(kWeak, &O::rate), weak));
  rows.push_back(shown_row("... correlation in time", "", values(kWeak, &O::in_time), weak));
  rows.push_back(shown_row("... correlation over cells", "", values(kWeak, &O::over_cells), weak));
  return report;
}

}  // namespace penfield

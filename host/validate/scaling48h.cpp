// Synaptic scaling over days: two days of silence, as under tetrodotoxin (Turrigiano et al., Nature 391:892,
// 1998; Wierenga, Ibata & Turrigiano, J Neurosci 25:2895, 2005), and the loss of half the afferents, after
// which rates come back within days (Hengen et al., Neuron 80:335, 2013). Nothing else learns.
#include <cmath>
#include <cstdio>
#include <mutex>

#include "host/build/build_network.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/study.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/run_cache.hpp"

namespace penfield {

namespace {

constexpr double kHour_s = 3600.0, kBlock_s = 48 * kHour_s, kLoss_s = 96 * kHour_s;
constexpr double kMean_s = 12 * kHour_s;  ///< a running mean of so long says whether a rate has come back
constexpr std::uint32_t kExcitatory = 1;  ///< population S1/E
constexpr const char* kOwn = "band of this project";

enum class Insult { block, loss };

struct Job {
  std::uint32_t seed;
  Insult insult;
  bool scales;
};

struct Outcome {
  double weight_ratio = 0.0;                 ///< mean weight times gain at the end, of that at time 0
  double log_sd_change = 0.0;                ///< of weight times gain, as a share
  double correlation = 0.0;                  ///< of weight times gain at the end with that at time 0
  double first_rate = 0.0, last_rate = 0.0;  ///< right afterwards, and over the last day, of the set-point
  double return_h = 0.0;  ///< until the running mean is back at 0.9 of the set-point; NaN: never

  std::vector<double> list() const {
    return {weight_ratio, log_sd_change, correlation, first_rate, last_rate, return_h};
  }
  static Outcome of(const std::vector<double>& v) {
    return {v.at(0), v.at(1), v.at(2), v.at(3), v.at(4), v.at(5)};
  }
};

/// Every excitatory synapse of S1/E, as strong as the cell's gain makes it.
std::vector<double> scaled_weights(const Network& network, std::uint32_t port) {
  std::vector<double> out;
  const Population& target = *network.populations[kExcitatory];
  for (const auto& p : network.projections) {
    if (p->view.target != kExcitatory || p->view.port != port) continue;
    for (std::size_t t = 0; t < p->tiles.size(); ++t)
      p->for_each_synapse(t, [&](const Projection::Synapse& s) {
        const std::size_t cell = t * target.view.tile_size + s.target;
        out.push_back(static_cast<double>(s.weight) * static_cast<double>(target.factor[port][cell]));
      });
  }
  return out;
}

struct Moments {
  double mean = 0.0, sd = 0.0;
};
Moments moments(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0.0, squares = 0.0;
  for (const double v : values) sum += v;
  for (const double v : values) squares += (v - sum / n) * (v - sum / n);
  return {sum / n, std::sqrt(squares / n)};
}

std::vector<double> logarithms(std::vector<double> values) {
  for (double& v : values) v = std::log(v);
  return values;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const Moments x = moments(a), y = moments(b);
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - x.mean) * (b[k] - y.mean);
  return sum / static_cast<double>(a.size()) / (x.sd * y.sd);
}

void read_rates(const StudyResult& result, double set_point_Hz, Outcome& out) {
  std::vector<const StepPoint*> steps;  // after time 0
  for (const StepPoint& s : result.steps)
    if (s.time_s > 1.0) steps.push_back(&s);
  const double end_s = steps.back()->time_s;
  out.first_rate = steps.front()->rate_Hz[kExcitatory] / set_point_Hz;
  out.return_h = std::nan("");
  double last = 0.0, last_s = 0.0;
  for (std::size_t k = 0; k < steps.size(); ++k) {
    double recent = 0.0, recent_s = 0.0;
    for (std::size_t j = 0; j <= k; ++j) {
      if (steps[j]->time_s <= steps[k]->time_s - kMean_s) continue;
      recent += steps[j]->step_s * steps[j]->rate_Hz[kExcitatory] / set_point_Hz;
      recent_s += steps[j]->step_s;
    }
    if (std::isnan(out.return_h) && recent_s >= kMean_s - 1.0 && recent / recent_s >= 0.9)
      out.return_h = steps[k]->time_s / kHour_s;
    if (steps[k]->time_s <= end_s - 24 * kHour_s) continue;
    last += steps[k]->step_s * steps[k]->rate_Hz[kExcitatory] / set_point_Hz;
    last_s += steps[k]->step_s;
  }
  out.last_rate = last / last_s;
}

Outcome run(const ValidateOptions& options, const Job& job, std::mutex& saying) {
  check_stop(options);
  std::vector<std::string> sets = {"seed=" + std::to_string(job.seed)};
  char until[32];
  std::snprintf(until, sizeof until, "until=\"%g h\"",
                (job.insult == Insult::block ? kBlock_s : kLoss_s) / kHour_s);
  sets.emplace_back(until);
  sets.emplace_back(job.insult == Insult::block ? "timeline[block].enabled=true"
                                                : "timeline[loss].enabled=true");
  if (!job.scales) sets.emplace_back("timeline[freeze_scaling].enabled=true");
  const Scenario scenario =
      load_scenario((options.scenarios / "validation" / "scaling48h.json").string(), sets);
  const RunCache cache(options.cache, scenario, "scaling48h");
  const auto kept = cache.find();
  Outcome out;
  if (kept) {
    out = Outcome::of(kept->at("outcome"));
  } else {
    Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
    EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
    Study study(scenario, network, *choice.engine);
    study.run({}, [&] {
      check_stop(options);
      return study.settled();
    });
    std::uint32_t port = 0;
    while (network.populations[kExcitatory]->factor[port].empty()) ++port;
    const std::vector<double> before = scaled_weights(network, port);
    study.run({}, [&] {
      check_stop(options);
      return false;
    });
    const std::vector<double> after = scaled_weights(network, port);
    out.weight_ratio = moments(after).mean / moments(before).mean;
    out.log_sd_change = std::fabs(moments(logarithms(after)).sd / moments(logarithms(before)).sd - 1.0);
    out.correlation = correlation(before, after);
    read_rates(study.result(), scenario.homeostasis.at(0).set_point_Hz, out);
    cache.keep({{"outcome", out.list()}});
  }
  const std::lock_guard<std::mutex> lock(saying);
  if (!options.say) return out;
  char text[200];
  std::snprintf(
      text, sizeof text,
      "seed %u, %s%s%s: weights x%.3g, rate %.3g of the set-point afterwards, %.3g on the last day, "
      "back after %.3g h",
      job.seed, job.insult == Insult::block ? "block" : "loss", job.scales ? "" : ", scaling frozen",
      kept ? " (kept from an earlier run)" : "", out.weight_ratio, out.first_rate, out.last_rate,
      out.return_h);
  options.say(text);
  return out;
}

}  // namespace

ValidationReport validate_scaling48h(const ValidateOptions& options) {
  ValidationReport report{"scaling48h", {}, 0.0};
  std::vector<Job> jobs;
  for (const std::uint32_t seed : seeds_of(options, 5, 1))
    for (const Insult insult : {Insult::block, Insult::loss})
      for (const bool scales : {true, false}) jobs.push_back({seed, insult, scales});
  std::vector<Outcome> outcomes(jobs.size());
  std::mutex saying;
  spread_over_cores(options, jobs.size(),
                    [&](std::size_t k) { outcomes[k] = run(options, jobs[k], saying); });
  const auto values = [&](Insult insult, bool scales, double Outcome::*what) {
    std::vector<double> out;
    for (std::size_t k = 0; k < jobs.size(); ++k)
      if (jobs[k].insult == insult && jobs[k].scales == scales) out.push_back(outcomes[k].*what);
    return out;
  };
  const auto row = [&](const char* name, const char* unit, Insult insult, bool scales, double Outcome::*what,
                       double low, double high, const char* source) {
    return make_row(name, unit, values(insult, scales, what), low, high, 0.0, source);
  };
  const char* silence =
      "more than doubled after 2 d: Wierenga et al., J Neurosci 25:2895 (2005), from which tau_s is, too";
  const char* multiplicative =
      "multiplicative: Turrigiano et al., Nature 391:892 (1998); band of this project";
  const char* recovery = "within 1 to 2 d: Hengen et al., Neuron 80:335 (2013); band of this project";
  using O = Outcome;
  auto& rows = report.rows;
  rows.push_back(row("48 h of silence: mean excitatory weight, of before", "", Insult::block, true,
                     &O::weight_ratio, 1.5, 2.5, silence));
  rows.push_back(row("... SD of the logarithms of weights, change", "", Insult::block, true,
                     &O::log_sd_change, 0.0, 0.01, multiplicative));
  rows.push_back(row("... Pearson correlation of weights with before", "", Insult::block, true,
                     &O::correlation, 0.99, 1.0, multiplicative));
  rows.push_back(knock_out(row("knock-out: scaling frozen, mean weight", "", Insult::block, false,
                               &O::weight_ratio, 1.5, 2.5, silence)));
  // In silence all cells scale alike; after the loss each does by its own rate.
  rows.push_back(row("half the afferents lost: rate right afterwards", "", Insult::loss, true, &O::first_rate,
                     0.0, 0.8, kOwn));
  rows.push_back(row("... time until the rate is back at 0.9", "h", Insult::loss, true, &O::return_h, 24.0,
                     72.0, recovery));
  rows.push_back(row("... rate on the fourth day, of the set-point", "", Insult::loss, true, &O::last_rate,
                     0.9, 1.1, recovery));
  rows.push_back(row("... SD of the logarithms of weights, change", "", Insult::loss, true, &O::log_sd_change,
                     0.0, 0.01, multiplicative));
  rows.push_back(row("... Pearson correlation of weights with before", "", Insult::loss, true,
                     &O::correlation, 0.99, 1.0, multiplicative));
  rows.push_back(knock_out(row("knock-out: scaling frozen, rate on the fourth day", "", Insult::loss, false,
                               &O::last_rate, 0.9, 1.1, recovery)));
  return report;
}

}  // namespace penfield

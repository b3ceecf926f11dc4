// L1: weights of a thousand cells under additive and soft-bound pair STDP, every step simulated and on the
// episodic clock.
#include "host/validate/hmm_rungs.hpp"
#include "host/validate/hmm_runs.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

void add_weight_rows(const ValidateOptions& options, ValidationReport& report) {
  const std::vector<std::uint32_t> seeds = seeds_of(options, 3, 1);
  const std::vector<int> accelerations = options.quick ? std::vector<int>{10} : std::vector<int>{10, 50, 200};
  const double until_s = options.quick ? 600.0 : 7200.0;
  std::vector<LadderJob> jobs;
  for (const bool soft : {false, true})
    for (const std::uint32_t seed : seeds) {
      LadderJob job{"hmm_weights.json", soft ? "soft bounds" : "additive", {}, seed, {until_s}};
      if (soft) job.sets.emplace_back("projections[EE].plasticity.stdp_pair.soft=1");
      jobs.push_back(job);
      for (const int a : accelerations) {
        job.acceleration = a;
        jobs.push_back(job);
      }
    }
  const std::vector<RunNumbers> numbers = run_ladder(options, jobs);
  const std::size_t stride = accelerations.size() + 1;
  for (int soft = 0; soft < 2; ++soft)
    for (std::size_t a = 0; a < accelerations.size(); ++a) {
      std::vector<double> mean, sd;
      for (std::size_t k = 0; k < seeds.size(); ++k) {
        const std::size_t first = (static_cast<std::size_t>(soft) * seeds.size() + k) * stride;
        const RunNumbers &raw = numbers[first], &leapt = numbers[first + 1 + a];
        mean.push_back(leapt.at("mean")[0] / raw.at("mean")[0]);
        sd.push_back(leapt.at("sd")[0] / raw.at("sd")[0]);
      }
      const std::string what = std::string("L1: ") + (soft != 0 ? "soft-bound" : "additive") +
                               " STDP, acceleration " + std::to_string(accelerations[a]);
      const char* source = "the same network with every step simulated";
      report.rows.push_back(make_row(what + ": mean weight over raw", "", mean, 0.95, 1.05, 0.0, source));
      report.rows.push_back(make_row("... SD of weights over raw", "", sd, 0.95, 1.05, 0.0, source));
    }
}

}  // namespace penfield

// L1: two homeostats pull at the rate of one population. Steps longer than either takes to relax find out
// whether the clock takes the same error off twice.
#include <string>
#include <vector>

#include "host/validate/hmm_rungs.hpp"
#include "host/validate/hmm_runs.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

namespace {

constexpr const char* kSource = "the same network with every step simulated";

struct Readout {
  const char *name, *key;
};
constexpr Readout kReadouts[] = {{"log gain of inhibition", "log gain inhibition"},
                                 {"log gain of excitation", "log gain scaling"},
                                 {"rate of excitatory cells", "rate_0"}};

}  // namespace

void add_homeostat_rows(const ValidateOptions& options, ValidationReport& report) {
  // A step of 200 scatters the gains of one seed by 3 %.
  const std::vector<std::uint32_t> seeds = seeds_of(options, 3, 3);
  const std::vector<int> accelerations =
      options.quick ? std::vector<int>{200} : std::vector<int>{10, 50, 200};
  const double until_s = options.quick ? 1800.0 : 3600.0;
  std::vector<LadderJob> jobs;
  for (const std::uint32_t seed : seeds) {
    LadderJob job{"hmm_homeostats.json", "two homeostats", {}, seed, {until_s}};
    job.fitted = false;
    jobs.push_back(job);
    for (const int a : accelerations) {
      job.acceleration = a;
      jobs.push_back(job);
    }
    // At the last acceleration.
    job.sets = {"homeostasis[inhibition].loop_gain=0.001", "homeostasis[scaling].loop_gain=0.001"};
    jobs.push_back(job);
  }
  const std::vector<RunNumbers> numbers = run_ladder(options, jobs);
  const std::size_t open = accelerations.size() + 1, stride = open + 1;
  /// [seed]; a network that ran away has no numbers.
  const auto over_raw = [&](std::size_t run, const char* key) {
    std::vector<double> out;
    for (std::size_t raw = 0; raw < numbers.size(); raw += stride)
      out.push_back(numbers[raw + run].at(key)[0] / numbers[raw].at(key)[0]);
    return out;
  };
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  for (std::size_t a = 0; a < accelerations.size(); ++a) {
    std::string first = "L1: two homeostats, acceleration " + std::to_string(accelerations[a]) + ": ";
    for (const Readout& r : kReadouts) {
      add(make_row(first + r.name + " over raw", "", over_raw(1 + a, r.key), 0.95, 1.05, 0.0, kSource));
      first = "... ";
    }
  }
  add(knock_out(make_row("... knock-out: gains in open loop, log gain of excitation", "",
                         over_raw(open, "log gain scaling"), 0.95, 1.05, 0.0, kSource)));
}

}  // namespace penfield

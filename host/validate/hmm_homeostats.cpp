// Two homeostats pull at the rate of one population. L1: steps longer than either takes to relax find out
// whether the clock takes the same error off twice. And with one at its bound: a cell's gain follows the few
// spikes that an episode shows of it, and a bound cuts that scatter to one side.
#include <cstdio>
#include <string>
#include <vector>

#include "host/validate/entries.hpp"
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

/// What the episodic clock is tried with.
struct Arm {
  double acceleration, episode_s;
};

/// Rows of every arm; the last one's acceleration once more, as a knock-out, with gains that do not answer
/// what they have done.
void add_rows(const ValidateOptions& options, const std::string& rung, const std::string& name,
              const std::vector<std::string>& sets, const std::vector<Arm>& arms, double until_s,
              ValidationReport& report) {
  // A step of 200 scatters the gains of one seed by 3 %.
  const std::vector<std::uint32_t> seeds = seeds_of(options, 3, 3);
  std::vector<LadderJob> jobs;
  for (const std::uint32_t seed : seeds) {
    LadderJob job{"hmm_homeostats.json", name, sets, seed, {until_s}};
    job.fitted = false;
    jobs.push_back(job);
    for (const Arm& arm : arms) {
      job.acceleration = arm.acceleration;
      job.episode_s = arm.episode_s;
      jobs.push_back(job);
    }
    job.sets.emplace_back("homeostasis[inhibition].loop_gain=0.001");
    job.sets.emplace_back("homeostasis[scaling].loop_gain=0.001");
    jobs.push_back(job);
  }
  const std::vector<RunNumbers> numbers = run_ladder(options, jobs);
  const std::size_t open = arms.size() + 1, stride = open + 1;
  /// [seed]; a network that ran away has no numbers.
  const auto over_raw = [&](std::size_t run, const char* key) {
    std::vector<double> out;
    for (std::size_t raw = 0; raw < numbers.size(); raw += stride)
      out.push_back(numbers[raw + run].at(key)[0] / numbers[raw].at(key)[0]);
    return out;
  };
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  for (std::size_t a = 0; a < arms.size(); ++a) {
    char text[120];
    std::snprintf(text, sizeof text, "%s%s, %g s, x%g: ", rung.c_str(), name.c_str(), arms[a].episode_s,
                  arms[a].acceleration);
    std::string first = text;
    for (const Readout& r : kReadouts) {
      add(make_row(first + r.name + " over raw", "", over_raw(1 + a, r.key), 0.95, 1.05, 0.0, kSource));
      first = "... ";
    }
  }
  add(knock_out(make_row("... knock-out: gains in open loop, log gain of excitation", "",
                         over_raw(open, "log gain scaling"), 0.95, 1.05, 0.0, kSource)));
}

}  // namespace

void add_homeostat_rows(const ValidateOptions& options, ValidationReport& report) {
  std::vector<Arm> arms = {{200.0, kLadderEpisode_s}};
  if (!options.quick) arms = {{10.0, kLadderEpisode_s}, {50.0, kLadderEpisode_s}, {200.0, kLadderEpisode_s}};
  add_rows(options, "L1: ", "two homeostats", {}, arms, options.quick ? 1800.0 : 3600.0, report);
}

/// Inhibition may grow by a third of what it would, so that scaling has to do the rest. With every step
/// simulated 0.23 of 0.26 are left of its log gain.
ValidationReport validate_hmm_bounds(const ValidateOptions& options) {
  ValidationReport report{"hmm_bounds", {}, 0.0};
  std::vector<Arm> arms = {{2.0, 160.0}, {10.0, kLadderEpisode_s}};
  if (!options.quick)
    arms = {{2.0, 160.0},
            {2.0, kLadderEpisode_s},
            {10.0, kLadderEpisode_s},
            {50.0, kLadderEpisode_s},
            {200.0, kLadderEpisode_s}};
  add_rows(options, "", "inhibition at its bound", {"homeostasis[inhibition].upper=1.3"}, arms, 3600.0,
           report);
  return report;
}

}  // namespace penfield

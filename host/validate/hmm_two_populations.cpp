// L2: Hebbian learning and synaptic scaling act on the same synapses for a day, every step simulated and on
// the episodic clock. Both begin far from where they end: weights more than double, and gains first rise,
// since the rate is a third below the set-point, and then fall far below 1, since the weights go on growing.
#include <cmath>
#include <cstdio>

#include "host/readout/spike_statistics.hpp"
#include "host/validate/hmm_rungs.hpp"
#include "host/validate/hmm_runs.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

namespace {

constexpr double kHour_s = 3600.0, kLongStep_s = 12.0 * kHour_s;
constexpr const char* kSource = "the same network with every step simulated";

struct Readout {
  const char *name, *key, *unit;
};
constexpr Readout kReadouts[] = {
    {"mean weight", "mean", "of w_max"},          {"SD of weights", "sd", "of w_max"},
    {"mean scaling gain", "gain_mean", ""},       {"SD of gains over cells", "gain_sd", ""},
    {"rate of excitatory cells", "rate_0", "Hz"}, {"rate of inhibitory cells", "rate_1", "Hz"}};

/// Runs of one kind, [seed], and the runs of every step that they are held against.
class Comparison {
 public:
  Comparison(const std::vector<RunNumbers>& numbers, std::size_t stride, std::size_t kind)
      : numbers_(numbers), stride_(stride), kind_(kind) {}

  /// [seed] over raw, at the end or at an earlier reading.
  std::vector<double> over_raw(const char* key, std::size_t reading) const {
    std::vector<double> out;
    for (std::size_t raw = 0; raw < numbers_.size(); raw += stride_)
      out.push_back(numbers_[raw + kind_].at(key)[reading] / numbers_[raw].at(key)[reading]);
    return out;
  }
  /// [seed] over raw, of the readout at the earlier readings that is farthest from it in the mean of seeds.
  std::vector<double> farthest(std::size_t readings, std::string* name) const {
    std::vector<double> out;
    double most = -1.0;
    for (const Readout& r : kReadouts)
      for (std::size_t k = 0; k + 1 < readings; ++k) {
        std::vector<double> values = over_raw(r.key, k);
        const double off = std::fabs(readout::mean(values) - 1.0);
        if (off <= most) continue;
        most = off;
        *name = r.name;
        out = std::move(values);
      }
    return out;
  }

 private:
  const std::vector<RunNumbers>& numbers_;
  std::size_t stride_, kind_;
};

}  // namespace

void add_two_population_rows(const ValidateOptions& options, ValidationReport& report) {
  const std::vector<std::uint32_t> seeds = seeds_of(options, 3, 1);
  const std::vector<int> accelerations = options.quick ? std::vector<int>{10} : std::vector<int>{10, 50, 200};
  const std::vector<double> read_at_s =
      options.quick ? std::vector<double>{0.5 * kHour_s}
                    : std::vector<double>{6.0 * kHour_s, 12.0 * kHour_s, 24.0 * kHour_s};
  std::vector<LadderJob> jobs;
  const char* what = options.quick ? "two populations, four times as fast" : "two populations";
  for (const std::uint32_t seed : seeds) {
    LadderJob job{"hmm_two_populations.json", what, {}, seed, read_at_s};
    if (options.quick)
      job.sets = {"projections[EE].plasticity.stdp_pair.a_plus=0.008",
                  "projections[EE].plasticity.stdp_pair.a_minus=0.004", "homeostasis[scaling].tau_s=3600"};
    jobs.push_back(job);
    for (const int a : accelerations) {
      job.acceleration = a;
      jobs.push_back(job);
    }
    const std::vector<std::string> intact = job.sets;
    job.sets.emplace_back("timeline[freeze_scaling].enabled=true");
    jobs.push_back(job);  // at the last acceleration
    if (options.quick) continue;
    job.acceleration = kLongStep_s / (kLadderEpisode_s + kLadderHeal_s);
    job.fitted = false;
    job.sets = intact;
    jobs.push_back(job);
    job.sets.emplace_back("homeostasis[scaling].loop_gain=0.001");
    jobs.push_back(job);
  }
  const std::vector<RunNumbers> numbers = run_ladder(options, jobs);
  const std::size_t frozen_at = accelerations.size() + 1, stride = frozen_at + (options.quick ? 1 : 3),
                    end = read_at_s.size() - 1;
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  for (std::size_t a = 0; a < accelerations.size(); ++a) {
    const Comparison runs(numbers, stride, 1 + a);
    std::string first = "L2: learning and scaling, acceleration " + std::to_string(accelerations[a]) + ": ";
    for (const Readout& r : kReadouts) {
      add(make_row(first + r.name + " over raw", "", runs.over_raw(r.key, end), 0.95, 1.05, 0.0, kSource));
      first = "... ";
    }
    if (end == 0) continue;
    std::string name;
    const std::vector<double> farthest = runs.farthest(read_at_s.size(), &name);
    add(shown_row("... farthest of these at 6 and 12 h: " + name, "", farthest, "on the way"));
  }
  const Comparison frozen(numbers, stride, frozen_at);
  add(knock_out(make_row("... knock-out: gains do not move, rate of excitatory cells", "",
                         frozen.over_raw("rate_0", end), 0.95, 1.05, 0.0, kSource)));
  if (!options.quick) {
    const Comparison closed(numbers, stride, frozen_at + 1), open(numbers, stride, frozen_at + 2);
    add(knock_out(make_row("... knock-out: steps of 12 h, gains in open loop: mean scaling gain", "",
                           open.over_raw("gain_mean", end), 0.95, 1.05, 0.0, kSource)));
    add(shown_row("... steps of 12 h in closed loop, not fitted to errors: mean scaling gain", "",
                  closed.over_raw("gain_mean", end), "as long as the time constants"));
  }
  for (const Readout& r : kReadouts) {
    std::vector<double> raw;
    for (std::size_t k = 0; k < numbers.size(); k += stride) raw.push_back(numbers[k].at(r.key)[end]);
    add(shown_row(std::string("... every step: ") + r.name, r.unit, raw, "at the end"));
  }
}

}  // namespace penfield

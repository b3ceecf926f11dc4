// The foot of the ladder: problems whose solutions are known in closed form.
#include <array>
#include <cmath>

#include "host/clock/drift.hpp"
#include "host/clock/slow_steps.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/validate/hmm_rungs.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

namespace {

constexpr double kHour_s = 3600.0;
constexpr const char* kOwn = "a problem with a known solution";

/// x' = -0.3 x - 2 y, y' = 2 x - 0.3 y from (1, 0): excitation and inhibition that ring down. Error after one
/// second in `steps` steps of a method of two evaluations (or of one).
double ringing_error(int steps, bool corrected) {
  const auto rate = [](std::span<const double> x, std::span<double> dx) {
    dx[0] = -0.3 * x[0] - 2.0 * x[1];
    dx[1] = 2.0 * x[0] - 0.3 * x[1];
  };
  std::array<double, 2> x = {1.0, 0.0}, dx{};
  for (int k = 0; k < steps; ++k) {
    if (corrected) {
      heun_step(x, 1.0 / steps, rate);
      continue;
    }
    rate(x, dx);
    for (std::size_t i = 0; i < 2; ++i) x[i] += dx[i] / steps;
  }
  return std::hypot(x[0] - std::exp(-0.3) * std::cos(2.0), x[1] - std::exp(-0.3) * std::sin(2.0));
}

double order(bool corrected) {
  return std::log2(ringing_error(64, corrected) / ringing_error(128, corrected));
}

/// Largest error over a grid of potentiation, depression, first weight and length, in units of the range;
/// `exact`: by the exponential step, else by the linear one with clipping.
double soft_bound_error(bool exact) {
  double worst = 0.0;
  for (const double a : {1e-6, 2e-5, 3e-4})
    for (const double b : {1e-6, 5e-5, 2e-4})
      for (const double w : {0.0, 0.3, 1.0})
        for (const double hours : {0.1, 1.0, 12.0}) {
          const double h = hours * kHour_s, rest = a / (a + b), drift = a * (1.0 - w) - b * w;
          const double leapt = clamp_to(w + exponential_change(drift, exact ? a + b : 0.0, h), 0.0, 1.0);
          worst = std::max(worst, std::fabs(leapt - (rest + (w - rest) * std::exp(-(a + b) * h))));
        }
  return worst;
}

// dw = (a - b w) dt + sqrt(D) dW: soft-bound plasticity, linear in the weight. Potentiation a and depression
// b go by the rates of the two cells, as those of pair rules do; a differs between synapses of like cells
// beside.
constexpr std::uint32_t kSynapses = 100000;
constexpr double kPotentiation = 8e-7, kLevel = 6e-7,
                 kDepression = 1.2e-6;  // a pair; a source's spike; a pair
constexpr double kOwnSd = 2e-7, kDiffusion = 4e-9, kEpisode_s = 4.0, kUntil_s = 24.0 * kHour_s;

struct Moments {
  double mean = 0.0, sd = 0.0;
};

Moments moments(const std::vector<double>& w) { return {readout::mean(w), readout::standard_deviation(w)}; }

enum class Leap { shrunk, multiplied };

class LinearPlasticity {
 public:
  explicit LinearPlasticity(std::uint32_t seed) : seed_(seed), weight_(kSynapses, 0.3) {
    for (std::uint32_t k = 0; k < kSynapses; ++k) {
      const LeapDraw d = draw(k, 0, 0);
      rates_.push_back({});
      rates_.back().source = 2.0 + 6.0 * d.uniform;
      rates_.back().product = rates_.back().source * (2.0 + 4.0 * draw(k, 0, 1).uniform);
      potentiation_.push_back(kPotentiation * rates_.back().product + kLevel * rates_.back().source +
                              kOwnSd * d.normal);
    }
  }
  /// The exact process after kUntil_s.
  Moments exact() const {
    std::vector<double> w;
    double diffused = 0.0;
    for (std::uint32_t k = 0; k < kSynapses; ++k) {
      w.push_back(0.3 + exponential_change(drift(k, 0.3), relaxation(k), kUntil_s));
      diffused += diffused_variance(kDiffusion, relaxation(k), kUntil_s) / kSynapses;
    }
    Moments m = moments(w);
    m.sd = std::sqrt(m.sd * m.sd + diffused);
    return m;
  }
  Moments leap(double step_s, Leap how) {
    const auto steps = static_cast<std::uint64_t>(kUntil_s / step_s + 0.5);
    for (std::uint64_t n = 1; n <= steps; ++n) macro_step(n, step_s, how);
    return moments(weight_);
  }

 private:
  double relaxation(std::uint32_t k) const { return kDepression * rates_[k].product; }
  double drift(std::uint32_t k, double w) const { return potentiation_[k] - relaxation(k) * w; }
  LeapDraw draw(std::uint64_t synapse, std::uint64_t step, std::uint32_t number) const {
    return leap_draw(philox4x32(seed_, 0xffff0000u, synapse, step, number));
  }
  /// Changes of the exact process in the batches of an episode.
  DriftEstimate episode(std::uint32_t k, std::uint64_t step) const {
    constexpr double kBatch_s = kEpisode_s / kDriftBatches;
    double w = weight_[k];
    BatchSums sums;
    for (std::uint32_t b = 0; b < kDriftBatches; ++b) {
      const double change =
          exponential_change(drift(k, w), relaxation(k), kBatch_s) +
          std::sqrt(diffused_variance(kDiffusion, relaxation(k), kBatch_s)) * draw(k, step, 2 + b).normal;
      w += change;
      sums.sum += static_cast<float>(change);
      sums.squares += static_cast<float>(change * change);
    }
    return drift_of(sums, kDriftBatches, kBatch_s);
  }
  /// By weight, as the groups of synapses are.
  static std::size_t group_of(double w) { return static_cast<std::size_t>(clamp_to(8.0 * w, 0.0, 7.0)); }

  void macro_step(std::uint64_t step, double seconds, Leap how) {
    // Drifts at weight 0, so that a group's plane leaves to each synapse how it relaxes.
    std::vector<DriftEstimate> seen, at_zero;
    DriftGroups groups(8, 1.0);
    for (std::uint32_t k = 0; k < kSynapses; ++k) {
      seen.push_back(episode(k, step));
      at_zero.push_back(seen[k]);
      at_zero[k].drift_per_s += relaxation(k) * weight_[k];
      groups.add(group_of(weight_[k]), rates_[k], at_zero[k].drift_per_s);
    }
    groups.solve(memory_);
    const double episodes = memory_.weight;
    for (std::uint32_t k = 0; k < kSynapses; ++k) {
      const double rest = groups.residual(group_of(weight_[k]), rates_[k], at_zero[k].drift_per_s);
      groups.add_residual(group_of(weight_[k]), group_of(weight_[k]), rates_[k], rest, at_zero[k].error2,
                          episodes > 0.0 ? own_[k] / episodes : 0.0);
    }
    groups.finish();
    memory_ = groups.memory();
    for (std::uint32_t k = 0; k < kSynapses; ++k) {
      if (how == Leap::multiplied) {
        weight_[k] += seen[k].drift_per_s * seconds;
        continue;
      }
      const std::size_t group = group_of(weight_[k]);
      own_[k] = kKeptDrift * own_[k] + groups.residual(group, rates_[k], at_zero[k].drift_per_s);
      const double unseen_sd = std::sqrt(groups.own_variance(group) * (1.0 - groups.reliability(group)));
      const double m = groups.expected(group, rates_[k]) +
                       groups.reliability(group) * own_[k] / memory_.weight +
                       unseen_sd * draw(k, 0, 2).normal - relaxation(k) * weight_[k];
      weight_[k] += exponential_change(m, relaxation(k), seconds) +
                    std::sqrt(diffused_variance(seen[k].diffusion_per_s, relaxation(k), seconds)) *
                        draw(k, step, 1).normal;
    }
  }

  std::uint32_t seed_;
  std::vector<double> weight_, potentiation_;
  std::vector<double> own_ = std::vector<double>(kSynapses, 0.0);
  std::vector<Covariates> rates_;
  DriftMemory memory_;
};

/// A population of synapses that form at `kFormed` an hour and last `kLast_s` each: mean number after a day
/// in leaps of `step_s`, over the exact one. Formation is a Poisson count, loss a chance for each.
double births_and_deaths(std::uint32_t seed, double step_s) {
  constexpr double kFormed_per_s = 200.0 / kHour_s, kLast_s = 12.0 * kHour_s, kLong_s = 24.0 * kHour_s;
  std::uint64_t number = 0;
  const auto steps = static_cast<std::uint64_t>(kLong_s / step_s + 0.5);
  for (std::uint64_t n = 0; n < steps; ++n) {
    RandomSequence random(seed, 0xffff0001u, 0, n);
    const double keep = std::exp(-step_s / kLast_s);
    std::uint64_t left = 0;
    for (std::uint64_t k = 0; k < number; ++k) left += random.uniform() < keep ? 1 : 0;
    // What forms on the way may go on the way.
    number = left + random.poisson(exponential_change(kFormed_per_s, 1.0 / kLast_s, step_s));
  }
  return static_cast<double>(number) / exponential_change(kFormed_per_s, 1.0 / kLast_s, kLong_s);
}

}  // namespace

void add_linear_rows(const ValidateOptions& options, ValidationReport& report) {
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  add(make_row("L0: order of the predictor-corrector", "", {order(true)}, 1.8, 2.2, 0.0, kOwn));
  add(knock_out(make_row("... knock-out: one evaluation a step", "", {order(false)}, 1.8, 2.2, 0.0, kOwn)));
  add(make_row("L0: soft bounds, exponential steps of 0.1 to 12 h: error", "", {soft_bound_error(true)}, 0.0,
               1e-9, 0.0, kOwn));
  add(knock_out(
      make_row("... knock-out: linear steps", "", {soft_bound_error(false)}, 0.0, 1e-9, 0.0, kOwn)));
  std::vector<double> mean, sd, doubled_sd, multiplied, formed;
  for (const std::uint32_t seed : seeds_of(options, 5, 1)) {
    check_stop(options);
    const Moments exact = LinearPlasticity(seed).exact();
    const Moments leapt = LinearPlasticity(seed).leap(3.0 * kHour_s, Leap::shrunk);
    mean.push_back(leapt.mean / exact.mean);
    sd.push_back(leapt.sd / exact.sd);
    doubled_sd.push_back(LinearPlasticity(seed).leap(6.0 * kHour_s, Leap::shrunk).sd / exact.sd);
    multiplied.push_back(LinearPlasticity(seed).leap(6.0 * kHour_s, Leap::multiplied).sd / exact.sd);
    formed.push_back(births_and_deaths(seed, 6.0 * kHour_s));
  }
  add(make_row("L0: 24 h from 4 s every 3 h: mean weight over exact", "", mean, 0.95, 1.05, 0.0, kOwn));
  add(make_row("... SD of weights over exact", "", sd, 0.95, 1.05, 0.0, kOwn));
  add(make_row("... the same at twice the acceleration", "", doubled_sd, 0.95, 1.05, 0.0, kOwn));
  add(knock_out(
      make_row("... knock-out: changes times H/T, not shrunk", "", multiplied, 0.95, 1.05, 0.0, kOwn)));
  add(make_row("L0: births and deaths in leaps of 6 h, over exact", "", formed, 0.95, 1.05, 0.0, kOwn));
}

}  // namespace penfield

#include "host/clock/drift.hpp"

#include "penfield/numerics/fused.hpp"

namespace penfield {

namespace {

/// Covariates are summed in these units, Hz squared and Hz: a cell cannot fire faster.
constexpr double kLargestRate_Hz = 1000.0;
constexpr double kProductScale = 1.0 / (kLargestRate_Hz * kLargestRate_Hz),
                 kSourceScale = 1.0 / kLargestRate_Hz;

/// Below this share of the product of its diagonal, a determinant is rounding.
constexpr double kSingular = 1e-6;

}  // namespace

DriftEstimate drift_of(const BatchSums& sums, std::uint32_t batches, double batch_s) {
  const double n = batches, sum = sums.sum;
  const double scatter = static_cast<double>(sums.squares) - sum * sum / n;
  const double variance = scatter > 0.0 ? scatter / (n - 1.0) : 0.0;
  return {sum / (n * batch_s), variance / (n * batch_s * batch_s), variance / batch_s};
}

void add_condition(DriftEstimate& day, const DriftEstimate& condition, double fraction) {
  day.drift_per_s = fused(fraction, condition.drift_per_s, day.drift_per_s);
  day.error2 = fused(fraction * fraction, condition.error2, day.error2);
  day.diffusion_per_s = fused(fraction, condition.diffusion_per_s, day.diffusion_per_s);
}

DriftGroups::DriftGroups(std::size_t groups, double largest_drift_per_s, std::uint32_t fewest)
    : line_(groups + 1),
      residual_(groups + 1),
      fits_(groups + 1),
      drift_scale_(1.0 / largest_drift_per_s),
      fewest_(fewest) {}

void DriftGroups::add(std::size_t group, const Covariates& x, double drift_per_s) {
  const double x1 = x.product * kProductScale, x2 = x.source * kSourceScale, y = drift_per_s * drift_scale_;
  for (Line* s : {&line_[group], &line_.back()}) {
    ++s->count;
    s->xy1.add(x1 * y);
    s->xy2.add(x2 * y);
    s->x11.add(x1 * x1);
    s->x12.add(x1 * x2);
    s->x22.add(x2 * x2);
  }
}

DriftGroups::Fit DriftGroups::plane(const DriftMemory::Group& s) {
  const double det = s.x11 * s.x22 - s.x12 * s.x12;
  Fit fit;
  if (det > kSingular * s.x11 * s.x22) {
    fit.product = (s.xy1 * s.x22 - s.xy2 * s.x12) / det;
    fit.source = (s.xy2 * s.x11 - s.xy1 * s.x12) / det;
  } else if (s.x11 > 0.0) {
    fit.product = s.xy1 / s.x11;
  } else if (s.x22 > 0.0) {
    fit.source = s.xy2 / s.x22;
  }
  return fit;
}

void DriftGroups::solve(const DriftMemory& earlier) {
  memory_.groups.resize(line_.size());
  const bool known = earlier.groups.size() == line_.size();
  for (std::size_t g = 0; g < line_.size(); ++g) {
    const Line& now = line_[g];
    const DriftMemory::Group before = known ? earlier.groups[g] : DriftMemory::Group{};
    DriftMemory::Group& m = memory_.groups[g];
    m.count = fused(kKeptDrift, before.count, static_cast<double>(now.count));
    m.xy1 = fused(kKeptDrift, before.xy1, now.xy1.value());
    m.xy2 = fused(kKeptDrift, before.xy2, now.xy2.value());
    m.x11 = fused(kKeptDrift, before.x11, now.x11.value());
    m.x12 = fused(kKeptDrift, before.x12, now.x12.value());
    m.x22 = fused(kKeptDrift, before.x22, now.x22.value());
    m.residual2 = kKeptDrift * before.residual2;
    m.error2 = kKeptDrift * before.error2;
    fits_[g] = plane(m);
  }
}

double DriftGroups::expected(std::size_t group, const Covariates& x) const {
  const Fit& f = used(group);
  return (f.product * (x.product * kProductScale) + f.source * (x.source * kSourceScale)) / drift_scale_;
}

void DriftGroups::add_residual(std::size_t group, const Covariates& x, const DriftEstimate& estimate) {
  const double rest = (estimate.drift_per_s - expected(group, x)) * drift_scale_;
  for (Residual* s : {&residual_[group], &residual_.back()}) {
    s->residual2.add(rest * rest);
    s->error2.add(estimate.error2 * drift_scale_ * drift_scale_);
  }
}

void DriftGroups::finish() {
  for (std::size_t g = 0; g < line_.size(); ++g) {
    memory_.groups[g].residual2 += residual_[g].residual2.value();
    memory_.groups[g].error2 += residual_[g].error2.value();
  }
  const double rest = memory_.groups.back().residual2, noise = memory_.groups.back().error2;
  // Nothing is noisy where nothing scatters.
  reliability_ = noise > 0.0 ? (rest > noise ? (rest - noise) / rest : 0.0) : 1.0;
}

std::span<std::uint64_t> DriftGroups::line_words() { return words_of(line_); }
std::span<std::uint64_t> DriftGroups::residual_words() { return words_of(residual_); }

double shrunk_drift(const DriftGroups& groups, std::size_t group, const Covariates& now,
                    const Covariates& smoothed, double drift_per_s) {
  return fused(groups.reliability(), drift_per_s - groups.expected(group, now),
               groups.expected(group, smoothed));
}

DriftEstimate mean_of_batches(std::span<const ExactSum> sums, std::uint64_t count, double batch_s) {
  const auto n = static_cast<double>(sums.size());
  double sum = 0.0, squares = 0.0;
  for (const ExactSum& batch : sums) {
    const double change = batch.value() / static_cast<double>(count);
    sum += change;
    squares += change * change;
  }
  const double scatter = squares - sum * sum / n;
  const double variance = scatter > 0.0 ? scatter / (n - 1.0) : 0.0;
  return {sum / (n * batch_s), variance / (n * batch_s * batch_s), variance / batch_s};
}

}  // namespace penfield

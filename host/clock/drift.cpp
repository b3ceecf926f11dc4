#include "host/clock/drift.hpp"

#include <utility>

#include "penfield/numerics/fused.hpp"

namespace penfield {

namespace {

/// Covariates are summed in these units, Hz squared and Hz: a cell cannot fire faster.
constexpr double kLargestRate_Hz = 1000.0;
constexpr double kProductScale = 1.0 / (kLargestRate_Hz * kLargestRate_Hz),
                 kSourceScale = 1.0 / kLargestRate_Hz;

/// A group of fewer synapses says nothing of how its drifts differ.
constexpr double kFewestOwn = 2000.0;

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

void fade_memory(DriftMemory& memory, double kept) {
  for (DriftMemory::Group& g : memory.groups)
    for (double* sum : {&g.count, &g.xy1, &g.xy2, &g.x11, &g.x12, &g.x22}) *sum *= kept;
  for (DriftMemory::Own& o : memory.own)
    for (double* sum : {&o.count, &o.residual2, &o.error2, &o.pairs, &o.paired, &o.earlier2}) *sum *= kept;
  memory.weight *= kept;
  memory.weight2 *= kept * kept;
}

DriftGroups::DriftGroups(std::size_t groups, double largest_drift_per_s, std::uint32_t fewest,
                         std::size_t classes)
    : line_(groups + 1),
      residual_(groups + 1),
      class_(classes + 1),
      fits_(groups + 1),
      own_(groups + 1),
      common_(classes, 0.0),
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

void DriftGroups::join(std::span<DriftGroups> others) {
  const auto take = [](std::span<std::uint64_t> to, std::span<std::uint64_t> from) {
    for (std::size_t k = 0; k < to.size(); ++k) to[k] += std::exchange(from[k], 0);
  };
  for (DriftGroups& other : others) {
    take(line_words(), other.line_words());
    take(residual_words(), other.residual_words());
    take(class_words(), other.class_words());
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
  const bool known = earlier.groups.size() == line_.size();
  memory_ = known ? earlier : DriftMemory{};
  memory_.groups.resize(line_.size());
  memory_.own.resize(line_.size());
  for (std::size_t g = 0; g < line_.size(); ++g) {
    const Line& now = line_[g];
    DriftMemory::Group& m = memory_.groups[g];
    m.count = fused(kKeptDrift, m.count, static_cast<double>(now.count));
    m.xy1 = fused(kKeptDrift, m.xy1, now.xy1.value());
    m.xy2 = fused(kKeptDrift, m.xy2, now.xy2.value());
    m.x11 = fused(kKeptDrift, m.x11, now.x11.value());
    m.x12 = fused(kKeptDrift, m.x12, now.x12.value());
    m.x22 = fused(kKeptDrift, m.x22, now.x22.value());
  }
  for (std::size_t g = 0; g < line_.size(); ++g)
    fits_[g] = plane(memory_.groups[g].count < fewest_ ? memory_.groups.back() : memory_.groups[g]);
}

double DriftGroups::expected(std::size_t group, const Covariates& x) const {
  const Fit& f = fits_[group];
  return ((f.product + common_[class_of(group)]) * (x.product * kProductScale) +
          f.source * (x.source * kSourceScale)) /
         drift_scale_;
}

void DriftGroups::add_residual(std::size_t group, std::size_t own, const Covariates& x, double residual_per_s,
                               double error2, double earlier_per_s) {
  const double rest = residual_per_s * drift_scale_, earlier = earlier_per_s * drift_scale_;
  for (Class* s : {&class_[class_of(group)], &class_.back()}) {
    ++s->count;
    s->residual.add(rest);
    s->product.add(x.product * kProductScale);
  }
  for (Residual* s : {&residual_[own], &residual_.back()}) {
    ++s->count;
    s->residual2.add(rest * rest);
    s->error2.add(error2 * drift_scale_ * drift_scale_);
    s->paired.add(rest * earlier);
    s->earlier2.add(earlier * earlier);
  }
}

DriftGroups::Own DriftGroups::own_drift(const DriftMemory::Own& m, double weight, double weight2) {
  if (!(m.count > 0.0)) return {};
  const double all = m.residual2 / m.count;
  const bool paired = m.pairs > 0.0;
  const double seen = paired ? m.paired / m.pairs : all - m.error2 / m.count;
  // Of noise alone either estimate scatters by so much; what it cannot tell from nothing counts as nothing.
  const double scatter = all * square_root(paired ? weight2 / (weight * weight * m.pairs) : 2.0 / m.count);
  const double own = seen - 3.0 * scatter < 0.0 ? 0.0 : seen - 3.0 * scatter;
  if (!(own > 0.0)) return {0.0, all > 0.0 ? 0.0 : 1.0};
  if (!paired) return {0.0, 0.0};
  return {own, m.paired < m.earlier2 ? m.paired / m.earlier2 : 1.0};
}

void DriftGroups::finish() {
  for (std::size_t c = 0; c < common_.size(); ++c) {
    const Class& s = static_cast<double>(class_[c].count) < kFewestOwn ? class_.back() : class_[c];
    common_[c] = s.product.value() > 0.0 ? s.residual.value() / s.product.value() : 0.0;
  }
  const bool first = !(memory_.weight > 0.0);  // nothing came before: there are no pairs
  memory_.weight = fused(kKeptDrift, memory_.weight, 1.0);
  memory_.weight2 = fused(kKeptDrift * kKeptDrift, memory_.weight2, 1.0);
  for (std::size_t g = 0; g < residual_.size(); ++g) {
    const Residual& now = residual_[g];
    DriftMemory::Own& m = memory_.own[g];
    const auto count = static_cast<double>(now.count);
    m.count = fused(kKeptDrift, m.count, count);
    m.residual2 = fused(kKeptDrift, m.residual2, now.residual2.value());
    m.error2 = fused(kKeptDrift, m.error2, now.error2.value());
    m.pairs = first ? 0.0 : fused(kKeptDrift, m.pairs, count);
    m.paired = fused(kKeptDrift, m.paired, now.paired.value());
    m.earlier2 = fused(kKeptDrift, m.earlier2, now.earlier2.value());
  }
  const double scale2 = drift_scale_ * drift_scale_;
  for (std::size_t g = 0; g < own_.size(); ++g) {
    // In a small group chance decides; it takes the numbers of all.
    const bool few = memory_.own[g].count < kFewestOwn;
    own_[g] = own_drift(few ? memory_.own.back() : memory_.own[g], memory_.weight, memory_.weight2);
    own_[g].variance /= scale2;
  }
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

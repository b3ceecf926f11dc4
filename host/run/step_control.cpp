#include "host/run/step_control.hpp"

#include <algorithm>
#include <string>

#include "host/clock/slow_steps.hpp"
#include "penfield/base/error.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

namespace {

constexpr double kMostChange = 0.05, kMostRateChange = 0.2;

/// The length that errors allow the step after one of `last_s`; fitted_s: what was allowed before.
double fitted_step_s(const ClockSpec& clock, const StepErrors& judged, double last_s, double fitted_s) {
  const double most_s = std::max(clock.macro_step_s, clock.short_step_s);
  double next = next_step_s(last_s, judged.discretisation, clock.tolerance, clock.short_step_s, most_s);
  // A step that a milestone has cut says nothing against the length that was fitted before.
  if (next >= 2.0 * last_s) next = std::max(next, fitted_s);
  if (judged.statistical > 0.0) next = std::min(next, last_s * 0.5 * clock.tolerance / judged.statistical);
  if (judged.change > 0.0) next = std::min(next, last_s * kMostChange / judged.change);
  return next;
}

/// [population] Do homeostats, structures or projected weights follow its rates?
std::vector<bool> followed_populations(const Scenario& scenario, const Network& network) {
  std::vector<bool> out(network.populations.size(), false);
  for (const HomeostasisSpec& h : scenario.homeostasis)
    for (const auto& p : network.populations)
      if (p->name == h.of) out[p->view.index] = true;
  for (const auto& p : network.projections) {
    const bool grows = std::any_of(scenario.structure.begin(), scenario.structure.end(),
                                   [&](const StructureSpec& s) { return s.projection == p->name; });
    if (grows) out[p->view.source] = true;
    if (grows || p->view.rule >= 0) out[p->view.target] = true;
  }
  return out;
}

}  // namespace

StepControl::StepControl(const Scenario& scenario, const Network& network, EpisodeBatches& batches)
    : clock_(scenario.clock), batches_(batches), fitted_s_(scenario.clock.short_step_s) {
  const std::vector<bool> followed = followed_populations(scenario, network);
  for (std::uint32_t p = 0; p < followed.size(); ++p)
    if (followed[p]) followed_.push_back(p);
  batches.watch(followed);
}

double StepControl::limit_s(double scheduled_s) const {
  return clock_.tolerance > 0.0 ? std::min(scheduled_s, fitted_s_) : scheduled_s;
}

void StepControl::restart() {
  fitted_s_ = clock_.short_step_s;
  before_s_ = 0.0;
  before_.clear();
}

StepControl::Rates StepControl::rates_of(const Measures& measures, std::uint32_t population) const {
  const NeighbourBins& bins = batches_.bins(population);
  const std::vector<double> cells = bins.cells_per_bin();
  Rates out;
  out.mean_Hz.assign(bins.count(), 0.0);
  out.variance_Hz2.assign(bins.count(), 0.0);
  for (std::uint32_t i = 0; i < bins.num_cells(); ++i)
    out.mean_Hz[bins[i]] += static_cast<double>(measures.rate_Hz[population][i]);
  for (std::size_t b = 0; b < bins.count(); ++b) {
    if (cells[b] > 0.0) out.mean_Hz[b] /= cells[b];
    for (const EpisodeSpikes& c : batches_.spikes())
      out.variance_Hz2[b] =
          fused(c.fraction * c.fraction, c.bin_variance_Hz2[population][b], out.variance_Hz2[b]);
  }
  return out;
}

void StepControl::judge(StepErrors& errors, const Measures& measures, double seconds) {
  std::vector<Rates> now;
  for (const std::uint32_t p : followed_) now.push_back(rates_of(measures, p));
  for (std::size_t k = 0; k < before_.size(); ++k) {
    double apart2 = 0.0, mean = 0.0, mean_before = 0.0;
    const std::size_t bins = now[k].mean_Hz.size();
    for (std::size_t b = 0; b < bins; ++b) {
      const double apart = now[k].mean_Hz[b] - before_[k].mean_Hz[b];
      apart2 += fused(apart, apart, -now[k].variance_Hz2[b] - before_[k].variance_Hz2[b]);
      mean += now[k].mean_Hz[b];
      mean_before += before_[k].mean_Hz[b];
    }
    const auto n = static_cast<double>(bins);
    const double rate = std::max(mean, mean_before) / n;
    if (apart2 > 0.0 && rate > 0.0)
      errors.rate_change = std::max(errors.rate_change, square_root(apart2 / n) / rate);
  }
  if (clock_.tolerance > 0.0) {
    fitted_s_ = fitted_step_s(clock_, errors, seconds, fitted_s_);
    // Rates moved over the step before.
    if (errors.rate_change > 0.0)
      fitted_s_ = std::min(fitted_s_, before_s_ * kMostRateChange / errors.rate_change);
    fitted_s_ = std::max(fitted_s_, clock_.short_step_s);
  }
  before_ = std::move(now);
  before_s_ = seconds;
}

void StepControl::archive(StateArchive& a) {
  a.value("fitted_s", fitted_s_);
  a.value("rated_step_s", before_s_);
  a.list("rated", before_, [](StateArchive& inner, Rates& r) {
    inner.value("mean_Hz", r.mean_Hz);
    inner.value("variance_Hz2", r.variance_Hz2);
  });
  if (!a.reading() || before_.empty()) return;
  bool fits = before_.size() == followed_.size();
  for (std::size_t k = 0; fits && k < before_.size(); ++k) {
    const std::size_t bins = batches_.bins(followed_[k]).count();
    fits = before_[k].mean_Hz.size() == bins && before_[k].variance_Hz2.size() == bins;
  }
  // Of a study whose slow processes followed other populations, from which this one branches.
  if (!fits) restart();
}

}  // namespace penfield

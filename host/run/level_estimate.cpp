#include "host/run/level_estimate.hpp"

#include <algorithm>
#include <string>

#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

LevelEstimate::LevelEstimate(const Population& cells, double tau_s)
    : tau_s_(tau_s), bin_(cells), apart_(cells.view.n, 0.0), walk_left_(bin_.count(), 0.0) {}

void LevelEstimate::observe(const CalciumSensor& calcium, const RateScatter& scatter, double macro_step_s,
                            const std::vector<std::uint8_t>& dead) {
  const std::size_t n = bin_.num_cells(), bins = bin_.count();
  const auto lives = [&](std::uint32_t i) { return dead.empty() || dead[i] == 0; };
  std::vector<double> mean(bins, 0.0), cells(bins, 0.0), spread(bins, 0.0), noise(bins, 0.0);
  for (std::uint32_t i = 0; i < n; ++i) {
    if (!lives(i)) continue;
    mean[bin_[i]] += static_cast<double>(calcium.level(i));
    cells[bin_[i]] += 1.0;
  }
  for (std::size_t b = 0; b < bins; ++b) mean[b] = cells[b] > 0.0 ? mean[b] / cells[b] : 0.0;
  const double taken = share_ > 0.0 ? 1.0 - exp_d(-scatter.seconds / tau_s_) : 1.0;
  share_ = fused((1.0 - taken) * (1.0 - taken), share_, taken * taken);
  level_.resize(n);
  variance_.resize(n);
  walk_.resize(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t b = bin_[i];
    apart_[i] = fused(taken, static_cast<double>(calcium.level(i)) - mean[b] - apart_[i], apart_[i]);
    walk_[i] = scatter.fano * mean[b] / calcium.unit_Hz(i);
    if (!lives(i)) continue;
    spread[b] = fused(apart_[i], apart_[i], spread[b]);
    noise[b] += share_ * walk_[i] / scatter.seconds;
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t b = bin_[i];
    const double rho = spread[b] > noise[b] ? 1.0 - noise[b] / spread[b] : 0.0;
    level_[i] = fused(rho, apart_[i], mean[b]);
    const double raw = walk_[i] / (2.0 * tau_s_), left = rho * rho * share_ * walk_[i] / scatter.seconds;
    variance_[i] = raw > left ? raw - left : 0.0;
    walk_left_[b] = std::max(0.0, 1.0 - rho * rho * macro_step_s / scatter.seconds);
  }
}

void LevelEstimate::archive(StateArchive& a, std::string_view prefix) {
  const std::string p(prefix);
  a.value(p + "apart", apart_);
  a.value(p + "apart_share", share_);
}

}  // namespace penfield

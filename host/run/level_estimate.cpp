#include "host/run/level_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

namespace {

constexpr double kCellsPerBin = 32.0;

}  // namespace

LevelEstimate::LevelEstimate(const Population& cells, double tau_s)
    : tau_s_(tau_s), bin_(cells.view.n, 0), apart_(cells.view.n, 0.0) {
  const auto n = static_cast<double>(cells.view.n);
  if (n < 2.0 * kCellsPerBin || cells.x_mm.size() != cells.view.n) {
    walk_left_.assign(bins_, 0.0);
    return;
  }
  float right = cells.x_mm[0], top = cells.y_mm[0], left = right, bottom = top;
  for (std::uint32_t i = 0; i < cells.view.n; ++i) {
    left = std::min(left, cells.x_mm[i]), right = std::max(right, cells.x_mm[i]);
    bottom = std::min(bottom, cells.y_mm[i]), top = std::max(top, cells.y_mm[i]);
  }
  const double width = std::max(1e-9, static_cast<double>(right) - static_cast<double>(left)),
               height = std::max(1e-9, static_cast<double>(top) - static_cast<double>(bottom));
  const double side = std::sqrt(width * height * kCellsPerBin / n);
  const double columns = std::max(1.0, std::floor(width / side)),
               rows = std::max(1.0, std::floor(height / side));
  for (std::uint32_t i = 0; i < cells.view.n; ++i) {
    const double x = (static_cast<double>(cells.x_mm[i]) - static_cast<double>(left)) / width,
                 y = (static_cast<double>(cells.y_mm[i]) - static_cast<double>(bottom)) / height;
    bin_[i] = static_cast<std::uint32_t>(std::min(columns - 1.0, std::floor(x * columns)) +
                                         columns * std::min(rows - 1.0, std::floor(y * rows)));
  }
  bins_ = static_cast<std::size_t>(columns * rows);
  walk_left_.assign(bins_, 0.0);
}

void LevelEstimate::observe(const CalciumSensor& calcium, const RateScatter& scatter, double macro_step_s,
                            const std::vector<std::uint8_t>& dead) {
  const std::size_t n = bin_.size();
  const auto lives = [&](std::uint32_t i) { return dead.empty() || dead[i] == 0; };
  std::vector<double> mean(bins_, 0.0), cells(bins_, 0.0), spread(bins_, 0.0), noise(bins_, 0.0);
  for (std::uint32_t i = 0; i < n; ++i) {
    if (!lives(i)) continue;
    mean[bin_[i]] += static_cast<double>(calcium.level(i));
    cells[bin_[i]] += 1.0;
  }
  for (std::size_t b = 0; b < bins_; ++b) mean[b] = cells[b] > 0.0 ? mean[b] / cells[b] : 0.0;
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

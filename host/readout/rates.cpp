#include "host/readout/rates.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "host/readout/bin_map.hpp"
#include "penfield/base/error.hpp"

namespace penfield::readout {
namespace {

constexpr double kSilentRate_Hz = 0.1;

void require_equal(std::size_t a, std::size_t b, const char* what) {
  if (a != b) throw Error(ExitCode::internal, std::string("readout: ") + what + " differ in length");
}

bool inside(const Part& part, double x_mm, double y_mm) {
  return x_mm >= part.x_mm && x_mm < part.right_mm() && y_mm >= part.y_mm && y_mm < part.top_mm();
}

}  // namespace

std::vector<Zone> zones(const std::vector<Part>& parts, std::uint32_t lost, Span<const float> x_mm,
                        Span<const float> y_mm, double far_mm) {
  require_equal(x_mm.size(), y_mm.size(), "x and y positions");
  const Neighbours next = neighbours(parts, lost);
  const Part& part = parts[lost];
  std::vector<Zone> zone(x_mm.size(), Zone::between);
  for (std::size_t i = 0; i < zone.size(); ++i) {
    const double x = x_mm[i], y = y_mm[i];
    const double gap_mm = std::max(part.x_mm - x, x - part.right_mm());
    if (inside(part, x, y)) {
      zone[i] = Zone::territory;
    } else if ((next.left != kNoPart && inside(parts[next.left], x, y)) ||
               (next.right != kNoPart && inside(parts[next.right], x, y))) {
      zone[i] = Zone::neighbour;
    } else if (gap_mm >= far_mm) {
      zone[i] = Zone::far;
    }
  }
  return zone;
}

std::vector<ZoneRate> rates_by_zone(Span<const float> rate_Hz, const std::vector<Zone>& zone) {
  require_equal(rate_Hz.size(), zone.size(), "rates and zones");
  std::vector<ZoneRate> out(kNumZones);
  for (std::uint32_t z = 0; z < kNumZones; ++z) {
    std::vector<double> rates;
    for (std::size_t i = 0; i < zone.size(); ++i) {
      if (static_cast<std::uint32_t>(zone[i]) == z) rates.push_back(rate_Hz[i]);
    }
    ZoneRate& summary = out[z];
    summary.num_neurons = static_cast<std::uint32_t>(rates.size());
    if (rates.empty()) continue;
    const double n = static_cast<double>(rates.size());
    double sum = 0.0, squares = 0.0, silent = 0.0;
    for (const double rate : rates) sum += rate;
    summary.mean_Hz = sum / n;
    for (const double rate : rates) {
      squares += (rate - summary.mean_Hz) * (rate - summary.mean_Hz);
      silent += rate < kSilentRate_Hz;
    }
    if (rates.size() > 1) summary.sd_Hz = std::sqrt(squares / (n - 1.0));
    summary.silent_share = silent / n;
    std::sort(rates.begin(), rates.end());
    summary.median_Hz = 0.5 * (rates[(rates.size() - 1) / 2] + rates[rates.size() / 2]);
  }
  return out;
}

double change_percent(Span<const float> now, Span<const float> intact, Span<const std::uint8_t> mask) {
  require_equal(now.size(), intact.size(), "values now and intact");
  require_equal(now.size(), mask.size(), "values and mask");
  double sum_now = 0.0, sum_intact = 0.0;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (!mask[i]) continue;
    sum_now += now[i];
    sum_intact += intact[i];
  }
  return sum_intact > 0.0 ? 100.0 * (sum_now / sum_intact - 1.0) : kNotMeasured;
}

double window_mean(const std::vector<double>& time_d, const std::vector<double>& value, double to_d,
                   double window_d) {
  require_equal(time_d.size(), value.size(), "times and values");
  double sum = 0.0, count = 0.0;
  for (std::size_t k = 0; k < time_d.size(); ++k) {
    if (time_d[k] <= to_d - window_d || time_d[k] > to_d) continue;
    sum += value[k];
    count += 1.0;
  }
  return count > 0.0 ? sum / count : kNotMeasured;
}

double last_before_filled(const std::vector<double>& filled, const std::vector<double>& value, double limit) {
  require_equal(filled.size(), value.size(), "filling and values");
  double last = kNotMeasured;
  for (std::size_t k = 0; k < filled.size() && filled[k] < limit; ++k) last = value[k];
  return last;
}

PairedDifference paired_difference(Span<const double> a, Span<const double> b) {
  require_equal(a.size(), b.size(), "runs and knock-outs");
  PairedDifference out;
  out.num_pairs = static_cast<std::uint32_t>(a.size());
  if (a.empty()) return out;
  const double n = static_cast<double>(a.size());
  double sum = 0.0, squares = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    sum += a[k] - b[k];
    out.num_positive += a[k] > b[k];
    out.num_negative += a[k] < b[k];
  }
  out.mean = sum / n;
  for (std::size_t k = 0; k < a.size(); ++k) squares += (a[k] - b[k] - out.mean) * (a[k] - b[k] - out.mean);
  if (a.size() > 1) out.sd = std::sqrt(squares / (n - 1.0));
  return out;
}

}  // namespace penfield::readout

#include "host/readout/spike_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace penfield::readout {

std::vector<double> rates_Hz(const SpikeTrains& trains, double from_s, double to_s) {
  std::vector<double> rates(trains.num_neurons, 0.0);
  for (std::size_t k = 0; k < trains.neuron.size(); ++k)
    if (trains.time_s[k] >= from_s && trains.time_s[k] < to_s) rates[trains.neuron[k]] += 1.0;
  for (double& r : rates) r /= to_s - from_s;
  return rates;
}

std::vector<double> cv_isi(const SpikeTrains& trains, double from_s, double to_s, std::uint32_t min_intervals) {
  std::vector<std::vector<double>> times(trains.num_neurons);
  for (std::size_t k = 0; k < trains.neuron.size(); ++k)
    if (trains.time_s[k] >= from_s && trains.time_s[k] < to_s) times[trains.neuron[k]].push_back(trains.time_s[k]);
  std::vector<double> out;
  for (auto& t : times) {
    if (t.size() < std::size_t{min_intervals} + 1) continue;
    std::sort(t.begin(), t.end());
    std::vector<double> intervals;
    for (std::size_t k = 1; k < t.size(); ++k) intervals.push_back(t[k] - t[k - 1]);
    const double m = mean(intervals);
    double square = 0.0;
    for (double d : intervals) square += (d - m) * (d - m);
    out.push_back(std::sqrt(square / static_cast<double>(intervals.size())) / m);
  }
  return out;
}

double mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (double v : values) sum += v;
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(values.size());
}

double standard_deviation(const std::vector<double>& values) {
  if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const double m = mean(values);
  double square = 0.0;
  for (double v : values) square += (v - m) * (v - m);
  return std::sqrt(square / static_cast<double>(values.size() - 1));
}

std::vector<double> population_rate_Hz(const SpikeTrains& trains, double from_s, double to_s, double bin_s) {
  const auto bins = static_cast<std::size_t>((to_s - from_s) / bin_s + 0.5);
  std::vector<double> rate(bins, 0.0);
  for (double t : trains.time_s) {
    if (t < from_s) continue;
    const auto bin = static_cast<std::size_t>((t - from_s) / bin_s);
    if (bin < bins) rate[bin] += 1.0;
  }
  for (double& r : rate) r /= trains.num_neurons * bin_s;
  return rate;
}

double synchrony(const std::vector<double>& rate) { return standard_deviation(rate) / mean(rate); }

double peak_frequency_Hz(const std::vector<double>& rate, double bin_s, double low_Hz, double high_Hz) {
  const std::size_t n = rate.size();
  const double m = mean(rate);
  double best_Hz = std::numeric_limits<double>::quiet_NaN(), best_power = -1.0;
  const double resolution_Hz = 1.0 / (static_cast<double>(n) * bin_s);
  const auto last = std::min(static_cast<std::size_t>(high_Hz / resolution_Hz), n / 2);
  // Averaged over a window of 5 Hz, so that one noisy line of the periodogram does not decide.
  const auto window = std::max<std::size_t>(1, static_cast<std::size_t>(5.0 / resolution_Hz));
  std::vector<double> power;
  const auto first = static_cast<std::size_t>(low_Hz / resolution_Hz);
  for (std::size_t k = first; k <= last; ++k) {
    double re = 0.0, im = 0.0;
    const double w = 2.0 * 3.14159265358979323846 * static_cast<double>(k) / static_cast<double>(n);
    for (std::size_t t = 0; t < n; ++t) {
      re += (rate[t] - m) * std::cos(w * static_cast<double>(t));
      im += (rate[t] - m) * std::sin(w * static_cast<double>(t));
    }
    power.push_back(re * re + im * im);
  }
  for (std::size_t k = 0; k + window <= power.size(); ++k) {
    double sum = 0.0;
    for (std::size_t q = k; q < k + window; ++q) sum += power[q];
    if (sum <= best_power) continue;
    best_power = sum;
    best_Hz = (static_cast<double>(first + k) + 0.5 * static_cast<double>(window - 1)) * resolution_Hz;
  }
  return best_Hz;
}

double ks_distance(std::vector<double> a, std::vector<double> b) {
  if (a.empty() || b.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double worst = 0.0;
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const double at = std::min(a[i], b[j]);
    while (i < a.size() && a[i] <= at) ++i;
    while (j < b.size() && b[j] <= at) ++j;
    worst = std::max(worst, std::fabs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                      static_cast<double>(j) / static_cast<double>(b.size())));
  }
  return worst;
}

}  // namespace penfield::readout

#include "host/readout/spike_statistics.hpp"

#include <algorithm>
#include <cmath>

#include "host/readout/types.hpp"

namespace penfield::readout {

namespace {

constexpr double kPi = 3.14159265358979323846;

/// Calls f(spike) for the spikes in [from_s, to_s).
template <class F>
void for_each_spike(const SpikeTrains& trains, double from_s, double to_s, F&& f) {
  for (std::size_t k = 0; k < trains.neuron.size(); ++k)
    if (trains.time_s[k] >= from_s && trains.time_s[k] < to_s) f(k);
}

/// [neuron] spike times, ascending.
std::vector<std::vector<double>> times_by_neuron(const SpikeTrains& trains, double from_s, double to_s) {
  std::vector<std::vector<double>> times(trains.num_neurons);
  for_each_spike(trains, from_s, to_s,
                 [&](std::size_t k) { times[trains.neuron[k]].push_back(trains.time_s[k]); });
  for (auto& t : times) std::sort(t.begin(), t.end());
  return times;
}

}  // namespace

std::vector<double> rates_Hz(const SpikeTrains& trains, double from_s, double to_s) {
  std::vector<double> rates(trains.num_neurons, 0.0);
  for_each_spike(trains, from_s, to_s, [&](std::size_t k) { rates[trains.neuron[k]] += 1.0; });
  for (double& r : rates) r /= to_s - from_s;
  return rates;
}

std::vector<double> block_rates_Hz(const SpikeTrains& trains, double from_s, double to_s,
                                   std::uint32_t num_blocks) {
  if (num_blocks == 0 || trains.num_neurons == 0) return {};
  return population_rate_Hz(trains, from_s, to_s, (to_s - from_s) / num_blocks);
}

std::vector<double> cv_isi(const SpikeTrains& trains, double from_s, double to_s,
                           std::uint32_t min_intervals) {
  std::vector<double> out;
  for (const auto& t : times_by_neuron(trains, from_s, to_s)) {
    if (t.size() < std::size_t{std::max(1u, min_intervals)} + 1) continue;
    const auto intervals = static_cast<double>(t.size() - 1);
    const double m = (t.back() - t.front()) / intervals;
    if (!(m > 0.0)) continue;
    double square = 0.0;
    for (std::size_t k = 1; k < t.size(); ++k) square += (t[k] - t[k - 1] - m) * (t[k] - t[k - 1] - m);
    out.push_back(std::sqrt(square / intervals) / m);
  }
  return out;
}

double mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (double v : values) sum += v;
  return values.empty() ? kNotMeasured : sum / static_cast<double>(values.size());
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double x = mean(a), y = mean(b);
  double xx = 0.0, yy = 0.0, xy = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    xx += (a[k] - x) * (a[k] - x);
    yy += (b[k] - y) * (b[k] - y);
    xy += (a[k] - x) * (b[k] - y);
  }
  return xx > 0.0 && yy > 0.0 ? xy / std::sqrt(xx * yy) : kNotMeasured;
}

double standard_deviation(const std::vector<double>& values) {
  if (values.size() < 2) return kNotMeasured;
  const double m = mean(values);
  double square = 0.0;
  for (double v : values) square += (v - m) * (v - m);
  return std::sqrt(square / static_cast<double>(values.size() - 1));
}

double standard_error(const std::vector<double>& values) {
  return standard_deviation(values) / std::sqrt(static_cast<double>(values.size()));
}

double mode(std::vector<double> values) {
  if (values.empty()) return kNotMeasured;
  std::sort(values.begin(), values.end());
  std::size_t first = 0, count = values.size();
  while (count > 3) {
    const std::size_t half = (count + 1) / 2;
    std::size_t best = first;
    for (std::size_t k = first; k + half <= first + count; ++k)
      if (values[k + half - 1] - values[k] < values[best + half - 1] - values[best]) best = k;
    first = best;
    count = half;
  }
  const double* v = values.data() + first;
  if (count == 1) return v[0];
  if (count == 2) return 0.5 * (v[0] + v[1]);
  if (v[1] - v[0] == v[2] - v[1]) return v[1];
  return v[1] - v[0] < v[2] - v[1] ? 0.5 * (v[0] + v[1]) : 0.5 * (v[1] + v[2]);
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

double peak_frequency_Hz(const std::vector<double>& rate, double bin_s, double low_Hz, double high_Hz,
                         double stretch_s) {
  const auto length = static_cast<std::size_t>(stretch_s / bin_s + 0.5);
  if (length < 2 || rate.size() < length) return kNotMeasured;
  const double resolution_Hz = 1.0 / (static_cast<double>(length) * bin_s);
  const double m = mean(rate);
  std::vector<double> cosine(length), sine(length);
  for (std::size_t t = 0; t < length; ++t) {
    cosine[t] = std::cos(2.0 * kPi * static_cast<double>(t) / static_cast<double>(length));
    sine[t] = std::sin(2.0 * kPi * static_cast<double>(t) / static_cast<double>(length));
  }
  double best_Hz = kNotMeasured, best = -1.0;
  const auto first = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(low_Hz / resolution_Hz)));
  const auto last = std::min(static_cast<std::size_t>(high_Hz / resolution_Hz), length / 2);
  for (std::size_t k = first; k <= last; ++k) {
    double power = 0.0;
    for (std::size_t begin = 0; begin + length <= rate.size(); begin += length) {
      double re = 0.0, im = 0.0;
      for (std::size_t t = 0; t < length; ++t) {
        const std::size_t phase = k * t % length;
        re += (rate[begin + t] - m) * cosine[phase];
        im += (rate[begin + t] - m) * sine[phase];
      }
      power += re * re + im * im;
    }
    if (power <= best) continue;
    best = power;
    best_Hz = static_cast<double>(k) * resolution_Hz;
  }
  return best_Hz;
}

PairCorrelation pair_correlation(const SpikeTrains& trains, double from_s, double to_s, double bin_s,
                                 std::uint32_t max_neurons) {
  std::vector<std::uint32_t> active;
  const std::vector<double> rates = rates_Hz(trains, from_s, to_s);
  for (std::uint32_t i = 0; i < trains.num_neurons; ++i)
    if (rates[i] > 0.0) active.push_back(i);
  const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(active.size(), max_neurons));
  const auto bins = static_cast<std::size_t>((to_s - from_s) / bin_s);
  PairCorrelation out{kNotMeasured, kNotMeasured, n};
  if (n < 2 || bins < 2) return out;
  std::vector<std::int32_t> row(trains.num_neurons, -1);
  for (std::uint32_t k = 0; k < n; ++k)
    row[active[static_cast<std::size_t>(k) * active.size() / n]] = static_cast<std::int32_t>(k);
  std::vector<float> z(n * bins, 0.0f);
  for_each_spike(trains, from_s, to_s, [&](std::size_t s) {
    const std::int32_t k = row[trains.neuron[s]];
    const auto bin = static_cast<std::size_t>((trains.time_s[s] - from_s) / bin_s);
    if (k >= 0 && bin < bins) z[static_cast<std::size_t>(k) * bins + bin] += 1.0f;
  });
  // Counts to deviations of unit length: the correlation of two is their product.
  std::vector<bool> flat(n, false);
  for (std::uint32_t k = 0; k < n; ++k) {
    float* const c = z.data() + static_cast<std::size_t>(k) * bins;
    double sum = 0.0, square = 0.0;
    for (std::size_t b = 0; b < bins; ++b) sum += c[b];
    const double m = sum / static_cast<double>(bins);
    for (std::size_t b = 0; b < bins; ++b) square += (c[b] - m) * (c[b] - m);
    flat[k] = !(square > 0.0);
    for (std::size_t b = 0; b < bins && !flat[k]; ++b)
      c[b] = static_cast<float>((c[b] - m) / std::sqrt(square));
  }
  double sum = 0.0, size = 0.0, pairs = 0.0;
  for (std::uint32_t i = 0; i < n; ++i)
    for (std::uint32_t j = 0; j < i; ++j) {
      if (flat[i] || flat[j]) continue;
      const float* const a = z.data() + static_cast<std::size_t>(i) * bins;
      const float* const b = z.data() + static_cast<std::size_t>(j) * bins;
      double product = 0.0;
      for (std::size_t k = 0; k < bins; ++k) product += static_cast<double>(a[k] * b[k]);
      sum += product;
      size += std::fabs(product);
      pairs += 1.0;
    }
  if (pairs > 0.0) out = {sum / pairs, size / pairs, n};
  return out;
}

double ks_distance(std::vector<double> a, std::vector<double> b) {
  if (a.empty() || b.empty()) return kNotMeasured;
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

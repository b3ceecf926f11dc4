#pragma once
// What spike trains say about a network's state: rates, irregularity, synchrony, correlation, and how far two
// distributions are apart.
#include <cstdint>
#include <vector>

namespace penfield::readout {

/// Spikes of one population, in any order.
struct SpikeTrains {
  std::uint32_t num_neurons = 0;
  std::vector<std::uint32_t> neuron;  ///< [spike]
  std::vector<double> time_s;         ///< [spike]
};

/// [neuron] spikes per second in [from_s, to_s).
std::vector<double> rates_Hz(const SpikeTrains& trains, double from_s, double to_s);

/// [block] mean rate of a neuron in `num_blocks` equal stretches of [from_s, to_s).
std::vector<double> block_rates_Hz(const SpikeTrains& trains, double from_s, double to_s,
                                   std::uint32_t num_blocks);

/// Coefficient of variation of the inter-spike intervals that lie in [from_s, to_s), one entry per neuron
/// with at least `min_intervals` of them.
std::vector<double> cv_isi(const SpikeTrains& trains, double from_s, double to_s,
                           std::uint32_t min_intervals = 3);

/// NaN for no values.
double mean(const std::vector<double>& values);
/// With n - 1; NaN for fewer than two.
double standard_deviation(const std::vector<double>& values);
/// Pearson's, of pairs a[k], b[k]; NaN where either does not vary.
double correlation(const std::vector<double>& a, const std::vector<double>& b);
/// Standard error of the mean: of block means, the sampling error of the whole. NaN for fewer than two.
double standard_error(const std::vector<double>& values);
/// Half-sample mode: halves the sample again and again to its densest half, so no bin width is chosen. NaN
/// for no values. D. R. Bickel and R. Fruehwirth, Comput. Stat. Data Anal. 50:3500 (2006).
double mode(std::vector<double> values);

/// Spikes per bin of the whole population divided by (neurons x bin): the population rate in Hz.
std::vector<double> population_rate_Hz(const SpikeTrains& trains, double from_s, double to_s, double bin_s);

/// Standard deviation of the population rate over its mean: 0 for a steady asynchronous state, about 1 and
/// more where the population fires in synchrony. Independent Poisson cells give 1 / sqrt(n r bin).
double synchrony(const std::vector<double>& population_rate_Hz);

/// Frequency in [low_Hz, high_Hz] at which the population rate has most power: mean periodogram of stretches
/// of `stretch_s`, which sets the resolution of 1 / stretch_s (P. D. Welch, IEEE Trans. Audio Electroacoust.
/// 15:70, 1967; no window, no overlap). NaN where not one stretch fits.
double peak_frequency_Hz(const std::vector<double>& population_rate_Hz, double bin_s, double low_Hz,
                         double high_Hz, double stretch_s = 0.5);

/// Pearson correlation of the spike counts of pairs of neurons.
struct PairCorrelation {
  double mean = 0.0;       ///< over pairs; NaN if there are none
  double mean_size = 0.0;  ///< of its absolute value: holds 0.8 / sqrt(number of bins) of mere sampling noise
  std::uint32_t num_neurons = 0;
};
/// Over all pairs of at most `max_neurons` neurons, taken evenly from those with a spike in [from_s, to_s).
PairCorrelation pair_correlation(const SpikeTrains& trains, double from_s, double to_s, double bin_s,
                                 std::uint32_t max_neurons);

/// Kolmogorov-Smirnov distance of two samples, equal values included; NaN if one is empty.
double ks_distance(std::vector<double> a, std::vector<double> b);

}  // namespace penfield::readout

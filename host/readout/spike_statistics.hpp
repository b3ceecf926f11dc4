#pragma once
// What spike trains say about a network's state: rates, irregularity, synchrony, and how far two distributions are apart.
#include <cstdint>
#include <vector>

#include "penfield/base/span.hpp"

namespace penfield::readout {

/// Spikes of one population, in any order.
struct SpikeTrains {
  std::uint32_t num_neurons = 0;
  std::vector<std::uint32_t> neuron;  ///< [spike]
  std::vector<double> time_s;         ///< [spike]
};

/// [neuron] spikes per second in [from_s, to_s).
std::vector<double> rates_Hz(const SpikeTrains& trains, double from_s, double to_s);

/// Coefficient of variation of the inter-spike intervals that lie in [from_s, to_s), one entry per neuron with at least
/// `min_intervals` of them.
std::vector<double> cv_isi(const SpikeTrains& trains, double from_s, double to_s, std::uint32_t min_intervals = 3);

double mean(const std::vector<double>& values);
/// With n - 1; NaN for fewer than two.
double standard_deviation(const std::vector<double>& values);

/// Spikes per bin of the whole population divided by (neurons x bin): the population rate in Hz.
std::vector<double> population_rate_Hz(const SpikeTrains& trains, double from_s, double to_s, double bin_s);

/// Standard deviation of the population rate over its mean: 0 for a steady asynchronous state, about 1 and more where the
/// population fires in synchrony. Independent Poisson cells give 1 / sqrt(n r bin).
double synchrony(const std::vector<double>& population_rate_Hz);

/// Frequency in [low_Hz, high_Hz] at which the population rate has most power (periodogram), in Hz.
double peak_frequency_Hz(const std::vector<double>& population_rate_Hz, double bin_s, double low_Hz, double high_Hz);

/// Kolmogorov-Smirnov distance of two samples.
double ks_distance(std::vector<double> a, std::vector<double> b);

}  // namespace penfield::readout

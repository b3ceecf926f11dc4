// Statistics of spike trains, against trains whose statistics are known.
#include <cmath>

#include "host/readout/spike_statistics.hpp"
#include "host/readout/spike_tally.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/streams.hpp"
#include "test/support/catch.hpp"

using namespace penfield;
using namespace penfield::readout;

namespace {

/// Independent renewal trains of gamma intervals (integer shape: CV = 1 / sqrt(shape)) of one mean rate.
SpikeTrains gamma_trains(std::uint32_t n, double rate_Hz, int shape, double until_s, std::uint32_t seed) {
  SpikeTrains out;
  out.num_neurons = n;
  for (std::uint32_t i = 0; i < n; ++i) {
    RandomSequence random(seed, Stream::poisson_drive, i, 0);
    double t = -1.0;  // begins before the time that is looked at, so that it is stationary there
    for (;;) {
      for (int k = 0; k < shape; ++k) t += random.exponential() / (shape * rate_Hz);
      if (t >= until_s) break;
      if (t < 0.0) continue;
      out.neuron.push_back(i);
      out.time_s.push_back(t);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("rates count the spikes of a half-open window") {
  const SpikeTrains trains{3, {0, 0, 2, 0}, {0.1, 0.2, 0.3, 0.5}};
  CHECK(rates_Hz(trains, 0.1, 0.5) == std::vector<double>{5.0, 0.0, 2.5});
  const auto blocks = block_rates_Hz(trains, 0.0, 0.6, 2);
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0] == Approx(2.0 / 0.9));
  CHECK(blocks[1] == Approx(2.0 / 0.9));
}

TEST_CASE("CV of intervals of regular, gamma and Poisson trains") {
  SpikeTrains regular{1, {}, {}};
  for (int k = 0; k < 10; ++k) {
    regular.neuron.push_back(0);
    regular.time_s.push_back(0.9 - 0.1 * k);  // any order
  }
  REQUIRE(cv_isi(regular, 0.0, 1.0).size() == 1);
  CHECK(cv_isi(regular, 0.0, 1.0)[0] == Approx(0.0).margin(1e-12));
  CHECK(cv_isi(regular, 0.0, 0.25).empty());  // two intervals are fewer than three
  CHECK(mean(cv_isi(gamma_trains(200, 20.0, 1, 50.0, 1), 0.0, 50.0)) == Approx(1.0).margin(0.01));
  CHECK(mean(cv_isi(gamma_trains(200, 20.0, 4, 50.0, 1), 0.0, 50.0)) == Approx(0.5).margin(0.01));
}

TEST_CASE("Mean, deviation, standard error and mode") {
  CHECK(std::isnan(mean({})));
  CHECK(mean({1.0, 2.0, 6.0}) == 3.0);
  CHECK(std::isnan(standard_deviation({1.0})));
  CHECK(standard_deviation({1.0, 3.0}) == Approx(std::sqrt(2.0)));
  CHECK(standard_error({1.0, 3.0}) == Approx(1.0));
  CHECK(std::isnan(mode({})));
  CHECK(mode({4.0}) == 4.0);
  CHECK(mode({1.0, 2.0, 2.1}) == Approx(2.05));
  // A lognormal's mode lies below its median, which lies below its mean: exp(mu - sigma^2).
  RandomSequence random(3, Stream::initial_state, 0, 0);
  std::vector<double> values;
  for (int k = 0; k < 20000; ++k) values.push_back(std::exp(0.5 * random.normal()));
  CHECK(mode(values) == Approx(std::exp(-0.25)).margin(0.08));
}

TEST_CASE("Synchrony and spectral peak tell an oscillation from noise") {
  const SpikeTrains noise = gamma_trains(1000, 10.0, 1, 4.0, 5);
  const auto steady = population_rate_Hz(noise, 0.0, 4.0, 1e-3);
  REQUIRE(steady.size() == 4000);
  CHECK(mean(steady) == Approx(10.0).epsilon(0.02));
  CHECK(synchrony(steady) == Approx(1.0 / std::sqrt(1000 * 10.0 * 1e-3)).epsilon(0.05));
  // The same trains thinned by a 40 Hz modulation of depth one.
  SpikeTrains wave{1000, {}, {}};
  RandomSequence random(7, Stream::poisson_drive, 0, 1);
  for (std::size_t k = 0; k < noise.neuron.size(); ++k)
    if (random.uniform() < 0.5 + 0.5 * std::cos(2.0 * 3.14159265358979 * 40.0 * noise.time_s[k])) {
      wave.neuron.push_back(noise.neuron[k]);
      wave.time_s.push_back(noise.time_s[k]);
    }
  const auto waving = population_rate_Hz(wave, 0.0, 4.0, 1e-3);
  CHECK(synchrony(waving) == Approx(std::sqrt(0.5 + 1.0 / (1000 * 5.0 * 1e-3))).epsilon(0.05));
  CHECK(peak_frequency_Hz(waving, 1e-3, 5.0, 200.0) == Approx(40.0));
  CHECK(std::isnan(peak_frequency_Hz({1.0, 2.0}, 1e-3, 5.0, 200.0)));
}

TEST_CASE("Pair correlation of independent and of shared spikes") {
  const SpikeTrains own = gamma_trains(60, 20.0, 1, 40.0, 11);
  const PairCorrelation none = pair_correlation(own, 0.0, 40.0, 2e-3, 50);
  CHECK(none.num_neurons == 50);
  CHECK(std::fabs(none.mean) < 1e-3);
  CHECK(none.mean_size == Approx(std::sqrt(2.0 / 3.14159265 / 20000.0)).epsilon(0.1));
  // Every neuron also takes the spikes of one mother train of a quarter of the rate: correlation 1 / 5.
  SpikeTrains shared = own;
  const SpikeTrains mother = gamma_trains(1, 5.0, 1, 40.0, 12);
  for (double t : mother.time_s)
    for (std::uint32_t i = 0; i < own.num_neurons; ++i) {
      shared.neuron.push_back(i);
      shared.time_s.push_back(t);
    }
  CHECK(pair_correlation(shared, 0.0, 40.0, 2e-3, 50).mean == Approx(0.2).margin(0.02));
  CHECK(std::isnan(pair_correlation(mother, 0.0, 40.0, 2e-3, 50).mean));
}

TEST_CASE("KS distance") {
  CHECK(ks_distance({1, 2, 3}, {1, 2, 3}) == 0.0);
  CHECK(ks_distance({1, 2}, {3, 4}) == 1.0);
  CHECK(ks_distance({0, 0, 1, 1}, {0, 1, 1, 1}) == Approx(0.25));
  CHECK(std::isnan(ks_distance({}, {1.0})));
  // scipy.stats.ks_2samp([0.1, 0.4, 0.7, 0.9], [0.2, 0.3, 0.35, 0.8, 1.1]).statistic
  CHECK(ks_distance({0.1, 0.4, 0.7, 0.9}, {0.2, 0.3, 0.35, 0.8, 1.1}) == Approx(0.35));
}

TEST_CASE("a tally of spikes as they come says what the whole trains say") {
  constexpr double kStep_s = 1e-4;
  SpikeTrains drawn = gamma_trains(40, 12.0, 3, 4.0, 5);
  SpikeTally tally(41, 5000, 35000, 6, kStep_s);  // the last neuron is silent
  SpikeTrains trains;
  trains.num_neurons = 41;
  for (std::size_t k = 0; k < drawn.neuron.size(); ++k) {
    const auto step = static_cast<std::int64_t>(drawn.time_s[k] / kStep_s);
    tally.add(drawn.neuron[k], step);
    trains.neuron.push_back(drawn.neuron[k]);
    trains.time_s.push_back((static_cast<double>(step) + 1.5) * kStep_s);  // well within a step
  }
  const auto same = [](const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t k = 0; k < a.size(); ++k) CHECK(a[k] == Approx(b[k]).epsilon(1e-9));
  };
  same(tally.rates_Hz(), rates_Hz(trains, 0.5, 3.5));
  same(tally.cv_isi(), cv_isi(trains, 0.5, 3.5));
  same(tally.cv_isi(40), cv_isi(trains, 0.5, 3.5, 40));
  same(tally.block_rates_Hz(), block_rates_Hz(trains, 0.5, 3.5, 6));
  CHECK(tally.cv_isi().size() == 40);
  CHECK(tally.cv_isi(40).size() < 40);
  CHECK(SpikeTally(0, 0, 10, 2, kStep_s).block_rates_Hz().empty());
}

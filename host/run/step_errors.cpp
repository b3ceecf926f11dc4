#include "host/run/step_errors.hpp"

#include "host/clock/slow_steps.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

double rate_error(const std::vector<EpisodeSpikes>& conditions, std::uint32_t population) {
  double rate = 0.0, error2 = 0.0;
  for (const EpisodeSpikes& c : conditions) {
    double sum = 0.0, squares = 0.0;
    for (const std::uint64_t n : c.count[population]) {
      const auto spikes = static_cast<double>(n);
      sum += spikes;
      squares += spikes * spikes;
    }
    constexpr double n = kDriftBatches;
    const double scatter = squares - sum * sum / n, share = c.fraction / c.seconds;
    rate += share * sum;
    // Variance of the sum of n batches, each with the sample variance of all.
    error2 += share * share * (scatter > 0.0 ? scatter * n / (n - 1.0) : 0.0);
  }
  return rate > 0.0 ? square_root(error2) / rate : 0.0;
}

RateScatter rate_scatter(const std::vector<EpisodeSpikes>& conditions, std::uint32_t population) {
  // Variance of a cell's rate: the sum of fraction^2 F r / T, here over the sum of fraction r.
  double rate = 0.0, variance = 0.0, fano = 0.0, inverse_s = 0.0;
  for (const EpisodeSpikes& c : conditions) {
    double spikes = 0.0;
    for (const std::uint64_t n : c.count[population]) spikes += static_cast<double>(n);
    const double r = spikes / c.seconds;
    rate += c.fraction * r;
    fano += c.fraction * r * c.fano[population];
    variance += c.fraction * c.fraction * c.fano[population] * r / c.seconds;
    inverse_s += c.fraction * c.fraction / c.seconds;
  }
  if (!(variance > 0.0)) return {0.0, 1.0 / inverse_s};
  return {fano / rate, fano / variance};
}

StepErrors homeostat_errors(const RateLoop& loop, const Network& network, const Measures& measures,
                            double seconds, double rate_error) {
  struct Sums {
    double apart2 = 0.0, change = 0.0, answer = 0.0;
  };
  const std::vector<Homeostat*>& members = loop.members();
  const std::vector<float>& rate_Hz = measures.rate_Hz[loop.population()];
  std::vector<Sums> sums(members.size());
  std::vector<GainPull> before, whole, twice;
  for (std::size_t i = 0; i < rate_Hz.size(); ++i) {
    if (members.front()->is_dead(i)) continue;
    const auto r = static_cast<double>(rate_Hz[i]);
    loop.start(network, i, r, before);
    whole = twice = before;
    relax(whole, seconds);
    relax(twice, 0.5 * seconds);
    double log_rate = 0.0;  // d ln r = sum of s G d ln g
    for (std::size_t k = 0; k < members.size(); ++k)
      log_rate += members[k]->sign() * members[k]->loop_gain() * log_d(twice[k].gain / before[k].gain);
    for (std::size_t k = 0; k < members.size(); ++k)
      twice[k].error = members[k]->error_at(r * exp_d(log_rate));
    relax(twice, 0.5 * seconds);
    for (std::size_t k = 0; k < members.size(); ++k) {
      const double moved = log_d(whole[k].gain / before[k].gain),
                   apart = log_d(twice[k].gain / whole[k].gain);
      sums[k].apart2 += apart * apart;
      sums[k].change += moved < 0.0 ? -moved : moved;
      // ln g moves in proportion to the error, which moves by r / rho0 times the relative error of r.
      if (before[k].error != 0.0)
        sums[k].answer += members[k]->sign() * moved / before[k].error * r / members[k]->spec().set_point_Hz;
    }
  }
  const auto n = static_cast<double>(rate_Hz.size());
  StepErrors out;
  for (const Sums& of : sums) {
    if (!(n > 0.0)) break;
    StepErrors one;
    one.discretisation = square_root(of.apart2 / n);
    one.change = of.change / n;
    one.statistical = rate_error * of.answer / n;
    out.join(one);
  }
  return out;
}

/// Synapses of a neuron after `days`, in the mean of what rewire_row.hpp draws, with all weights at the
/// mature one.
double Rewiring::expected_after(double synapses, double dendritic, double deficit, double days) const {
  const double hazard = spec_.hazard_per_d * exp_d(-spec_.mature_weight / spec_.hazard_weight) *
                        (1.0 + spec_.hazard_deficit_gain * (deficit > 0.0 ? deficit : 0.0));
  const double cap = spec_.cap_per_d * days * synapses;
  const double lost = synapses * (1.0 - exp_d(-hazard * days)), kept = synapses - lost;
  const double surplus = kept > dendritic ? kept - dendritic : 0.0;
  const double deleted = lost + surplus < cap ? lost + surplus : cap;
  const double left = synapses - deleted;
  const double vacant = dendritic > left ? dendritic - left : 0.0;
  const double formed = vacant * (1.0 - exp_d(-spec_.formation_per_d * days));
  return left + (formed < cap ? formed : cap);
}

StepErrors Rewiring::step_errors(const Measures& measures, double seconds, double rate_error) const {
  StepErrors out;
  if (!has_snapshot() || dendritic_.empty()) return out;
  const std::vector<float>& now = spec_.burst_driver ? measures.burst[target_] : measures.rate_Hz[target_];
  const double days = seconds / 86400.0, nu = spec_.dendrite_rate_per_d;
  const double half = 0.5 * seconds / spec_.driver_tau_s, left = exp_d(-half);
  const double mean_of_half = exponential_mean(-half), mean_of_whole = exponential_mean(-2.0 * half);
  double apart2 = 0.0, change = 0.0, counted = 0.0;
  for (std::uint32_t i = 0; i < dendritic_.size(); ++i) {
    const double n = in_degree_[i];
    if (!(n > 0.0) || !(received_.intact[i] > 0.0f)) continue;
    // Distance of the low-passed driver from what it goes towards, at the start, from its mean; and deficits
    // of its means over the halves.
    const double at_start =
        (static_cast<double>(received_.mean[i]) - static_cast<double>(now[i])) / mean_of_whole;
    const auto deficit_from = [&](double apart) {
      return deficit_at(static_cast<float>((static_cast<double>(now[i]) + apart * mean_of_half) /
                                           static_cast<double>(received_.intact[i])));
    };
    const double e_first = deficit_from(at_start), e_second = deficit_from(at_start * left);
    const double e = deficit_at(received_.relative_mean(i));
    const auto grown = [&](double z, double deficit, double d) {
      const double to = z + nu * deficit * d;
      return to > 0.0 ? to : 0.0;
    };
    const double whole = expected_after(n, grown(dendritic_[i], e, days), e, days);
    const double z_half = grown(dendritic_[i], e_first, 0.5 * days);
    const double at_half = expected_after(n, z_half, e_first, 0.5 * days);
    const double twice = expected_after(at_half, grown(z_half, e_second, 0.5 * days), e_second, 0.5 * days);
    apart2 += (whole - twice) * (whole - twice) / (n * n);
    change += (whole > n ? whole - n : n - whole) / n;
    // d n / d driver: elements that grow, of which a share pairs.
    out.statistical += nu * days * (1.0 - exp_d(-spec_.formation_per_d * days)) / n;
    counted += 1.0;
  }
  if (counted > 0.0) {
    out.discretisation = square_root(apart2 / counted);
    out.change = change / counted;
    out.statistical *= rate_error / counted;
  }
  return out;
}

}  // namespace penfield

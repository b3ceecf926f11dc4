#include "host/run/step_errors.hpp"

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

StepErrors homeostat_errors(const Homeostat& homeostat, const Network& network, const Measures& measures,
                            double seconds, double rate_error) {
  const std::vector<float>& rate_Hz = measures.rate_Hz[homeostat.population()];
  const auto& factor = network.populations[homeostat.population()]->factor[homeostat.port()];
  StepErrors out;
  if (factor.empty()) return out;
  double apart2 = 0.0, change = 0.0, rate = 0.0;
  for (std::size_t i = 0; i < factor.size(); ++i) {
    if (homeostat.is_dead(i)) continue;
    const double gain = homeostat.own(i, factor[i]), r = rate_Hz[i];
    const double whole = homeostat.stepped(static_cast<std::uint32_t>(i), gain, r, seconds);
    const double half = homeostat.stepped(static_cast<std::uint32_t>(i), gain, r, 0.5 * seconds);
    const double log_whole = log_d(whole / gain), log_half = log_d(half / gain);
    // d ln r / d ln g = s G
    const double answered = r * exp_d(homeostat.sign() * homeostat.loop_gain() * log_half);
    const double twice = homeostat.stepped(static_cast<std::uint32_t>(i), half, answered, 0.5 * seconds);
    const double apart = log_d(twice / whole);
    apart2 += apart * apart;
    change += log_whole < 0.0 ? -log_whole : log_whole;
    rate += r;
  }
  const auto n = static_cast<double>(factor.size());
  out.discretisation = square_root(apart2 / n);
  out.change = change / n;
  out.statistical = rate_error * rate / n / homeostat.spec().set_point_Hz * homeostat.length_of(seconds);
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
  const double back = exp_d(0.5 * seconds / spec_.driver_tau_s);
  double apart2 = 0.0, change = 0.0, counted = 0.0;
  for (std::uint32_t i = 0; i < dendritic_.size(); ++i) {
    const double n = in_degree_[i];
    if (!(n > 0.0) || !(received_.intact[i] > 0.0f)) continue;
    // The low-passed driver halfway, from where it ends and what it goes towards.
    const double half_way = now[i] + (received_.now[i] - now[i]) * back;
    const double e_half = deficit_at(static_cast<float>(half_way / received_.intact[i]));
    const double e = deficit_at(received_.relative(i));
    const auto grown = [&](double z, double deficit, double d) {
      const double to = z + nu * deficit * d;
      return to > 0.0 ? to : 0.0;
    };
    const double whole = expected_after(n, grown(dendritic_[i], e, days), e, days);
    const double z_half = grown(dendritic_[i], e_half, 0.5 * days);
    const double half = expected_after(n, z_half, e_half, 0.5 * days);
    const double twice = expected_after(half, grown(z_half, e, 0.5 * days), e, 0.5 * days);
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

#include "host/run/loop_gain.hpp"

#include <exception>

#include "host/body/touch_plan.hpp"
#include "host/probe/fast_state.hpp"
#include "host/run/episode_batches.hpp"
#include "host/run/measure.hpp"
#include "penfield/base/error.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

namespace {

constexpr double kPerturbation = 0.05, kLeast = 0.1;

/// While it lives the factors of a homeostat may be others, and nothing learns.
class Perturbed {
 public:
  Perturbed(Network& network, Engine& engine, const Homeostat& homeostat)
      : network_(network),
        engine_(engine),
        homeostat_(homeostat),
        fast_(network, engine, true),
        factor_(factor().begin(), factor().end()) {
    engine_.set_learning(false);
  }
  ~Perturbed() noexcept(false) {
    try {
      clear_touches(network_);
      engine_.set_learning(true);
      scale(1.0);
    } catch (const Error&) {
      // A card that is lost: its error is on its way.
      if (std::uncaught_exceptions() == unwinding_) throw;
    }
  }
  Perturbed(const Perturbed&) = delete;
  Perturbed& operator=(const Perturbed&) = delete;

  /// The state of the beginning, but for the factors.
  void scale(double by) {
    std::size_t i = 0;
    for (float& f : factor()) f = static_cast<float>(by * static_cast<double>(factor_[i++]));
    network_.bind();
    fast_.restore(engine_);
  }

 private:
  AlignedArray<float>& factor() {
    return network_.populations[homeostat_.population()]->factor[homeostat_.port()];
  }

  Network& network_;
  Engine& engine_;
  const Homeostat& homeostat_;
  const FastCopy fast_;
  std::vector<float> factor_;
  int unwinding_ = std::uncaught_exceptions();
};

/// Rate of a population over the day, in spikes a second of all its cells.
double day_rate(const std::vector<EpisodeSpikes>& conditions, std::uint32_t population) {
  double rate = 0.0;
  for (const EpisodeSpikes& c : conditions)
    for (const std::uint64_t n : c.count[population]) rate += c.fraction * static_cast<double>(n) / c.seconds;
  return rate;
}

}  // namespace

LoopGain measure_loop_gain(const Scenario& scenario, Network& network, Engine& engine,
                           const Homeostat& homeostat, std::uint64_t macro_step,
                           const std::vector<double>& use) {
  LoopGain out;
  std::vector<ProjectedWeights> none;
  std::vector<EpisodeSpikes> raised, lowered;
  {
    Perturbed perturbed(network, engine, homeostat);
    const auto spikes_at = [&](double by) {
      perturbed.scale(by);
      EpisodeBatches batches(network, engine, none);
      out.spiking_s += measure(scenario, network, batches, macro_step, &batches, use).spiking_s;
      return batches.spikes();
    };
    raised = spikes_at(1.0 + kPerturbation);
    lowered = spikes_at(1.0 - kPerturbation);
  }
  const std::uint32_t population = homeostat.population();
  const double high = day_rate(raised, population), low = day_rate(lowered, population);
  if (!(high > 0.0 && low > 0.0)) return out;
  const double apart = log_d((1.0 + kPerturbation) / (1.0 - kPerturbation));
  out.gain = homeostat.sign() * log_d(high / low) / apart;
  // Of the difference of rates, from the scatter of its batches, over the mean rate.
  double variance = 0.0;
  for (std::size_t c = 0; c < raised.size(); ++c) {
    double sum = 0.0, squares = 0.0;
    for (std::size_t b = 0; b < kDriftBatches; ++b) {
      const double d = static_cast<double>(raised[c].count[population][b]) -
                       static_cast<double>(lowered[c].count[population][b]);
      sum += d;
      squares = fused(d, d, squares);
    }
    constexpr double n = kDriftBatches;
    const double share = raised[c].fraction / raised[c].seconds, scatter = squares - sum * sum / n;
    variance += share * share * (scatter > 0.0 ? scatter * n / (n - 1.0) : 0.0);
  }
  out.standard_error = square_root(variance) / (0.5 * (high + low)) / apart;
  return out;
}

bool is_usable(const LoopGain& measured) {
  return measured.gain > kLeast && measured.standard_error < 0.5 * measured.gain;
}

}  // namespace penfield

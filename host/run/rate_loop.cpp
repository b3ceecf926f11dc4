#include "host/run/rate_loop.hpp"

#include "host/clock/slow_steps.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

namespace {

/// What the gains that are not held have moved by, as functions of time from one moment on.
class LinearLoop {
 public:
  explicit LinearLoop(Span<GainPull> pulls) {
    for (const GainPull& p : pulls) {
      if (p.held) continue;
      loop_per_s_ += p.loop_per_s;
      first_per_s_ += p.loop_per_s * p.error;
    }
  }
  /// Is anything free to move?
  bool is_closed() const { return loop_per_s_ > 0.0; }
  /// y: what has gone from the errors.
  double corrected(double seconds) const { return first_per_s_ * decayed_s(seconds); }
  double log_change(const GainPull& p, double seconds) const {
    // Integral of e(0) - y; the mean error of the loop decays, and what differs from it stays.
    const double mean = first_per_s_ / loop_per_s_;
    return p.speed_per_s * ((p.error - mean) * seconds + mean * decayed_s(seconds));
  }

 private:
  double decayed_s(double seconds) const { return exponential_change(1.0, loop_per_s_, seconds); }

  double loop_per_s_ = 0.0, first_per_s_ = 0.0;
};

bool is_outside(const GainPull& p, double gain) { return gain < p.low || gain > p.high; }

/// When `p`, which is outside its bounds after `seconds`, reaches one.
double crossing_s(const LinearLoop& loop, const GainPull& p, double seconds) {
  double inside = 0.0, outside = seconds;
  for (int k = 0; k < 40; ++k) {
    const double middle = 0.5 * (inside + outside);
    (is_outside(p, p.gain * exp_d(loop.log_change(p, middle))) ? outside : inside) = middle;
  }
  return inside;
}

}  // namespace

void relax(Span<GainPull> pulls, double seconds) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  for (GainPull& p : pulls) {
    p.gain = p.gain < p.low ? p.low : p.gain > p.high ? p.high : p.gain;
    const double push = p.speed_per_s * p.error;
    p.held = push > 0.0 ? p.gain >= p.high : push < 0.0 && p.gain <= p.low;
  }
  double left_s = seconds;
  for (;;) {  // each round holds one more
    const LinearLoop loop(pulls);
    if (!loop.is_closed()) return;
    double until_s = left_s;
    std::size_t first = kNone;
    for (std::size_t k = 0; k < pulls.size(); ++k) {
      const GainPull& p = pulls[k];
      if (p.held || !is_outside(p, p.gain * exp_d(loop.log_change(p, until_s)))) continue;
      until_s = crossing_s(loop, p, until_s);
      first = k;
    }
    const double corrected = loop.corrected(until_s);
    for (std::size_t k = 0; k < pulls.size(); ++k) {
      GainPull& p = pulls[k];
      if (p.held) continue;
      const double change = loop.log_change(p, until_s);
      p.gain = k != first ? p.gain * exp_d(change) : change < 0.0 ? p.low : p.high;
      p.held = k == first;
    }
    if (first == kNone) return;
    for (GainPull& p : pulls) p.error -= corrected;
    left_s -= until_s;
  }
}

void RateLoop::start(const Network& network, std::size_t neuron, double rate_Hz,
                     std::vector<GainPull>& out) const {
  out.resize(members_.size());
  for (std::size_t k = 0; k < members_.size(); ++k) {
    const Homeostat& h = *members_[k];
    const HomeostasisSpec& spec = h.spec();
    GainPull& p = out[k];
    const float factor = network.populations[h.population()]->factor[h.port()][neuron];
    p.gain = static_cast<double>(h.own(neuron, factor));
    const GainBounds bounds = h.bounds(neuron);
    p.low = bounds.low;
    p.high = bounds.high;
    p.error = h.error_at(rate_Hz);
    p.speed_per_s = h.sign() / spec.tau_s;
    p.loop_per_s = h.loop_gain() / spec.tau_s;
    p.held = false;
  }
}

void RateLoop::advance(Network& network, const Measures& measures, double seconds) const {
  const std::vector<float>& rate_Hz = measures.rate_Hz[population()];
  std::vector<GainPull> pulls;
  for (std::size_t i = 0; i < rate_Hz.size(); ++i) {
    if (members_.front()->is_dead(i)) continue;
    start(network, i, static_cast<double>(rate_Hz[i]), pulls);
    relax(pulls, seconds);
    for (std::size_t k = 0; k < pulls.size(); ++k) members_[k]->set_own(network, i, pulls[k].gain);
  }
}

}  // namespace penfield

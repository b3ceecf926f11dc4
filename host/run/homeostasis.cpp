#include "host/run/homeostasis.hpp"

#include "host/run/session_schedule.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

Homeostat::Homeostat(const HomeostasisSpec& spec, const Network& network)
    : spec_(spec), loop_gain_(spec.loop_gain) {
  for (const auto& p : network.populations) {
    if (p->name != spec.of) continue;
    population_ = p->view.index;
    const auto& ports = neuron_model_infos[p->view.model].ports;
    for (std::uint32_t k = 0; k < ports.size(); ++k)
      if (spec.port == ports[k].name) port_ = k;
    intact_.assign(p->view.n, 1.0f);
    return;
  }
  throw Error(ExitCode::internal, "homeostasis of an unknown population " + spec.of);
}

void Homeostat::take_snapshot(const Network& network) {
  const auto& factor = network.populations[population_]->factor[port_];
  intact_.assign(factor.begin(), factor.end());
  for (std::size_t i = 0; i < intact_.size(); ++i) intact_[i] = own(i, intact_[i]);
  snapshot_taken_ = true;
}

double Homeostat::length_of(double seconds) const {
  return (1.0 - exp_d(-loop_gain_ * seconds / spec_.tau_s)) / loop_gain_;
}

bool Homeostat::loop_gain_is_due(double time_s) const {
  return spec_.loop_gain_every_s > 0.0 &&
         (!gain_known_ || reached(time_s, gain_time_s_ + spec_.loop_gain_every_s));
}

void Homeostat::set_loop_gain(double gain, double time_s) {
  if (gain > 0.0) loop_gain_ = gain;
  gain_known_ = true;
  gain_time_s_ = time_s;
}

double Homeostat::stepped(std::uint32_t neuron, double gain, double rate_Hz, double seconds) const {
  const double error = 1.0 - rate_Hz / spec_.set_point_Hz;
  const double moved = gain * exp_d(sign() * (error < -3.0 ? -3.0 : error) * length_of(seconds));
  if (!snapshot_taken_ && spec_.bounds_after_snapshot) return moved;
  const double low = spec_.lower * intact_[neuron], high = spec_.upper * intact_[neuron];
  return moved < low ? low : moved > high ? high : moved;
}

void Homeostat::advance(Network& network, const Measures& measures, double seconds) {
  auto& factor = network.populations[population_]->factor[port_];
  const std::vector<float>& rate_Hz = measures.rate_Hz[population_];
  const auto step = static_cast<float>(length_of(seconds));
  const auto sign = spec_.raises_rate ? 1.0f : -1.0f;
  const bool bounded = snapshot_taken_ || !spec_.bounds_after_snapshot;
  const auto target_Hz = static_cast<float>(spec_.set_point_Hz);
  const auto lower = static_cast<float>(spec_.lower);
  const auto upper = static_cast<float>(spec_.upper);
  for (std::size_t i = 0; i < factor.size(); ++i) {
    if (is_dead(i)) continue;
    float error = 1.0f - rate_Hz[i] / target_Hz;
    // A burst of one short episode must not swing the gain by orders of magnitude; the bound never binds near
    // the set-point.
    error = error < -3.0f ? -3.0f : error;
    float g = own(i, factor[i]) * exp_f(sign * error * step);
    if (bounded) {
      const float low = lower * intact_[i];
      const float high = upper * intact_[i];
      g = g < low ? low : g;
      g = g > high ? high : g;
    }
    factor[i] = share_ == nullptr ? g : g * (*share_)[i];
  }
}

}  // namespace penfield

#include "host/run/homeostasis.hpp"

#include "host/run/session_schedule.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/neuron/catalogue.hpp"

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

GainBounds Homeostat::bounds(std::size_t neuron) const {
  if (!snapshot_taken_ && spec_.bounds_after_snapshot) return {0.0, 1e300};
  const auto intact = static_cast<double>(intact_[neuron]);
  return {spec_.lower * intact, spec_.upper * intact};
}

void Homeostat::set_own(Network& network, std::size_t neuron, double gain) const {
  const auto g = static_cast<float>(gain);
  network.populations[population_]->factor[port_][neuron] = share_ == nullptr ? g : g * (*share_)[neuron];
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

}  // namespace penfield

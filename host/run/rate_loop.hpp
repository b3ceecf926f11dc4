#pragma once
// Homeostats that pull at the same rate, over one macro step.
#include <cstdint>
#include <utility>
#include <vector>

#include "host/run/homeostasis.hpp"
#include "host/run/measure.hpp"
#include "penfield/base/span.hpp"

namespace penfield {

/// One homeostat of one neuron over a macro step. A gain that lies at a bound and is pushed outwards is held.
struct GainPull {
  double gain = 1.0;
  double low = 0.0, high = 0.0;  ///< bounds of the gain
  double error = 0.0;            ///< 1 - r / rho0
  double speed_per_s = 0.0;      ///< s / tau: d ln g/dt = error times this
  double loop_per_s = 0.0;       ///< G / tau: what a second of it takes off the error
  bool held = false;
};

/// Moves the gains of one neuron by `seconds`. All homeostats see one rate, so that what one has corrected
/// the others need not: with d ln r = sum_k s_k G_k d ln g_k,
///   d ln g_k/dt = s_k e_k / tau_k,   e_k = e_k(0) - y,   dy/dt = sum_j G_j e_j / tau_j,
/// linear near the set-points and solved exactly. One that reaches a bound is held there and leaves the loop
/// to the others. With one homeostat ln g moves by s e (1 - exp(-G H / tau)) / G.
void relax(Span<GainPull> pulls, double seconds);

/// The homeostats of one population that are not frozen.
class RateLoop {
 public:
  explicit RateLoop(std::vector<Homeostat*> members) : members_(std::move(members)) {}

  std::uint32_t population() const { return members_.front()->population(); }
  const std::vector<Homeostat*>& members() const { return members_; }
  /// [member] where `neuron` stands when it fires at `rate_Hz`; its gains are those of the network.
  void start(const Network& network, std::size_t neuron, double rate_Hz, std::vector<GainPull>& out) const;
  /// Advances the gains by `seconds` of biological time.
  void advance(Network& network, const Measures& measures, double seconds) const;

 private:
  std::vector<Homeostat*> members_;
};

/// Those homeostats for which is_frozen(name) is false, by population.
template <class IsFrozen>
std::vector<RateLoop> rate_loops(std::vector<Homeostat>& homeostats, IsFrozen&& is_frozen) {
  std::vector<std::vector<Homeostat*>> groups;
  for (Homeostat& h : homeostats) {
    if (is_frozen(h.spec().name)) continue;
    auto group = groups.begin();
    while (group != groups.end() && group->front()->population() != h.population()) ++group;
    if (group == groups.end()) group = groups.emplace(group);
    group->push_back(&h);
  }
  std::vector<RateLoop> out;
  for (std::vector<Homeostat*>& group : groups) out.emplace_back(std::move(group));
  return out;
}

}  // namespace penfield

#include "host/build/ring_sizes.hpp"

#include <algorithm>
#include <bit>

#include "penfield/model/neuron/catalogue.hpp"

namespace penfield {

DelayPieces ProjectionDelays::pieces() const {
  DelayPieces cut = cut_delays(min_delay, max_delay);
  if (plastic) cut.first_age = 0;  // visited delay by delay, or whole when the spike leaves
  return cut;
}

std::int32_t ProjectionDelays::longest_ahead() const {
  if (plastic) return dendritic ? max_delay : 1;
  const DelayPieces cut = pieces();
  return (cut.count == 1 ? max_delay : min_delay + kPieceDelays - 1) - cut.first_age;
}

std::int32_t ProjectionDelays::longest_wait() const {
  if (plastic) return dendritic ? 0 : max_delay;
  return pieces().last_age();
}

std::int32_t ProjectionDelays::shortest_ahead() const { return plastic ? 1 : min_delay - pieces().first_age; }

double refractory_ms(const PopulationSpec& spec) {
  const auto found = spec.params.find("t_ref_ms");
  return found == spec.params.end() ? 0.0 : found->second;
}

RingSizes ring_sizes(const Scenario& scenario, std::uint32_t index,
                     const std::vector<ProjectionDelays>& projections) {
  std::int32_t batch = projections.empty() ? 1 : kMostBatchedSteps;
  std::int32_t ahead = 1, wait = 0;
  for (const ProjectionDelays& p : projections) {
    batch = std::min(batch, p.shortest_ahead());
    if (p.target == index) ahead = std::max(ahead, p.longest_ahead());
    if (p.source == index) wait = std::max(wait, p.longest_wait());
  }
  RingSizes sizes;
  const PopulationSpec& spec = scenario.populations[index];
  for (const ProjectionDelays& p : projections)
    if (p.target == index) sizes.heard[p.port] = true;
  for (const StimulusSpec& s : scenario.stimuli)
    if (s.to == spec.name && s.kind == StimulusSpec::Kind::spikes) {
      const auto& ports = neuron_model_infos[neuron_model_index(spec.model)].ports;
      for (std::size_t port = 0; port < ports.size(); ++port)
        if (s.port == ports[port].name) sizes.heard[port] = true;
    }
  // A step's slot is cleared when the step is updated, before anything of the step is delivered: what comes
  // `ahead` steps later may use it again.
  sizes.ring_slots = std::bit_ceil(static_cast<std::uint32_t>(ahead));
  // Twice a batch: a worker may be one ahead of another that still delivers.
  sizes.list_slots = std::bit_ceil(static_cast<std::uint32_t>(wait + 2 * batch));
  sizes.spike_interval = std::max(1u, static_cast<std::uint32_t>(refractory_ms(spec) / scenario.dt_ms));
  return sizes;
}

}  // namespace penfield

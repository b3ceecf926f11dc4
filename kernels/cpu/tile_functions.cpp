#include "kernels/cpu/tile_functions.hpp"

#include <cstdlib>
#include <string_view>

#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/teams.hpp"
#include "kernels/cpu/wide_random.hpp"
#include "penfield/step/team.hpp"

namespace penfield::cpu {

namespace {

template <class Model>
PENFIELD_TARGET_BASELINE void update_baseline(const PopulationView& p, const TouchTable& touch,
                                              std::uint32_t tile, std::uint32_t seed, StepIndex step) {
  SoloTeam team;
  update_tile<Model>(team, p, touch, tile, seed, step);
}

template <class Model>
PENFIELD_TARGET_V3 void update_v3(const PopulationView& p, const TouchTable& touch, std::uint32_t tile,
                                  std::uint32_t seed, StepIndex step) {
  WideTeam team;
  update_tile<Model>(team, p, touch, tile, seed, step);
}

template <class Team>
PENFIELD_TARGET_BASELINE void static_baseline(const PopulationView& source, const PopulationView& target,
                                              const ProjectionView& projection, const FlushTimes&,
                                              std::uint32_t tile, StepIndex step) {
  Team team;
  deliver_static(team, source, target, projection, tile, step);
}

template <class Team>
PENFIELD_TARGET_V3 void static_v3(const PopulationView& source, const PopulationView& target,
                                  const ProjectionView& projection, const FlushTimes&, std::uint32_t tile,
                                  StepIndex step) {
  Team team;
  deliver_static(team, source, target, projection, tile, step);
}

PENFIELD_TARGET_BASELINE void rows_baseline(const std::vector<StaticInput>& inputs, std::uint32_t tile,
                                            StepIndex step, StepIndex until) {
  RowQueue queue;
  queue.deliver(inputs, tile, step, until);
}

PENFIELD_TARGET_V3 void rows_v3(const std::vector<StaticInput>& inputs, std::uint32_t tile, StepIndex step,
                                StepIndex until) {
  RowQueue queue;
  queue.deliver(inputs, tile, step, until);
}

template <class Rule, class Team>
PENFIELD_TARGET_BASELINE void plastic_baseline(const PopulationView& source, const PopulationView& target,
                                               const ProjectionView& projection, const FlushTimes& flush,
                                               std::uint32_t tile, StepIndex step) {
  Team team;
  deliver_plastic<Rule>(team, source, target, projection, flush, tile, step);
}

template <class Rule, class Team>
PENFIELD_TARGET_V3 void plastic_v3(const PopulationView& source, const PopulationView& target,
                                   const ProjectionView& projection, const FlushTimes& flush,
                                   std::uint32_t tile, StepIndex step) {
  Team team;
  deliver_plastic<Rule>(team, source, target, projection, flush, tile, step);
}

template <class Rule>
PENFIELD_TARGET_BASELINE void flush_baseline(const PopulationView& source, const PopulationView& target,
                                             const ProjectionView& projection, const FlushTimes& flush,
                                             std::uint32_t tile, StepIndex step, FlushScope scope) {
  SoloTeam team;
  flush_tile<Rule>(team, source, target, projection, flush, tile, step, scope);
}

template <class Rule>
PENFIELD_TARGET_V3 void flush_v3(const PopulationView& source, const PopulationView& target,
                                 const ProjectionView& projection, const FlushTimes& flush,
                                 std::uint32_t tile, StepIndex step, FlushScope scope) {
  SoloTeam team;
  flush_tile<Rule>(team, source, target, projection, flush, tile, step, scope);
}

template <class Rule>
ProjectionTile plastic(bool v3, bool reversed) {
  if (reversed) return v3 ? plastic_v3<Rule, ReversedTeam> : plastic_baseline<Rule, ReversedTeam>;
  return v3 ? plastic_v3<Rule, SoloTeam> : plastic_baseline<Rule, SoloTeam>;
}

}  // namespace

bool has_v3() {
#if defined(__x86_64__)
  const char* asked = std::getenv("PENFIELD_ISA");
  if (asked != nullptr && std::string_view(asked) == "baseline") return false;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
#else
  return false;
#endif
}

DeliverRows find_deliver_rows(bool v3) { return v3 ? rows_v3 : rows_baseline; }

UpdateTile find_update(std::uint32_t model, bool v3) {
  UpdateTile found = nullptr;
  visit_neuron_model(model, [&](auto tag) {
    using Model = typename decltype(tag)::type;
    found = v3 ? update_v3<Model> : update_baseline<Model>;
  });
  return found;
}

ProjectionTile find_static(bool v3, bool reversed) {
  if (reversed) return v3 ? static_v3<ReversedTeam> : static_baseline<ReversedTeam>;
  return v3 ? static_v3<SoloTeam> : static_baseline<SoloTeam>;
}

ProjectionTile find_deliver(const ProjectionView& projection, bool v3, bool reversed) {
  if (projection.rule < 0) return find_static(v3, reversed);
  ProjectionTile found = nullptr;
  visit_plasticity_rule(static_cast<std::uint32_t>(projection.rule),
                        [&]<class Rule>() { found = plastic<Rule>(v3, reversed); });
  return found;
}

FlushTile find_flush(const ProjectionView& projection, bool v3) {
  FlushTile found = nullptr;
  visit_plasticity_rule(static_cast<std::uint32_t>(projection.rule),
                        [&]<class Rule>() { found = v3 ? flush_v3<Rule> : flush_baseline<Rule>; });
  return found;
}

}  // namespace penfield::cpu

#include "kernels/cpu/tile_functions.hpp"

#include "kernels/cpu/plastic_rows.hpp"
#include "kernels/cpu/teams.hpp"
#include "kernels/cpu/update_steps.hpp"
#include "kernels/cpu/wide_random.hpp"
#include "penfield/step/team.hpp"

namespace penfield::cpu {

namespace {

/// Body::run for each instruction set; Function is the type of a pointer to it.
template <class Body, class Function>
struct Compiled;
template <class Body, class... Arguments>
struct Compiled<Body, void (*)(Arguments...)> {
  PENFIELD_TARGET_BASELINE static void baseline(Arguments... a) { Body::template run<Isa::baseline>(a...); }
  PENFIELD_TARGET_V3 static void v3(Arguments... a) { Body::template run<Isa::v3>(a...); }
  PENFIELD_TARGET_V4 static void v4(Arguments... a) { Body::template run<Isa::v4>(a...); }
};

template <class Function, class Body>
Function pick(Isa isa) {
  using Bodies = Compiled<Body, Function>;
  return isa == Isa::v4 ? Bodies::v4 : isa == Isa::v3 ? Bodies::v3 : Bodies::baseline;
}

template <class Model>
struct Update {
  template <Isa isa>
  static void run(const PopulationView& p, const TouchTable& touch, std::uint32_t tile, std::uint32_t seed,
                  StepIndex step, StepIndex until) {
    WideTeam<isa> team;
    update_steps<Model>(team, p, touch, tile, seed, step, until);
  }
};

template <class Team>
struct Static {
  template <Isa>
  static void run(const PopulationView& source, const PopulationView& target,
                  const ProjectionView& projection, const FlushTimes&, std::uint32_t tile, StepIndex step) {
    Team team;
    deliver_static(team, source, target, projection, tile, step);
  }
};

struct Rows {
  template <Isa>
  static void run(const std::vector<StaticInput>& inputs, std::uint32_t tile, StepIndex step,
                  StepIndex until) {
    RowQueue queue;
    queue.deliver(inputs, tile, step, until);
  }
};

/// The fastest loop that there is for a rule.
template <class Rule>
struct TunedPlastic {
  template <Isa>
  static void run(const PopulationView& source, const PopulationView& target,
                  const ProjectionView& projection, const FlushTimes& flush, std::uint32_t tile,
                  StepIndex step) {
    if constexpr (PairRule<Rule>) {
      PlasticRows<Rule> rows(source, target, projection, flush, tile);
      rows.deliver(step);
    } else {
      SoloTeam team;
      deliver_plastic<Rule>(team, source, target, projection, flush, tile, step);
    }
  }
};

template <class Rule>
struct ReversedPlastic {
  template <Isa>
  static void run(const PopulationView& source, const PopulationView& target,
                  const ProjectionView& projection, const FlushTimes& flush, std::uint32_t tile,
                  StepIndex step) {
    ReversedTeam team;
    deliver_plastic<Rule>(team, source, target, projection, flush, tile, step);
  }
};

template <class Rule>
struct Flush {
  template <Isa>
  static void run(const PopulationView& source, const PopulationView& target,
                  const ProjectionView& projection, const FlushTimes& flush, std::uint32_t tile,
                  StepIndex step, FlushScope scope) {
    SoloTeam team;
    flush_tile<Rule>(team, source, target, projection, flush, tile, step, scope);
  }
};

}  // namespace

DeliverRows find_deliver_rows(Isa isa) { return pick<DeliverRows, Rows>(isa); }

UpdateSteps find_update(std::uint32_t model, Isa isa) {
  UpdateSteps found = nullptr;
  visit_neuron_model(model,
                     [&](auto tag) { found = pick<UpdateSteps, Update<typename decltype(tag)::type>>(isa); });
  return found;
}

ProjectionTile find_static(Isa isa, Loops loops) {
  return loops == Loops::tuned ? pick<ProjectionTile, Static<SoloTeam>>(isa)
                               : pick<ProjectionTile, Static<ReversedTeam>>(isa);
}

ProjectionTile find_deliver(const ProjectionView& projection, Isa isa, Loops loops) {
  if (projection.rule < 0) return find_static(isa, loops);
  ProjectionTile found = nullptr;
  visit_plasticity_rule(static_cast<std::uint32_t>(projection.rule), [&]<class Rule>() {
    found = loops == Loops::tuned ? pick<ProjectionTile, TunedPlastic<Rule>>(isa)
                                  : pick<ProjectionTile, ReversedPlastic<Rule>>(isa);
  });
  return found;
}

FlushTile find_flush(const ProjectionView& projection, Isa isa) {
  FlushTile found = nullptr;
  visit_plasticity_rule(static_cast<std::uint32_t>(projection.rule),
                        [&]<class Rule>() { found = pick<FlushTile, Flush<Rule>>(isa); });
  return found;
}

}  // namespace penfield::cpu

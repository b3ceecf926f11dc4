#pragma once
// The phases of a step on one tile, by a team of threads: slow, and a test that the bodies are correct as
// teams (CpuEngineOptions::team_threads).
#include "kernels/cpu/teams.hpp"
#include "kernels/cpu/units.hpp"
#include "penfield/step/learn.hpp"
#include "penfield/step/update.hpp"

namespace penfield::cpu {

inline void update_as_team(ThreadedTeam& team, const Unit& unit, const TouchTable& touch, std::uint32_t seed,
                           StepIndex step) {
  const PopulationView& p = unit.population->view;
  visit_neuron_model(p.model, [&](auto tag) {
    update_tile<typename decltype(tag)::type>(team, p, touch, unit.tile, seed, step);
  });
  team.barrier();
}

inline void deliver_as_team(ThreadedTeam& team, const Unit& unit, bool learning, const FlushTimes& flush,
                            StepIndex step) {
  for (const Unit::Incoming& in : unit.incoming) {
    const ProjectionView& view = in.projection->view;
    if (view.rule < 0 || !learning) {
      deliver_static(team, *in.source, unit.population->view, view, unit.tile, step);
    } else {
      visit_plasticity_rule(static_cast<std::uint32_t>(view.rule), [&]<class Rule>() {
        deliver_plastic<Rule>(team, *in.source, unit.population->view, view, flush, unit.tile, step);
      });
    }
  }
}

inline void flush_as_team(ThreadedTeam& team, const Unit& unit, const FlushTimes& flush, StepIndex step) {
  for (const Unit::Incoming& in : unit.incoming) {
    const ProjectionView& view = in.projection->view;
    if (view.rule < 0) continue;
    visit_plasticity_rule(static_cast<std::uint32_t>(view.rule), [&]<class Rule>() {
      flush_tile<Rule>(team, *in.source, unit.population->view, view, flush, unit.tile, step,
                       FlushScope::filled);
    });
  }
  team.barrier();
  mark_flushed(team, unit.population->view, unit.tile, step, FlushScope::filled);
}

}  // namespace penfield::cpu

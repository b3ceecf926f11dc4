#include "host/validate/told_spikes.hpp"

#include "host/validate/rows.hpp"

namespace penfield {

namespace {

constexpr float kSurely_Hz = 1e9f;  ///< a relay with this rate fires, with its negative it does not

}  // namespace

void run_told_spikes(const ValidateOptions& options, const ToldSpikes& spikes, StepIndex steps_after,
                     Network& network, Engine& engine) {
  auto& sources = network.populations[0]->background_Hz;
  auto& target = network.populations[1]->background_Hz;
  const auto run_until = [&](StepIndex step) {
    sources.fill(-kSurely_Hz);
    target.fill(-kSurely_Hz);
    engine.upload();
    engine.run(step - engine.now());
    check_stop(options);
  };
  for (const auto& [step, who] : spikes) {
    if (step > engine.now()) run_until(step);
    sources.fill(-kSurely_Hz);
    for (const std::size_t source : who.first) sources[source] = kSurely_Hz;
    target.fill(who.second ? kSurely_Hz : -kSurely_Hz);
    engine.upload();
    engine.run(1);
  }
  run_until(engine.now() + steps_after);
}

}  // namespace penfield

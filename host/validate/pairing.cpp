#include "host/validate/pairing.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "host/build/build_network.hpp"
#include "host/run/make_engine.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/scenario/text_forms.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

namespace {

constexpr double kDt_ms = 0.1;
constexpr float kPulse = 0.5f;      ///< of dopamine
constexpr double kSurely_Hz = 1e9;  ///< a relay with this rate fires, with its negative it does not

StepIndex steps(double ms) { return std::llround(ms / kDt_ms); }

/// Two relays, which fire when they are told to, and a synapse between them.
std::string scenario_text(const PairingProtocol& protocol) {
  const double delay_ms = std::max(kDt_ms, protocol.calcium_delay_ms);
  return R"({"penfield": 1, "name": "pairing", "seed": 1, "dt_ms": )" + number_text(kDt_ms) +
         R"(, "until": "1 s", "clock": {"mode": "raw"}, "areas": {"A": {"sheet_mm": [1, 1]}}, "populations": {
"A/pre": {"model": "relay", "n": 1}, "A/post": {"model": "relay", "n": 1}}, "projections": [
{"name": "synapse", "from": "A/pre", "to": "A/post", "port": "rate", "rule": "one_to_one", "weight_Hz": )" +
         number_text(protocol.first_weight) + R"(, "delay_ms": )" + number_text(delay_ms) +
         R"(, "delay_is": "axonal", "plasticity": )" + protocol.plasticity +
         (protocol.reward_after_ms < 0.0 ? "}]}" : R"(, "modulator": "dopamine"}], "modulators": [
{"name": "dopamine", "tau_ms": 200}]})");
}

}  // namespace

double weight_after_pairs(const ValidateOptions& options, const PairingProtocol& protocol) {
  const Scenario scenario = parse_scenario(scenario_text(protocol), "pairing", ".");
  Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
  EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  Engine& engine = *choice.engine;
  const auto drive = [&](std::size_t population, bool fires) {
    network.populations[population]->background_Hz.fill(static_cast<float>(fires ? kSurely_Hz : -kSurely_Hz));
  };
  // Over the axon a spike takes a step at least, which the postsynaptic one waits for.
  const StepIndex travel = protocol.calcium_delay_ms > 0.0 ? 0 : steps(kDt_ms);
  std::map<StepIndex, std::pair<bool, bool>> fires;  // [step] source, target
  const StepIndex first = steps(1000.0);
  for (std::uint32_t k = 0; k < protocol.num_pairs; ++k) {
    const StepIndex at = first + steps(1000.0 * k / protocol.rate_Hz);
    fires[at].first = true;
    const StepIndex answer = at + travel + steps(protocol.lag_ms);
    fires[answer].second = true;
    if (protocol.reward_after_ms >= 0.0)
      network.modulators[0]->add_pulse(answer + steps(protocol.reward_after_ms), kPulse);
  }
  network.bind();
  engine.upload();
  const auto run_until = [&](StepIndex step) {
    drive(0, false);
    drive(1, false);
    engine.upload();
    engine.run(step - engine.now());
    check_stop(options);
  };
  for (const auto& [step, who] : fires) {
    if (step > engine.now()) run_until(step);
    drive(0, who.first);
    drive(1, who.second);
    engine.upload();
    engine.run(1);
  }
  run_until(engine.now() + steps(protocol.reward_after_ms < 0.0 ? 1000.0 : protocol.reward_after_ms + 1e4));
  engine.flush();
  engine.download();
  return static_cast<double>(network.projections[0]->tiles[0].weight[0]);
}

}  // namespace penfield

#include "host/validate/pairing.hpp"

#include <algorithm>
#include <cmath>

#include "host/build/build_network.hpp"
#include "host/run/make_engine.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/scenario/text_forms.hpp"
#include "host/validate/told_spikes.hpp"

namespace penfield {

namespace {

constexpr double kDt_ms = 0.1;
constexpr float kPulse = 0.5f;  ///< of dopamine

StepIndex steps(double ms) { return std::llround(ms / kDt_ms); }

/// Relays, which fire when they are told to, and a synapse from each onto another.
std::string scenario_text(const PairingProtocol& protocol, std::size_t sources) {
  const double delay_ms = std::max(kDt_ms, protocol.calcium_delay_ms);
  return R"({"penfield": 1, "name": "pairing", "seed": 1, "dt_ms": )" + number_text(kDt_ms) +
         R"(, "until": "1 s", "clock": {"mode": "raw"}, "areas": {"A": {"sheet_mm": [1, 1]}}, "populations": {
"A/pre": {"model": "relay", "n": )" +
         std::to_string(sources) + R"(}, "A/post": {"model": "relay", "n": 1}}, "projections": [
{"name": "synapse", "from": "A/pre", "to": "A/post", "port": "rate", "rule": "all_to_all", "weight_Hz": )" +
         number_text(protocol.first_weight) + R"(, "delay_ms": )" + number_text(delay_ms) +
         R"(, "delay_is": "axonal", "plasticity": )" + protocol.plasticity +
         (protocol.reward_after_ms < 0.0 ? "}]}" : R"(, "modulator": "dopamine"}], "modulators": [
{"name": "dopamine", "tau_ms": 200}]})");
}

}  // namespace

std::vector<double> weights_after_pairs(const ValidateOptions& options, const PairingProtocol& protocol,
                                        const std::vector<double>& lags_ms) {
  const Scenario scenario = parse_scenario(scenario_text(protocol, lags_ms.size()), "pairing", ".");
  Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
  EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  Engine& engine = *choice.engine;
  // Over the axon a spike takes a step at least, which the postsynaptic one waits for.
  const StepIndex travel = protocol.calcium_delay_ms > 0.0 ? 0 : steps(kDt_ms);
  ToldSpikes fires;
  for (std::uint32_t k = 0; k < protocol.num_pairs; ++k) {
    const StepIndex at = steps(1000.0) + steps(1000.0 * k / protocol.rate_Hz);
    fires[at].second = true;
    for (std::size_t source = 0; source < lags_ms.size(); ++source)
      fires[at - travel - steps(lags_ms[source])].first.push_back(source);
    if (protocol.reward_after_ms >= 0.0)
      network.modulators[0]->add_pulse(at + steps(protocol.reward_after_ms), kPulse);
  }
  network.bind();
  engine.upload();
  run_told_spikes(options, fires,
                  steps(protocol.reward_after_ms < 0.0 ? 1000.0 : protocol.reward_after_ms + 1e4), network,
                  engine);
  engine.flush();
  engine.download();
  std::vector<double> weights(lags_ms.size());
  for (std::size_t t = 0; t < network.projections[0]->tiles.size(); ++t)
    network.projections[0]->for_each_synapse(
        t, [&](const Projection::Synapse& s) { weights[s.source] = static_cast<double>(s.weight); });
  return weights;
}

double weight_after_pairs(const ValidateOptions& options, const PairingProtocol& protocol) {
  return weights_after_pairs(options, protocol, {protocol.lag_ms}).front();
}

}  // namespace penfield

#include "host/validate/ltp_threshold.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "host/build/build_network.hpp"
#include "host/run/make_engine.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/told_spikes.hpp"

namespace penfield {

namespace {

constexpr double kHour_ms = 3.6e6, kPause_ms = 1000.0;
constexpr StepIndex kLag = 10;  ///< steps of a millisecond
constexpr int kPairs = 10;
constexpr double kLowest_Hz = 2.0, kHighest_Hz = 90.0, kRatio = 1.1;

std::string scenario_text(const std::string& plasticity, std::size_t sources) {
  return R"({"penfield": 1, "name": "ltp_threshold", "seed": 1, "dt_ms": 1, "until": "1 s",
"clock": {"mode": "raw"}, "areas": {"A": {"sheet_mm": [1, 1]}}, "populations": {
"A/pre": {"model": "relay", "n": )" +
         std::to_string(sources) + R"(}, "A/post": {"model": "relay", "n": 1}}, "projections": [
{"name": "synapse", "from": "A/pre", "to": "A/post", "port": "rate", "rule": "all_to_all", "weight_Hz": 0,
"delay_ms": 1, "plasticity": )" +
         plasticity + "}]}";
}

}  // namespace

double ltp_threshold_Hz(const ValidateOptions& options, const std::string& plasticity, double before_Hz) {
  std::vector<double> rates_Hz;
  for (double f = kLowest_Hz; f <= kHighest_Hz; f *= kRatio) rates_Hz.push_back(f);
  const Scenario scenario = parse_scenario(scenario_text(plasticity, rates_Hz.size()), "ltp_threshold", ".");
  Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
  EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  Engine& engine = *choice.engine;
  ToldSpikes fires;
  for (double at_ms = 1000.0 / before_Hz; at_ms < kHour_ms; at_ms += 1000.0 / before_Hz)
    fires[std::llround(at_ms)].second = true;
  double from_ms = kHour_ms + kPause_ms;
  for (std::size_t k = 0; k < rates_Hz.size(); ++k) {
    for (int pair = 0; pair < kPairs; ++pair) {
      const StepIndex at = std::llround(from_ms + 1000.0 * pair / rates_Hz[k]);
      fires[at].first.push_back(k);
      fires[at + kLag + 1].second = true;  // over the axon a spike takes a step
    }
    from_ms += 1000.0 * kPairs / rates_Hz[k] + kPause_ms;
  }
  run_told_spikes(options, fires, 1000, network, engine);
  engine.flush();
  engine.download();
  std::vector<double> change(rates_Hz.size());
  network.projections[0]->for_each_synapse(
      0, [&](const Projection::Synapse& s) { change[s.source] = static_cast<double>(s.weight); });
  if (change.front() > 0.0) return 0.0;
  for (std::size_t k = 1; k < change.size(); ++k)
    if (change[k] > 0.0)
      return rates_Hz[k - 1] + (rates_Hz[k] - rates_Hz[k - 1]) * change[k - 1] / (change[k - 1] - change[k]);
  return std::numeric_limits<double>::infinity();
}

}  // namespace penfield

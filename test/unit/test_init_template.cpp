// What `penfield init` writes runs as it is, in the state that it claims.
#include <cmath>

#include "host/build/build_network.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/run/raw_run.hpp"
#include "host/scenario/describe.hpp"
#include "host/scenario/scenario_json.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"

using namespace penfield;
using namespace penfield::readout;

TEST_CASE("the template of a balanced network fires slowly, irregularly and asynchronously", "[init]") {
  constexpr double from_s = 0.1, to_s = 1.0;  // after the start has worn off
  for (const std::uint32_t seed : {1u, 2u}) {
    Scenario scenario = parse_scenario(init_template("first"), "first.json", ".");
    REQUIRE(scenario.until_s == 1.0);
    scenario.seed = seed;
    Network network = build_network(scenario, {});
    const auto engine = cpu::make_cpu_engine(network, {});
    RawRun run(scenario, network, *engine);
    REQUIRE(run.run({}, {}));
    for (std::uint32_t p = 0; p < network.populations.size(); ++p) {
      SpikeTrains trains;
      trains.num_neurons = network.populations[p]->view.n;
      for (const Spike& s : run.records().spikes) {
        if (s.population != p) continue;
        trains.neuron.push_back(s.neuron);
        trains.time_s.push_back(static_cast<double>(s.step + 1) * scenario.dt_ms * 1e-3);
      }
      INFO("seed " << seed << ", " << network.populations[p]->name);
      const double rate_Hz = mean(rates_Hz(trains, from_s, to_s));
      CHECK(rate_Hz > 2.0);
      CHECK(rate_Hz < 15.0);
      const double cv = mean(cv_isi(trains, from_s, to_s));
      CHECK(cv > 0.7);
      CHECK(cv < 1.2);
      CHECK(pair_correlation(trains, from_s, to_s, 0.005, 200).mean < 0.01);
      // Twice what independent cells would give in bins of 5 ms.
      CHECK(synchrony(population_rate_Hz(trains, from_s, to_s, 0.005)) <
            2.0 / std::sqrt(trains.num_neurons * rate_Hz * 0.005));
    }
  }
}

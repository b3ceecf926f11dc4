#pragma once
// What tests of the CUDA engine share: is there a card, and a network on it beside the same one on the CPU.
#include <algorithm>
#include <string>
#include <vector>

#include "kernels/cuda/cuda_engine.hpp"
#include "penfield/model/plasticity/catalogue.hpp"
#include "test/parity/difference.hpp"
#include "test/support/catch.hpp"
#include "test/support/every_model.hpp"
#include "test/support/skip.hpp"

namespace penfield::test {

using cuda::CudaEngineOptions;

/// The card's name; empty, and the case skipped, where there is none.
inline std::string card() {
  std::string why_not, description;
  if (cuda::cuda_device_available(&why_not, &description)) return description;
  skip("no GPU: " + why_not);
  return "";
}

/// The stand-in runs some 1000 times slower than a card.
inline bool emulated() { return card().starts_with("emulated"); }
inline double size_of_network() { return emulated() ? 0.2 : 1.0; }
inline StepIndex steps(StepIndex on_a_card, StepIndex emulated_ones) {
  return emulated() ? emulated_ones : on_a_card;
}

/// Takes away the rules that the persistent kernel does not have, if it is asked for.
inline void fit(Scenario& scenario, const CudaEngineOptions& options) {
  if (options.kernel != cuda::StepKernel::persistent) return;
  for (ProjectionSpec& p : scenario.projections)
    if (p.plasticity && !is_pair_rule(plasticity_rule_index(p.plasticity->rule))) p.plasticity.reset();
}

/// One scenario, built twice, and an engine of each kind.
struct Pair {
  explicit Pair(const CudaEngineOptions& options = {}, const BuildOptions& build = {})
      : Pair(options, build, [](Scenario&) {}) {}
  /// `change`: applied to the scenario before it is built.
  template <class Change>
  Pair(const CudaEngineOptions& options, const BuildOptions& build, Change&& change)
      : cpu(changed(every_model_scenario(folder, size_of_network()),
                    [&](Scenario& scenario) {
                      change(scenario);
                      fit(scenario, options);
                    }),
            build, {}),
        gpu(cpu.scenario, build, {}) {
    gpu.engine = cuda::make_cuda_engine(gpu.network, options);
  }

  void run(StepIndex num_steps) {
    cpu.engine->run(num_steps);
    gpu.engine->run(num_steps);
  }
  void flush() {
    cpu.engine->flush();
    gpu.engine->flush();
  }
  /// Fails the test with the first difference of the two states, clocks and flush times.
  void require_equal(const std::string& when = "") {
    gpu.engine->download();
    INFO(when << " after step " << cpu.engine->now() - 1 << ", " << gpu.engine->device());
    REQUIRE(gpu.engine->now() == cpu.engine->now());
    REQUIRE(gpu.engine->flush_times().last == cpu.engine->flush_times().last);
    REQUIRE(first_difference(cpu.network, gpu.network) == "");
    REQUIRE(digest(cpu.network) == digest(gpu.network));
  }

  template <class Change>
  static Scenario changed(Scenario scenario, Change&& change) {
    change(scenario);
    return scenario;
  }

  ScratchFolder folder;
  EveryModelRun cpu, gpu;
};

inline bool same_spikes(const std::vector<Spike>& a, const std::vector<Spike>& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](const Spike& x, const Spike& y) {
           return x.step == y.step && x.population == y.population && x.neuron == y.neuron;
         });
}

}  // namespace penfield::test

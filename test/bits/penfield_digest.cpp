// Prints digests of a network with one of everything, after building, stepping, flushing and rewiring. Every
// build of every compiler prints the same lines: tools/check_compilers. So do several ranks under mpirun.
// usage: penfield_digest [size [steps [macro steps [threads [static]]]]]
// static = 1: nothing learns and steps are a quarter as long, so that ranks update several between exchanges.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "kernels/mpi/start_ranks.hpp"
#if defined(PENFIELD_DIGEST_ON_CARD)
#include "kernels/cuda/cuda_engine.hpp"
#endif
#include "penfield/base/error.hpp"
#include "penfield/numerics/self_test.hpp"
#include "test/support/every_model.hpp"

namespace {

using namespace penfield;

void print(const char* when, test::EveryModelRun& run) {
  run.engine->download();
  const StateDigest d = digest(run.network);
  const std::uint64_t synapses = run.network.ranks->sum_of(run.network.num_synapses());
  const std::uint64_t slow = run.slow_digest();
  if (!run.network.ranks->first()) return;
  std::printf("%-14s neurons %016" PRIx64 " input %016" PRIx64 " synapses %016" PRIx64 " slow %016" PRIx64
              " spikes %" PRIu64 " synapses %" PRIu64 " formed %" PRIu64 " deleted %" PRIu64 "\n",
              when, d.neurons, d.input, d.synapses, slow, run.num_spikes(), synapses, run.counts.formed,
              run.counts.deleted);
}

}  // namespace

int main(int argc, char* argv[]) {
  const auto argument = [&](int k, double otherwise) { return argc > k ? std::atof(argv[k]) : otherwise; };
  std::string what;
  if (!arithmetic_self_test(&what)) {
    std::fprintf(stderr, "penfield_digest: this machine's arithmetic will not do: %s\n", what.c_str());
    return 1;
  }
  const std::unique_ptr<Ranks> ranks = start_ranks();
  try {
    BuildOptions build;
    build.ranks = ranks.get();
    const test::ScratchFolder folder;
    cpu::CpuEngineOptions options;
    options.threads = static_cast<std::uint32_t>(argument(4, 2));
    Scenario scenario = test::every_model_scenario(folder, argument(1, 1.0));
    if (argument(5, 0) != 0) {
      for (ProjectionSpec& p : scenario.projections) p.plasticity.reset();
      scenario.dt_ms /= 4.0;
    }
    test::EveryModelRun run(scenario, build, options);
#if defined(PENFIELD_DIGEST_ON_CARD)
    cuda::CudaEngineOptions on_card;
    on_card.device = static_cast<int>(ranks->place_on_machine()) % std::max(1, cuda::num_cuda_devices());
    run.engine = cuda::make_cuda_engine(run.network, on_card);
#endif
    print("built", run);
    run.engine->run(static_cast<StepIndex>(argument(2, 2400)));
    print("stepped", run);
    run.engine->flush();
    print("flushed", run);
    for (int k = 0; k < static_cast<int>(argument(3, 4)); ++k) run.macro_step();
    print("rewired", run);
  } catch (const Error& e) {
    if (ranks->fail(static_cast<int>(e.code()), e.what()))
      std::fprintf(stderr, "penfield_digest: %s\n", e.what());
    return static_cast<int>(e.code());
  }
  return 0;
}

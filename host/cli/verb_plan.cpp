#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "host/build/build_network.hpp"
#include "host/cli/arguments.hpp"
#include "host/cli/verbs.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/measure.hpp"
#include "host/run/memory_plan.hpp"
#include "host/run/session_manifest.hpp"
#include "host/run/session_progress.hpp"
#include "host/scenario/scenario_json.hpp"
#include "penfield/base/error.hpp"

namespace penfield::cli {

namespace {

using Clock = std::chrono::steady_clock;
constexpr double kMeasure_s = 2.0;

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) * 1e-6; }

/// Spiking seconds simulated per second of wall time, from episodes of the network itself.
double measured_speed(const Scenario& scenario, std::uint32_t threads) {
  Network network = build_network(scenario, build_options(DeviceChoice::automatic, threads));
  const auto engine = make_engine(network, DeviceChoice::automatic, threads).engine;
  const StepIndex slice = steps_of(0.1, scenario.dt_ms);
  engine->run(slice);  // away from the initial state, and into the caches
  StepIndex steps = 0;
  const auto began = Clock::now();
  double wall_s = 0.0;
  while (wall_s < kMeasure_s) {
    engine->run(slice);
    steps += slice;
    wall_s = std::chrono::duration<double>(Clock::now() - began).count();
  }
  return static_cast<double>(steps) * scenario.dt_ms * 1e-3 / wall_s;
}

nlohmann::ordered_json lines_json(const std::vector<MemoryLine>& lines) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const MemoryLine& line : lines)
    out.push_back({{"owner", line.owner}, {"array", line.array}, {"bytes", line.bytes}});
  return out;
}

void print_lines(const std::vector<MemoryLine>& lines) {
  for (const MemoryLine& line : lines)
    std::printf("  %-24s %-26s %12.3f MB\n", line.owner.c_str(), line.array.c_str(), megabytes(line.bytes));
}

}  // namespace

int plan_verb(int argc, const char* const* argv) {
  Arguments arguments(
      "plan",
      "Says what a run will need, array by array, before anything is built. Exit code 7 if it does not fit.",
      {"scenario.json"}, 1, "penfield plan scenarios/tutorial/amputation.json");
  arguments.add()("set", "set a value first: PATH=VALUE", cxxopts::value<std::vector<std::string>>())(
      "threads", "CPU threads; 0: all", cxxopts::value<std::string>()->default_value("0"))(
      "synapses", "for a GPU: where they are made, host or card (untried: no card has made any yet)",
      cxxopts::value<std::string>()->default_value("host"))(
      "measure", "build the network and time two seconds of it, instead of assuming rates and costs");
  arguments.add_json();
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  std::vector<std::string> overrides;
  if (given->count("set") > 0) overrides = (*given)["set"].as<std::vector<std::string>>();
  const Scenario scenario = load_scenario(*text_of(*given, "scenario.json"), overrides);
  std::uint32_t threads = threads_of(*given);
  if (threads == 0) threads = available_threads();
  CardChoice card;
  card.synapses = synapses_of((*given)["synapses"].as<std::string>());
  const MemoryPlan plan =
      plan_memory(scenario, plan_options(scenario, 1, DeviceChoice::automatic, threads, card));
  const bool fits = plan.host_peak <= available_bytes();
  const bool measure = given->count("measure") > 0 && fits;
  const double run_s = measure ? plan.schedule.spiking_s / measured_speed(scenario, threads)
                               : nominal_run_s(plan, scenario, threads);

  if (given->count("json") > 0) {
    const nlohmann::ordered_json json = {{"neurons", plan.neurons},
                                         {"synapses", plan.synapses},
                                         {"host_peak_bytes", plan.host_peak},
                                         {"available_bytes", available_bytes()},
                                         {"fits", fits},
                                         {"program_bytes", plan.program},
                                         {"network_bytes", plan.network},
                                         {"records_bytes", plan.records},
                                         {"recorded_spikes_bytes", plan.spikes},
                                         {"device_bytes", plan.device},
                                         {"checkpoint_bytes", plan.checkpoint},
                                         {"results_bytes", plan.results},
                                         {"macro_steps", plan.schedule.macro_steps},
                                         {"probes", plan.schedule.probes},
                                         {"spiking_s", plan.schedule.spiking_s},
                                         {"run_s", run_s},
                                         {"run_s_measured", measure},
                                         {"assumed_events_per_s", plan.events_per_s},
                                         {"arrays", lines_json(plan.arrays)},
                                         {"transient", lines_json(plan.transient)},
                                         {"making_on_card", lines_json(plan.making)},
                                         {"rewiring_on_card", lines_json(plan.rewiring)}};
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    std::printf("%s: %llu neurons, %llu synapses\n\nThe network (on the host, and mirrored on a GPU):\n",
                scenario.name.c_str(), static_cast<unsigned long long>(plan.neurons),
                static_cast<unsigned long long>(plan.synapses));
    print_lines(plan.arrays);
    std::printf("\nOn the host for a while, one stage at a time:\n");
    print_lines(plan.transient);
    if (!plan.making.empty()) std::printf("\nOn a GPU while it makes the costliest synapses:\n");
    print_lines(plan.making);
    if (!plan.rewiring.empty())
      std::printf("\nOn a GPU beside the network while it rewires the costliest:\n");
    print_lines(plan.rewiring);
    std::printf(
        "\nHost: %.1f MB at the peak (program %.1f, network %.1f), %.0f MB are available%s. GPU: %.1f MB.\n",
        megabytes(plan.host_peak), megabytes(plan.program), megabytes(plan.network),
        megabytes(available_bytes()), fits ? "" : ": it does not fit", megabytes(plan.device));
    if (plan.records + plan.spikes > 0)
      std::printf(
          "Recorders keep %.1f MB of that, and about %.1f MB of spikes beside it at the rates assumed.\n",
          megabytes(plan.records), megabytes(plan.spikes));
    std::printf(
        "On several processes (mpirun -n R penfield run) each holds all populations and its share, 1/R or "
        "so, of "
        "the projections.\n");
    std::printf("Disk: %.1f MB for each of up to three checkpoints, %.1f MB of results.\n",
                megabytes(plan.checkpoint), megabytes(plan.results));
    std::printf("Time: %s%.0f s of spiking in %llu macro steps and %llu maps.\n",
                scenario.clock.tolerance > 0.0 ? "at least " : "", plan.schedule.spiking_s,
                static_cast<unsigned long long>(plan.schedule.macro_steps),
                static_cast<unsigned long long>(plan.schedule.probes));
    if (measure) {
      std::printf(
          "Measured: %s on %u CPU threads, if the machine stays as busy and the network as active as "
          "in the two seconds that were timed.\n",
          duration_text(run_s).c_str(), threads);
    } else {
      std::printf("Assumed: %s on %u CPU threads with a core each, %s --measure times the network itself.\n",
                  duration_text(run_s).c_str(), threads, kNominalError);
    }
  }
  return static_cast<int>(fits ? ExitCode::done : ExitCode::memory);
}

}  // namespace penfield::cli

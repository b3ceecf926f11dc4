#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "host/bench/bench.hpp"
#include "host/cli/arguments.hpp"
#include "host/cli/verbs.hpp"
#include "host/record/file.hpp"
#include "penfield/base/error.hpp"

namespace penfield::cli {

namespace {

constexpr long kMostInstances = 1000;  // engines look at every pair of a tile and a projection

const BenchNetwork& network_of(const std::string& word) {
  std::vector<std::string> known;
  for (const BenchNetwork& n : bench_networks()) {
    if (word == n.name) return n;
    known.push_back(n.name);
  }
  unknown("network", word, known, "; penfield bench --list names them");
}

double positive(const cxxopts::ParseResult& given, const char* name) {
  const double value = given[name].as<double>();
  if (value > 0.0 && value < 1e9) return value;
  throw Error(ExitCode::usage, std::string("--") + name + " has to be a number above 0, at most 1e9");
}

/// Networks side by side.
std::uint32_t instances_of(const cxxopts::ParseResult& given, const BenchNetwork& network) {
  const auto text = text_of(given, "instances");
  if (!text) return network.instances;
  char* end = nullptr;
  const long n = std::strtol(text->c_str(), &end, 10);
  if (text->empty() || *end != '\0' || n < 1 || n > kMostInstances)
    throw Error(ExitCode::usage, "--instances " + *text +
                                     " is no number of networks side by side: give 1 to " +
                                     std::to_string(kMostInstances) + ", or leave it out for " +
                                     std::to_string(network.instances) + " of " + network.name);
  return static_cast<std::uint32_t>(n);
}

void print_lines(const std::vector<MemoryLine>& lines) {
  for (const MemoryLine& line : lines)
    std::printf("  %-24s %-26s %14.3f MB\n", line.owner.c_str(), line.array.c_str(),
                static_cast<double>(line.bytes) * 1e-6);
}

void print_plan(const MemoryPlan& plan, std::uint32_t instances) {
  print_lines(plan.arrays);
  if (!plan.making.empty()) std::printf("On the card while it makes the costliest synapses:\n");
  print_lines(plan.making);
  if (!plan.rewiring.empty()) std::printf("On the card while it rewires the costliest:\n");
  print_lines(plan.rewiring);
  if (instances > 1) std::printf("%u instances, in all ", instances);
  std::printf("%llu neurons, %llu synapses: %.3f GB on the device; host %.3f GB at most\n",
              static_cast<unsigned long long>(plan.neurons), static_cast<unsigned long long>(plan.synapses),
              static_cast<double>(plan.device) * 1e-9, static_cast<double>(plan.host_peak) * 1e-9);
}

}  // namespace

int bench_verb(int argc, const char* const* argv) {
  Arguments arguments(
      "bench",
      "Times a published network and shows its rates, so that the time is of a known network. "
      "Exit code 1 if they leave what others observed.",
      {"network"}, 0, "penfield bench brunel --seconds 1 --json-file brunel.json");
  arguments.add()("scale", "size, see --list", cxxopts::value<double>()->default_value("1"))(
      "seconds", "simulated, of each timed stretch", cxxopts::value<double>()->default_value("1"))(
      "repetitions", "timed stretches; the median counts",
      cxxopts::value<std::uint32_t>()->default_value("3"))(
      "seed", "of the network", cxxopts::value<std::uint32_t>()->default_value("1"))(
      "instances",
      "networks side by side, with this seed and those after it (default: 4 of pd14_sweep, else 1)",
      cxxopts::value<std::string>())("threads", "CPU threads; 0: all",
                                     cxxopts::value<std::string>()->default_value("0"))(
      "device", "auto, cpu or cuda", cxxopts::value<std::string>()->default_value("auto"))(
      "kernel", "on a GPU: graph, or persistent: all steps in one launch, which no card has run yet",
      cxxopts::value<std::string>()->default_value("graph"))(
      "synapses", "where they are made: host, or card (untried: no card has made any yet)",
      cxxopts::value<std::string>()->default_value("host"))(
      "plan", "print what would be allocated, and build nothing")(
      "scenario", "print the network as a scenario, and build nothing")(
      "json-file", "also write JSON here", cxxopts::value<std::string>())("list", "list the networks");
  arguments.add_json();
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  const auto name = text_of(*given, "network");
  if (given->count("list") > 0 || !name) {
    for (const BenchNetwork& n : bench_networks())
      std::printf("%-22s %s; --scale: %s (%s)\n", n.name, n.meaning, n.scaling, n.source);
    return given->count("list") > 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  const BenchNetwork& network = network_of(*name);
  BenchOptions options;
  options.scale = positive(*given, "scale");
  options.simulated_s = positive(*given, "seconds");
  options.repetitions = (*given)["repetitions"].as<std::uint32_t>();
  if (options.repetitions == 0)
    throw Error(ExitCode::usage, "--repetitions 0 would time nothing: give 1 or more");
  options.seed = (*given)["seed"].as<std::uint32_t>();
  options.instances = instances_of(*given, network);
  options.threads = threads_of(*given);
  options.device = device_of((*given)["device"].as<std::string>());
  options.card.kernel = kernel_of((*given)["kernel"].as<std::string>());
  options.card.synapses = synapses_of((*given)["synapses"].as<std::string>());
  options.say = [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); };
  if (given->count("scenario") > 0) {
    std::printf("%s\n", network.scenario(options.scale).c_str());
    return 0;
  }
  if (given->count("plan") > 0) {
    print_plan(plan_bench(network, options), options.instances);
    return 0;
  }
  const BenchResult result = run_bench(network, options);
  if (!result.note.empty()) std::fprintf(stderr, "%s\n", result.note.c_str());
  if (given->count("json") > 0) {
    std::printf("%s\n", bench_json(result).c_str());
  } else {
    std::printf("%s", bench_table(result).c_str());
  }
  if (given->count("json-file") > 0)
    write_file_atomically((*given)["json-file"].as<std::string>(), bench_json(result) + "\n");
  return static_cast<int>(result.pass() ? ExitCode::done : ExitCode::check_failed);
}

}  // namespace penfield::cli

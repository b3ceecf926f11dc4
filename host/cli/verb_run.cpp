#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "host/cli/arguments.hpp"
#include "host/cli/verbs.hpp"
#include "host/run/session.hpp"
#include "host/run/session_progress.hpp"
#include "host/run/session_stop.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/scenario/text_forms.hpp"
#include "kernels/mpi/start_ranks.hpp"
#include "penfield/base/stop.hpp"

namespace penfield::cli {

namespace {

double seconds_of(const std::string& option, const std::string& text) {
  const auto seconds = parse_time(text);
  if (!seconds || !(*seconds > 0.0))
    throw Error(ExitCode::usage,
                "--" + option + " " + text + " is no time: write \"90 min\" or \"2 h 30 min\"");
  return *seconds;
}

std::uint64_t digest_of(const Manifest& manifest) {
  std::uint64_t sum = 0;
  for (const DigestEntry& d : manifest.digests) sum += d.value;
  return sum;
}

void print(const SessionOutcome& outcome) {
  std::printf("%s\n", outcome.summary.c_str());
  if (!outcome.manifest.digests.empty())
    std::printf("Digest %016llx; ", static_cast<unsigned long long>(digest_of(outcome.manifest)));
  std::printf("%s of wall time, peak memory %.0f MB.\n", duration_text(outcome.wall_s).c_str(),
              static_cast<double>(outcome.peak_bytes) * 1e-6);
  if (outcome.code == ExitCode::done) {
    const auto report = outcome.folder / "report.html";
    std::printf("Results: %s%s\n", outcome.folder.c_str(),
                std::filesystem::exists(report) ? (", report: " + report.string()).c_str() : "");
  }
}

void print_json(const SessionOutcome& outcome) {
  nlohmann::ordered_json json = {
      {"exit_code", static_cast<int>(outcome.code)},
      {"folder", outcome.folder.string()},
      {"summary", outcome.summary},
      {"wall_s", outcome.wall_s},
      {"peak_bytes", outcome.peak_bytes},
      {"manifest", nlohmann::ordered_json::parse(manifest_json(outcome.manifest))}};
  std::printf("%s\n", json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
}

SessionRequest request_of(const cxxopts::ParseResult& given, Ranks& ranks) {
  SessionRequest request;
  request.ranks = &ranks;
  std::vector<std::string> overrides;
  if (given.count("set") > 0) overrides = given["set"].as<std::vector<std::string>>();
  if (const auto seed = text_of(given, "seed")) overrides.push_back("seed=" + *seed);
  request.device = device_of(given["device"].as<std::string>());
  request.card.kernel = kernel_of(given["kernel"].as<std::string>());
  request.card.synapses = synapses_of(given["synapses"].as<std::string>());
  request.threads = threads_of(given);
  request.checkpoint_every_s = seconds_of("checkpoint-every", given["checkpoint-every"].as<std::string>());
  if (const auto walltime = text_of(given, "walltime"))
    request.walltime_s = seconds_of("walltime", *walltime);
  if (const auto out = text_of(given, "out")) request.out = *out;
  if (const auto from = text_of(given, "from")) request.from = *from;
  request.force = given.count("force") > 0;
  request.digests = given.count("digests") > 0;
  request.quiet = given.count("quiet") > 0;
  request.scenario = load_scenario(*text_of(given, "scenario.json"), overrides);

  return request;
}

}  // namespace

int run_verb(int argc, const char* const* argv) {
  Arguments arguments(
      "run",
      "Runs a scenario. The same command goes on with an unfinished run. Under mpirun -n R, R processes "
      "share one network, and the bits are the same.",
      {"scenario.json"}, 1, "penfield run scenarios/tutorial/amputation.json --seed 2 --out runs/second");
  arguments.add()("o,out", "folder for the results (else runs/NAME, then NAME-2 and so on)",
                  cxxopts::value<std::string>())("device", "cpu, cuda or auto",
                                                 cxxopts::value<std::string>()->default_value("auto"))(
      "kernel", "on a GPU: graph, or persistent: all steps in one launch, which no card has run yet",
      cxxopts::value<std::string>()->default_value("graph"))(
      "synapses", "where they are made: host, or card (untried: no card has made any yet)",
      cxxopts::value<std::string>()->default_value("host"))(
      "threads", "CPU threads of each process; 0: all", cxxopts::value<std::string>()->default_value("0"))(
      "set", "set a value of the scenario: PATH=VALUE, may be repeated",
      cxxopts::value<std::vector<std::string>>())("seed", "the same as --set seed=N",
                                                  cxxopts::value<std::string>())(
      "from", "start from another run's network, settled already: its folder or a checkpoint in it",
      cxxopts::value<std::string>())(
      "walltime", "stop with a checkpoint before this has passed, e.g. \"2 h\"",
      cxxopts::value<std::string>())("checkpoint-every", "wall time between checkpoints",
                                     cxxopts::value<std::string>()->default_value("10 min"))(
      "force", "with --out: replace the files of another run")(
      "digests", "write a digest of the state at every macro step")("q,quiet", "no progress");
  arguments.add_json();
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  // A reader of stderr that went away must not stop a run of weeks.
  std::signal(SIGPIPE, SIG_IGN);

  const std::unique_ptr<Ranks> ranks = start_ranks();
  const StopSignals signals;  // from here on: reading edges takes a while too
  try {
    const SessionOutcome outcome = run_session(request_of(*given, *ranks));
    if (ranks->first()) given->count("json") > 0 ? print_json(outcome) : print(outcome);
    return static_cast<int>(outcome.code);
  } catch (const Interrupted&) {
    const std::string message = std::string("stopped by ") + signals.name() + " while reading the scenario";
    if (ranks->fail(static_cast<int>(ExitCode::stopped), message)) throw Error(ExitCode::stopped, message);
    return static_cast<int>(ExitCode::stopped);
  } catch (...) {
    const Failure failure = current_failure();
    if (ranks->fail(failure.code, failure.message)) throw;
    return failure.code;
  }
}

}  // namespace penfield::cli

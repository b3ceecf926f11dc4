#include <algorithm>
#include <chrono>
#include <cstdio>

#include "host/cli/arguments.hpp"
#include "host/cli/verbs.hpp"
#include "host/record/file.hpp"
#include "host/run/session_stop.hpp"
#include "host/validate/validate.hpp"
#include "penfield/base/error.hpp"

namespace penfield::cli {

int validate_verb(int argc, const char* const* argv) {
  Arguments arguments(
      "validate",
      "Runs published experiments and holds their numbers against bands. Exit code 1 if one is red.",
      {"names..."}, 0, "penfield validate coba --quick");
  arguments.add()("quick", "minutes instead of hours")(
      "seeds", "number of seeds (default: the validation's own)", cxxopts::value<std::uint32_t>())(
      "threads", "CPU threads; 0: all", cxxopts::value<std::string>()->default_value("0"))(
      "scenarios", "folder of the scenarios", cxxopts::value<std::string>()->default_value("scenarios"))(
      "keep", "folder where finished runs are kept and not run again",
      cxxopts::value<std::string>()->default_value("runs/validate"))(
      "reference", "pd14: JSON with another simulator's distributions over neurons",
      cxxopts::value<std::string>())("json-file", "also write JSON here", cxxopts::value<std::string>())(
      "list", "list the names");
  arguments.add_json();
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  std::vector<std::string> wanted;
  if (given->count("names") > 0) wanted = (*given)["names"].as<std::vector<std::string>>();
  std::vector<std::string> known;
  for (const ValidationEntry& e : validations()) known.push_back(e.name);
  for (const std::string& name : wanted)
    if (std::find(known.begin(), known.end(), name) == known.end()) unknown("validation", name, known, "");
  if (given->count("list") > 0) {
    for (const ValidationEntry& e : validations())
      std::printf("%-12s %s (%s)\n", e.name, e.meaning, e.duration);
    return 0;
  }
  ValidateOptions options;
  options.quick = given->count("quick") > 0;
  if (given->count("seeds") > 0) options.seeds = (*given)["seeds"].as<std::uint32_t>();
  options.threads = threads_of(*given);
  options.scenarios = (*given)["scenarios"].as<std::string>();
  options.cache = (*given)["keep"].as<std::string>();
  if (given->count("reference") > 0) options.reference = (*given)["reference"].as<std::string>();
  const StopSignals signals;
  options.stop = [&] { return signals.requested(); };
  options.say = [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); };
  std::vector<ValidationReport> reports;
  bool pass = true;
  for (const ValidationEntry& e : validations()) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), e.name) == wanted.end()) continue;
    std::fprintf(stderr, "%s: %s; takes about %s on two cores\n", e.name, e.meaning, e.duration);
    const auto began = std::chrono::steady_clock::now();
    ValidationReport report = e.run(options);
    report.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    pass = pass && report.pass();
    if (given->count("json") == 0) std::printf("%s", validation_table(report).c_str());
    std::fflush(stdout);
    reports.push_back(std::move(report));
  }
  if (given->count("json") > 0) std::printf("%s\n", validation_json(reports).c_str());
  if (given->count("json-file") > 0)
    write_file_atomically((*given)["json-file"].as<std::string>(), validation_json(reports) + "\n");
  return static_cast<int>(pass ? ExitCode::done : ExitCode::check_failed);
}

}  // namespace penfield::cli

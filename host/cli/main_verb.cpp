#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "host/build_info/build_info.hpp"
#include "host/cli/arguments.hpp"
#include "host/cli/verbs.hpp"
#include "host/record/file.hpp"
#include "kernels/mpi/start_ranks.hpp"
#include "penfield/base/error.hpp"

namespace penfield::cli {

namespace {

constexpr Verb kVerbs[] = {
    {"run", "run a scenario, or go on with an unfinished run of it", run_verb},
    {"check", "look for faults in a scenario", check_verb},
    {"plan", "what a run will need: memory, disk, time", plan_verb},
    {"describe", "explain a section, model, rule, event or probe of scenarios", describe_verb},
    {"schema", "print the JSON Schema of scenarios", schema_verb},
    {"init", "write a small commented scenario to start from", init_verb},
    {"status", "how far a run is", status_verb},
    {"export", "rebuild results.h5 of a run", export_verb},
    {"report", "rebuild report.html of a run", report_verb},
    {"diff", "find the first difference between two runs", diff_verb},
    {"validate", "hold published experiments against their bands", validate_verb},
    {"bench", "time a published network and check its rates", bench_verb},
    {"doctor", "test this machine: devices, arithmetic, memory", doctor_verb},
};

void print_help() {
  std::printf(
      "Penfield %s: cortical maps that rewire, spike by spike.\n\nUsage: penfield VERB [arguments]\n\n",
      build_info().version);
  for (const Verb& verb : kVerbs) std::printf("  %-10s%s\n", verb.name, verb.summary);
  std::printf(
      "\nA first run:\n  penfield run scenarios/tutorial/amputation.json\nMore on a verb: penfield VERB "
      "--help\n\n"
      "Exit codes: 0 done, 1 a check failed, 2 usage, 3 scenario, 4 input file, 5 output or disk, 6 no "
      "device,\n"
      "7 memory, 8 device fault, 9 the numbers broke, 70 a defect in Penfield, 75 stopped early and "
      "resumable\n");
}

/// Processes that know nothing of each other would do the same work, into the same folder.
void refuse_ranks(const std::string& verb) {
  if (launched_ranks() > 1 && verb != "run")
    throw Error(ExitCode::usage,
                "penfield " + verb + " was launched as " + std::to_string(launched_ranks()) +
                    " processes: only `penfield run` takes several, start this one without mpirun");
}

int dispatch(int argc, const char* const* argv) {
  const std::string word = argc > 1 ? argv[1] : "help";
  if (word == "-h" || word == "--help" || word == "help") {
    if (argc < 3 || word != "help") {
      print_help();
      return static_cast<int>(argc > 1 ? ExitCode::done : ExitCode::usage);
    }
    const char* const help[] = {argv[2], argv[2], "--help"};
    return dispatch(3, help);
  }
  if (word == "--version" || word == "version") {
    std::printf("penfield %s (%s)\n", build_info().version, build_info().commit);
    return 0;
  }
  std::vector<std::string> known;
  for (const Verb& verb : kVerbs) {
    if (word == verb.name) {
      refuse_ranks(word);
      return verb.run(argc - 1, argv + 1);
    }
    known.push_back(verb.name);
  }
  unknown("verb", word, known, "; see penfield --help");
}

int say(const Failure& failure) {
  std::fprintf(stderr, "penfield: %s\n", failure.message.c_str());
  return failure.code;
}

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

Failure current_failure() {
  const auto failure = [](ExitCode code, const std::string& message) {
    return Failure{static_cast<int>(code), message};
  };
  try {
    throw;
  } catch (const Error& e) {
    return failure(e.code(), e.what());
  } catch (const std::bad_alloc&) {
    return failure(ExitCode::memory, "out of memory: `penfield plan SCENARIO.json` prints what a run needs");
  } catch (const std::exception& e) {
    return failure(ExitCode::internal,
                   std::string("internal error: ") + e.what() +
                       "; this is a defect in Penfield: please report it with the command line "
                       "and the scenario");
  } catch (...) {
    return failure(ExitCode::internal,
                   "internal error; this is a defect in Penfield: please report it with the command line");
  }
}

int main_verb(int argc, const char* const* argv) {
  try {
    ignore_file_size_signal();
    const int code = dispatch(argc, argv);
    // Results that did not reach a full disk or a closed pipe must not look like success.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw Error(ExitCode::output, std::string("cannot write to standard output: ") + std::strerror(errno));
    return code;
  } catch (...) {
    return say(current_failure());
  }
}

}  // namespace penfield::cli

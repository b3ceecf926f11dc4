#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/build_info/build_info.hpp"
#include "host/cli/arguments.hpp"
#include "host/cli/verbs.hpp"
#include "host/record/hdf5.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/session_manifest.hpp"
#include "kernels/mpi/start_ranks.hpp"
#include "penfield/base/error.hpp"
#include "penfield/numerics/self_test.hpp"

namespace penfield::cli {

int doctor_verb(int argc, const char* const* argv) {
  Arguments arguments("doctor",
                      "Tests this machine: processor, arithmetic, memory, GPU. Exit code 1 if it cannot run.",
                      {}, 0, "penfield doctor --json");
  arguments.add_json();
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  std::string what;
  const bool sound = arithmetic_self_test(&what);
  Network empty;
  const BuildInfo& build = build_info();
  const nlohmann::ordered_json json = {
      {"version", build.version},
      {"commit", build.commit},
      {"compiler", build.compiler},
      {"preset", build.preset},
      {"hdf5", hdf5_version()},
      {"mpi", describe_mpi()},
      {"processor", processor_name()},
      {"engine", make_engine(empty, DeviceChoice::cpu, 0).engine->device()},
      {"threads", available_threads()},
      {"memory_GB", static_cast<double>(machine_bytes()) * 1e-9},
      {"memory_available_GB", static_cast<double>(available_bytes()) * 1e-9},
      {"arithmetic",
       sound ? "as it should be: rounding, subnormals and fused multiply-add" : "wrong: " + what},
      {"gpu", describe_gpu()}};
  if (given->count("json") > 0) {
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    for (const auto& [key, value] : json.items())
      std::printf("%-20s %s\n", key.c_str(),
                  value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
  }
  return static_cast<int>(sound ? ExitCode::done : ExitCode::check_failed);
}

}  // namespace penfield::cli

// Verbs that look at run folders: status, export.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/cli/arguments.hpp"
#include "host/cli/verbs.hpp"
#include "host/record/run_log.hpp"
#include "host/run/session.hpp"
#include "host/run/session_progress.hpp"
#include "host/run/study_output.hpp"

namespace penfield::cli {

int export_verb(int argc, const char* const* argv) {
  Arguments arguments("export", "Rebuilds results.h5 of a finished, stopped or running run from its log.", {"folder"}, 1,
                      "penfield export runs/amputation");
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  const std::filesystem::path folder = *text_of(*given, "folder");
  export_results(folder);
  std::printf("Wrote %s\n", (folder / "results.h5").c_str());
  return 0;
}

int report_verb(int argc, const char* const* argv) {
  Arguments arguments("report", "Rebuilds report.html of a finished, stopped or running run from its log.", {"folder"}, 1,
                      "penfield report runs/amputation");
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  const std::filesystem::path folder = *text_of(*given, "folder");
  export_report(folder);
  std::printf("Wrote %s\n", (folder / "report.html").c_str());
  return 0;
}

int status_verb(int argc, const char* const* argv) {
  Arguments arguments("status", "Says how far a run is, without disturbing it.", {"folder"}, 1,
                      "penfield status runs/amputation");
  arguments.add_json();
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  const std::filesystem::path folder = *text_of(*given, "folder");
  const Manifest manifest = read_manifest(folder / "manifest.json");
  const StudyResult result = read_study_log(folder / "run.log");
  const char* state = manifest.state == RunState::finished  ? "finished"
                      : manifest.state == RunState::stopped ? "stopped"
                                                            : "running, or killed";
  const double time_s = result.steps.empty() ? 0.0 : result.steps.back().time_s;
  if (given->count("json") > 0) {
    const nlohmann::ordered_json json = {{"state", state}, {"biological_s", time_s}, {"macro_steps", result.steps.size()},
                                         {"maps", result.maps.size()}, {"spiking_s", result.spiking_s},
                                         {"manifest", nlohmann::ordered_json::parse(manifest_json(manifest))}};
    std::printf("%s\n", json.dump(2).c_str());
    return 0;
  }
  std::printf("%s: %s; biological time %s, %zu macro steps, %zu maps, %.0f s of spiking; started %s, resumed %d times%s%s\n",
              manifest.scenario_name.c_str(), state, time_point_text(time_s).c_str(), result.steps.size(), result.maps.size(),
              result.spiking_s, manifest.started_utc.c_str(), manifest.num_resumes, manifest.message.empty() ? "" : "\n",
              manifest.message.c_str());
  return 0;
}

}  // namespace penfield::cli

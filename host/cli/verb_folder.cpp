// Verbs that look at run folders: status, export.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/cli/arguments.hpp"
#include "host/cli/verbs.hpp"
#include "host/run/session.hpp"
#include "host/run/session_progress.hpp"

namespace penfield::cli {

int export_verb(int argc, const char* const* argv) {
  Arguments arguments("export", "Rebuilds results.h5 of a finished, stopped or running run from its log.",
                      {"folder"}, 1, "penfield export runs/amputation");
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  const std::filesystem::path folder = *text_of(*given, "folder");
  export_results(folder);
  std::printf("Wrote %s\n", (folder / "results.h5").c_str());
  return 0;
}

int report_verb(int argc, const char* const* argv) {
  Arguments arguments("report", "Rebuilds report.html of a finished, stopped or running run from its log.",
                      {"folder"}, 1, "penfield report runs/amputation");
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
  const FolderStatus status = read_status(*text_of(*given, "folder"));
  const Manifest& m = status.manifest;
  const char* state = m.state == RunState::finished  ? "finished"
                      : m.state == RunState::stopped ? "stopped"
                                                     : "running, or killed";
  if (given->count("json") > 0) {
    const nlohmann::ordered_json json = {{"state", state},
                                         {"biological_s", status.time_s},
                                         {"until_s", status.until_s},
                                         {"reached", status.reached},
                                         {"manifest", nlohmann::ordered_json::parse(manifest_json(m))}};
    std::printf("%s\n", json.dump(2).c_str());
    return 0;
  }
  std::printf("%s: %s; biological time %s of %s, %s; started %s, resumed %d times\n", m.scenario_name.c_str(),
              state, time_point_text(status.time_s).c_str(), time_point_text(status.until_s).c_str(),
              status.reached.c_str(), m.started_utc.c_str(), m.num_resumes);
  if (!m.message.empty()) std::printf("%s\n", m.message.c_str());
  return 0;
}

}  // namespace penfield::cli

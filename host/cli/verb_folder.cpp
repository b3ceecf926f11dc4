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

namespace {

const char* state_text(FolderStatus::State state) {
  switch (state) {
    case FolderStatus::State::finished: return "finished";
    case FolderStatus::State::stopped: return "stopped";
    case FolderStatus::State::running: return "running";
    case FolderStatus::State::killed: return "killed";
    case FolderStatus::State::elsewhere: return "running on another host, or killed there";
  }
  return "";
}

void print_status(const FolderStatus& s) {
  const Manifest& m = s.manifest;
  const RunProgress& p = s.progress;
  std::printf("%s: %s; biological time %s of %s, %s; started %s, resumed %d %s\n", m.scenario_name.c_str(),
              state_text(s.state), time_point_text(s.time_s).c_str(), time_point_text(s.until_s).c_str(),
              s.reached.c_str(), m.started_utc.c_str(), m.num_resumes, m.num_resumes == 1 ? "time" : "times");
  if (!m.message.empty() && s.state != FolderStatus::State::running) std::printf("%s\n", m.message.c_str());
  const bool killed = s.state == FolderStatus::State::killed;
  if (!s.writer.empty()) std::printf("%s: %s\n", killed ? "It was" : "Writer", s.writer.c_str());
  if (s.has_progress) {
    std::printf("%s%s: %s, %.0f of %.0f s of spiking", killed ? "Last heard of at " : "",
                p.updated_utc.c_str(), p.phase.c_str(), p.spiking_s, p.spiking_all_s);
    if (p.speed > 0.0) std::printf(", %.3g x real time", p.speed);
    if (p.speed > 0.0 && !killed) std::printf(", %s left", duration_text(p.left_s).c_str());
    std::printf("\n");
    if (p.checkpoint_step >= 0)
      std::printf("Last checkpoint: %s, at biological time %s (step %lld), took %s\n",
                  p.checkpoint_utc.c_str(), time_point_text(p.checkpoint_time_s).c_str(),
                  static_cast<long long>(p.checkpoint_step), duration_text(p.checkpoint_took_s).c_str());
  } else if (s.has_checkpoint) {
    std::printf("Last checkpoint: step %lld\n", static_cast<long long>(m.last_step));
  }
  const double factor = s.has_progress ? p.acceleration : m.acceleration.factor;
  const double error = s.has_progress ? p.error_estimate : m.acceleration.error_estimate;
  const std::string& error_of = s.has_progress ? p.error_of : m.acceleration.error_of;
  if (m.acceleration.mode != "raw") {
    std::printf("Acceleration so far: %.4g", factor);
    if (error_of.empty()) {
      std::printf("; its error is not estimated\n");
    } else {
      std::printf("; error %.2g %% of %s\n", 100.0 * error, error_of.c_str());
    }
  }
  if (!m.energy.mode.empty()) {
    std::printf("Energy (%s): %.4g J up to %s", m.energy.mode.c_str(), m.energy.total_J,
                time_point_text(m.energy.time_s).c_str());
    for (const auto& [term, joules] : m.energy.term_J)
      if (joules > 0.0) std::printf(", %s %.3g %%", term.c_str(), 100.0 * joules / m.energy.total_J);
    std::printf("\n");
  }
  if (!s.log_problem.empty() && s.state != FolderStatus::State::running)
    std::printf("run.log is good up to here: %s\n", s.log_problem.c_str());
  if (!m.from.path.empty())
    std::printf("Branched from %s (run %s, step %lld)\n", m.from.path.c_str(), m.from.run_id.c_str(),
                static_cast<long long>(m.from.step));
  if (s.state == FolderStatus::State::killed || s.state == FolderStatus::State::stopped)
    std::printf("The same command %s.\n",
                s.has_checkpoint ? "goes on from the last checkpoint" : "begins the run again");
}

}  // namespace

int status_verb(int argc, const char* const* argv) {
  Arguments arguments("status",
                      "Says how far a run is: where, how fast, when it will be done, its last checkpoint. A "
                      "running one is not disturbed.",
                      {"folder"}, 1, "penfield status runs/amputation");
  arguments.add_json();
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  const FolderStatus s = read_status(*text_of(*given, "folder"));
  if (given->count("json") == 0) {
    print_status(s);
    return 0;
  }
  const RunProgress& p = s.progress;
  using Json = nlohmann::ordered_json;
  Json json = {{"state", state_text(s.state)}, {"writer", s.writer},   {"biological_s", s.time_s},
               {"until_s", s.until_s},         {"reached", s.reached}, {"has_checkpoint", s.has_checkpoint},
               {"log_problem", s.log_problem}};
  json["progress"] = nullptr;
  if (s.has_progress)
    json["progress"] = Json{{"phase", p.phase},
                            {"updated_utc", p.updated_utc},
                            {"spiking_s", p.spiking_s},
                            {"spiking_all_s", p.spiking_all_s},
                            {"speed", p.speed},
                            {"left_s", p.left_s},
                            {"acceleration", p.acceleration},
                            {"checkpoint_step", p.checkpoint_step},
                            {"checkpoint_biological_s", p.checkpoint_time_s},
                            {"checkpoint_utc", p.checkpoint_utc}};
  json["manifest"] = Json::parse(manifest_json(s.manifest));
  std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  return 0;
}

}  // namespace penfield::cli

#include "host/run/progress_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/record/file.hpp"
#include "host/run/session_manifest.hpp"
#include "penfield/base/error.hpp"

namespace penfield {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::uint64_t kLargest = 1 << 20;

fs::path file_of(const fs::path& folder) { return folder / "progress.json"; }

}  // namespace

void RunPace::expect(double spiking_all_s, double until_s, double spiked_s) {
  spiking_all_s_ = spiking_all_s;
  until_s_ = until_s;
  spiked_before_s_ = spiked_s;
  began_ = Clock::now();
}

bool RunPace::due() const { return Clock::now() - shown_at_ >= std::chrono::seconds(2); }

void RunPace::show(RunProgress& p, const std::string& phase, const Job& job, StepIndex step) {
  shown_at_ = Clock::now();
  p.phase = phase;
  p.time_s = job.time_s();
  p.until_s = until_s_;
  p.spiking_s = job.spiking_s();
  p.spiking_all_s = spiking_all_s_;
  p.reached = job.reached();
  p.step = step;
  p.wall_s = std::chrono::duration<double>(shown_at_ - began_).count();
  const double spiked = p.spiking_s - spiked_before_s_;
  p.speed = spiked > 0.0 && p.wall_s > 0.0 ? spiked / p.wall_s : 0.0;
  p.left_s = p.speed > 0.0 ? std::max(0.0, spiking_all_s_ - p.spiking_s) / p.speed : -1.0;
}

void write_progress(const fs::path& folder, const RunProgress& p) noexcept {
  try {
    const Json json = {{"phase", p.phase},
                       {"biological_s", p.time_s},
                       {"until_s", p.until_s},
                       {"spiking_s", p.spiking_s},
                       {"spiking_all_s", p.spiking_all_s},
                       {"speed", p.speed},
                       {"left_s", p.left_s},
                       {"wall_s", p.wall_s},
                       {"acceleration", p.acceleration},
                       {"error_estimate", p.error_estimate},
                       {"error_of", p.error_of},
                       {"reached", p.reached},
                       {"step", p.step},
                       {"checkpoint_step", p.checkpoint_step},
                       {"checkpoint_biological_s", p.checkpoint_time_s},
                       {"checkpoint_utc", p.checkpoint_utc},
                       {"checkpoint_took_s", p.checkpoint_took_s},
                       {"updated_utc", utc_now()}};
    // Not synced: after a crash of the machine the manifest and the log are what counts.
    const fs::path file = file_of(folder), aside = fs::path(file) += ".tmp";
    std::ofstream out(aside, std::ios::trunc);
    out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    out.close();
    if (!out || std::rename(aside.c_str(), file.c_str()) != 0) ::unlink(aside.c_str());
  } catch (const std::exception&) {
  }
}

bool read_progress(const fs::path& folder, RunProgress* p) {
  std::error_code ignored;
  if (!fs::exists(file_of(folder), ignored)) return false;
  try {
    const Json json = Json::parse(read_text_file(file_of(folder), kLargest));
    json.at("phase").get_to(p->phase);
    json.at("biological_s").get_to(p->time_s);
    json.at("until_s").get_to(p->until_s);
    json.at("spiking_s").get_to(p->spiking_s);
    json.at("spiking_all_s").get_to(p->spiking_all_s);
    json.at("speed").get_to(p->speed);
    json.at("left_s").get_to(p->left_s);
    json.at("wall_s").get_to(p->wall_s);
    json.at("acceleration").get_to(p->acceleration);
    json.at("error_estimate").get_to(p->error_estimate);
    json.at("error_of").get_to(p->error_of);
    json.at("reached").get_to(p->reached);
    json.at("step").get_to(p->step);
    json.at("checkpoint_step").get_to(p->checkpoint_step);
    json.at("checkpoint_biological_s").get_to(p->checkpoint_time_s);
    json.at("checkpoint_utc").get_to(p->checkpoint_utc);
    json.at("checkpoint_took_s").get_to(p->checkpoint_took_s);
    json.at("updated_utc").get_to(p->updated_utc);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void remove_progress(const fs::path& folder) noexcept { ::unlink(file_of(folder).c_str()); }

}  // namespace penfield

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "host/cli/arguments.hpp"
#include "host/cli/verbs.hpp"
#include "host/record/manifest.hpp"
#include "host/record/run_log.hpp"
#include "host/run/state_archive.hpp"
#include "host/run/study_output.hpp"

namespace penfield::cli {

namespace {

struct Difference {
  std::vector<std::string> manifest;  ///< what the manifests disagree about
  bool frames_differ = false;
  StepIndex step = 0;
  std::string frame, what;
  std::uint64_t equal_frames = 0;
};

void compare(Difference& out, const std::string& what, const std::string& a, const std::string& b) {
  if (a != b) out.manifest.push_back(what + ": " + a + " and " + b);
}

std::string digest_text(const Manifest& m) {
  std::string text;
  char value[64];
  for (const DigestEntry& d : m.digests) {
    std::snprintf(value, sizeof value, "%s%s %016llx", text.empty() ? "" : ", ", d.phase.c_str(),
                  static_cast<unsigned long long>(d.value));
    text += value;
  }
  return text.empty() ? "none" : text;
}

void compare_logs(Difference& out, const std::filesystem::path& a, const std::filesystem::path& b) {
  RunLogReader reader_a(a / "run.log"), reader_b(b / "run.log");
  for (;; ++out.equal_frames) {
    LogFrame x, y;
    const bool more_a = reader_a.next(&x), more_b = reader_b.next(&y);
    if (!more_a && !more_b) return;
    if (more_a && more_b && x.type == y.type && x.step == y.step && std::ranges::equal(x.payload, y.payload))
      continue;
    out.frames_differ = true;
    const LogFrame& shown = more_a ? x : y;
    out.step = more_a && more_b ? std::min(x.step, y.step) : shown.step;
    out.frame = frame_name(shown.type);
    if (!more_a || !more_b) {
      out.what = (more_a ? b : a).string() + " ends here";
    } else if (x.type != y.type || x.step != y.step) {
      out.what = std::string(frame_name(x.type)) + " at step " + std::to_string(x.step) + " and " +
                 frame_name(y.type) + " at step " + std::to_string(y.step);
    } else {
      out.what = first_difference(x.payload, y.payload);
    }
    return;
  }
}

}  // namespace

int diff_verb(int argc, const char* const* argv) {
  Arguments arguments(
      "diff",
      "Compares two runs bit for bit: scenario, digests, and the first frame of the logs that differs. Exit "
      "code 1 if they differ.",
      {"folder", "other"}, 2, "penfield diff runs/amputation runs/amputation-2");
  arguments.add_json();
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  const std::filesystem::path a = *text_of(*given, "folder"), b = *text_of(*given, "other");
  const Manifest m = read_manifest(a / "manifest.json"), n = read_manifest(b / "manifest.json");
  Difference out;
  compare(out, "scenario", m.scenario_hash, n.scenario_hash);
  compare(out, "seed", std::to_string(m.seed), std::to_string(n.seed));
  compare(out, "last step", std::to_string(m.last_step), std::to_string(n.last_step));
  compare(out, "digests", digest_text(m), digest_text(n));
  compare_logs(out, a, b);
  const bool equal = out.manifest.empty() && !out.frames_differ;
  if (given->count("json") > 0) {
    nlohmann::ordered_json json = {
        {"equal", equal}, {"manifest", out.manifest}, {"equal_frames", out.equal_frames}};
    if (out.frames_differ)
      json["first_difference"] = {{"step", out.step}, {"frame", out.frame}, {"what", out.what}};
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    for (const std::string& line : out.manifest) std::printf("%s\n", line.c_str());
    if (out.frames_differ)
      std::printf("first difference after %llu equal frames: step %lld, %s: %s\n",
                  static_cast<unsigned long long>(out.equal_frames), static_cast<long long>(out.step),
                  out.frame.c_str(), out.what.c_str());
    if (equal)
      std::printf("equal, bit for bit (%llu frames, digests %s)\n",
                  static_cast<unsigned long long>(out.equal_frames), digest_text(m).c_str());
  }
  return static_cast<int>(equal ? ExitCode::done : ExitCode::check_failed);
}

}  // namespace penfield::cli

// Twelve weeks after a large infarct in the hand area of the motor cortex: the hand's area in the ventral
// premotor cortex, which no tissue of died.
#include "host/readout/spike_statistics.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/hand_map.hpp"
#include "host/validate/study_arms.hpp"

namespace penfield {

namespace {

constexpr double kEnd_s = 84.0 * kDay_s;
constexpr const char* kFrost = "Frost et al., J Neurophysiol 89:3205 (2003), read by the input map";

double at_end(const RunNumbers& run) { return hand_change(run, kEnd_s); }
double dead_at_end(const RunNumbers& run) { return run.at("dead").back(); }

}  // namespace

ValidationReport validate_premotor(const ValidateOptions& options) {
  ValidationReport report{"premotor", {}, 0.0};
  StudyArms arms(options, {"premotor", "study/premotor.json", "premotor", read_hand});
  const std::size_t large = arms.add("large infarct", {});
  const std::size_t small = arms.add("small infarct", {"timeline[stroke].radius_mm=0.5"});
  const std::size_t apart = arms.add("no path from M1", {"projections[M1 to PM PV]=null"});
  const std::size_t frozen = arms.add("no growth", {"timeline[freeze_premotor].enabled=true"}, 2);
  const std::size_t sham =
      arms.add("sham", {"timeline[stroke].enabled=false", "timeline[disuse].enabled=false"});
  arms.run();
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  const auto changes = [&](std::size_t arm) { return arms.values(arm, at_end); };
  add(make_row("premotor hand at 12 weeks, large infarct", "%", changes(large), 15.0, 55.0, 0.0, kFrost));
  add(shown_row("premotor hand at 12 weeks, small infarct", "%", changes(small),
                "Frost et al. 2003: in proportion to the hand area that was destroyed"));
  std::vector<double> dead = arms.values(small, dead_at_end), change = changes(small);
  for (const double x : arms.values(large, dead_at_end)) dead.push_back(x);
  for (const double y : changes(large)) change.push_back(y);
  if (dead.size() >= 6)  // two runs always lie on a line
    add(make_row("dead cells and that change: r over all runs of both", "",
                 {readout::correlation(dead, change)}, 0.6, 1.0, 0.0, kFrost));
  const std::vector<double> grown = changes(large), left = changes(apart);
  std::vector<double> stays;
  for (std::size_t k = 0; k < left.size(); ++k)
    stays.push_back(grown[k] > 0.0 ? 100.0 * left[k] / grown[k] : readout::kNotMeasured);
  add(make_row("knock-out: no path from M1, what stays of that growth", "%", stays, -kOpenEnd, 50.0, 0.0,
               "nothing else tells the premotor sheet of the infarct"));
  add(shown_row("no path from M1: change of the premotor hand", "%", left, "of the same infarct"));
  add(shown_row("nothing grows in the premotor sheet, the same", "%", changes(frozen),
                "what lost inhibition alone does"));
  add(make_row("sham: change of the premotor hand", "%", changes(sham), -10.0, 10.0, 0.0,
               "nothing was lost"));
  add(shown_row("dead cells, large infarct", "", arms.values(large, dead_at_end), "core and rim"));
  return report;
}

}  // namespace penfield

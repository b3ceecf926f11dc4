// The few numbers that a study is judged by.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/run/study_output.hpp"

namespace penfield {

namespace {

constexpr double kDay_s = 86400.0, kWeek_s = 7.0 * kDay_s;
/// Turnover is compared where structure works hardest; later the territory has filled and calmed down.
constexpr double kTurnover_s = 4.0 * kWeek_s;

const MapPoint* intact_map(const StudyResult& result) {
  for (const MapPoint& m : result.maps)
    if (m.intact) return &m;
  return nullptr;
}

/// The last map of the lesioned sheet at or before `time_s`, but not right after the loss.
const MapPoint* map_at(const StudyResult& result, double time_s) {
  const MapPoint* found = nullptr;
  for (const MapPoint& m : result.maps)
    if (!m.intact && m.time_s > 0.0 && m.time_s <= time_s + 1.0) found = &m;
  return found;
}

/// Mean over the macro steps that end in (from_s, to_s], weighted by their length.
double mean_of(const StudyResult& result, double StepPoint::*member, double from_s, double to_s) {
  double sum = 0.0, length_s = 0.0;
  for (const StepPoint& p : result.steps)
    if (p.time_s > from_s && p.time_s <= to_s + 1.0) {
      sum += p.*member * p.step_s;
      length_s += p.step_s;
    }
  return length_s > 0.0 ? sum / length_s : readout::kNotMeasured;
}

std::string number(const char* pattern, double value) {
  if (std::isnan(value)) return "not measured";
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

}  // namespace

double mean_step_error(const StudyResult& result) {
  double sum = 0.0, count = 0.0;
  const bool settled = !result.steps.empty() && result.steps.back().time_s > 0.0;
  for (const StepPoint& p : result.steps) {
    if (settled && p.time_s <= 0.0) continue;
    sum += p.error + p.error_statistical;
    ++count;
  }
  return count > 0.0 ? sum / count : 0.0;
}

double last_time_s(const StudyResult& result) {
  return result.steps.empty() ? 0.0 : result.steps.back().time_s;
}

double turnover_ratio(const StudyResult& result, double to_s) {
  const double far = mean_of(result, &StepPoint::turnover_far, kAcute_s, to_s);
  return far > 0.0 ? mean_of(result, &StepPoint::turnover_zone, kAcute_s, to_s) / far : readout::kNotMeasured;
}

readout::UnmaskFastValues unmask_fast_values(const StudyResult& result) {
  readout::UnmaskFastValues out;
  const MapPoint* map = map_at(result, kAcute_s);
  if (map == nullptr || map->time_s < kAcute_s - 1.0) return out;
  out.recovered_share = map->recovered_share;
  out.border_shift_mm = map->border_shift_mm;
  for (const StepPoint& p : result.steps)
    if (p.time_s <= kAcute_s + 1.0) out.inhibition_change_percent = 100.0 * (p.inhibition - 1.0);
  return out;
}

readout::Sprout8wkValues sprout_8wk_values(const Scenario& scenario, const StudyResult& result) {
  readout::Sprout8wkValues out;
  const double end_s = last_time_s(result);
  const MapPoint* intact = intact_map(result);
  const MapPoint* last = map_at(result, end_s);
  if (intact == nullptr || last == nullptr || end_s < kWeek_s) return out;
  out.share = last->share_near_border;
  // From where unmasking left it.
  std::vector<readout::FrontSample> samples;
  for (const MapPoint& m : result.maps)
    if (!m.intact && m.time_s > kAcute_s - 1.0)
      samples.push_back({m.time_s / kDay_s, m.front_mm, m.filled_share});
  out.front_mm_per_week = readout::fit_front(samples).speed_mm_per_week;
  out.turnover_ratio = turnover_ratio(result, std::min(end_s, kTurnover_s));
  if (intact->decode_lost_part > 0.0) out.decoding_ratio = last->decode_lost_part / intact->decode_lost_part;

  double set_point_Hz = mean_of(result, &StepPoint::zone_rate_Hz, -kWeek_s, 0.0);
  for (const HomeostasisSpec& h : scenario.homeostasis)
    if (h.raises_rate && h.set_point_Hz > 0.0) set_point_Hz = h.set_point_Hz;
  if (set_point_Hz > 0.0)
    out.territory_rate_ratio =
        mean_of(result, &StepPoint::zone_rate_Hz, end_s - kWeek_s, end_s) / set_point_Hz;

  // Structure's own half: of what was still silent when it set in, since unmasking may have won back half.
  const MapPoint* unmasked = map_at(result, kAcute_s);
  const double before = unmasked != nullptr ? unmasked->recovered_share : 0.0;
  double half_filled_s = end_s;
  for (const MapPoint& m : result.maps)
    if (!m.intact && m.time_s > kAcute_s + 1.0 && m.recovered_share >= 0.5 * (1.0 + before)) {
      half_filled_s = m.time_s;
      break;
    }
  for (const StepPoint& p : result.steps) {
    if (p.time_s <= kAcute_s + 1.0) continue;
    if (p.time_s <= half_filled_s && p.net_outside_per_cell > 0.0)
      out.net_outside_share =
          p.net_outside_per_cell / (p.net_outside_per_cell + std::max(0.0, p.net_inside_per_cell));
    if (p.formed > 0 && !(p.formed_responsive >= out.responsive_donor_share))
      out.responsive_donor_share = p.formed_responsive;
  }
  return out;
}

namespace {

/// Of a map that lost no part: whose area has changed by a tenth or more, and how many cells are dead.
std::string spared_summary(const StudyResult& result) {
  const MapPoint* last = map_at(result, last_time_s(result));
  if (last == nullptr) return "";
  std::string changed;
  for (std::size_t k = 0; k < last->spared_share.size(); ++k)
    if (std::fabs(last->spared_share[k] - 1.0) >= 0.1)
      changed += (changed.empty() ? "" : ", ") + result.map.parts[k].name +
                 number(" %+.0f %%", 100.0 * (last->spared_share[k] - 1.0));
  std::string text = "After " + number("%.3g weeks ", last->time_s / kWeek_s) +
                     (changed.empty() ? "no part's area in living cortex has changed by a tenth"
                                      : "areas in living cortex have changed: " + changed);
  const std::uint64_t dead = result.steps.back().dead;
  return text + (dead > 0 ? "; " + std::to_string(dead) + " cells are dead. " : ". ");
}

}  // namespace

namespace {

/// Rates that every step finds elsewhere: of loops that a step corrects too far, or of a network of several
/// states, which a step takes for its only one.
std::string swing_warning(const StudyResult& result) {
  constexpr std::size_t kFewest = 10;
  constexpr double kMost = 0.2;  // as steps are fitted (host/run/step_control.hpp)
  if (result.steps.size() < kFewest) return "";
  std::vector<double> changes;
  for (const StepPoint& p : result.steps) changes.push_back(p.rate_change);
  const auto middle = changes.begin() + static_cast<std::ptrdiff_t>(changes.size() / 2);
  std::nth_element(changes.begin(), middle, changes.end());
  if (!(*middle > kMost)) return "";
  return "Rates of neighbours change by " + number("%.0f %%", 100.0 * *middle) +
         " from one macro step to the next (median), beyond what episodes scatter by: give clock.tolerance, "
         "so that steps are fitted, have the homeostats' loop gains measured (loop_gain_every), or hold the "
         "run against the raw clock. ";
}

}  // namespace

std::string episode_warning(const Scenario& scenario, const StudyResult& result) {
  std::string text = swing_warning(result);
  for (std::size_t c = 0; c < result.checks.num_conditions(); ++c) {
    std::string moving, wandering;
    for (std::size_t p = 0; p < result.checks.num_populations(); ++p) {
      if (result.checks.wanders(c, p))
        wandering += (wandering.empty() ? "" : ", ") + scenario.populations[p].name +
                     number(" %.0f %%", 100.0 * result.checks.wander(c, p));
      if (!result.checks.heals_too_short(c, p)) continue;
      const EpisodeChecks::Drift d = result.checks.drift(c, p);
      moving += (moving.empty() ? "" : ", ") + scenario.populations[p].name +
                number(" %+.1f", 100.0 * d.mean) + number(" +- %.1f %%", 100.0 * d.standard_error);
    }
    const std::string& name = scenario.clock.conditions[c].name;
    if (!moving.empty())
      text += "Rates still move in episodes of \"" + name + "\" (first quarter over the rest: " + moving +
              "); a longer clock.conditions." + name + ".heal would let them settle. ";
    if (!wandering.empty())
      text += "Rates wander as slowly as episodes of \"" + name +
              "\" last (slow share of their variance: " + wandering +
              "), so that an episode may show one state of several: make clock.conditions." + name +
              ".episode longer, or hold the run against the raw clock. ";
  }
  return text;
}

std::string study_summary(const Scenario& scenario, const StudyResult& result) {
  std::string text;
  if (result.lost_part == readout::kNoPart && !result.steps.empty()) text = spared_summary(result);
  if (!text.empty()) return text;
  const readout::UnmaskFastValues fast = unmask_fast_values(result);
  if (!std::isnan(fast.border_shift_mm))
    text += "6 h after the loss " + number("%.0f %%", 100.0 * fast.recovered_share) +
            " of the silent territory answers a neighbour, the border has moved " +
            number("%.2f mm", fast.border_shift_mm) + ", and inhibition has changed by " +
            number("%+.0f %%", fast.inhibition_change_percent) + ". ";
  const readout::Sprout8wkValues slow = sprout_8wk_values(scenario, result);
  if (!std::isnan(slow.share))
    text += "After " + number("%.3g weeks ", last_time_s(result) / kWeek_s) +
            number("%.0f %%", 100.0 * slow.share) +
            " of the old territory within 1.5 mm of its borders answers a neighbour; the front moved " +
            number("%.2f mm a week", slow.front_mm_per_week) + ", and the lost part is still decoded with " +
            number("%.0f %%", 100.0 * slow.decoding_ratio) + " of its accuracy before the loss. ";
  if (text.empty() && !result.steps.empty()) {
    text = "Mean rates at the end: ";
    for (std::size_t p = 0; p < result.steps.back().rate_Hz.size() && p < scenario.populations.size(); ++p)
      text += (p == 0 ? "" : ", ") + scenario.populations[p].name +
              number(" %.2f Hz", result.steps.back().rate_Hz[p]);
    text += ". ";
  }
  return text;
}

}  // namespace penfield

// The few numbers that a study is judged by.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/run/study_output.hpp"

namespace penfield {

namespace {

constexpr double kHour_s = 3600.0, kDay_s = 86400.0, kWeek_s = 7.0 * kDay_s;
constexpr double kAcute_s = 6.0 * kHour_s;

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

double last_time_s(const StudyResult& result) {
  return result.steps.empty() ? 0.0 : result.steps.back().time_s;
}

std::string number(const char* pattern, double value) {
  if (std::isnan(value)) return "not measured";
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

}  // namespace

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
  std::vector<readout::FrontSample> samples;
  for (const MapPoint& m : result.maps)
    if (!m.intact && m.time_s > kAcute_s + 1.0)
      samples.push_back({m.time_s / kDay_s, m.front_mm, m.filled_share});
  out.front_mm_per_week = readout::fit_front(samples).speed_mm_per_week;
  const double far = mean_of(result, &StepPoint::turnover_far, kAcute_s, end_s);
  if (far > 0.0) out.turnover_ratio = mean_of(result, &StepPoint::turnover_zone, kAcute_s, end_s) / far;
  if (intact->decode_lost_part > 0.0) out.decoding_ratio = last->decode_lost_part / intact->decode_lost_part;

  double set_point_Hz = mean_of(result, &StepPoint::zone_rate_Hz, -kWeek_s, 0.0);
  for (const HomeostasisSpec& h : scenario.homeostasis)
    if (h.raises_rate && h.set_point_Hz > 0.0) set_point_Hz = h.set_point_Hz;
  if (set_point_Hz > 0.0)
    out.territory_rate_ratio =
        mean_of(result, &StepPoint::zone_rate_Hz, end_s - kWeek_s, end_s) / set_point_Hz;

  double half_filled_s = end_s;
  for (const MapPoint& m : result.maps)
    if (!m.intact && m.time_s > 0.0 && m.filled_share >= 0.5) {
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

std::string study_summary(const Scenario& scenario, const StudyResult& result) {
  std::string text;
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

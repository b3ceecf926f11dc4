#include "host/run/study_state.hpp"

namespace penfield {

void archive(StateArchive& a, StepPoint& point) {
  auto& [time_s, step_s, rate_Hz, zone_rate_Hz, neighbour_rate_Hz, far_rate_Hz, inhibition, excitatory_gain,
         formed, deleted, turnover_zone, turnover_far, formed_outside, formed_responsive,
         net_outside_per_cell, net_inside_per_cell, dead, acceleration, error, error_statistical, change,
         rate_change] = point;
  a.value("time_s", time_s);
  a.value("step_s", step_s);
  a.value("rate_Hz", rate_Hz);
  a.value("zone_rate_Hz", zone_rate_Hz);
  a.value("neighbour_rate_Hz", neighbour_rate_Hz);
  a.value("far_rate_Hz", far_rate_Hz);
  a.value("inhibition", inhibition);
  a.value("excitatory_gain", excitatory_gain);
  a.value("formed", formed);
  a.value("deleted", deleted);
  a.value("turnover_zone", turnover_zone);
  a.value("turnover_far", turnover_far);
  a.value("formed_outside", formed_outside);
  a.value("formed_responsive", formed_responsive);
  a.value("net_outside_per_cell", net_outside_per_cell);
  a.value("net_inside_per_cell", net_inside_per_cell);
  a.value("dead", dead);
  a.value("acceleration", acceleration);
  a.value("error", error);
  a.value("error_statistical", error_statistical);
  a.value("change", change);
  a.value("rate_change", rate_change);
}

void archive(StateArchive& a, LoopGainPoint& point) {
  auto& [time_s, homeostat, gain, standard_error, used] = point;
  a.value("time_s", time_s);
  a.value("homeostat", homeostat);
  a.value("gain", gain);
  a.value("standard_error", standard_error);
  a.value("used", used);
}

void archive(StateArchive& a, MapPoint& point) {
  auto& [time_s, intact, winner, best_response_Hz, area_mm2, centre_x_mm, centre_y_mm, spared_share,
         silent_mm2, recovered_share, share, baseline_overlap, share_low_threshold, share_high_threshold,
         share_near_border, border_shift_mm, front_mm, filled_share, topography, kept_winner_share, overlap,
         overlap_strict, field_mm2, field_territory_mm2, direct_response_Hz, decode_accuracy, decode_chance,
         decode_lost_part] = point;
  a.value("time_s", time_s);
  a.value("intact", intact);
  a.value("winner", winner);
  a.value("best_response_Hz", best_response_Hz);
  a.value("area_mm2", area_mm2);
  a.value("centre_x_mm", centre_x_mm);
  a.value("centre_y_mm", centre_y_mm);
  a.value("spared_share", spared_share);
  a.value("silent_mm2", silent_mm2);
  a.value("recovered_share", recovered_share);
  a.value("share", share);
  a.value("baseline_overlap", baseline_overlap);
  a.value("share_low_threshold", share_low_threshold);
  a.value("share_high_threshold", share_high_threshold);
  a.value("share_near_border", share_near_border);
  a.value("border_shift_mm", border_shift_mm);
  a.value("front_mm", front_mm);
  a.value("filled_share", filled_share);
  a.value("topography", topography);
  a.value("kept_winner_share", kept_winner_share);
  a.value("overlap", overlap);
  a.value("overlap_strict", overlap_strict);
  a.value("field_mm2", field_mm2);
  a.value("field_territory_mm2", field_territory_mm2);
  a.value("direct_response_Hz", direct_response_Hz);
  a.value("decode_accuracy", decode_accuracy);
  a.value("decode_chance", decode_chance);
  a.value("decode_lost_part", decode_lost_part);
}

void archive(StateArchive& a, readout::MapStudy& study) {
  auto& [parts, lost, baseline, theta_Hz, baseline_winner, territory, rectangle, silent, rectangle_silent,
         intact_fronts] = study;
  a.list("parts", parts, [](StateArchive& inner, readout::Part& part) {
    auto& [name, x_mm, y_mm, width_mm, height_mm] = part;
    inner.value("name", name);
    inner.value("x_mm", x_mm);
    inner.value("y_mm", y_mm);
    inner.value("width_mm", width_mm);
    inner.value("height_mm", height_mm);
  });
  a.value("lost", lost);
  auto& [grid, num_parts, response_Hz, num_neurons] = baseline;
  auto& [bin_mm, sheet_width_mm, sheet_height_mm, num_x, num_y] = grid;
  a.value("bin_mm", bin_mm);
  a.value("sheet_width_mm", sheet_width_mm);
  a.value("sheet_height_mm", sheet_height_mm);
  a.value("num_x", num_x);
  a.value("num_y", num_y);
  a.value("num_parts", num_parts);
  a.value("baseline_response_Hz", response_Hz);
  a.value("neurons_in_bin", num_neurons);
  a.value("theta_Hz", theta_Hz);
  a.value("baseline_winner", baseline_winner);
  a.value("territory", territory);
  a.value("rectangle", rectangle);
  a.value("silent", silent);
  a.value("rectangle_silent", rectangle_silent);
  auto& [left_mm, right_mm, met] = intact_fronts;
  a.value("intact_front_left_mm", left_mm);
  a.value("intact_front_right_mm", right_mm);
  a.value("intact_fronts_met", met);
}

void archive_totals(StateArchive& a, StudyResult& result) {
  a.list("loop_gains", result.loop_gains,
         [](StateArchive& inner, LoopGainPoint& point) { archive(inner, point); });
  result.checks.archive(a);
  a.value("spiking_s", result.spiking_s);
  a.value("biological_s", result.biological_s);
}

void archive(StateArchive& a, StudyResult& result) {
  if (a.looking()) return;  // what was not measured is not a number
  [[maybe_unused]] auto& [map, lost_part, maps, steps, loop_gains, checks, spiking_s, biological_s, records] =
      result;
  archive(a, map);
  a.value("lost_part", lost_part);
  a.list("maps", maps, [](StateArchive& inner, MapPoint& point) { archive(inner, point); });
  a.list("steps", steps, [](StateArchive& inner, StepPoint& point) { archive(inner, point); });
  archive_totals(a, result);
  archive(a, records);
}

void Homeostat::archive(StateArchive& a) {
  a.within("homeostat " + spec_.name);
  a.value("snapshot_taken", snapshot_taken_);
  a.value("intact", intact_);
  a.value("loop_gain", loop_gain_);
  a.value("gain_known", gain_known_);
  a.value("gain_time_s", gain_time_s_);
  // A study may branch from one that measured it.
  if (a.reading() && !(spec_.loop_gain_every_s > 0.0)) loop_gain_ = spec_.loop_gain;
}

void Rewiring::archive(StateArchive& a) {
  a.within("structure " + spec_.name);
  a.value("max_in_degree", max_in_degree_);
  a.value("driver", received_.now);
  a.value("driver_mean", received_.mean);
  a.value("driver_shown", received_.shown);
  a.value("driver_corrected_share", corrected_share_);
  a.value("driver_started", driver_started_);
  a.value("baseline_sum", received_.baseline_sum);
  a.value("baseline_steps", baseline_steps_);
  a.value("intact_driver", received_.intact);
  a.value("given_driver", given_.now);
  a.value("given_driver_mean", given_.mean);
  a.value("given_driver_shown", given_.shown);
  a.value("given_baseline_sum", given_.baseline_sum);
  a.value("given_intact", given_.intact);
  a.value("dendritic", dendritic_);
  a.value("axonal", axonal_);
  a.value("intact_sum", intact_sum_);
  a.value("in_degree", in_degree_);
}

}  // namespace penfield

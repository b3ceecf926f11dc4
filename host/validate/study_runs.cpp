#include "host/validate/study_runs.hpp"

#include <cmath>
#include <cstdio>
#include <mutex>

#include "host/build/build_network.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/study.hpp"
#include "host/run/study_output.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

std::vector<std::pair<const char*, double*>> StudyNumbers::all() {
  return {{"recovered_share", &fast.recovered_share},
          {"border_shift_mm", &fast.border_shift_mm},
          {"inhibition_change_percent", &fast.inhibition_change_percent},
          {"share", &slow.share},
          {"front_mm_per_week", &slow.front_mm_per_week},
          {"turnover_ratio", &slow.turnover_ratio},
          {"decoding_ratio", &slow.decoding_ratio},
          {"territory_rate_ratio", &slow.territory_rate_ratio},
          {"net_outside_share", &slow.net_outside_share},
          {"responsive_donor_share", &slow.responsive_donor_share},
          {"topography", &topography},
          {"topographic_share", &topographic_share},
          {"kept_winner_share", &kept_winner_share},
          {"final_share", &final_share},
          {"baseline_overlap", &baseline_overlap},
          {"shift_end_mm", &shift_end_mm},
          {"turnover_8wk", &turnover_8wk},
          {"direct_6h", &direct_6h},
          {"direct_end", &direct_end}};
}

std::vector<std::pair<std::string, double>> study_readouts(const StudyNumbers& n) {
  return {{"recovered at 6 h", n.fast.recovered_share},
          {"shift at 6 h", n.fast.border_shift_mm},
          {"inhibition at 6 h", 1.0 + n.fast.inhibition_change_percent / 100.0},
          {"share", n.slow.share},
          {"front speed", n.slow.front_mm_per_week},
          {"turnover", n.slow.turnover_ratio},
          {"decoding", n.slow.decoding_ratio},
          {"rate", n.slow.territory_rate_ratio},
          {"net gain from outside", n.slow.net_outside_share},
          {"responsive donors", n.slow.responsive_donor_share}};
}

namespace {

void read_result(const Scenario& scenario, const StudyResult& result, StudyNumbers& numbers) {
  numbers.fast = unmask_fast_values(result);
  numbers.slow = sprout_8wk_values(scenario, result);
  numbers.turnover_8wk = turnover_ratio(result, last_time_s(result));
  double intact_direct_Hz = 0.0;
  for (const MapPoint& map : result.maps) {
    if (map.intact) {
      numbers.baseline_overlap = map.share_near_border;
      intact_direct_Hz = map.direct_response_Hz;
      continue;
    }
    if (!(intact_direct_Hz > 0.0)) continue;
    numbers.direct_end = map.direct_response_Hz / intact_direct_Hz;
    if (map.time_s <= kAcute_s + 1.0) numbers.direct_6h = numbers.direct_end;
  }
  if (result.maps.empty()) return;
  const MapPoint& last = result.maps.back();
  numbers.topography = last.topography;
  numbers.topographic_share = last.recovered_share > 0.0 ? last.recovered_share * last.topography : 0.0;
  numbers.kept_winner_share = last.kept_winner_share;
  numbers.final_share = last.share_near_border;
  numbers.shift_end_mm = last.border_shift_mm;
}

RunNumbers run_one(const ValidateOptions& options, const StudyRuns& runs, const StudyJob& job,
                   std::mutex& saying) {
  const auto say = [&](const std::string& text) {
    const std::lock_guard<std::mutex> lock(saying);
    if (options.say) options.say(runs.what + ", " + job.what + text);
  };
  check_stop(options);
  const Scenario scenario = load_scenario((options.scenarios / runs.file).string(), job.overrides);
  const RunCache cache(options.cache, scenario, runs.protocol);
  if (const auto kept = cache.find()) {
    say(": kept from an earlier run");
    return *kept;
  }
  Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
  EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  Study study(scenario, network, *choice.engine);
  study.run({}, [&] {
    check_stop(options);
    return false;
  });
  const RunNumbers numbers = runs.read(scenario, study.result());
  cache.keep(numbers);
  char text[64];
  std::snprintf(text, sizeof text, ": %.0f s of spiking", study.result().spiking_s);
  say(text);
  return numbers;
}

/// Where one more seed would fall with 95 % probability, from the seeds at hand.
std::pair<double, double> prediction_interval(const std::vector<double>& values) {
  // Student's t for 97.5 % with n - 1 degrees of freedom, n = 2 to 10.
  static constexpr double kT[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262};
  const std::size_t n = values.size();
  const double t = n < 2 ? 0.0 : n <= 10 ? kT[n - 2] : 2.262;
  const double half = t * readout::standard_deviation(values) * std::sqrt(1.0 + 1.0 / static_cast<double>(n));
  return {readout::mean(values) - half, readout::mean(values) + half};
}

}  // namespace

std::vector<RunNumbers> run_studies(const ValidateOptions& options, const StudyRuns& runs,
                                    const std::vector<StudyJob>& jobs) {
  std::vector<RunNumbers> numbers(jobs.size());
  std::mutex saying;
  spread_over_cores(options, jobs.size(),
                    [&](std::size_t k) { numbers[k] = run_one(options, runs, jobs[k], saying); });
  return numbers;
}

std::vector<StudyNumbers> run_studies(const ValidateOptions& options, const std::vector<StudyJob>& jobs) {
  const StudyRuns runs{"amputation", "tutorial/amputation.json", "study",
                       [](const Scenario& scenario, const StudyResult& result) {
                         StudyNumbers numbers;
                         read_result(scenario, result, numbers);
                         RunNumbers out;
                         for (const auto& [name, value] : numbers.all()) out[name] = {*value};
                         return out;
                       }};
  std::vector<StudyNumbers> numbers(jobs.size());
  const std::vector<RunNumbers> all = run_studies(options, runs, jobs);
  for (std::size_t k = 0; k < jobs.size(); ++k)
    for (const auto& [name, value] : numbers[k].all())
      if (const auto found = all[k].find(name); found != all[k].end() && !found->second.empty())
        *value = found->second.front();
  return numbers;
}

double value_at(const RunNumbers& run, const char* times, const char* values, double time_s) {
  const auto t = run.find(times), v = run.find(values);
  if (t == run.end() || v == run.end()) return readout::kNotMeasured;
  for (std::size_t k = 0; k < t->second.size() && k < v->second.size(); ++k)
    if (std::fabs(t->second[k] - time_s) < 1.0) return v->second[k];
  return readout::kNotMeasured;
}

std::vector<std::string> half_macro_steps(std::uint32_t seed) {
  return {"seed=" + std::to_string(seed), "clock.macro_step=\"6 h\"", "clock.settle_step=\"6 h\"",
          "clock.short_step=\"7.5 min\""};
}

ValidationRow same_readouts(const std::string& name, const StudyNumbers& run,
                            const std::vector<StudyNumbers>& seeds) {
  const auto now = study_readouts(run);
  double same = 0.0;
  std::string moved;
  for (std::size_t k = 0; k < now.size(); ++k) {
    std::vector<double> values;
    for (const StudyNumbers& s : seeds) values.push_back(study_readouts(s)[k].second);
    const double base = values.front(), value = now[k].second;
    const auto [low, high] = prediction_interval(values);
    if (std::fabs(value - base) <= 0.05 * std::fabs(base) || (value >= low && value <= high)) {
      same += 1.0;
      continue;
    }
    char text[128];
    std::snprintf(text, sizeof text, "%s%s %.3g, seeds %.3g to %.3g", moved.empty() ? "" : "; ",
                  now[k].first.c_str(), value, low, high);
    moved += text;
  }
  const auto all = static_cast<double>(now.size());
  ValidationRow row =
      make_row(name, "", {same}, all, all, 0.0, "a clock's error has to be smaller than chance's");
  row.note = "of " + std::to_string(now.size()) +
             " readouts within 5 % or the seeds' 95 % prediction interval" +
             (moved.empty() ? std::string() : "; moved: " + moved);
  return row;
}

void add_bands(ValidationReport& report, const std::vector<std::vector<readout::Band>>& runs) {
  for (const readout::Verdict& v : readout::verdicts(runs)) {
    ValidationRow row;
    row.name = v.name;
    row.unit = v.unit == "1" ? "" : v.unit;
    row.low = v.low;
    row.high = v.high;
    row.source = v.source;
    row.pass = v.pass;
    for (const auto& bands : runs)
      for (const readout::Band& b : bands)
        if (b.name == v.name) row.values.push_back(b.value);
    if (v.enough_seeds) {
      row.note = std::to_string(v.num_in_band) + " of " + std::to_string(v.num_seeds) + " in the band";
    } else {
      // Fewer than five seeds (--quick, --seeds) are judged by their mean alone, and the note says so.
      row.pass = v.mean >= v.low && v.mean <= v.high;
      row.note = "fewer than 5 seeds: the mean alone is judged";
    }
    report.rows.push_back(row);
  }
}

}  // namespace penfield

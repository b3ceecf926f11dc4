#pragma once
// A report's data like those of an amputation run: the third digit falls silent, its neighbours move in from
// both sides.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "host/report/report_data.hpp"

namespace penfield::test {

inline constexpr double kHour_s = 3600.0, kDay_s = 86400.0, kWeek_s = 604800.0;

/// The strip of the tutorial's hand and face, 14.1 mm x 1.2 mm in bins of 0.1 mm.
inline ReportData strip_of_hand_and_face() {
  ReportData data;
  data.sheet = {"S1", 141, 12, 0.1, 0.0, 0.0, 14.1, 1.2, 10.0};
  double x_mm = 0.0;
  for (const auto& [name, width_mm] : std::vector<std::pair<std::string, double>>{{"face", 1.5},
                                                                                  {"hand/D1", 1.5},
                                                                                  {"hand/D2", 2.2},
                                                                                  {"hand/D3", 2.2},
                                                                                  {"hand/D4", 2.2},
                                                                                  {"hand/D5", 1.5},
                                                                                  {"hand/palm", 1.5},
                                                                                  {"arm", 1.5}}) {
    data.parts.push_back({name, "", x_mm, 0.0, width_mm, 1.2, name == "hand/D3"});
    x_mm += width_mm;
  }
  return data;
}

/// How far the neighbours reach into the lost territory from each side, mm: 0.35 mm within 6 h, then 0.13 mm
/// a week.
inline double reach_mm(double time_s) {
  return 0.35 * (1.0 - std::exp(-time_s / (2.5 * kHour_s))) +
         0.13 * std::max(time_s - 6 * kHour_s, 0.0) / kWeek_s;
}

/// A map at one time; `intact` ignores the loss.
inline ReportFrame synthetic_frame(const ReportData& data, double time_s, const std::string& label,
                                   bool intact) {
  ReportFrame frame{time_s, label, intact, {}, {}};
  const ReportPart& lost = data.parts[3];
  for (std::uint32_t iy = 0; iy < data.sheet.num_y; ++iy) {
    for (std::uint32_t ix = 0; ix < data.sheet.num_x; ++ix) {
      const double x_mm = (ix + 0.5) * data.sheet.bin_mm;
      // A ragged border, the same in every map.
      const double ragged_mm = 0.12 * std::sin(5.1 * iy) + 0.05 * std::sin(17.0 * iy + 3.0 * ix);
      int part = 0;
      while (part + 1 < static_cast<int>(data.parts.size()) &&
             x_mm + ragged_mm > data.parts[part].x_mm + data.parts[part].width_mm) {
        ++part;
      }
      double response_Hz = 34.0 + 3.0 * std::sin(9.0 * x_mm) + 2.0 * std::sin(3.0 * iy);
      if (part == 3 && !intact) {
        const double from_left_mm = x_mm + ragged_mm - lost.x_mm,
                     from_right_mm = lost.width_mm - from_left_mm;
        const double inside_mm = std::min(from_left_mm, from_right_mm) - reach_mm(time_s);
        response_Hz = 12.0 * std::exp(-inside_mm / 0.4);
        part = inside_mm > 0.0 ? kReportSilent : from_left_mm < from_right_mm ? 2 : 4;
      }
      frame.winner.push_back(static_cast<std::int16_t>(part));
      frame.best_response_Hz.push_back(static_cast<float>(std::min(response_Hz, 40.0)));
    }
  }
  return frame;
}

inline void add_frames(ReportData& data) {
  data.frames.push_back(synthetic_frame(data, 0.0, "intact", true));
  for (const double hours : {0.0, 1.0, 6.0}) {
    data.frames.push_back(
        synthetic_frame(data, hours * kHour_s, std::to_string(static_cast<int>(hours)) + " h", false));
  }
  for (int week = 1; week <= 8; ++week) {
    data.frames.push_back(synthetic_frame(data, week * kWeek_s, "week " + std::to_string(week), false));
  }
}

inline void add_curves(ReportData& data) {
  ReportCurve recovered{"Recovered share of the silenced territory",
                        "%",
                        "Bins that fell silent with the digit and now answer a neighbour.",
                        {},
                        {},
                        {},
                        {},
                        true};
  ReportCurve shift{"Shift of the neighbours' borders",
                    "mm",
                    "Mean of both borders, against the intact map.",
                    {},
                    {},
                    {},
                    {},
                    false};
  ReportCurve decoding{"Decodability of the lost digit",
                       "%",
                       "From four random neurons of the old territory; chance is 33 %.",
                       {},
                       {},
                       {},
                       {},
                       true};
  ReportSeries off{"structure off", {}, {}}, frozen{"inhibition frozen", {}, {}}, sham{"sham", {}, {}};
  for (const ReportFrame& frame : data.frames) {
    if (frame.intact) continue;
    const double share = std::min(100.0 * 2.0 * reach_mm(frame.time_s) / 2.2, 100.0);
    recovered.time_s.push_back(frame.time_s);
    recovered.value.push_back(share);
    off.time_s.push_back(frame.time_s);
    off.value.push_back(std::min(share, 33.0));
    frozen.time_s.push_back(frame.time_s);
    frozen.value.push_back(0.01 * std::sin(frame.time_s));
    shift.time_s.push_back(frame.time_s);
    shift.value.push_back(reach_mm(frame.time_s));
    decoding.time_s.push_back(frame.time_s);
    decoding.value.push_back(85.0 + 4.0 * std::sin(frame.time_s / kWeek_s));
    sham.time_s.push_back(frame.time_s);
    sham.value.push_back(86.0);
  }
  recovered.comparisons = {off};
  recovered.bands = {{15.0, 50.0, "Calford & Tweedale 1988", 6 * kHour_s, 6 * kHour_s},
                     {60.0, 100.0, "Merzenich 1984", 8 * kWeek_s, 8 * kWeek_s}};
  shift.comparisons = {frozen};
  shift.bands = {{0.3, 1.0, "Calford & Tweedale 1988", 6 * kHour_s, 6 * kHour_s}};
  decoding.comparisons = {sham};
  ReportBand floor;
  floor.low = 60.0;
  floor.source = "Makin & Krakauer 2023";
  decoding.bands = {floor};
  data.curves = {recovered, shift, decoding};

  ReportCurve inhibition{
      "Inhibitory input to the territory", "%", "Relative to the intact network.", {}, {}, {}, {}, false};
  data.rates_Hz = {{"S1/E", {}, {}}, {"S1/PV", {}, {}}, {"VPL/relay", {}, {}}};
  for (int step = 0; step < 136; ++step) {
    const double time_s = step <= 24 ? step * 900.0 : 6 * kHour_s + (step - 24) * 0.5 * kDay_s;
    inhibition.time_s.push_back(time_s);
    inhibition.value.push_back(step == 60 ? std::nan("") : 45.0 + 55.0 * std::exp(-time_s / (1.5 * kHour_s)));
    for (std::size_t k = 0; k < 3; ++k) {
      const double mean_Hz[] = {3.0, 11.0, 6.5};
      data.rates_Hz[k].time_s.push_back(time_s);
      data.rates_Hz[k].value.push_back(mean_Hz[k] * (1.0 - 0.15 * std::exp(-time_s / kWeek_s)) +
                                       0.1 * std::sin(1.7 * step + k));
    }
  }
  data.curves.push_back(inhibition);
  ReportCurve turnover = inhibition;  // nothing happens: a plot of zeros
  turnover.name = "Synapse turnover";
  std::fill(turnover.value.begin(), turnover.value.end(), 0.0);
  data.curves.push_back(turnover);
}

inline ReportData synthetic_report() {
  ReportData data = strip_of_hand_and_face();
  data.title = "Loss of the third digit";
  data.result =
      "After 8 weeks 100 % of the silenced territory answers the neighbouring digits, against 33 % with "
      "structural "
      "plasticity off; the lost digit stays decodable from it (89 %, sham 86 %).";
  data.run = {"amputation", 1,  "cpu",   "2 threads",           1.0, "episodic", 2519.0, 56 * kDay_s, 52.4,
              true,         "", "0.1.0", "2025-03-04T10:11:12Z"};
  data.facts = {{"Network", "13,395 neurons, 2.9 million synapses"}};
  add_frames(data);
  add_curves(data);
  data.verdicts = {{"Recovered share, 6 h", "%", 29.0, 15.0, 50.0, ReportOutcome::pass,
                    "Calford & Tweedale 1988, Nature 332:446", "0 % with inhibition frozen"},
                   {"Border shift, 6 h", "mm", 0.32, 0.3, 1.0, ReportOutcome::pass,
                    "Calford & Tweedale 1988, Nature 332:446", ""},
                   {"Front, first weeks", "mm/week", 0.34, 0.05, 0.30, ReportOutcome::fail,
                    "Florence et al. 1998, Science 282:1117", "fitted before 80 % is filled"},
                   {"Topography", "", std::nan(""), 0.7, std::numeric_limits<double>::infinity(),
                    ReportOutcome::not_measured, "Merzenich et al. 1984, J Comp Neurol 224:591",
                    "needs the run without outside donors"}};
  data.settings =
      "{\n \"penfield\": 1,\n \"name\": \"amputation\",\n \"seed\": 1,\n \"clock\": {\n  \"mode\": "
      "\"episodic\",\n  \"macro_step\": \"12 h\"\n },\n"
      " \"timeline\": [\n  {\n   \"at\": \"0 d\",\n   \"event\": \"amputate\",\n   \"part\": \"hand/D3\"\n  "
      "}\n ]\n}\n";
  data.notes = {{true, "One seed. The scoring rule asks for at least five."}};
  data.digests = {{"scenario", "b3f1c2d4e5a60718"}, {"state at the end", "0x9f86d081884c7d65"}};
  data.glossary = {
      {"front", "Place where the neighbours' response falls below the threshold inside the old territory."}};
  return data;
}

/// Twelve weeks of what a large study gives: a map a day of a sheet ten times as high, 2,300 macro steps, the
/// curves of a study and thirty populations.
inline ReportData twelve_weeks_report() {
  ReportData data = synthetic_report();
  data.title = "Twelve weeks";
  data.sheet.num_y = 120;
  data.sheet.height_mm = 12.0;
  for (ReportPart& part : data.parts) part.height_mm = 12.0;
  data.frames.clear();
  data.frames.push_back(synthetic_frame(data, 0.0, "intact", true));
  for (int day = 0; day <= 84; ++day)
    data.frames.push_back(synthetic_frame(data, day * kDay_s, "day " + std::to_string(day), false));
  std::vector<double> time_s;
  for (int step = 0; step < 2300; ++step)
    time_s.push_back(step < 240 ? step * 90.0 : 6 * kHour_s + (step - 240) * 3520.0);
  const auto series = [&](const std::string& name, double phase) {
    ReportSeries s{name, time_s, {}};
    for (double t : time_s)
      s.value.push_back(3.0 + std::exp(-t / kWeek_s) + 0.3 * std::sin(phase + t / kDay_s));
    return s;
  };
  data.curves.clear();
  for (int k = 0; k < 18; ++k) {
    const std::string name = "Curve " + std::to_string(k);
    ReportCurve curve{name, "%", "A curve of a long study.", time_s, series(name, k).value, {}, {}, k == 0};
    curve.comparisons = {series("far cortex", k + 0.5), series("neighbours", k + 1.0)};
    data.curves.push_back(curve);
  }
  data.rates_Hz.clear();
  for (int k = 0; k < 30; ++k) data.rates_Hz.push_back(series("S1/P" + std::to_string(k), 0.1 * k));
  data.run.biological_s = 84 * kDay_s;
  return data;
}

/// Every text of it tries to become markup.
inline ReportData hostile_report() {
  ReportData data = synthetic_report();
  const std::string text =
      "</script><script>alert('x')</script><img src=x onerror=alert(1)><!-- & \" ' {{data}} \xff\x01 "
      "\xe2\x80\xa8";
  data.title = data.result = data.settings = data.run.scenario = data.run.state = data.run.device = text;
  data.parts[0].name = data.frames[0].label = data.curves[0].name = data.curves[0].unit = text;
  data.curves[0].meaning = data.curves[0].comparisons[0].name = data.curves[0].bands[0].source = text;
  data.verdicts[0].name = data.verdicts[0].source = data.verdicts[0].note = data.notes[0].text = text;
  data.facts[0].name = data.digests[0].value = data.glossary[0].name = data.rates_Hz[0].name = text;
  return data;
}

/// A square sheet with two rows of parts, for the other layout.
inline ReportData square_report() {
  ReportData data = synthetic_report();
  data.title = "Square sheet";
  data.sheet = {"S1", 45, 40, 0.1, 0.0, 0.0, 4.45, 4.0, 10.0};
  data.parts.clear();
  for (int k = 0; k < 6; ++k) {
    data.parts.push_back({"hand/P" + std::to_string(k), "", 1.5 * (k % 3), 2.0 * (k / 3),
                          k % 3 == 2 ? 1.45 : 1.5, 2.0, k == 1});
  }
  for (ReportFrame& frame : data.frames) {
    frame.winner.clear();
    frame.best_response_Hz.clear();
    for (int bin = 0; bin < 45 * 40; ++bin) {
      const double x_mm = 0.1 * (bin % 45) + 0.05, y_mm = 0.1 * (bin / 45) + 0.05;
      int part = std::min(static_cast<int>(x_mm / 1.5), 2) + (y_mm > 2.0 ? 3 : 0);
      const double inside_mm = std::min({x_mm - 1.5, 3.0 - x_mm, 2.0 - y_mm}) - 1.4 * reach_mm(frame.time_s);
      if (part == 1 && !frame.intact)
        part = inside_mm > 0 ? kReportSilent : x_mm < 2.0 ? 0 : x_mm > 2.5 ? 2 : 4;
      if (std::hypot(x_mm - 0.2, y_mm - 0.2) < 0.2) part = kReportNoNeurons;
      frame.winner.push_back(static_cast<std::int16_t>(part));
      frame.best_response_Hz.push_back(part < 0 ? 4.0f : 30.0f + static_cast<float>(bin % 7));
    }
  }
  return data;
}

}  // namespace penfield::test

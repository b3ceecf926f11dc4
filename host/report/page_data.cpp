#include "host/report/page_data.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "host/report/prepare.hpp"

namespace penfield {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxBins = 1500000;      // 4 bytes each in base64: 6 MB
constexpr std::size_t kMaxPoints = 2000;       // of one series
constexpr std::size_t kMaxSettings = 1 << 20;  // bytes

/// Six significant digits: more than a screen shows, and a third of the bytes.
Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6);
  double rounded = value;
  std::from_chars(text, written.ptr, rounded);
  return rounded;
}

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

std::string base64(const std::vector<unsigned char>& bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k) word = word << 8 | (k < left ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= left ? kDigits[word >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

float largest_response_Hz(const std::vector<ReportFrame>& frames) {
  float largest_Hz = 0.0f;
  for (const ReportFrame& frame : frames) {
    for (const float r_Hz : frame.best_response_Hz) {
      if (std::isfinite(r_Hz)) largest_Hz = std::max(largest_Hz, r_Hz);
    }
  }
  return largest_Hz;
}

Json frame_json(const ReportFrame& frame, float largest_Hz) {
  std::vector<unsigned char> winner, response;
  for (const std::int16_t code : frame.winner) {
    const auto word = static_cast<std::uint16_t>(code);
    winner.push_back(static_cast<unsigned char>(word & 0xff));
    winner.push_back(static_cast<unsigned char>(word >> 8));
  }
  for (const float r_Hz : frame.best_response_Hz) {
    const float level = largest_Hz > 0.0f ? 254.0f * r_Hz / largest_Hz : 0.0f;
    response.push_back(
        std::isfinite(level) ? static_cast<unsigned char>(std::clamp(std::round(level), 0.0f, 254.0f)) : 255);
  }
  Json json = {{"time_s", number(frame.time_s)},
               {"label", frame.label},
               {"winner", base64(winner)},
               {"intact", frame.intact}};
  json["response"] = response.empty() ? Json(nullptr) : Json(base64(response));
  return json;
}

/// The series as {name, time_s, value}; sets `was_thinned` if points had to go.
Json series_json(const ReportSeries& series, bool& was_thinned) {
  if (series.value.size() > kMaxPoints) was_thinned = true;
  const ReportSeries kept = thinned(series, kMaxPoints);
  return {{"name", kept.name}, {"time_s", numbers(kept.time_s)}, {"value", numbers(kept.value)}};
}

Json curve_json(const ReportCurve& curve, bool& was_thinned) {
  Json json = series_json({curve.name, curve.time_s, curve.value}, was_thinned);
  json["unit"] = curve.unit;
  json["meaning"] = curve.meaning;
  json["beside_map"] = curve.beside_map;
  json["own"] = curve.own;
  json["comparisons"] = Json::array();
  for (const ReportSeries& series : curve.comparisons) {
    json["comparisons"].push_back(series_json(series, was_thinned));
  }
  json["bands"] = Json::array();
  for (const ReportBand& band : curve.bands) {
    json["bands"].push_back({{"low", number(band.low)},
                             {"high", number(band.high)},
                             {"source", band.source},
                             {"from_s", number(band.from_s)},
                             {"to_s", number(band.to_s)}});
  }
  return json;
}

Json run_json(const ReportRun& run) {
  return {{"scenario", run.scenario},
          {"seed", std::to_string(run.seed)},
          {"engine", run.engine},
          {"device", run.device},
          {"dt_ms", number(run.dt_ms)},
          {"clock_mode", run.clock_mode},
          {"acceleration", number(run.acceleration)},
          {"biological_s", number(run.biological_s)},
          {"wall_s", number(run.wall_s)},
          {"finished", run.finished},
          {"state", run.state},
          {"program_version", run.program_version},
          {"started_utc", run.started_utc}};
}

Json parts_json(const std::vector<ReportPart>& parts) {
  const std::vector<std::string> colours = part_colours(parts), labels = part_labels(parts);
  Json list = Json::array();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    list.push_back({{"name", parts[i].name},
                    {"label", labels[i]},
                    {"colour", colours[i]},
                    {"x_mm", number(parts[i].x_mm)},
                    {"y_mm", number(parts[i].y_mm)},
                    {"width_mm", number(parts[i].width_mm)},
                    {"height_mm", number(parts[i].height_mm)},
                    {"lost", parts[i].lost}});
  }
  return list;
}

Json verdict_json(const ReportVerdict& verdict) {
  const char* const outcome = verdict.outcome == ReportOutcome::pass   ? "pass"
                              : verdict.outcome == ReportOutcome::fail ? "fail"
                                                                       : "not measured";
  return {{"name", verdict.name},       {"unit", verdict.unit},         {"value", number(verdict.value)},
          {"low", number(verdict.low)}, {"high", number(verdict.high)}, {"outcome", outcome},
          {"source", verdict.source},   {"note", verdict.note}};
}

Json entries_json(const std::vector<ReportEntry>& entries) {
  Json list = Json::array();
  for (const ReportEntry& entry : entries) list.push_back({{"name", entry.name}, {"value", entry.value}});
  return list;
}

/// Adds the sheet and the frames, merged to fit; says so in the notes.
void add_maps(const ReportData& data, Json& json) {
  const std::uint32_t factor = merge_factor(data.sheet, data.frames.size(), kMaxBins);
  const ReportSheet sheet = merged_sheet(data.sheet, factor);
  json["sheet"] = {{"area", sheet.area},
                   {"num_x", sheet.num_x},
                   {"num_y", sheet.num_y},
                   {"bin_mm", number(sheet.bin_mm)},
                   {"origin_x_mm", number(sheet.origin_x_mm)},
                   {"origin_y_mm", number(sheet.origin_y_mm)},
                   {"width_mm", number(sheet.width_mm)},
                   {"height_mm", number(sheet.height_mm)},
                   {"threshold_Hz", number(sheet.threshold_Hz)}};
  const float largest_Hz = largest_response_Hz(data.frames);
  json["largest_response_Hz"] = number(largest_Hz);
  json["reference"] = reference_frame(data.frames);
  json["frames"] = Json::array();
  for (const ReportFrame& frame : data.frames) {
    json["frames"].push_back(frame_json(merged_frame(frame, data.sheet, factor), largest_Hz));
  }
  if (factor > 1) {
    const std::string side = std::to_string(factor);
    json["notes"].push_back({{"warning", false},
                             {"text", "To keep this file small, the maps here merge blocks of " + side +
                                          " x " + side + " bins; results.h5 has every bin."}});
  }
}

/// The settings, cut where they are very long (an explicit edge list written out in the scenario).
void add_settings(const ReportData& data, Json& json) {
  std::size_t length = std::min(data.settings.size(), kMaxSettings);
  if (length < data.settings.size()) {
    const std::size_t line_end = data.settings.rfind('\n', length);
    if (line_end != std::string::npos) length = line_end;
    json["notes"].push_back(
        {{"warning", false},
         {"text", "Only the first " + std::to_string(length) + " of " + std::to_string(data.settings.size()) +
                      " bytes of the settings are shown; scenario.json has all."}});
  }
  json["settings"] = data.settings.substr(0, length);
}

}  // namespace

std::string page_data_json(const ReportData& data) {
  Json json = {{"title", data.title}, {"result", data.result}, {"run", run_json(data.run)}};
  json["facts"] = entries_json(data.facts);
  json["parts"] = parts_json(data.parts);
  json["notes"] = Json::array();
  for (const ReportNote& note : data.notes) {
    json["notes"].push_back({{"warning", note.warning}, {"text", note.text}});
  }
  add_maps(data, json);
  bool was_thinned = false;
  json["curves"] = Json::array();
  for (const ReportCurve& curve : data.curves) json["curves"].push_back(curve_json(curve, was_thinned));
  json["rates"] = Json::array();
  for (const ReportSeries& series : data.rates_Hz) json["rates"].push_back(series_json(series, was_thinned));
  if (was_thinned) {
    json["notes"].push_back(
        {{"warning", false},
         {"text", "Long curves here show the lowest and the highest of each stretch, at most " +
                      std::to_string(kMaxPoints) + " points; results.h5 has every point."}});
  }
  json["verdicts"] = Json::array();
  for (const ReportVerdict& verdict : data.verdicts) json["verdicts"].push_back(verdict_json(verdict));
  add_settings(data, json);
  json["digests"] = entries_json(data.digests);
  json["glossary"] = entries_json(data.glossary);

  // A '<' stands only inside strings here; without any, no text can end the script element or open a comment.
  std::string text;
  for (const char c : json.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace penfield

#include "host/validate/validate.hpp"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/readout/spike_statistics.hpp"
#include "host/validate/network_runs.hpp"

namespace penfield {

const std::vector<ValidationEntry>& validations() {
  static const std::vector<ValidationEntry> entries = {
      {"pd14", "cortical microcircuit, 77,169 neurons: rates by population", "10 x 60 s: hours; quick 10 min",
       validate_pd14},
      {"brunel4", "four regimes of a sparse random network", "20 min; quick 2 min", validate_brunel4},
      {"coba", "self-sustained conductance network", "5 min; quick 1 min", validate_coba},
      {"unmask_fast", "six hours after the loss of a digit", "20 min; quick 2 min", validate_unmask_fast},
      {"sprout_8wk", "eight weeks after the loss of a digit", "40 min; quick 8 min", validate_sprout_8wk},
  };
  return entries;
}

namespace {

std::string number(double v) {
  char text[32];
  if (std::isnan(v)) return "-";
  std::snprintf(text, sizeof text, std::fabs(v) >= 100.0 ? "%.0f" : "%.3g", v);
  return text;
}

}  // namespace

std::string validation_table(const ValidationReport& report) {
  char line[256];
  std::snprintf(line, sizeof line, "%s (%.0f s)\n", report.name.c_str(), report.wall_s);
  std::string out = line;
  for (const ValidationRow& r : report.rows) {
    const std::string low = number(r.low - r.widened_by);
    const std::string high = std::isinf(r.high) ? "and more" : number(r.high + r.widened_by);
    std::string values;
    for (double v : r.values) values += (values.empty() ? "" : " ") + number(v);
    std::snprintf(line, sizeof line, "  %-5s %-48.48s %9s %-6s band %s .. %s%s", r.pass ? "pass" : "FAIL",
                  r.name.c_str(), number(readout::mean(r.values)).c_str(), r.unit.c_str(), low.c_str(),
                  high.c_str(), r.knock_out ? " (must miss it)" : "");
    out += line;
    if (r.values.size() > 1) out += "  [" + values + "]";
    if (r.widened_by > 0.0) out += "  widened by its sampling error " + number(r.widened_by);
    if (!r.note.empty()) out += "  (" + r.note + ")";
    out += "\n";
  }
  return out;
}

std::string validation_json(const std::vector<ValidationReport>& reports) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const ValidationReport& report : reports) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const ValidationRow& r : report.rows)
      rows.push_back(
          {{"name", r.name},
           {"unit", r.unit},
           {"values", r.values},
           {"low", r.low},
           {"high", std::isinf(r.high) ? nlohmann::ordered_json() : nlohmann::ordered_json(r.high)},
           {"widened_by", r.widened_by},
           {"knock_out", r.knock_out},
           {"pass", r.pass},
           {"source", r.source},
           {"note", r.note}});
    all.push_back(
        {{"name", report.name}, {"wall_s", report.wall_s}, {"pass", report.pass()}, {"rows", rows}});
  }
  return all.dump(1);
}

}  // namespace penfield

#pragma once
// What report.html shows, free of how it was measured. Times are biological seconds with 0 at the end of
// settling; numbers that were not measured are NaN and appear as "not measured" or as a gap in a curve.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace penfield {

/// Winners of a map frame that are no body part.
inline constexpr std::int16_t kReportSilent = -1;     ///< neurons, but no part reaches the threshold
inline constexpr std::int16_t kReportNoNeurons = -2;  ///< a bin without neurons

/// A body part and its territory, the rectangle [x, x + width] x [y, y + height] of the sheet in the intact
/// body.
struct ReportPart {
  std::string name;  ///< "hand/D3"; the page shortens it to what follows the last slash where that is unique
  std::string colour;  ///< "#rrggbb", or empty for the next of the built-in colour-blind-safe palette
  double x_mm = 0.0, y_mm = 0.0;
  double width_mm = 0.0, height_mm = 0.0;
  bool lost = false;  ///< amputated, deafferented or lesioned in this run
};

/// The bins of the mapped sheet, x fastest: bin = iy * num_x + ix. Drawn with x to the right and y upwards.
struct ReportSheet {
  std::string area;  ///< "S1"
  std::uint32_t num_x = 0, num_y = 0;
  double bin_mm = 0.0;
  double origin_x_mm = 0.0, origin_y_mm = 0.0;  ///< lower left corner of bin 0
  double width_mm = 0.0, height_mm = 0.0;  ///< of the sheet; the last row and column of bins may be narrower
  double threshold_Hz =
      std::numeric_limits<double>::quiet_NaN();  ///< a bin answering less than this is silent
};

/// One probe of the map.
struct ReportFrame {
  double time_s = 0.0;
  std::string label;                 ///< "intact", "0 h", "6 h", "week 1"
  bool intact = false;               ///< the map to compare with: the first such frame, else the first frame
  std::vector<std::int16_t> winner;  ///< [bin] index of a part, kReportSilent or kReportNoNeurons
  std::vector<float> best_response_Hz;  ///< [bin] of the strongest part; empty if not measured
};

struct ReportSeries {
  std::string name;  ///< "sham", "structure off", "S1/E"
  std::vector<double> time_s;
  std::vector<double> value;  ///< [time], in the curve's unit
};

/// Where a curve is expected to lie during a stretch of time, and who says so. Infinite ends are open.
struct ReportBand {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  std::string source;  ///< citation
  double from_s = -std::numeric_limits<double>::infinity();
  double to_s = std::numeric_limits<double>::infinity();
};

struct ReportCurve {
  std::string name;
  std::string unit;     ///< "mm", "%", "Hz"; empty for a plain number
  std::string meaning;  ///< one sentence for a reader who has not seen it before
  std::vector<double> time_s, value;
  std::vector<ReportSeries> comparisons;  ///< sham, knock-out: other runs or other places
  std::vector<ReportBand> bands;
  bool beside_map = false;  ///< its value at the shown time stands beside the map (decodability should)
  std::string own = "";     ///< what the curve itself is called beside the comparisons; empty: this run
};

enum class ReportOutcome { pass, fail, not_measured };

struct ReportVerdict {
  std::string name, unit;
  double value = std::numeric_limits<double>::quiet_NaN();
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  ReportOutcome outcome = ReportOutcome::not_measured;
  std::string source;  ///< citation of the band
  std::string note;    ///< seeds, knock-out, caveat; may be empty
};

struct ReportEntry {
  std::string name, value;
};

struct ReportNote {
  bool warning = false;
  std::string text;
};

/// How the run was made, and whether it came to its end.
struct ReportRun {
  std::string scenario;
  std::uint64_t seed = 0;
  std::string engine;  ///< "cpu", "cuda"
  std::string device;  ///< as its vendor prints it, with the number of threads for a CPU
  double dt_ms = 0.0;
  std::string clock_mode;     ///< raw, episodic, compressed
  double acceleration = 1.0;  ///< biological seconds per simulated second
  double biological_s = 0.0;  ///< reached
  double wall_s = std::numeric_limits<double>::quiet_NaN();
  bool finished = true;
  std::string state;  ///< "stopped at 21 d of 56 d: walltime"; for a finished run may be empty
  std::string program_version;
  std::string started_utc;
};

struct ReportData {
  std::string title;
  std::string result;  ///< the outcome in one sentence
  ReportRun run;
  std::vector<ReportEntry> facts;  ///< further lines for the head of the page: neurons, synapses
  ReportSheet sheet;
  std::vector<ReportPart> parts;
  std::vector<ReportFrame> frames;  ///< ascending in time, all on `sheet`; may be empty
  std::vector<ReportCurve> curves;
  std::vector<ReportVerdict> verdicts;
  std::vector<ReportSeries> rates_Hz;  ///< mean rate of each population
  std::string settings;                ///< the canonical scenario.json
  std::vector<ReportNote> notes;
  std::vector<ReportEntry> digests;
  std::vector<ReportEntry> glossary;  ///< term, meaning; added to the page's own
};

}  // namespace penfield

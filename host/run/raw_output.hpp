#pragma once
// What becomes of a raw run's records: frames of run.log, arrays of results.h5, a short report.
#include <filesystem>
#include <string>

#include "host/record/manifest.hpp"
#include "host/record/results_file.hpp"
#include "host/record/run_log.hpp"
#include "host/report/report_data.hpp"
#include "host/run/raw_run.hpp"

namespace penfield {

/// Appends what is new in the records of a raw run to run.log.
class RawLog {
 public:
  /// `logged`: what the log holds already.
  explicit RawLog(const RawRecords& logged);
  void append(RunLogWriter& log, const RawRecords& records, StepIndex step);

 private:
  std::size_t spikes_, synapses_, energy_, deaths_;
  std::vector<std::size_t> traces_, rates_, growth_, pools_;  ///< [record] samples in the log
};

/// The records so far, from a log. `*time_s`: simulated time of its last frame. Throws Error(input_file) for
/// a log of another version.
RawRecords read_raw_log(const std::filesystem::path& path, double dt_ms, double* time_s);

Results raw_results(const Scenario& scenario, const RawRecords& records);
ReportData raw_report(const Scenario& scenario, const RawRecords& records, double time_s,
                      const Manifest& manifest);
/// A paragraph for people: rates and spike counts.
std::string raw_summary(const Scenario& scenario, const RawRecords& records, double time_s);
/// Writes results.h5 and report.html.
void write_raw_outputs(const std::filesystem::path& folder, const Scenario& scenario,
                       const RawRecords& records, double time_s, const Manifest& manifest);
void write_raw_report(const std::filesystem::path& folder, const Scenario& scenario,
                      const RawRecords& records, double time_s, const Manifest& manifest);
void write_raw_results(const std::filesystem::path& folder, const Scenario& scenario,
                       const RawRecords& records, const Manifest& manifest);

}  // namespace penfield

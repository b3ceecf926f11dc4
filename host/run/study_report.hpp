#pragma once
#include "host/record/manifest.hpp"
#include "host/report/report_data.hpp"
#include "host/run/study.hpp"

namespace penfield {

/// A study's results as the report shows them: maps, curves with their bands, verdicts of this one seed.
ReportData study_report(const Scenario& scenario, const StudyResult& result, const Manifest& manifest);

/// What grew, and what astrocytes held.
void add_history_curves(ReportData& data, const RawRecords& records);
/// The curve of power, and a line of the page's head, where energy is counted.
void add_energy_curves(ReportData& data, const Scenario& scenario,
                       const std::vector<readout::EnergySample>& samples);

}  // namespace penfield

#pragma once
#include <filesystem>

#include "host/record/manifest.hpp"
#include "host/run/study.hpp"
#include "host/scenario/scenario.hpp"

namespace penfield {

/// Writes results.h5 into a run folder; `weights`: of weight_datasets.
/// Without HDF5 in this build it says so and leaves run.log as the result.
void write_results_file(const std::filesystem::path& folder, const Scenario& scenario,
                        const StudyResult& result, const std::vector<Dataset>& weights,
                        const Manifest& manifest);
/// Writes report.html and, with two maps or more, map_before_after.svg.
void write_report_files(const std::filesystem::path& folder, const Scenario& scenario,
                        const StudyResult& result, const Manifest& manifest);
/// Both outputs of a finished run: results.h5 and the report.
void write_outputs(const std::filesystem::path& folder, const Scenario& scenario, const StudyResult& result,
                   const std::vector<Dataset>& weights, const Manifest& manifest);

}  // namespace penfield

#pragma once
// `penfield validate`: runs a published experiment and holds its numbers against their bands.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/readout/bands.hpp"

namespace penfield {

struct ValidateOptions {
  bool quick = false;         ///< minutes instead of hours; bands widened by the printed sampling error only
  std::uint32_t seeds = 0;    ///< 0: the row's own number
  std::uint32_t threads = 0;  ///< 0: all of the machine's
  std::filesystem::path scenarios = "scenarios";  ///< folder with validation/ and tutorial/
  std::filesystem::path cache;  ///< finished runs are kept here and not run again; empty: none
  std::function<void(const std::string&)> say;  ///< progress, a line at a time
};

/// One number of one run or of the mean over seeds.
struct ValidationRow {
  std::string name;
  std::string unit;
  std::vector<double> values;  ///< [seed]
  double low = 0.0, high = 0.0;
  double widened_by = 0.0;  ///< sampling error that the quick form adds to both ends
  bool knock_out = false;   ///< passes when the band is MISSED
  bool pass = false;
  std::string source, note;
};

struct ValidationReport {
  std::string name;
  std::vector<ValidationRow> rows;
  double wall_s = 0.0;
  bool pass() const {
    for (const ValidationRow& r : rows)
      if (!r.pass) return false;
    return !rows.empty();
  }
};

struct ValidationEntry {
  const char* name;
  const char* meaning;
  const char* duration;  ///< on two cores, full and quick
  ValidationReport (*run)(const ValidateOptions&);
};

/// Every validation, in order.
const std::vector<ValidationEntry>& validations();

/// A table for people.
std::string validation_table(const ValidationReport& report);
/// The same as JSON text.
std::string validation_json(const std::vector<ValidationReport>& reports);

}  // namespace penfield

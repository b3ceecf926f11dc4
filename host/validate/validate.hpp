#pragma once
// `penfield validate`: runs a published experiment over seeds, with its knock-outs, and holds its numbers
// against their bands.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace penfield {

struct ValidateOptions {
  bool quick = false;         ///< minutes instead of hours; bands widened by the printed sampling error only
  std::uint32_t seeds = 0;    ///< 0: the validation's own number
  std::uint32_t threads = 0;  ///< 0: all of the machine's
  std::filesystem::path scenarios = "scenarios";  ///< folder with validation/ and tutorial/
  std::filesystem::path cache;      ///< finished runs are kept here and not run again; empty: none
  std::filesystem::path reference;  ///< pd14: distributions of another simulator, see pd14.cpp; empty: none
  std::function<void(const std::string&)> say;  ///< progress, a line at a time
  std::function<bool()> stop;                   ///< asked often; true ends the validation
};

/// One number over seeds and its verdict.
struct ValidationRow {
  std::string name;
  std::string unit;              ///< empty for a pure number
  std::vector<double> values;    ///< [seed]
  double low = 0.0, high = 0.0;  ///< the band; an infinite end is open
  double widened_by = 0.0;       ///< two standard errors that the quick form adds to both ends
  bool knock_out = false;        ///< passes when the band is MISSED: a mechanism is off
  bool judged = true;            ///< false: shown only, and says why in the note
  bool pass = false;
  std::string source, note;
};

struct ValidationReport {
  std::string name;
  std::vector<ValidationRow> rows;
  double wall_s = 0.0;

  /// All judged rows pass, and there are some.
  bool pass() const;
};

struct ValidationEntry {
  const char* name;
  const char* meaning;
  const char* duration;  ///< on two cores, full and quick
  /// Throws Error(stopped) when asked to stop (what has finished is in the cache), and what building or
  /// running a scenario throws.
  ValidationReport (*run)(const ValidateOptions&);
};

/// Every validation, in order.
const std::vector<ValidationEntry>& validations();

/// A table for people.
std::string validation_table(const ValidationReport& report);
/// The same as JSON text.
std::string validation_json(const std::vector<ValidationReport>& reports);

}  // namespace penfield

// Repair of a lesion and spines under training, in their quick forms: what has to hold of a single seed.
#include <algorithm>
#include <cmath>
#include <string>

#include "host/validate/entries.hpp"
#include "test/support/catch.hpp"

using namespace penfield;

namespace {

ValidationReport quick(ValidationReport (*validate)(const ValidateOptions&)) {
  ValidateOptions options;
  options.quick = true;
  options.threads = 1;
  options.scenarios = PENFIELD_SCENARIO_FOLDER;
  return validate(options);
}

double value(const ValidationReport& report, const std::string& begins) {
  const auto row = std::find_if(report.rows.begin(), report.rows.end(),
                                [&](const ValidationRow& r) { return r.name.rfind(begins, 0) == 0; });
  REQUIRE(row != report.rows.end());
  REQUIRE(row->values.size() == 1);
  return row->values[0];
}

}  // namespace

TEST_CASE("a sheet repairs a lesion with opposite growth rules, and with equal ones does not") {
  const ValidationReport report = quick(validate_lpz_msp);
  CHECK(value(report, "rate of the lesioned zone right afterwards") < 0.3);
  CHECK(value(report, "... in the last minute") > 0.8);
  CHECK(value(report, "... distance of that from 1") < 0.25);
  CHECK(value(report, "knock-out: equal rules") > 0.25);
}

TEST_CASE("training with reward forms spines and makes them stable, without it neither") {
  const ValidationReport report = quick(validate_spines);
  const double trained = value(report, "spines formed in the first day");
  CHECK(trained > 1.3);
  // One animal: some 400 spines form in the first day, of which 12 % last in a control.
  CHECK(value(report, "... of these, there after two weeks") > 1.2);
  CHECK(std::abs(value(report, "knock-out: no reward, formed in the first day") - 1.0) < 0.15);
  CHECK(value(report, "knock-out: no competition") > 0.05);
}

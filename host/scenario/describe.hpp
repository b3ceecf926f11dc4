#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace penfield {

/// One key of a table, as text.
struct DescribedKey {
  std::string key, type, unit, default_value, allowed, meaning;
  bool required = false;
};

/// A section of the scenario (`clock`), or a model, rule, stimulus, event, probe or recorder in one.
struct DescribedTable {
  std::string name;
  std::string
      kind;  ///< "section", or the key that names it: model, rule, plasticity, stimuli, event, probe, what
  std::string inside;  ///< the section it belongs to, or empty
  std::string meaning;
  std::vector<DescribedKey> keys;
  std::vector<std::string> ports;         ///< of a model: "excitatory (pA)"
  std::vector<std::string> columns;       ///< of a model: what traces can record
  std::vector<std::string> drug_targets;  ///< of a model or rule: what drugs act on
};

/// Every table of a scenario, from the sections that the reader uses.
const std::vector<DescribedTable>& described_tables();

/// What `penfield describe NAME` prints: every table called `name`, as text or as a JSON array.
/// Throws Error(usage) with the nearest name when there is none.
std::string describe(std::string_view name);
std::string describe_json(std::string_view name);

/// What `penfield describe` without a name prints: all names by kind.
std::string describe_names();

/// A small commented scenario that runs as it is, for `penfield init NAME`.
std::string init_template(std::string_view name);

}  // namespace penfield

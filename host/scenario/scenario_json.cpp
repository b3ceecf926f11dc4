#include "host/scenario/scenario_json.hpp"

#include <filesystem>

#include "host/scenario/checks.hpp"
#include "host/scenario/compose.hpp"
#include "host/scenario/data_files.hpp"
#include "host/scenario/dump.hpp"
#include "host/scenario/reader.hpp"
#include "host/scenario/sections.hpp"

namespace penfield {
namespace {

/// Defaults that depend on other sections.
void complete(Scenario& s) {
  for (ProjectionSpec& p : s.projections) {
    // No spike arrives before the next step.
    Distribution& base = p.delay.base_ms;
    if ((base.kind == Distribution::Kind::normal || base.kind == Distribution::Kind::lognormal) &&
        !base.lower)
      base.lower = s.dt_ms;
  }
}

}  // namespace

Scenario load_scenario(const std::string& path, std::span<const std::string> set_overrides) {
  const std::string text = read_text_file(path, kMaxDocumentBytes, ExitCode::scenario);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return parse_scenario(text, path, folder.empty() ? "." : folder, set_overrides);
}

Scenario parse_scenario(std::string_view text, const std::string& file_name, const std::string& folder,
                        std::span<const std::string> set_overrides, ParseCounts* counts) {
  Sources sources;
  Faults faults(sources);
  Value top = parse_json(text, sources.add(file_name), faults);
  faults.throw_if_any();  // a document with syntax errors says little about the rest
  if (counts != nullptr) counts->parsed = true;
  const Value document = compose(std::move(top), folder, set_overrides, sources, faults);
  if (!document.is(Value::Type::object) && faults.empty())
    faults.add({document.place, "", "wrong type: " + std::string(type_name(document.type)), shown(document),
                "an object", "write {\"penfield\": 1, ...}; `penfield init` makes an example"});
  faults.throw_if_any();

  Scenario s;
  s.folder = folder;
  Reader reader(document, sources, faults, counts != nullptr ? &counts->range_checks : nullptr);
  visit_scenario(reader, s);
  reader.finish();
  complete(s);
  load_data_files(s, document, faults);
  Checker(s, document, faults).check();
  faults.throw_if_any();
  s.canonical_json = canonical_dump(s);
  std::string hashed = s.canonical_json;
  for (const auto& [file, hash] : s.data_files) hashed += file + "=" + std::to_string(hash) + "\n";
  s.hash = text_hash(hashed);
  return s;
}

}  // namespace penfield

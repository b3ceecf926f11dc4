#include "host/scenario/checks.hpp"

#include <algorithm>
#include <cmath>

#include "host/scenario/text_forms.hpp"

namespace penfield {

std::string area_of(const std::string& population) { return population.substr(0, population.find('/')); }

Checker::Checker(const Scenario& scenario, const Value& document, Faults& faults)
    : s_(scenario),
      document_(document),
      faults_(faults),
      until_known_(!faults.concern("until")),
      dt_known_(!faults.concern("dt_ms")) {
  const auto add = [](Names& names, const auto& specs) {
    for (std::size_t i = 0; i < specs.size(); ++i) names.add(specs[i].name, i);
  };
  add(populations_, s_.populations);
  add(projections_, s_.projections);
  add(fields_, s_.fields);
  add(modulators_, s_.modulators);
  add(frozen_, s_.homeostasis);
  add(frozen_, s_.structure);
  add(frozen_, s_.consolidation);
  add(frozen_, s_.normalisation);
  for (std::size_t i = 0; i < s_.projections.size(); ++i)
    if (s_.projections[i].plasticity) frozen_.add(s_.projections[i].name, i);
  if (s_.body) add(parts_, s_.body->parts);
  for (const auto& [name, sheet] : s_.areas) areas_.add(name, 0);
}

void Checker::check() {
  check_clock();
  check_body();
  check_network();
  check_drive();
  check_slow();
}

void Checker::report(const std::string& path, std::string problem, std::string seen, std::string allowed,
                     std::string cure) {
  faults_.add({place_of(document_, path), path, std::move(problem), std::move(seen), std::move(allowed),
               std::move(cure)});
}

bool Checker::known(const std::string& name, const Names& names, const char* what, const std::string& path) {
  if (name.empty()) return false;
  if (names.find(name) != nullptr) return true;
  if (!faults_.full())
    report(path, "there is no " + std::string(what) + " " + in_quotes(name), "", "",
           suggestion(name, names.all()));
  return false;
}

void Checker::unique(std::set<std::string>& seen, const std::string& name, const char* what,
                     const std::string& path) {
  if (name.empty() || seen.insert(name).second) return;
  report(path, "a second " + std::string(what) + " called " + in_quotes(name), "", "",
         "give each its own \"name\"");
}

const PopulationSpec* Checker::population(const std::string& name, const std::string& path) {
  return known(name, populations_, "population", path) ? &s_.populations[*populations_.find(name)] : nullptr;
}

const SheetSpec* Checker::sheet_of(const std::string& area) const {
  const auto found = s_.areas.find(area);
  return found == s_.areas.end() || faults_.concern(join_path("areas", area)) ? nullptr : &found->second;
}

// ---- clock and body
// -----------------------------------------------------------------------------------------------

void Checker::check_clock() {
  constexpr double kMaxSteps = 9e18;  // of a 64-bit step index
  if (dt_known_ && until_known_ && s_.until_s / s_.dt_ms * 1000.0 > kMaxSteps)
    report("until", "too many steps", time_text(s_.until_s), "at most 9e18 steps of dt_ms",
           "shorten the run");
  std::set<std::string> names;
  double sum = 0.0;
  for (const ConditionSpec& c : s_.clock.conditions) {
    const std::string path = join_path("clock.conditions", c.name);
    sum += c.fraction;
    if (c.touch && !s_.body)
      report(path + ".touch", "a condition with touch, but no body", "true", "",
             "add a \"body\", or set it to false");
    if (dt_known_ && c.episode_s * 1000.0 < s_.dt_ms)
      report(path + ".episode", "an episode shorter than one step", time_text(c.episode_s),
             "at least " + number_text(s_.dt_ms) + " ms", "lengthen it");
  }
  if (!s_.clock.episodic) return;
  if (s_.clock.conditions.empty()) {
    report("clock.conditions", "an episodic clock without conditions", "", "",
           "add \"conditions\": {\"rest\": {\"fraction\": 1}}");
  } else if (std::fabs(sum - 1.0) > 1e-6) {
    report("clock.conditions", "the fractions of the day do not sum to 1", number_text(sum), "1",
           "change one \"fraction\" by " + number_text(std::round((1.0 - sum) * 1e9) / 1e9));
  }
}

void Checker::check_body() {
  for (const PopulationSpec& p : s_.populations)
    if (p.somatotopic && !s_.body)
      report(join_path("populations", p.name) + ".somatotopic", "a somatotopic population, but no body",
             "true", "", "add a \"body\" with its parts, or set it to false");
  if (!s_.body) return;
  const BodySpec& body = *s_.body;
  const PopulationSpec* relay = population(body.relay, "body.relay");
  if (relay != nullptr && !has_relays(*relay))
    report("body.relay",
           "the skin drives relays, but " + in_quotes(body.relay) + " has the model " + relay->model,
           in_quotes(body.relay), "a population of model \"relay\"", "name one, or change its model");
  if (body.parts.empty() && document_.find("body") != nullptr)
    report("body.parts", "a body without parts", "", "at least one", "add a part");

  // Territories lie on the sheet of the relay's area and of every area that has a somatotopic population.
  std::set<std::string> touched;
  if (relay != nullptr) touched.insert(area_of(relay->name));
  for (const PopulationSpec& p : s_.populations)
    if (p.somatotopic) touched.insert(area_of(p.name));
  std::vector<std::pair<std::string, const SheetSpec*>> sheets;
  for (const std::string& name : touched)
    if (const SheetSpec* sheet = sheet_of(name)) sheets.emplace_back(name, sheet);
  constexpr double kSlack_mm = 1e-9;  // of sums such as 0.1 + 0.2
  std::set<std::string> names;
  for (std::size_t i = 0; i < body.parts.size(); ++i) {
    const BodyPartSpec& part = body.parts[i];
    const std::string path = join_path("body.parts", i);
    unique(names, part.name, "body part", path + ".name");
    const double right = part.x_mm + part.width_mm, top = part.y_mm + part.height_mm;
    for (const auto& [name, sheet] : sheets) {
      if (right <= sheet->width_mm + kSlack_mm && top <= sheet->height_mm + kSlack_mm) continue;
      report(path, "the territory of " + in_quotes(part.name) + " leaves the sheet of " + in_quotes(name),
             "up to " + number_text(right) + " x " + number_text(top) + " mm",
             number_text(sheet->width_mm) + " x " + number_text(sheet->height_mm) + " mm",
             "move or shrink it, or enlarge areas[" + name + "].sheet_mm");
    }
    for (std::size_t j = 0; j < i; ++j) {
      const BodyPartSpec& other = body.parts[j];
      const double overlap_x = std::min(right, other.x_mm + other.width_mm) - std::max(part.x_mm, other.x_mm);
      const double overlap_y = std::min(top, other.y_mm + other.height_mm) - std::max(part.y_mm, other.y_mm);
      if (overlap_x > kSlack_mm && overlap_y > kSlack_mm)
        report(path,
               "the territories of " + in_quotes(part.name) + " and " + in_quotes(other.name) + " overlap",
               number_text(overlap_x) + " x " + number_text(overlap_y) + " mm", "",
               "a neuron belongs to one part: move or shrink one");
    }
  }
}

}  // namespace penfield

#pragma once
// What joins several values of a scenario: names that refer, sizes that fit, times in order.
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/scenario/document.hpp"
#include "host/scenario/scenario.hpp"

namespace penfield {

struct ModelTable;
class ValueDrawer;

/// Names that others refer to, in file order and for look-up.
class Names {
 public:
  void add(const std::string& name, std::size_t index) {
    all_.push_back(name);
    index_.try_emplace(name, index);
  }
  const std::vector<std::string>& all() const { return all_; }
  /// What was added with the name first, or null.
  const std::size_t* find(const std::string& name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &found->second;
  }

 private:
  std::vector<std::string> all_;
  std::unordered_map<std::string, std::size_t> index_;
};

/// A scenario under check, and where its values were written.
class Checker {
 public:
  Checker(const Scenario& scenario, const Value& document, Faults& faults);

  /// All checks, in the order of the sections.
  void check();

 private:
  void check_network();  // checks_network.cpp
  void check_drive();    // checks_network.cpp
  void check_slow();     // checks_slow.cpp, checks_events.cpp

  void check_population(const PopulationSpec& p);
  void check_projection(const ProjectionSpec& p, const std::string& path);
  void check_rule(const ProjectionSpec& p, const PopulationSpec& from, const PopulationSpec& to,
                  const std::string& path);
  void check_delay(const ProjectionSpec& p, const PopulationSpec& from, const PopulationSpec& to,
                   const std::string& path);
  void check_heal_in(const PopulationSpec& p);
  void check_projected(const PlasticitySpec& learnt, const std::string& path);
  void check_plasticity(const ProjectionSpec& p, const std::string& path);
  void check_sign_of(const ProjectionSpec& p, const ModelTable& rule, const ValueDrawer& weight,
                     const std::string& path);
  void check_modulator_of(const ProjectionSpec& p, bool modulated, const std::string& path);
  void check_modulator(const ModulatorSpec& m, const std::string& path);
  void check_crossings(const StimulusSpec& s, const PopulationSpec& to, const std::string& path);
  void check_stimulus(const StimulusSpec& s, const std::string& path);
  void check_body();
  void check_clock();
  void check_raw_homeostat(const HomeostasisSpec& h, const std::string& path);
  void check_structure(const StructureSpec& x, const std::string& path);  // checks_growth.cpp, as all of it
  const std::string* shared_population(const StructureSpec& a, const StructureSpec& b) const;
  void check_elements(const StructureSpec& x, const std::string& path);
  void check_episodic_structure(const StructureSpec& x, const ProjectionSpec& projection,
                                const std::string& path);
  void check_raw_structure(const StructureSpec& x, const ProjectionSpec& projection, const std::string& path);
  void check_spines(const SpineSpec& x, const std::string& path, double new_weight);
  void check_rewired(const StructureSpec& x, const ProjectionSpec& projection, const std::string& path);
  void check_clock_fits();
  void refuse_in_clock(const std::string& path, const char* what);
  bool loses_a_part() const;
  void check_drug(const EventSpec& e, const std::string& path);
  void check_event(const EventSpec& e, const std::string& path);
  void check_against(const EventSpec& e, const EventSpec& other, const std::string& path);
  void check_there(const EventSpec& e, const std::string& path);
  /// How messages call an event: its name or place, and its time.
  std::string event_text(const EventSpec& e) const;
  bool check_matches(const std::string& name, const Names& names, const char* what, const std::string& path);
  bool is_used(const std::string& field) const;
  void check_disc(const EventSpec& e, const std::string& path);
  void check_train(const EventSpec& e, const std::string& path);
  void check_raw_event(const EventSpec& e, const std::string& path);
  void check_on_sheet(const std::string& area, const EventSpec& e, const std::string& path);
  void check_infarct(const EventSpec& e, const std::string& path);
  void check_field(const FieldSpec& f, const std::string& path);
  void check_effect(const EffectSpec& x, const std::string& path);
  void check_modulator_drug(const EventSpec& e, const std::string& path);
  void check_target(const std::string& what, const std::string& of, const std::string& path);
  void check_energy();  // checks_energy.cpp, as those that follow
  void check_astrocytes(const AstrocyteSpec& a, const std::string& path);
  void check_weights_move(const std::string& name, const char* what, const std::string& path);
  void check_payer(const ConsolidationSpec& c, const std::string& path);
  void check_effects(const ModulatorSpec& m, const std::string& path);
  void not_within_a_step(double every_s, const std::string& path);
  void check_record(const RecordSpec& r, const std::string& path);

  /// Reports at `path`; `seen` may be empty.
  void report(const std::string& path, std::string problem, std::string seen, std::string allowed,
              std::string cure);
  /// Reports unless `name` is one of `names`. An empty name was reported when it was read.
  bool known(const std::string& name, const Names& names, const char* what, const std::string& path);
  /// Reports a second use of a name.
  void unique(std::set<std::string>& seen, const std::string& name, const char* what,
              const std::string& path);
  const PopulationSpec* population(const std::string& name, const std::string& path);
  void check_port(const PopulationSpec& p, const std::string& port, const std::string& unit,
                  const std::string& path);
  void check_sign(const std::string& unit, double least, const std::string& path);
  bool has_relays(const PopulationSpec& p) const { return p.model == "relay"; }

  /// The area's sheet, or null when there is none or what it measures is at fault.
  const SheetSpec* sheet_of(const std::string& area) const;

  const Scenario& s_;
  const Value& document_;
  Faults& faults_;
  const bool until_known_, dt_known_;  ///< else what is compared with them would only echo their fault
  Names populations_, projections_, areas_, parts_, frozen_, fields_, modulators_;
};

/// "S1" of "S1/E".
std::string area_of(const std::string& population);

}  // namespace penfield

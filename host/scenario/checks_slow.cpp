// Checks of homeostasis, structure, fields, timeline, probes and recorders.
#include <algorithm>

#include "host/scenario/catalogues.hpp"
#include "host/scenario/checks.hpp"
#include "host/scenario/text_forms.hpp"

namespace penfield {
namespace {

/// A trailing * matches any ending.
bool matches(const std::string& pattern, const std::string& name) {
  if (pattern.empty() || pattern.back() != '*') return pattern == name;
  return name.compare(0, pattern.size() - 1, pattern, 0, pattern.size() - 1) == 0;
}

}  // namespace

void Checker::check_slow() {
  std::set<std::string> frozen, fields, events;
  for (std::size_t i = 0; i < s_.homeostasis.size(); ++i) {
    const HomeostasisSpec& h = s_.homeostasis[i];
    const std::string path = join_path("homeostasis", i);
    unique(frozen, h.name, "homeostat or structure", path + ".name");
    if (const PopulationSpec* of = population(h.of, path + ".of")) check_port(*of, h.port, "", path);
    if (h.lower > h.upper)
      report(path + ".lower", "the lower bound lies above the upper", number_text(h.lower),
             "at most " + number_text(h.upper), "swap them");
  }
  for (std::size_t i = 0; i < s_.structure.size(); ++i) {
    const StructureSpec& x = s_.structure[i];
    const std::string path = join_path("structure", i);
    unique(frozen, x.name, "homeostat or structure", path + ".name");
    known(x.projection, projections_, "projection", path + ".projection");
    known(x.growth_field, fields_, "field", path + ".growth_field");
    if (x.axon_min > x.axon_max)
      report(path + ".axon_min", "axon_min lies above axon_max", number_text(x.axon_min),
             "at most " + number_text(x.axon_max), "swap them");
  }
  for (std::size_t i = 0; i < s_.fields.size(); ++i) {
    const std::string path = join_path("fields", i);
    unique(fields, s_.fields[i].name, "field", path + ".name");
    known(s_.fields[i].area, areas_, "area", path + ".area");
  }
  for (std::size_t i = 0; i < s_.timeline.size(); ++i) {
    const std::string path = join_path("timeline", i);
    unique(events, s_.timeline[i].name, "event", path + ".name");
    check_event(s_.timeline[i], path);
  }
  for (std::size_t i = 0; i < s_.probes.size(); ++i) {
    const ProbeSpec& probe = s_.probes[i];
    const std::string path = join_path("probes", i);
    population(probe.of, path + ".of");
    if (!s_.body && !probe.probe.empty() && !probe.of.empty())
      report(path + ".probe", "the probe touches body parts, but there is no body", in_quotes(probe.probe),
             "", "add a \"body\"");
    for (std::size_t j = 0; j < probe.at_s.size(); ++j)
      if (until_known_ && probe.at_s[j] > s_.until_s)
        report(join_path(path + ".at", j), "after the end of the run", time_text(probe.at_s[j]),
               "at most " + time_text(s_.until_s), "remove it, or lengthen \"until\"");
  }
  for (std::size_t i = 0; i < s_.record.size(); ++i) check_record(s_.record[i], join_path("record", i));
}

void Checker::check_event(const EventSpec& e, const std::string& path) {
  using Kind = EventSpec::Kind;
  const bool at = e.kind == Kind::amputate || e.kind == Kind::snapshot;
  if (until_known_ && e.from_s > s_.until_s)
    report(path + (at ? ".at" : ".from"), "the event lies after the end of the run", time_text(e.from_s),
           "at most " + time_text(s_.until_s), "move it, or lengthen \"until\"");
  if (e.to_s >= 0.0 && e.to_s <= e.from_s)
    report(path + ".to", "the event ends before it starts", time_text(e.to_s), "after " + time_text(e.from_s),
           "swap \"from\" and \"to\"");
  if (e.kind == Kind::amputate || e.kind == Kind::mask_formation)
    known(e.part, parts_, "body part", path + ".part");
  if (e.kind == Kind::freeze) known(e.what, frozen_, "homeostat or structure", path + ".what");
  if (e.kind == Kind::mask_formation && s_.structure.empty())
    report(path + ".event", "a mask on the formation of synapses, but nothing forms any", "", "",
           "add a \"structure\", or remove the event");
}

void Checker::check_record(const RecordSpec& r, const std::string& path) {
  if (r.of.empty() || r.what.empty()) return;
  const bool projections = r.what == "weights" || r.what == "connectivity";
  const std::vector<std::string>& names = (projections ? projections_ : populations_).all();
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const std::string& n) { return matches(r.of, n); });
  if (found == names.end()) {
    const bool pattern = r.of.back() == '*';
    report(path + ".of",
           std::string(pattern ? "nothing matches "
                               : (projections ? "there is no projection " : "there is no population ")) +
               in_quotes(r.of),
           "", "", suggestion(r.of, names));
    return;
  }
  if (r.what != "traces") return;
  for (const PopulationSpec& p : s_.populations) {
    const ModelTable* table = find_table(neuron_tables(), p.model);
    if (!matches(r.of, p.name) || table == nullptr || p.n == 0) continue;
    for (std::size_t i = 0; i < r.columns.size(); ++i) {
      if (std::find(table->columns.begin(), table->columns.end(), r.columns[i]) != table->columns.end())
        continue;
      report(
          join_path(path + ".columns", i),
          "the model " + p.model + " of " + in_quotes(p.name) + " has no column " + in_quotes(r.columns[i]),
          "", "", suggestion(r.columns[i], table->columns));
    }
    if (std::uint64_t{r.first} + std::max<std::uint32_t>(r.count, 1) > p.n)
      report(path + ".first", "neurons that do not exist in " + in_quotes(p.name),
             std::to_string(r.first) + " and " + std::to_string(r.count) + " from there",
             "0 to " + std::to_string(p.n - 1), "lower \"first\" or \"count\"");
  }
}

}  // namespace penfield

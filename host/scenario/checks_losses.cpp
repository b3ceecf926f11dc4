// Checks of events against each other: what is gone cannot be lost, used or stimulated once more.
#include <algorithm>
#include <cmath>

#include "host/scenario/checks.hpp"
#include "host/scenario/text_forms.hpp"

namespace penfield {
namespace {

using Kind = EventSpec::Kind;

/// From a place to an interval of this middle and length; 0: it lies in it.
double apart_mm(double at_mm, double middle_mm, double length_mm) {
  return std::max(0.0, std::fabs(at_mm - middle_mm) - 0.5 * length_mm);
}

/// Between the rectangles that two events' shapes are drawn around.
double apart_mm(const EventSpec& a, const EventSpec& b) {
  return std::hypot(apart_mm(a.x_mm, b.x_mm, a.width_mm + b.width_mm),
                    apart_mm(a.y_mm, b.y_mm, a.height_mm + b.height_mm));
}

/// Does all of a's shape lie in b's? Both are rectangles grown by radius_mm.
bool lies_in(const EventSpec& a, const EventSpec& b) {
  for (const double x : {-0.5, 0.5})
    for (const double y : {-0.5, 0.5})
      if (std::hypot(apart_mm(a.x_mm + x * a.width_mm, b.x_mm, b.width_mm),
                     apart_mm(a.y_mm + y * a.height_mm, b.y_mm, b.height_mm)) +
              a.radius_mm >
          b.radius_mm)
        return false;
  return true;
}

bool cuts_off(const EventSpec& e) { return e.kind == Kind::amputate || e.kind == Kind::cut_afferents; }

/// Are both under way at some time?
bool together(const EventSpec& a, const EventSpec& b) {
  return (a.to_s < 0.0 || a.to_s > b.from_s) && (b.to_s < 0.0 || b.to_s > a.from_s);
}

}  // namespace

std::string Checker::event_text(const EventSpec& e) const {
  const std::string place = join_path("timeline", static_cast<std::size_t>(&e - s_.timeline.data()));
  return (e.name.empty() ? place : in_quotes(e.name)) + " at " + time_text(e.from_s);
}

/// Events that cannot both happen.
void Checker::check_against(const EventSpec& e, const EventSpec& other, const std::string& path) {
  const std::string by = ", by this event and " + event_text(other);
  if (cuts_off(e) && cuts_off(other) && other.part == e.part && !e.part.empty()) {
    // A nerve that grows back by and by does so to the end of the run, whatever else befalls the part.
    const EventSpec& earlier = e.from_s < other.from_s ? e : other;
    if (together(e, other))
      report(path + ".part", "the part is lost twice" + by, in_quotes(e.part), "",
             "remove one of the events");
    else if (earlier.regrowth_tau_s > 0.0)
      report(path + ".part", "the part would be lost while its nerve still grows back" + by,
             in_quotes(e.part), "",
             "let it be back at once, without regrowth_tau_s, or remove one of the events");
  }
  if (e.kind != other.kind) return;
  if (e.kind == Kind::mask_formation && together(e, other))
    report(path + ".from", "two masks on the formation of synapses at a time" + by, time_text(e.from_s), "",
           "let one end before the other starts");
  if (e.kind == Kind::cut && e.what == other.what && !e.what.empty())
    report(path + ".what", "the projection is cut twice" + by, in_quotes(e.what), "",
           "remove one of the events");
  if (e.kind == Kind::infarct && e.area == other.area && !e.area.empty() &&
      apart_mm(e, other) < e.radius_mm + other.radius_mm)
    report(path, "this infarct reaches into another, whose cells are dead already" + by, "", "",
           "move one of the two, or join them");
}

/// Is what the event acts on still there when it begins?
void Checker::check_there(const EventSpec& e, const std::string& path) {
  const auto before = [&](const EventSpec& loss) { return loss.enabled && loss.from_s <= e.from_s; };
  if (e.kind == Kind::use) {
    const EventSpec* last = nullptr;
    const auto is_lost = [&](const std::string& part) {
      return std::any_of(s_.timeline.begin(), s_.timeline.end(), [&](const EventSpec& loss) {
        if (!before(loss) || !cuts_off(loss) || loss.part != part || loss.to_s >= 0.0) return false;
        last = &loss;
        return true;
      });
    };
    bool any_left = false;
    for (const std::string& part : parts_.all())
      if (matches_name(e.part, part) && !is_lost(part)) any_left = true;
    if (!any_left && last != nullptr)
      report(path + ".part", "the part cannot be used, as it is gone by then: " + event_text(*last),
             in_quotes(e.part), "", "let it be used before, or remove one of the events");
  }
  const bool on_a_disc = (e.kind == Kind::block || e.kind == Kind::stimulate) && e.radius_mm > 0.0;
  if (!on_a_disc) return;
  for (const EventSpec& loss : s_.timeline) {
    if (loss.kind != Kind::infarct || !before(loss) || !lies_in(e, loss)) continue;
    const bool elsewhere = std::any_of(s_.populations.begin(), s_.populations.end(), [&](const auto& p) {
      return matches_name(e.of, p.name) && area_of(p.name) != loss.area;
    });
    if (!elsewhere)
      report(path + ".radius_mm", "all cells within reach are dead by then: " + event_text(loss),
             number_text(e.radius_mm) + " mm", "", "move it, or remove one of the events");
  }
}

}  // namespace penfield

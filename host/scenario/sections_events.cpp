// Fields over a sheet, what they do, and the timeline.
#include "host/scenario/sections.hpp"

namespace penfield {
namespace {

constexpr Alternative kEvents[] = {
    {"amputate", "cuts a body part off: its touch ends, its relays keep the residual rate"},
    {"freeze",
     "holds a homeostat, structural plasticity, consolidation, normalisation or a projected rule still"},
    {"mask_formation", "new synapses only from inside, or only from outside, a body part's territory"},
    {"drug",
     "scales the conductance of a receptor or of sodium channels, learning, a modulator or lactate "
     "transport; it comes and goes exponentially"},
    {"cut_afferents", "cuts the nerve of a body part, or its dorsal columns; it may grow back"},
    {"block", "silences cells for a time: they hear, and do not fire"},
    {"infarct", "kills the cells of all populations of an area within a disc, and starves those of a rim"},
    {"cut", "cuts a projection, such as the callosum: all its synapses go"},
    {"stimulate", "adds a current to cells: constant, as in tDCS, or pulses, as in microstimulation and TMS"},
    {"use", "body parts are touched more or less often: training, therapy, disuse"},
    {"scale_field", "multiplies what a field is beyond its base: a drug on what it stands for"},
};

constexpr Alternative kCourses[] = {
    {"steady", "the same at all times"},
    {"points", "straight lines between points in time"},
    {"growth", "(u e^(1-u))^power with u = t / peak"},
};

constexpr Alternative kEffects[] = {
    {"current", "adds current_pA to cells for each unit of the field"},
    {"gain", "multiplies the summed input of a port"},
    {"speed", "multiplies how fast elements grow and retract, or a projection's rule learns, at the target"},
};

void visit_course(Visitor& v, CourseSpec& s) {
  auto kind = static_cast<std::size_t>(s.kind);
  v.choose({"course", "", "how it varies with time"}, names_of(kCourses), kind);
  s.kind = static_cast<CourseSpec::Kind>(kind);
  for (std::size_t i = 0; i < std::size(kCourses); ++i) {
    if (!v.enter_case("course", kCourses[i], i == kind)) continue;
    switch (static_cast<CourseSpec::Kind>(i)) {
      case CourseSpec::Kind::steady: break;
      case CourseSpec::Kind::points:
        v.schedule({"points", "", "[[time, value], ...]: level before the first and after the last", true},
                   s.points, Bounds::within(-1e6, 1e6));
        break;
      case CourseSpec::Kind::growth:
        v.time({"peak", "", "when it is 1"}, s.peak_s, Bounds::above(0, kLongest_s));
        v.number({"power", "", "how narrow it is"}, s.power, Bounds::above(0, 100));
        break;
    }
    v.leave_case();
  }
}

/// A place on a sheet.
void visit_middle(Visitor& v, EventSpec& s, bool required) {
  v.number({"x_mm", "mm", "middle of the disc", required}, s.x_mm, Bounds::within(0, kMaxLength_mm));
  v.number({"y_mm", "mm", "", required}, s.y_mm, Bounds::within(0, kMaxLength_mm));
  // Scenarios from before there were other shapes than discs keep their hash.
  if (s.width_mm == 0.0 && s.height_mm == 0.0 && !v.reads() && !v.shows_all()) return;
  v.number(
      {"width_mm", "mm",
       "with height_mm: of a rectangle around the middle, to all places within radius_mm of which the disc "
       "is drawn out"},
      s.width_mm, Bounds::within(0, kMaxLength_mm));
  v.number({"height_mm", "mm", ""}, s.height_mm, Bounds::within(0, kMaxLength_mm));
}

void visit_disc(Visitor& v, EventSpec& s) {
  v.text({"of", "", "population (a trailing * matches any ending)", true}, s.of, TextKind::reference);
  visit_middle(v, s, false);
  v.number({"radius_mm", "mm", "0: all cells"}, s.radius_mm, Bounds::within(0, kMaxLength_mm));
}

void visit_stimulation(Visitor& v, EventSpec& s) {
  v.number({"current_pA", "pA",
            "into each cell; a microelectrode drives cells directly within sqrt(I / K) mm "
            "of its tip, K near 1.3 mA/mm2 (Stoney et al. 1968)",
            true},
           s.current_pA, Bounds::within(-1e6, 1e6));
  PulseTrainSpec& t = s.train;
  // Scenarios from before there were pulses keep their hash.
  const bool plain =
      s.sigma_mm == 0.0 && t.pulse_ms == 0.0 && t.rate_Hz == 0.0 && t.pulses == 1 && t.trains_every_s < 0.0;
  if (plain && !v.reads() && !v.shows_all()) return;
  v.number({"sigma_mm", "mm",
            "standard deviation of the current's fall from the middle, in place of "
            "radius_mm, as of a TMS coil's field; 0: the same within the disc"},
           s.sigma_mm, Bounds::within(0, kMaxLength_mm));
  v.number({"pulse_ms", "ms",
            "length of a current pulse, rounded to whole steps of dt_ms; 0: the current is "
            "constant"},
           t.pulse_ms, Bounds::within(0, 1e6));
  v.number({"rate_Hz", "Hz", "of the pulses in a train"}, t.rate_Hz, Bounds::within(0, 1e5));
  v.small_integer({"pulses", "", "in a train; what of them lies at or after \"to\" is cut off"}, t.pulses, 1,
                  1000000);
  v.time({"trains_every", "", "from the onset of a train to that of the next; absent: one train"},
         t.trains_every_s, Bounds::above(0, kLongest_s));
}

void visit_infarct(Visitor& v, EventSpec& s) {
  v.text({"area", "", "on whose sheet it lies; all its populations are hit", true}, s.area,
         TextKind::reference);
  visit_middle(v, s, true);
  v.number({"radius_mm", "mm", "within which all cells die at once", true}, s.radius_mm,
           Bounds::above(0, kMaxLength_mm));
  v.number({"penumbra_mm", "mm", "width of the rim around it that is short of blood"}, s.penumbra_mm,
           Bounds::within(0, kMaxLength_mm));
  v.number({"blood_share", "", "supply left at the core's border; it rises to 1 at the rim's"}, s.blood_share,
           Bounds::within(0, 1));
  v.number({"reperfusion_tau_s", "s", "time constant with which supply comes back"}, s.reperfusion_tau_s,
           Bounds::above(0, kLongest_s));
  v.number({"resting_share", "", "of a cell's demand at its intact rate, what no spike causes"},
           s.resting_share, Bounds::within(0, 1));
  v.number({"lethal_debt_s", "s", "time without any supply, at the intact rate, that kills a cell"},
           s.lethal_debt_s, Bounds::above(0, kLongest_s));
}

void visit_drug(Visitor& v, EventSpec& s) {
  v.text({"what", "",
          "receptor or channel that the model or a plasticity rule lists (penfield describe MODEL), such as "
          "NMDA, GABA_A, tonic_GABA_A, sodium or learning; the name of a modulator; MCT2, MCT4 or "
          "glycogenolysis of astrocytes",
          true},
         s.what, TextKind::reference);
  v.text(
      {"of", "", "population (a trailing * matches any ending): its neurons and what learns onto them", true},
      s.of, TextKind::reference);
  v.number({"gain", "", "of the conductance at the full effect: 0.1 blocks nine tenths, 2 doubles", true},
           s.gain, Bounds::within(0, 100));
  v.number({"onset_tau_s", "s", "time constant with which it comes; 0: at once"}, s.onset_tau_s,
           Bounds::within(0, kLongest_s));
  v.number({"washout_tau_s", "s", "time constant with which it goes; 0: at once"}, s.washout_tau_s,
           Bounds::within(0, kLongest_s));
}

}  // namespace

void visit_field(Visitor& v, FieldSpec& s) {
  v.text({"name", "", "", true}, s.name, TextKind::name);
  v.text({"area", "", "whose sheet it lies on", true}, s.area, TextKind::reference);
  v.number({"base", "", "value away from all bumps and injury; a course with neither takes its place"},
           s.base, Bounds::within(0, 1e6));
  v.list({"bumps", "", "Gaussian bumps that add to it"}, s.bumps, [](Visitor& w, FieldSpec::Bump& b) {
    const auto place = Bounds::within(-kMaxLength_mm, kMaxLength_mm);
    w.number({"x_mm", "mm", "middle", true}, b.x_mm, place);
    w.number({"y_mm", "mm", "middle", true}, b.y_mm, place);
    w.number({"sigma_mm", "mm", "standard deviation", true}, b.sigma_mm, Bounds::above(0, kMaxLength_mm));
    w.number({"amplitude", "", "at the middle", true}, b.amplitude, Bounds::within(-1e6, 1e6));
  });
  visit_course(v, s.course);
  v.number({"injury_amplitude", "",
            "what it adds in dead tissue and at its border; the course runs from the "
            "injury on; 0: injury is nothing to it, and the course is the bumps'"},
           s.injury_amplitude, Bounds::within(-1e6, 1e6));
  v.number({"injury_sigma_mm", "mm", "standard deviation of its fall with distance from dead tissue"},
           s.injury_sigma_mm, Bounds::above(0, kMaxLength_mm));
}

void visit_effect(Visitor& v, EffectSpec& s) {
  v.text({"field", "", "whose value it has at each cell", true}, s.field, TextKind::reference);
  auto kind = static_cast<std::size_t>(s.kind);
  v.choose({"effect", "", "what it does", true}, names_of(kEffects), kind);
  s.kind = static_cast<EffectSpec::Kind>(kind);
  for (std::size_t i = 0; i < std::size(kEffects); ++i) {
    if (!v.enter_case("effect", kEffects[i], i == kind)) continue;
    const auto of = [&] {
      v.text({"of", "", "population (a trailing * matches any ending)", true}, s.of, TextKind::reference);
    };
    switch (static_cast<EffectSpec::Kind>(i)) {
      case EffectSpec::Kind::current:
        of();
        v.number({"current_pA", "pA", "for each unit of the field", true}, s.current_pA,
                 Bounds::within(-1e6, 1e6));
        break;
      case EffectSpec::Kind::gain:
        of();
        v.text({"port", "", "receptor whose input it multiplies", true}, s.port, TextKind::reference);
        break;
      case EffectSpec::Kind::speed:
        v.text({"what", "", "name of a structure, or of a projection with plasticity", true}, s.what,
               TextKind::reference);
        break;
    }
    v.leave_case();
  }
}

const char* event_name(EventSpec::Kind kind) { return kEvents[static_cast<std::size_t>(kind)].name; }

void visit_event(Visitor& v, EventSpec& s) {
  using Kind = EventSpec::Kind;
  static constexpr const char* kSides[] = {"outside", "inside"};
  std::size_t kind = static_cast<std::size_t>(s.kind);
  v.choose({"event", "", "what happens", true}, names_of(kEvents), kind);
  s.kind = static_cast<Kind>(kind);
  const auto at_or_from = [&](const char* name, const char* meaning) {
    v.time({name, "", meaning, true}, s.from_s, Bounds::within(0, kLongest_s));
  };
  const auto at = [&] { at_or_from("at", "biological time"); };
  const auto from = [&] { at_or_from("from", "biological time"); };
  const auto to = [&](const char* meaning = "end; absent: the end of the run") {
    v.time({"to", "", meaning}, s.to_s, Bounds::within(0, kLongest_s));
  };
  for (std::size_t i = 0; i < std::size(kEvents); ++i) {
    if (!v.enter_case("event", kEvents[i], i == kind)) continue;
    switch (static_cast<Kind>(i)) {
      case Kind::amputate:
        at();
        v.text({"part", "", "body part", true}, s.part, TextKind::reference);
        break;
      case Kind::freeze:
        from();
        to();
        v.text(
            {"what", "",
             "name of a homeostat, structure, consolidation or normalisation, or of a projection whose rule "
             "is projected",
             true},
            s.what, TextKind::reference);
        break;
      case Kind::mask_formation:
        from();
        to();
        v.text({"part", "", "body part whose territory is meant", true}, s.part, TextKind::reference);
        v.choice({"what", "", "side of the border that new synapses may not come from", true}, s.what,
                 kSides);
        break;
      case Kind::drug:
        at_or_from("from", "biological time at which it begins to act");
        to("when it is withdrawn; absent: never");
        visit_drug(v, s);
        break;
      case Kind::cut_afferents:
        from();
        to("when it begins to grow back; absent: never");
        v.text({"part", "", "body part", true}, s.part, TextKind::reference);
        v.choice(
            {"where", "", "nerve: the relay falls to its residual rate; dorsal_columns: other paths keep it"},
            s.relay_keeps_rate, {{"nerve", false}, {"dorsal_columns", true}});
        v.number({"regrowth_tau_s", "s", "time constant with which touch comes back; 0: at once"},
                 s.regrowth_tau_s, Bounds::within(0, kLongest_s));
        break;
      case Kind::block:
        from();
        to();
        visit_disc(v, s);
        break;
      case Kind::infarct:
        at();
        visit_infarct(v, s);
        break;
      case Kind::cut:
        at();
        v.text({"what", "", "name of a projection", true}, s.what, TextKind::reference);
        break;
      case Kind::stimulate:
        from();
        to();
        visit_disc(v, s);
        visit_stimulation(v, s);
        break;
      case Kind::use:
        from();
        to();
        v.text({"part", "", "body part (a trailing * matches any ending)", true}, s.part,
               TextKind::reference);
        v.number({"gain", "", "of how often it is touched; as often as touches fit in at most", true}, s.gain,
                 Bounds::above(0, 1000));
        break;
      case Kind::scale_field:
        from();
        to();
        v.text({"what", "", "name of a field", true}, s.what, TextKind::reference);
        v.number({"gain", "", "of what it is beyond its base", true}, s.gain, Bounds::within(0, 1000));
        break;
    }
    v.leave_case();
  }
  v.text({"name", "", "so that --set can name it"}, s.name, TextKind::name);
  v.boolean({"enabled", "", "false: the event does not happen"}, s.enabled);
}

}  // namespace penfield

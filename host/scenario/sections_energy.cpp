// Energy, what plasticity needs it for, and summed weights.
#include "host/scenario/sections.hpp"

namespace penfield {
namespace {

constexpr double kMaxWeight = 1e6, kMaxAtp = 1e15;

constexpr Alternative kModes[] = {
    {"textbook", "a price for a spike, and nothing else"},
    {"budget", "ATP of spikes, synaptic events, rest and learning"},
};

}  // namespace

void visit_energy(Visitor& v, EnergySpec& s) {
  using Mode = EnergySpec::Mode;
  using Figures = EnergySpec::Figures;
  std::size_t mode = static_cast<std::size_t>(s.mode);
  const char* names[] = {kModes[0].name, kModes[1].name};
  v.choose({"mode", "", "what is counted", true}, names, mode);
  s.mode = static_cast<Mode>(mode);
  v.text({"of", "", "populations that are counted (a trailing * matches any ending)"}, s.of,
         TextKind::reference);
  v.time({"every", "", "raw: interval of the curves; episodic: every macro step"}, s.every_s,
         Bounds::above(0, kLongest_s));
  for (std::size_t i = 0; i < std::size(kModes); ++i) {
    if (!v.enter_case("mode", kModes[i], i == mode)) continue;
    if (static_cast<Mode>(i) == Mode::textbook) {
      v.number({"spike_nJ", "nJ", "energy of a spike and all that follows it"}, s.spike_nJ,
               Bounds::within(0, 1e6));
    } else {
      v.choice(
          {"figures", "", "whose costs are the defaults: Howarth et al. have spikes that let in less sodium"},
          s.figures,
          {{"attwell_laughlin_2001", Figures::attwell_laughlin_2001},
           {"howarth_2012", Figures::howarth_2012}});
      // 4 times the least charge that makes a spike (Attwell & Laughlin 2001), and 1.24 times (Howarth et
      // al. 2012).
      if (v.reads() && s.figures == Figures::howarth_2012) s.spike_ATP *= 1.24 / 4.0;
      const auto atp = Bounds::within(0, kMaxAtp);
      v.number({"spike_ATP", "ATP", "of a spike, over axon and dendrites; default: by \"figures\""},
               s.spike_ATP, atp);
      v.number({"rest_ATP_per_s", "ATP/s", "of a neuron and its glia at rest"}, s.rest_ATP_per_s, atp);
      v.number({"release_probability", "",
                "vesicles that a spike releases at a synapse; 8 where a synapse stands for 32 of 0.25"},
               s.release_probability, Bounds::within(0, 1e6));
      v.number({"postsynaptic_ATP", "ATP", "of a vesicle: the target's ions"}, s.postsynaptic_ATP, atp);
      v.number({"release_ATP", "ATP", "of a vesicle: presynaptic calcium and the vesicle's own cycle"},
               s.release_ATP, atp);
      v.number({"recycling_ATP", "ATP", "of a vesicle: its glutamate's way back"}, s.recycling_ATP, atp);
      v.number({"update_ATP", "ATP", "of a spike of either side at a plastic synapse"}, s.update_ATP, atp);
      v.number({"ATP_kJ_per_mol", "kJ/mol", "free energy of ATP"}, s.ATP_kJ_per_mol, Bounds::above(0, 1000));
    }
    v.leave_case();
  }
}

void visit_astrocytes(Visitor& v, AstrocyteSpec& s) {
  const auto tau = Bounds::above(0, kLongest_s);
  const auto concentration = Bounds::above(0, 1000);
  v.text({"name", "", "what \"consolidation\" calls it", true}, s.name, TextKind::name);
  v.text({"area", "", "whose sheet it lies on", true}, s.area, TextKind::reference);
  v.text({"released_by", "", "populations whose spikes release glutamate (a trailing * matches any ending)",
          true},
         s.released_by, TextKind::reference);
  v.number({"bin_mm", "mm", "side of the sheet's bins"}, s.bin_mm, Bounds::above(0, kMaxLength_mm));
  v.time({"every", "", "raw: interval at which the pools move"}, s.every_s, Bounds::above(0, kDay_s));
  v.number({"glycogen_mM", "mM", "glycogen at rest, as glucose"}, s.glycogen_mM, concentration);
  v.number({"glycogen_tau_s", "s", "time constant of its refilling"}, s.glycogen_tau_s, tau);
  v.number({"glycolysis_mM_per_s", "mM/s", "glucose that astrocytes split at rest"}, s.glycolysis_mM_per_s,
           Bounds::above(0, 1));
  v.number({"driven_share", "", "of that, what glutamate at rest_rate_Hz drives"}, s.driven_share,
           Bounds::within(0, 1));
  v.number({"rest_rate_Hz", "Hz", "mean rate of the releasing cells that rest stands for"}, s.rest_rate_Hz,
           Bounds::above(0, 1000));
  v.number({"lactate_mM", "mM", "lactate outside cells at rest"}, s.lactate_mM, concentration);
  v.number({"blood_tau_s", "s", "time constant of its exchange with blood"}, s.blood_tau_s, tau);
  v.number({"mct2_k_mM", "mM", "lactate at half of the neurons' largest uptake"}, s.mct2_k_mM, concentration);
  v.number({"atp_mM", "mM", "ATP of neurons at rest"}, s.atp_mM, concentration);
  v.number({"atp_per_lactate", "", "ATP that a lactate makes"}, s.atp_per_lactate, Bounds::above(0, 100));
}

void visit_consolidation(Visitor& v, ConsolidationSpec& s) {
  const auto tau = Bounds::above(0, kLongest_s);
  v.text({"name", "", "what freeze events call it", true}, s.name, TextKind::name);
  v.text({"projection", "", "name of the projection", true}, s.projection, TextKind::reference);
  v.text({"astrocytes", "", "whose ATP pays for what lasts; absent: energy is never short"}, s.astrocytes,
         TextKind::reference);
  v.time({"every", "", "raw: interval at which weights move"}, s.every_s, Bounds::above(0, kDay_s));
  v.number({"early_tau_s", "s", "decay of the early part"}, s.early_tau_s, tau);
  v.number({"late_tau_s", "s", "time constant of its consolidation at resting ATP"}, s.late_tau_s, tau);
  v.number({"threshold", "port unit", "an early part of less than that is not consolidated"}, s.threshold,
           Bounds::within(0, kMaxWeight));
  v.number({"cost_mM_per_unit", "mM",
            "ATP that a port unit of consolidated weight takes, shared by the neurons of a bin"},
           s.cost_mM_per_unit, Bounds::within(0, kMaxWeight));
}

void visit_normalisation(Visitor& v, NormalisationSpec& s) {
  v.text({"name", "", "what freeze events call it", true}, s.name, TextKind::name);
  v.text({"projection", "", "name of the projection", true}, s.projection, TextKind::reference);
  v.choice({"form", "", "divisive: all weights of a neuron by one factor; subtractive: by one amount"},
           s.divisive, {{"divisive", true}, {"subtractive", false}});
  v.number({"sum", "port unit",
            "summed weight of a neuron, its sign that of the weights' sizes; -1: what each began with"},
           s.sum, Bounds::within(-1, 1e9));
  v.boolean({"only_above", "", "a sum below it is left alone"}, s.only_above);
  v.time({"every", "", "raw: interval; episodic: every macro step"}, s.every_s, Bounds::above(0, kDay_s));
}

}  // namespace penfield

// What does a plastic synaptic event cost? A presynaptic spike visits each synapse of its row: the target's
// own spikes since the last visit are replayed, then the weight is changed, stored and delivered. Sources and
// targets fire at about 20 Hz. "Learning off" delivers the same float32 weights and changes none.
#include "bench/micro/delivery_network.hpp"
#include "test/support/eager_plasticity.hpp"

namespace {

using namespace penfield;
using namespace penfield::micro;

constexpr const char* kQuestion = "what does a plastic synaptic event cost, by rule and by where rows lie?";
constexpr double kBytes = 2.0 + 4.0 + 4.0;  // target, weight read, weight written
constexpr double kStored = 6.0;             // bytes of a synapse, without what a rule has beside the weight
constexpr double kWeight_mV = 1e-5;         // so small that the sources do not change the targets' rate
constexpr double kDrive_pA = 378.0;         // 20 Hz

PlasticitySpec stdp(bool dendritic) {
  return {"stdp_pair",
          {{"tau_plus_ms", 20.0},
           {"tau_minus_ms", 20.0},
           {"a_plus", 0.004 * kWeight_mV},
           {"a_minus", 0.0042 * kWeight_mV},
           {"w_min", 0.0},
           {"w_max", 2.0 * kWeight_mV},
           {"soft", 0.0}},
          dendritic};
}
PlasticitySpec vogels() {
  return {"istdp_vogels",
          {{"tau_ms", 20.0},
           {"eta", 0.001 * kWeight_mV},
           {"rho0_Hz", 10.0},
           {"w_min", 0.0},
           {"w_max", 2.0 * kWeight_mV}},
          false};
}

/// Of the size of stdp()'s.
PlasticitySpec rule(const std::string& name, std::map<std::string, double> params) {
  params["w_max"] = 2.0 * kWeight_mV;
  return {name, std::move(params), false};
}

struct Kind {
  const char* name;
  PlasticitySpec rule;
  bool learning = true;

  /// Bytes of the rule's own that a synapse has beside its weight; a visit reads and writes them.
  double state_bytes() const { return 4.0 * num_states_of_rule(rule.rule); }
};

/// Weights after a flush against a rule that is stepped eagerly, on the engine's spikes.
void check(const Kind& kind, cpu::Isa isa, Report& report) {
  const DeliveryCase c{.sources = 120,
                       .targets = 200,
                       .tile = 64,
                       .row = 20,
                       .rate_Hz = 60.0,
                       .dc_pA = 420.0,
                       .weight = test::uniform(0.5 * kWeight_mV, 1.5 * kWeight_mV),
                       .delay_ms = test::uniform(1.5, 5.0),
                       .targets_fire = true,
                       .plasticity = kind.rule};
  const StepIndex steps = 1500;
  Network network = delivery_network(c);
  auto reference = test::eager_plasticity(*network.projections[0], c.tile, network.dt_ms);
  const auto engine = one_thread(network, isa);
  engine->record_spikes({true, true});
  engine->run(steps);
  engine->flush();
  const std::vector<Spike> spikes = engine->take_spikes();
  const test::Raster sources = test::raster_of(spikes, 0, c.sources, steps);
  const test::Raster targets = test::raster_of(spikes, 1, c.targets, steps);
  const bool same = std::visit(
      [&](auto& eager) {
        for (StepIndex step = 0; step < steps; ++step) eager.step(step, sources, targets);
        bool equal = eager.num_pre_events > 500 && eager.num_post_events > 500;
        for (const auto& s : eager.synapses)
          equal = equal && bits_from_float(s.weight) ==
                               bits_from_float(network.projections[0]->tiles[s.tile].weight[s.place]);
        return equal;
      },
      reference);
  report.check(std::string(kind.name) + ", " + cpu::isa_name(isa), same);
}

void measure(const Kind& kind, const Footprint& where, cpu::Isa isa, double roof, double latency_s,
             const Options& options, Report& report) {
  DeliveryCase c;
  c.weight = test::uniform(0.5 * kWeight_mV, 1.5 * kWeight_mV);
  c.plasticity = kind.rule;
  c.dc_pA = kDrive_pA;
  c.targets_fire = true;
  c.sources = std::max(1u, static_cast<std::uint32_t>(static_cast<double>(where.bytes) /
                                                      (kStored + kind.state_bytes()) / c.row));
  Network network = delivery_network(c);
  const auto engine = one_thread(network, isa);
  engine->set_learning(kind.learning);
  engine->run(options.tiny ? 10 : 1000);  // traces and histories as they are later on
  const StepIndex steps = steps_for(options.tiny ? 1e3 : 2e6, c, network.dt_ms);
  double learn_s = 0.0, stretches = 0.0;
  const double s = median_of(options, [&] {
    const Delivered d = run_stretch(*engine, network, c.row, steps);
    learn_s += d.learn_s / std::max(1.0, d.events);
    stretches += 1.0;
    return d.deliver_s / std::max(1.0, d.events);
  });
  double target_spikes = 0.0;
  for (std::uint32_t k : network.populations[1]->spike_count) target_spikes += k;
  const double ran_s = static_cast<double>(engine->now()) * network.dt_ms * 1e-3;
  const double target_Hz = target_spikes / c.targets / ran_s;
  report.add({std::string(kind.name) + ", " + where.name + " (" + bytes_text(double(where.bytes)) + "), " +
                  cpu::isa_name(isa),
              1e9 * s,
              "ns per event",
              (kind.learning ? kBytes + 2.0 * kind.state_bytes() : kStored) / s,
              roof,
              {{"bytes a synapse", kStored + kind.state_bytes()},
               {"flushes ns", 1e9 * learn_s / stretches},
               {"targets Hz", target_Hz},
               {"latency there ns", 1e9 * latency_s}}});
}

int body(const Options& options) {
  Report report("plastic_delivery", kQuestion, options);
  const Kind kinds[] = {
      {"stdp_pair, axonal", stdp(false)},
      {"stdp_pair, dendritic", stdp(true)},
      {"istdp_vogels, axonal", vogels()},
      {"stdp_weight_dependent (0.4), axonal", rule("stdp_weight_dependent", {{"a_plus", 0.004 * kWeight_mV},
                                                                             {"a_minus", 0.0042 * kWeight_mV},
                                                                             {"mu_plus", 0.4},
                                                                             {"mu_minus", 0.4}})},
      {"stdp_power_law, axonal", rule("stdp_power_law", {{"w_0", kWeight_mV}, {"lambda", 0.004}})},
      {"stdp_nearest, axonal",
       rule("stdp_nearest", {{"a_plus", 0.004 * kWeight_mV}, {"a_minus", 0.0042 * kWeight_mV}})},
      {"stdp_triplet, axonal", rule("stdp_triplet", {{"unit", kWeight_mV}})},
      {"stdp_single_spikes, axonal", rule("stdp_single_spikes", {{"a_plus", 0.004 * kWeight_mV},
                                                                 {"a_minus", 0.0042 * kWeight_mV},
                                                                 {"a_pre", -1e-4 * kWeight_mV}})},
      {"calcium_graupner, axonal", rule("calcium_graupner", {})},
      {"calcium_graupner (noise, cubic term), axonal",
       rule("calcium_graupner", {{"sigma", 3.3501}, {"cubic", 1.0}})},
      {"calcium_nmda, axonal", rule("calcium_nmda", {})},
      {"stdp_dopamine, axonal",
       rule("stdp_dopamine", {{"a_plus", 1e-3 * kWeight_mV}, {"a_minus", 1e-3 * kWeight_mV}})},
      {"bcm, axonal", rule("bcm", {{"eta", 1e-3 * kWeight_mV}})},
      {"tsodyks_markram, axonal", rule("tsodyks_markram", {})},
      {"stdp_pair, learning off", stdp(false), false}};
  const std::vector<cpu::Isa> isas = all_isas();
  for (cpu::Isa isa : isas) {
    for (const Kind& kind : kinds)
      if (kind.learning) check(kind, isa, report);
  }
  if (!report.passed()) return report.finish();
  for (const Footprint& where : footprints(options)) {
    const double roof = copy_bytes_per_s(where.bytes, options);
    const double latency = gather_latency_s(where.bytes, options);
    for (const Kind& kind : kinds) measure(kind, where, isas[0], roof, latency, options, report);
    if (where.bytes > l2_bytes()) continue;
    for (std::size_t k = 1; k < isas.size(); ++k)
      measure(kinds[0], where, isas[k], roof, latency, options, report);
  }
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}

// What the host does beside a running engine (energy, astrocytes, consolidation, normalisation, modulators
// with effects), on a card: the same bits and counts as on the CPU.
#include <vector>

#include "host/run/raw_run.hpp"
#include "test/parity/on_card.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

Scenario every_slow_process() {
  Scenario s = two_layers(60, 50, 12, normal(1.2, 0.3, 0.2, 4.0), uniform(1.0, 6.0), 0.5);
  s.name = "slow";
  s.until_s = 0.25;
  s.projections[0].plasticity = PlasticitySpec{"stdp_triplet", {{"unit", 2.0}, {"w_max", 5.0}}, false};
  ProjectionSpec other = s.projections[0];
  other.name = "other";
  other.plasticity = PlasticitySpec{"stdp_pair", {{"a_plus", 0.05}, {"a_minus", 0.03}, {"w_max", 5.0}}, true};
  s.projections.push_back(other);
  StimulusSpec rate;
  rate.kind = StimulusSpec::Kind::rate;
  rate.to = "A/from";
  rate.rate_Hz = 60.0;
  s.stimuli = {rate};
  s.energy = EnergySpec{};
  s.energy->mode = EnergySpec::Mode::budget;
  s.energy->every_s = 0.1;
  AstrocyteSpec a;
  a.name = "glia";
  a.area = "A";
  a.released_by = "A/*";
  a.every_s = 0.02;
  s.astrocytes = {a};
  ConsolidationSpec c;
  c.name = "lasting";
  c.projection = "other";
  c.astrocytes = "glia";
  c.every_s = 0.05;
  c.early_tau_s = c.late_tau_s = 0.5;
  c.cost_mM_per_unit = 0.1;
  s.consolidation = {c};
  NormalisationSpec n;
  n.name = "normalised";
  n.projection = "all";
  n.every_s = 0.03;
  s.normalisation = {n};
  ModulatorSpec m;
  m.name = "acetylcholine";
  m.tau_ms = 1000.0;
  m.baseline = 0.5;
  m.pulses = {{0.1, 1.0}};
  m.effects = {{"learning", "A/to", 2.0}, {"sodium", "A/to", 0.2}};
  s.modulators = {m};
  return s;
}

std::vector<double> counts(const RawRecords& records) {
  std::vector<double> out;
  for (const readout::EnergySample& s : records.energy)
    for (const readout::EnergyCounts& c : s.populations)
      out.insert(out.end(), {c.spikes, c.releases, c.receptions, c.updates});
  return out;
}

}  // namespace

TEST_CASE("energy, lactate, consolidation, normalisation and modulators are the same on a card") {
  if (card().empty()) return;
  const Scenario s = every_slow_process();
  Network on_cpu = build_network(s, {}), on_card = build_network(s, {});
  const auto cpu = cpu::make_cpu_engine(on_cpu, {});
  const auto gpu = cuda::make_cuda_engine(on_card, {});
  RawRun first(s, on_cpu, *cpu), second(s, on_card, *gpu);
  REQUIRE(first.run());
  REQUIRE(second.run());
  cpu->flush();
  gpu->flush();
  gpu->download();
  REQUIRE(first_difference(on_cpu, on_card) == "");
  REQUIRE(digest(on_cpu) == digest(on_card));
  REQUIRE(counts(first.records()).size() == 24);
  CHECK(counts(first.records()) == counts(second.records()));
  CHECK(first.records().energy.back().populations[1].updates > 1000.0);
  const SlowWeights &a = first.slow_weights(), &b = second.slow_weights();
  CHECK(a.consolidations[0].lasting() == b.consolidations[0].lasting());
  for (std::uint32_t k = 0; k < a.fields[0].num_bins(); ++k)
    CHECK(a.fields[0].pools(k).atp_mM == b.fields[0].pools(k).atp_mM);
}

}  // namespace penfield::test

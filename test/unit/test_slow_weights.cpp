// Consolidation, astrocytes' lactate and normalisation: the equations, sums that are kept, refusals, and the
// same bits on any threads, tiles and after a stop.
#include <cmath>
#include <vector>

#include "host/run/raw_run.hpp"
#include "host/scenario/scenario_json.hpp"
#include "test/support/catch.hpp"
#include "test/support/cpu_raw_run.hpp"
#include "test/support/errors.hpp"
#include "test/support/raw_stops.hpp"
#include "test/support/scratch_folder.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

/// Relays at 60 Hz onto cells, each by 15 synapses that learn fast.
Scenario learning() {
  Scenario s = two_layers(40, 30, 15, normal(2.0, 0.5, 0.2, 4.9), constant(2.0), 0.5);
  s.name = "learning";
  s.until_s = 0.6;
  s.projections[0].plasticity =
      PlasticitySpec{"stdp_pair", {{"a_plus", 0.05}, {"a_minus", 0.03}, {"w_max", 5.0}}, false};
  StimulusSpec rate;
  rate.kind = StimulusSpec::Kind::rate;
  rate.to = "A/from";
  rate.rate_Hz = 60.0;
  s.stimuli = {rate};
  return s;
}

NormalisationSpec normalisation(bool divisive, double sum) {
  NormalisationSpec n;
  n.name = "normalised";
  n.projection = "all";
  n.divisive = divisive;
  n.sum = sum;
  n.every_s = 0.1;
  return n;
}

Scenario consolidating() {
  Scenario s = learning();
  AstrocyteSpec a;
  a.name = "glia";
  a.area = "A";
  a.released_by = "A/from";
  a.bin_mm = 0.4;
  a.every_s = 0.05;
  s.astrocytes = {a};
  ConsolidationSpec c;
  c.name = "lasting";
  c.projection = "all";
  c.astrocytes = "glia";
  c.every_s = 0.1;
  c.early_tau_s = 2.0;
  c.late_tau_s = 1.0;
  c.threshold = 0.02;
  c.cost_mM_per_unit = 0.05;
  s.consolidation = {c};
  return s;
}

struct Run : CpuRawRun {
  using CpuRawRun::CpuRawRun;
  /// [target] summed weights.
  std::vector<double> sums() const {
    const PopulationView& target = network.populations[1]->view;
    std::vector<double> out(target.n, 0.0);
    for (std::uint32_t t = 0; t < network.projections[0]->tiles.size(); ++t)
      network.projections[0]->for_each_synapse(t, [&](const Projection::Synapse& s) {
        out[tile_begin(target, t) + s.target] += static_cast<double>(s.weight);
      });
    return out;
  }
  std::vector<float> weights() const {
    std::vector<float> out;
    for (const SynapseTile& t : network.projections[0]->tiles)
      out.insert(out.end(), t.weight.begin(), t.weight.end());
    return out;
  }
};

/// The end of a run comes right behind a normalisation: 1 ms later.
Scenario just_normalised(bool divisive, double sum) {
  Scenario s = learning();
  s.normalisation = {normalisation(divisive, sum)};
  s.until_s = 0.5005;
  s.stimuli[0].rate_Hz = 0.0;
  s.stimuli[0].rate_schedule = {{0.0, 60.0},
                                {0.45, 0.0}};  // nothing fires in the last 50 ms but what is on its way
  return s;
}

}  // namespace

TEST_CASE("summed weights are what they are to be, whatever the rule has learnt") {
  Run free(learning());
  const std::vector<double> before = free.sums();
  free.finish();
  const std::vector<double> learnt = free.sums();
  double moved = 0.0;
  for (std::size_t i = 0; i < before.size(); ++i) moved += std::fabs(learnt[i] - before[i]);
  REQUIRE(moved / static_cast<double>(before.size()) > 0.5);
  const bool divisive = GENERATE(true, false);
  const double sum = GENERATE(-1.0, 24.0);
  CAPTURE(divisive, sum);
  Run run(just_normalised(divisive, sum));
  const std::vector<float> first = run.weights();
  run.finish();
  const std::vector<double> kept = run.sums();
  // A weight that meets a bound leaves the rest to the next time; the divisive form meets none here.
  for (std::size_t i = 0; i < kept.size(); ++i)
    CHECK(kept[i] == Approx(sum < 0.0 ? before[i] : sum).epsilon(divisive ? 1e-6 : 0.02));
  CHECK(run.weights() != first);  // what was learnt stays, relative to the others
}

TEST_CASE("a limit leaves sums below it alone, and weights of 0 and bounds are kept") {
  Scenario s = just_normalised(true, 30.0);
  s.normalisation[0].only_above = true;
  Run run(s);
  const std::vector<double> before = run.sums();
  run.finish();
  std::size_t below = 0;
  for (const double sum : run.sums()) {
    CHECK(sum < 30.001);
    below += sum < 29.9 ? 1 : 0;
  }
  CHECK(below > 0);
  Scenario high = just_normalised(true, 1000.0);  // more than the bounds allow
  Run bound(high);
  bound.finish();
  for (const float w : bound.weights()) CHECK(w <= 5.0f);
  for (const double sum : bound.sums()) CHECK(sum == Approx(75.0).epsilon(0.02));
}

TEST_CASE("weights under normalisation and consolidation have the same bits on any threads, tiles, stops") {
  const bool consolidates = GENERATE(true, false);
  Scenario s = consolidates ? consolidating() : learning();
  if (!consolidates) s.normalisation = {normalisation(true, -1.0)};
  Run whole(s);
  const std::uint64_t bits = whole.finish();
  Run free(learning());
  CHECK(free.finish() != bits);
  for (const std::uint32_t threads : {1u, 3u})
    for (const std::uint32_t tile : {8u, 64u}) {
      Run other(s, threads, tiles_of(tile));
      CHECK(other.finish() == bits);
    }
  require_same_after_slices<Run>(s, bits, {20, 57, 130});
  Scenario frozen = s;
  EventSpec freeze;
  freeze.kind = EventSpec::Kind::freeze;
  freeze.what = consolidates ? "lasting" : "normalised";
  frozen.timeline = {freeze};
  Run held(frozen);
  Run plain(learning());
  CHECK(held.finish() == plain.finish());
}

TEST_CASE("without spikes an early part decays and lasts as the equations say") {
  Scenario s = learning();
  s.stimuli.clear();
  s.until_s = 3.0;
  ConsolidationSpec c;
  c.name = "lasting";
  c.projection = "all";
  c.every_s = 0.25;
  c.early_tau_s = 4.0;
  c.late_tau_s = 2.0;
  c.threshold = 0.1;
  s.consolidation = {c};
  Run run(s);
  // Taught by hand: half a millivolt for all, and less than the threshold for the first.
  std::vector<float> first;
  std::size_t k = 0;
  for (SynapseTile& tile : run.network.projections[0]->tiles)
    for (float& w : tile.weight) {
      first.push_back(w);
      w += k++ == 0 ? 0.05f : 0.5f;
    }
  run.engine->upload();
  REQUIRE(run.raw->run());
  run.engine->download();
  const std::vector<float> now = run.weights();
  // The last move is at 2.75 s; threshold 0.1 is not met: 0.5 exp(-2.75 (1/4 + 1/2)) = 0.064 from 2.25 s on.
  const double crossing = 2.25;
  const double both = 0.25 + 0.5, early = 0.5 * std::exp(-both * crossing);
  REQUIRE(early < 0.1);
  REQUIRE(0.5 * std::exp(-both * (crossing - 0.25)) > 0.1);
  const double lasting = 0.5 * (0.5 / both) * (1.0 - std::exp(-both * crossing));
  const double left = early * std::exp(-0.25 * (2.75 - crossing));
  CHECK(static_cast<double>(now[0] - first[0]) == Approx(0.05 * std::exp(-2.75 / 4.0)).epsilon(1e-4));
  CHECK(static_cast<double>(now[1] - first[1]) == Approx(lasting + left).epsilon(1e-4));
  const auto& parts = run.raw->slow_weights().consolidations[0].lasting();
  CHECK(static_cast<double>(parts[0][1] - first[1]) == Approx(lasting).epsilon(1e-4));
  CHECK(parts[0][0] == first[0]);
}

TEST_CASE("astrocytes: rest stays, drive moves all pools, blocks starve neurons") {
  const LactateConstants c;
  LactatePools p = lactate_after(c.rest(), c, {}, 1.0, 3600.0);
  CHECK(p.glycogen_mM == Approx(c.glycogen_mM).epsilon(1e-9));
  CHECK(p.lactate_mM == Approx(c.lactate_mM).epsilon(1e-9));
  CHECK(p.atp_mM == Approx(c.atp_mM).epsilon(1e-9));
  p = lactate_after(c.rest(), c, {}, 5.0, 120.0);
  CHECK(p.glycogen_mM < 0.85 * c.glycogen_mM);
  CHECK(p.lactate_mM > 1.2 * c.lactate_mM);
  CHECK(p.atp_mM > 1.05 * c.atp_mM);
  // Half the step, nearly the same.
  LactatePools fine = c.rest();
  for (int k = 0; k < 400; ++k) fine = lactate_after(fine, c, {}, 5.0, 0.3);
  CHECK(p.atp_mM == Approx(fine.atp_mM).epsilon(2e-3));
  CHECK(p.lactate_mM == Approx(fine.lactate_mM).epsilon(2e-3));
  LactateGains block;
  block.mct2 = 0.1;
  const LactatePools without_mct2 = lactate_after(c.rest(), c, block, 1.0, 3600.0);
  CHECK(without_mct2.atp_mM < 0.2 * c.atp_mM);
  CHECK(without_mct2.lactate_mM > 1.5 * c.lactate_mM);  // it piles up outside
  block = {};
  block.mct4 = 0.1;
  const LactatePools without_mct4 = lactate_after(c.rest(), c, block, 1.0, 3600.0);
  CHECK(without_mct4.atp_mM < 0.6 * c.atp_mM);
  CHECK(without_mct4.lactate_mM < 0.6 * c.lactate_mM);  // it never comes out
  block = {};
  block.glycogenolysis = 0.0;
  CHECK(lactate_after(c.rest(), c, block, 1.0, 3600.0).atp_mM < 0.6 * c.atp_mM);
}

TEST_CASE("a field of astrocytes is driven by the cells that lie in each bin") {
  Scenario s = consolidating();
  s.consolidation.clear();
  s.astrocytes[0].glycogen_mM = 0.05;  // little, so that a second shows
  s.until_s = 1.0;
  s.populations[0].positions = "grid";
  Run run(s);
  REQUIRE(run.raw->run());
  const AstrocyteField& field = run.raw->slow_weights().fields[0];
  REQUIRE(field.num_bins() == 9);
  const LactateConstants c;
  for (std::uint32_t b = 0; b < 9; ++b) {
    CHECK(field.pools(b).glycogen_mM < 0.05);  // 60 Hz, where rest is 4
    CHECK(field.pools(b).lactate_mM > c.lactate_mM);
  }
  EventSpec drug;
  drug.kind = EventSpec::Kind::drug;
  drug.what = "glycogenolysis";
  drug.of = "A/to";
  drug.gain = 0.0;
  s.timeline = {drug};
  Run blocked(s);
  REQUIRE(blocked.raw->run());
  CHECK(blocked.raw->slow_weights().fields[0].pools(4).lactate_mM < c.lactate_mM);
}

TEST_CASE("what would fight over weights, or has none, is refused by name") {
  const auto fault = [](const std::string& plasticity, const std::string& rest) {
    return thrown_by([&] {
      parse_scenario(
          R"({"penfield": 1, "name": "e", "until": "1 s", "areas": {"A": {"sheet_mm": [1, 1]}, "B": {"sheet_mm": [1, 1]}}, "clock": {"mode": "raw"},
"populations": {"A/x": {"model": "relay", "n": 3}, "A/y": {"model": "iaf_psc_delta", "n": 3}},
"projections": [{"name": "xy", "from": "A/x", "to": "A/y", "port": "delta", "rule": "all_to_all", "weight_mV": 0.5)" +
              plasticity + "}], " + rest + "}",
          "test", ".");
    });
  };
  const std::string pair = R"(, "plasticity": "stdp_pair")";
  const std::string norm = R"({"name": "n", "projection": "xy"})",
                    lasting = R"({"name": "c", "projection": "xy"})";
  const auto both = fault(pair, R"("normalisation": [)" + norm + R"(], "consolidation": [)" + lasting + "]");
  CHECK(both.code == ExitCode::scenario);
  CHECK(both.says("would fight over the weights of \"xy\""));
  CHECK(fault("", R"("normalisation": [)" + norm + "]").says("never change"));
  CHECK(fault(R"(, "plasticity": "calcium_graupner")", R"("normalisation": [)" + norm + "]")
            .says("from a state of its own"));
  CHECK(fault(R"(, "plasticity": "tsodyks_markram")", R"("consolidation": [)" + lasting + "]")
            .says("from a state of its own"));
  CHECK(
      fault(pair, R"("normalisation": [{"name": "n", "projection": "xz"}])").says("there is no projection"));
  CHECK(
      fault(pair, R"("normalisation": [{"name": "n", "projection": "xy", "sum": -0.5}])").says("at least 0"));
  CHECK(fault(pair, R"("consolidation": [{"name": "c", "projection": "xy", "astrocytes": "g"}])")
            .says("there are no astrocytes \"g\""));
  CHECK(
      fault(pair, R"("consolidation": [{"name": "c", "projection": "xy", "every": "1 h"}])").says("strides"));
  CHECK(fault(pair, R"("consolidation": [{"name": "c", "projection": "xy", "early_tau_s": -3}])")
            .says("early_tau_s"));
  CHECK(fault(pair, R"("astrocytes": [{"name": "g", "area": "B", "released_by": "A/x"}])")
            .says("none of these populations lies in the area \"B\""));
  CHECK(fault(pair,
              R"("timeline": [{"event": "drug", "from": "0 s", "what": "MCT2", "of": "A/y", "gain": 0.1}])")
            .says("no astrocytes lie in an area of \"A/y\""));
}

}  // namespace penfield::test

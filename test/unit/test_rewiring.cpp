// Structural plasticity on a sheet whose drivers the test sets itself; no spikes are needed.
#include "host/run/rewiring.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "host/build/build_network.hpp"
#include "host/run/zones.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/rewired_sheet.hpp"

namespace penfield::test {

TEST_CASE("without a snapshot, and at the set-point without turnover, nothing changes") {
  const Scenario s = sheet();
  Network network = build_network(s, {});
  const StateDigest built = digest(network);
  Rewiring early(s, s.structure[0], network);
  REQUIRE_FALSE(early.has_snapshot());
  REQUIRE(early.relative_driver(3) == 1.0f);
  RewiringCounts c = early.advance(network, kDay_s, 0, {});
  REQUIRE(c.formed + c.deleted == 0);
  REQUIRE(digest(network) == built);

  Sheet sheet_at_rest(s);
  c = sheet_at_rest.advance(10.0);
  REQUIRE(c.formed + c.deleted == 0);
  REQUIRE(digest(sheet_at_rest.network).synapses == built.synapses);  // taken apart and put together again
}

TEST_CASE("turnover of a zone is what changed on its cells, by twice what they have") {
  Sheet sheet_(sheet());
  std::vector<float> rate = all_at(10.0f);
  for (std::uint32_t i = 0; i < kNeurons / 2; ++i) rate[i] = 10.4f;
  sheet_.observe(rate);
  StudyZones zones;
  for (std::uint32_t i = 0; i < kNeurons; ++i) zones.territory.push_back(i < kNeurons / 2 ? 1 : 0);
  zones.far.assign(kNeurons, 1);
  const InputOrigin intact = input_origin(sheet_.network, 0, zones);
  CHECK(intact.inside_per_cell + intact.outside_per_cell == Approx(kInDegree));
  const RewiringCounts counts = sheet_.advance(7.0);
  REQUIRE(counts.deleted > 100);
  std::vector<std::uint32_t> changed(sheet_.rewiring.deleted_on());
  for (const FormedSynapse& f : sheet_.rewiring.formed()) ++changed[f.target];
  const auto rows = sheet_.rows();
  double changes = 0.0, synapses = 0.0;
  for (std::uint32_t i = 0; i < kNeurons / 2; ++i) {
    changes += changed[i];
    synapses += static_cast<double>(rows[i].size());
  }
  StepPoint point;
  describe_rewiring(sheet_.network, sheet_.rewiring, zones, intact, 7.0 * kDay_s, point);
  CHECK(point.turnover_zone == Approx(changes / (2.0 * synapses)));
  CHECK(point.turnover_far < point.turnover_zone);
  CHECK(point.turnover_far > 0.0);
}

TEST_CASE("neurons that lost their drive form synapses, those that have too much lose their weakest") {
  Sheet sheet_(sheet());
  const auto before = sheet_.rows();
  std::vector<float> rate = all_at(10.0f);
  for (std::uint32_t i = 0; i < kNeurons; ++i) rate[i] = i % 3 == 0 ? 0.0f : i % 3 == 1 ? 10.0f : 20.0f;
  sheet_.observe(rate);
  REQUIRE(sheet_.rewiring.relative_driver(0) == 0.0f);
  REQUIRE(sheet_.rewiring.relative_driver(2) == 2.0f);
  const RewiringCounts c = sheet_.advance(1.0);  // 5 elements won, or lost
  const auto after = sheet_.rows();
  std::uint64_t formed = 0, deleted = 0;
  for (std::uint32_t i = 0; i < kNeurons; ++i) {
    if (i % 3 == 0) {
      REQUIRE(after[i].size() >= kInDegree);
      REQUIRE(after[i].size() <= kInDegree + 20);
      formed += after[i].size() - kInDegree;
    } else if (i % 3 == 1) {
      REQUIRE(after[i].size() == kInDegree);
    } else {
      REQUIRE(after[i].size() == kInDegree - 5);
      REQUIRE(sheet_.rewiring.deleted_on()[i] == 5);
      deleted += 5;
      float strongest_gone = 0.0f, weakest_left = 1e9f;
      std::multimap<std::uint32_t, float> left;
      for (const auto& s : after[i]) left.emplace(s.source, s.weight);
      for (const auto& s : before[i]) {
        const auto found = std::find_if(left.begin(), left.end(), [&](const auto& l) {
          return l.first == s.source && l.second == s.weight;
        });
        if (found == left.end()) {
          strongest_gone = std::max(strongest_gone, s.weight);
        } else {
          weakest_left = std::min(weakest_left, s.weight);
          left.erase(found);
        }
      }
      REQUIRE(strongest_gone <= weakest_left);
    }
  }
  REQUIRE(c.formed == formed);
  REQUIRE(c.deleted == deleted);
  REQUIRE(sheet_.rewiring.formed().size() == formed);
  // Poisson(5 (1 - exp(-0.7))) for each of 200 neurons; few searches for a partner fail.
  const double expected = 200 * 5 * (1 - std::exp(-0.7));
  REQUIRE(static_cast<double>(formed) < expected + 5 * std::sqrt(expected));
  REQUIRE(static_cast<double>(formed) > 0.9 * expected - 5 * std::sqrt(expected));
}

TEST_CASE("new synapses have the new weight, the delay of their distance, and partners by the kernel") {
  Sheet sheet_(sheet());
  const auto before = sheet_.rows();
  sheet_.observe(all_at(0.0f));
  for (int k = 0; k < 3; ++k) sheet_.advance(1.0);
  const auto after = sheet_.rows();
  const Population& p = *sheet_.network.populations[0];
  const auto nearest = [](double d, double period) { return d - period * std::round(d / period); };
  double sum = 0.0;
  std::uint64_t count = 0;
  for (std::uint32_t i = 0; i < kNeurons; ++i) {
    REQUIRE(std::is_sorted(after[i].begin(), after[i].end(), [](const auto& a, const auto& b) {
      return a.source != b.source ? a.source < b.source : a.delay < b.delay;
    }));
    for (const auto& s : after[i]) {
      REQUIRE(s.source != i);
      REQUIRE(s.delay >= sheet_.network.projections[0]->view.min_delay);
      REQUIRE(s.delay <= sheet_.network.projections[0]->view.max_delay);
    }
  }
  for (const FormedSynapse& f : sheet_.rewiring.formed()) {
    REQUIRE(f.source != f.target);
    const auto& row = after[f.target];
    REQUIRE(std::any_of(row.begin(), row.end(),
                        [&](const auto& s) { return s.source == f.source && s.weight == 2.5f; }));
    const double dx = nearest(p.x_mm[f.source] - p.x_mm[f.target], 2.0),
                 dy = nearest(p.y_mm[f.source] - p.y_mm[f.target], 2.0);
    sum += dx * dx + dy * dy;
    ++count;
  }
  REQUIRE(count > 500);
  // Two coordinates of SD 0.2 mm, widened by the grid of cells, and by leaving out the neuron itself.
  REQUIRE(sum / static_cast<double>(count) > 2 * 0.2 * 0.2 * 0.9);
  REQUIRE(sum / static_cast<double>(count) < 2 * 0.2 * 0.2 * 1.3);
}

TEST_CASE("partners are looked for with the kernel as density") {
  constexpr double kSigma_mm = 0.2;
  constexpr int kDraws = 200000, kBins = 12;
  for (const auto shape : {Kernel::Shape::gaussian, Kernel::Shape::exponential, Kernel::Shape::box}) {
    CAPTURE(static_cast<int>(shape));
    RandomSequence random(5, 7u, 0, 0);
    std::array<double, kBins> seen{}, expected{};
    double x = 0.0, y = 0.0, xy = 0.0;
    const double bin_mm = 8.0 * kSigma_mm / kBins;
    for (int k = 0; k < kDraws; ++k) {
      const Offset o = draw_offset(shape, kSigma_mm, random);
      x += o.x_mm;
      y += o.y_mm;
      xy += o.x_mm * o.y_mm;
      const auto bin = static_cast<std::size_t>(std::hypot(o.x_mm, o.y_mm) / bin_mm);
      if (bin < kBins) seen[bin] += 1.0 / kDraws;
    }
    // Of the kernel times the circumference, by fine steps.
    const KernelProfile kernel({shape, kSigma_mm, 100.0 * kSigma_mm});
    double whole = 0.0;
    constexpr int kFine = 100000;
    for (int k = 0; k < kFine; ++k) {
      const double r = (k + 0.5) * 40.0 * kSigma_mm / kFine, mass = r * kernel.value(r * r);
      whole += mass;
      if (r < kBins * bin_mm) expected[static_cast<std::size_t>(r / bin_mm)] += mass;
    }
    for (std::size_t b = 0; b < kBins; ++b) {
      const double p = expected[b] / whole;
      CAPTURE(b, p, seen[b]);
      CHECK(std::fabs(seen[b] - p) < 5.0 * std::sqrt(p * (1.0 - p) / kDraws) + 1e-4);
    }
    const double error_mm = 5.0 * 3.0 * kSigma_mm / std::sqrt(static_cast<double>(kDraws));
    CHECK(std::fabs(x / kDraws) < error_mm);
    CHECK(std::fabs(y / kDraws) < error_mm);
    CHECK(std::fabs(xy / kDraws) <
          5.0 * 9.0 * kSigma_mm * kSigma_mm / std::sqrt(static_cast<double>(kDraws)));
  }
}

TEST_CASE("a structure's partners lie within its box") {
  Scenario s = sheet();
  s.structure[0].kernel.kind = KernelSpec::Kind::box;
  s.structure[0].kernel.sigma_mm = 0.3;
  Sheet boxed(s);
  boxed.observe(all_at(0.0f));
  for (int k = 0; k < 3; ++k) boxed.advance(1.0);
  const Population& p = *boxed.network.populations[0];
  const auto nearest = [](double d, double period) { return d - period * std::round(d / period); };
  double farthest_mm = 0.0;
  for (const FormedSynapse& f : boxed.rewiring.formed())
    farthest_mm = std::max(farthest_mm, std::hypot(nearest(p.x_mm[f.source] - p.x_mm[f.target], 2.0),
                                                   nearest(p.y_mm[f.source] - p.y_mm[f.target], 2.0)));
  REQUIRE(boxed.rewiring.formed().size() > 100);
  // Cells of the search are at least as wide as neurons lie apart.
  CHECK(farthest_mm > 0.25);
  CHECK(farthest_mm < 0.3 + 0.2);
}

TEST_CASE("masks keep sources out") {
  const bool keep_outside_out = GENERATE(true, false);
  Sheet sheet_(sheet());
  sheet_.observe(all_at(0.0f));
  FormationMask mask;
  mask.kind =
      keep_outside_out ? FormationMask::Kind::no_outside_sources : FormationMask::Kind::no_inside_sources;
  mask.inside.assign(kNeurons, 0);
  for (std::uint32_t i = 0; i < kNeurons; ++i)
    mask.inside[i] = sheet_.network.populations[0]->x_mm[i] < 1.0f ? 1 : 0;
  REQUIRE(sheet_.advance(2.0, mask).formed > 200);
  for (const FormedSynapse& f : sheet_.rewiring.formed())
    REQUIRE((mask.inside[f.source] != 0) == keep_outside_out);
}

TEST_CASE("a growth field decides where sources are taken") {
  Scenario s = sheet();
  s.structure[0].growth_field = "field";
  s.fields.push_back({"field", "A", 0.0, {{0.5, 0.5, 0.05, 1.0}}});
  Sheet sheet_(s);
  sheet_.observe(all_at(0.0f));
  sheet_.advance(3.0);
  REQUIRE_FALSE(sheet_.rewiring.formed().empty());
  const Population& p = *sheet_.network.populations[0];
  for (const FormedSynapse& f : sheet_.rewiring.formed())
    REQUIRE(std::hypot(p.x_mm[f.source] - 0.5f, p.y_mm[f.source] - 0.5f) < 0.3f);
}

TEST_CASE("in-degrees never pass twice those of the network as built, however many snapshots are taken") {
  Scenario s = sheet();
  s.structure[0].formation_per_d = 1000.0;
  s.structure[0].dendrite_rate_per_d = 50.0;
  Sheet sheet_(s);
  for (int round = 0; round < 3; ++round) {
    sheet_.observe(all_at(0.0f));
    for (int k = 0; k < 3; ++k) sheet_.advance(1.0);
    sheet_.observe(all_at(10.0f));
    sheet_.rewiring.begin_baseline();
    sheet_.observe(all_at(10.0f));
    sheet_.rewiring.take_snapshot(sheet_.network);
  }
  std::size_t longest = 0;
  for (const auto& row : sheet_.rows()) longest = std::max(longest, row.size());
  REQUIRE(longest == 2 * kInDegree);
}

TEST_CASE("synapses are lost at their hazard, weak ones more often") {
  Scenario s = sheet();
  s.structure[0].hazard_per_d = 0.5;
  s.structure[0].hazard_weight = 0.5;
  s.projections[0].weight = constant(5.0);  // half the reference: hazard 0.5 exp(-1)
  Sheet sheet_(s);
  const double days = 2.0;
  const double chance = 1.0 - std::exp(-0.5 * std::exp(-1.0) * days);
  const double n = kNeurons * kInDegree;
  const RewiringCounts c = sheet_.advance(days);
  REQUIRE(std::abs(static_cast<double>(c.deleted) - n * chance) < 5 * std::sqrt(n * chance * (1 - chance)));
}

TEST_CASE("changes are capped per day, on average also below one synapse") {
  Scenario s = sheet();
  s.structure[0].cap_per_d = 0.1;  // two of twenty synapses a day
  s.structure[0].formation_per_d = 1000.0;
  s.structure[0].dendrite_rate_per_d = 1000.0;
  s.structure[0].axon_rate_per_d = 0.0;  // partners enough
  const double rate = GENERATE(0.0, 30.0);
  const double days = GENERATE(0.1, 1.0, 3.0);
  CAPTURE(rate, days);
  Sheet sheet_(s);
  sheet_.observe(all_at(static_cast<float>(rate)));
  const RewiringCounts c = sheet_.advance(days);
  const double expected = kNeurons * 2.0 * days;
  const double seen = static_cast<double>(rate > 0.0 ? c.deleted : c.formed);
  REQUIRE(seen <= expected + 5 * std::sqrt(expected));
  REQUIRE(seen >= 0.9 * expected - 5 * std::sqrt(expected));
}

TEST_CASE("new synapses mature, and sums stay within their limit") {
  Scenario s = sheet();
  s.projections[0].weight = constant(10.0);
  s.structure[0].maturation_tau_s = 2 * kDay_s;
  s.structure[0].mature_weight = 0.8;
  SECTION("exponentially") {
    s.structure[0].dendrite_rate_per_d = 50.0;  // room enough: what forms, stays
    Sheet sheet_(s);
    sheet_.observe(all_at(0.0f));
    sheet_.advance(0.5);
    const auto formed = sheet_.rewiring.formed();
    sheet_.observe(all_at(10.0f));
    sheet_.advance(3.0);
    // 2.5, matured for the half day in which it formed and for three more, towards 8.
    const auto expected = 8.0 - 5.5 * std::exp(-3.5 / 2.0);
    const auto rows = sheet_.rows();
    for (const FormedSynapse& f : formed)
      REQUIRE(std::any_of(rows[f.target].begin(), rows[f.target].end(), [&](const auto& e) {
        return e.source == f.source && std::abs(e.weight - expected) < 1e-4;
      }));
  }
  SECTION("within the intact sum") {
    s.structure[0].sum_limit = 1.0;
    Sheet sheet_(s);
    sheet_.observe(all_at(0.0f));
    for (int k = 0; k < 4; ++k) REQUIRE(sheet_.advance(1.0).formed > 0);
    for (const auto& row : sheet_.rows()) {
      double sum = 0.0;
      for (const auto& e : row) sum += e.weight;
      REQUIRE(sum < 10.0 * kInDegree * (1 + 1e-5));
    }
  }
}

TEST_CASE("drivers are low-passed, and the baseline is their mean") {
  Scenario s = sheet();
  s.structure[0].driver_tau_s = kDay_s;
  const Network network = build_network(s, {});
  Rewiring r(s, s.structure[0], network);
  Measures m;
  r.begin_baseline();
  for (const float rate : {8.0f, 12.0f, 16.0f}) {
    m.rate_Hz = {all_at(rate)};
    r.observe(m, kDay_s);
  }
  r.take_snapshot(network);
  REQUIRE(r.relative_driver(0) == 1.0f);
  m.rate_Hz = {all_at(0.0f)};
  r.observe(m, 0.5 * kDay_s);
  REQUIRE(r.relative_driver(0) == Approx(std::exp(-0.5)));
}

TEST_CASE("afferents from another population are taken by their own places, elements and life") {
  // Relays on a strip of the sheet, listed from right to left, so that no index of one side serves the other.
  constexpr std::uint32_t kRelays = 90;
  Scenario s = sheet();
  s.areas["V"] = s.areas["A"];
  s.populations.push_back(population_spec("V/relay", "relay", kRelays));
  s.projections[0].from = "V/relay";
  s.structure[0].axon_rate_per_d = -1.0;
  s.structure[0].axon_relax_per_d = 0.0;
  s.structure[0].axon_min = 0.0;
  s.structure[0].axon_max = 1.0;
  Network network = build_network(s, tiles_of(64));
  Population& relays = *network.populations[1];
  for (std::uint32_t i = 0; i < kRelays; ++i)
    relays.x_mm[i] = 2.0f * (static_cast<float>(kRelays - i) - 0.5f) / kRelays;
  Rewiring rewiring(s, s.structure[0], network);
  const auto observe = [&](const std::vector<float>& cells, const std::vector<float>& from) {
    Measures m;
    m.rate_Hz = {cells, from};
    rewiring.observe(m, 1e30);
  };
  observe(all_at(10.0f), std::vector<float>(kRelays, 20.0f));
  rewiring.take_snapshot(network);
  // Relays 0 to 29 have lost all their spikes, and by the sign of the rate above all their elements; 30 to 39
  // are dead.
  std::vector<float> from(kRelays, 20.0f);
  std::fill(from.begin(), from.begin() + 30, 0.0f);
  std::vector<std::uint8_t> dead(kRelays, 0);
  std::fill(dead.begin() + 30, dead.begin() + 40, std::uint8_t{1});
  rewiring.set_dead(dead, {});
  observe(all_at(0.0f), from);
  const RewiringCounts counts = rewiring.advance(network, 2.0 * kDay_s, 1, {});
  network.bind();
  REQUIRE(counts.deleted == 0);
  REQUIRE(counts.formed > 200);
  const Population& cells = *network.populations[0];
  double apart2 = 0.0;
  bool number_of_target = false;
  for (const FormedSynapse& f : rewiring.formed()) {
    REQUIRE(f.source >= 40);
    REQUIRE(f.source < kRelays);
    number_of_target = number_of_target || f.source == f.target;
    double dx = std::fabs(static_cast<double>(relays.x_mm[f.source]) - cells.x_mm[f.target]);
    dx = std::min(dx, 2.0 - dx);
    apart2 += dx * dx;
  }
  // Most of the 50 relays left lie within the kernel of somebody; of those beyond all reach nobody is taken.
  REQUIRE(std::sqrt(apart2 / static_cast<double>(counts.formed)) < 2.0 * s.structure[0].kernel.sigma_mm);
  std::uint64_t synapses = 0;
  for (const std::uint32_t n : rewiring.in_degree()) synapses += n;
  REQUIRE(synapses == std::uint64_t{kNeurons} * kInDegree + counts.formed);
  CHECK(number_of_target);  // a number is nobody's self across populations
}

TEST_CASE("structure of an unknown projection is our own fault") {
  const Scenario s = sheet();
  const Network network = build_network(s, {});
  StructureSpec r;
  r.projection = "nothing";
  REQUIRE(thrown_by([&] { Rewiring(s, r, network); }).code == ExitCode::internal);
}

}  // namespace penfield::test

// Delivery from a list of segments against the plain bodies, and the list itself: every synapse is in it
// once.
#include <functional>
#include <thread>
#include <vector>

#include "kernels/cpu/teams.hpp"
#include "kernels/network/segments.hpp"
#include "penfield/step/listed.hpp"
#include "test/parity/difference.hpp"
#include "test/support/catch.hpp"
#include "test/support/every_model.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

struct Views {
  explicit Views(const Network& network) {
    for (const auto& p : network.populations) populations.push_back(p->view);
    for (const auto& p : network.projections) projections.push_back(p->view);
  }
  std::vector<PopulationView> populations;
  std::vector<ProjectionView> projections;
};

/// Calls f(population, tile) for every tile of a network.
template <class F>
void for_each_tile(const Network& network, F&& f) {
  for (std::uint32_t p = 0; p < network.populations.size(); ++p)
    for (std::uint32_t t = 0; t < network.populations[p]->view.num_tiles; ++t) f(p, t);
}

/// All projections, one after the other.
void deliver_plainly(const Network& network, const FlushTimes& flush, StepIndex step, bool learning) {
  const Views views(network);
  SoloTeam team;
  for_each_tile(network, [&](std::uint32_t p, std::uint32_t t) {
    const PopulationView& target = views.populations[p];
    for (const ProjectionView& projection : views.projections) {
      if (projection.target != p) continue;
      const PopulationView& source = views.populations[projection.source];
      if (projection.rule < 0 || !learning) {
        deliver_static(team, source, target, projection, t, step);
      } else {
        visit_plasticity_rule(static_cast<std::uint32_t>(projection.rule), [&]<class Rule>() {
          deliver_plastic<Rule>(team, source, target, projection, flush, t, step);
        });
      }
    }
  });
}

std::int32_t num_rules() {
  std::int32_t count = 0;
  PlasticityRules::for_each([&]<class Rule>() { ++count; });
  return count;
}

/// What leads into a tile by one rule, or by none (-1).
struct Work {
  std::int32_t rule;
  TileShare share;
};

/// Every tile's segments, dealt out to two shares as to two blocks of a card.
struct Lists {
  explicit Lists(const Network& network) {
    for_each_tile(network, [&](std::uint32_t p, std::uint32_t t) {
      for (std::int32_t rule = -1; rule < num_rules(); ++rule) {
        const auto begin = static_cast<std::uint32_t>(segments.size());
        for (std::uint32_t k = 0; k < network.projections.size(); ++k) {
          const ProjectionView& view = network.projections[k]->view;
          if (view.target == p && view.rule == rule) append_segments(network, k, t, segments);
        }
        const auto end = static_cast<std::uint32_t>(segments.size());
        const std::uint32_t middle = begin + (end - begin) / 3;
        work.push_back({rule, {p, t, begin, middle}});
        work.push_back({rule, {p, t, middle, end}});
      }
    });
  }
  std::vector<Segment> segments;
  std::vector<Work> work;
};

template <class Team>
void deliver_listed(Team& team, const Views& views, const Lists& lists, const FlushTimes& flush,
                    StepIndex step, bool learning) {
  const DeliveryTables tables{views.populations.data(), views.projections.data(), lists.segments.data()};
  for (const Work& work : lists.work) {
    const PopulationView& target = tables.populations[work.share.population];
    if (work.rule < 0 || !learning) {
      deliver_static_listed(team, tables, target, work.share, step);
    } else {
      visit_plasticity_rule(static_cast<std::uint32_t>(work.rule), [&]<class Rule>() {
        deliver_plastic_listed<Rule>(team, tables, target, work.share, flush, step);
      });
    }
  }
}

/// By one thread, by one that walks backwards, or by a team of 2 or 3.
void deliver_by(const std::string& team, const Views& views, const Lists& lists, const FlushTimes& flush,
                StepIndex step, bool learning) {
  if (team == "solo") {
    SoloTeam solo;
    deliver_listed(solo, views, lists, flush, step, learning);
  } else if (team == "reversed") {
    cpu::ReversedTeam reversed;
    deliver_listed(reversed, views, lists, flush, step, learning);
  } else {
    const std::uint32_t size = team == "two" ? 2 : 3;
    cpu::ThreadedTeam::Shared shared(size);
    std::vector<std::thread> threads;
    for (std::uint32_t rank = 0; rank < size; ++rank)
      threads.emplace_back([&, rank] {
        cpu::ThreadedTeam threaded(shared, rank);
        deliver_listed(threaded, views, lists, flush, step, learning);
      });
    for (std::thread& t : threads) t.join();
  }
}

}  // namespace

TEST_CASE("a list of segments brings what the plain bodies bring") {
  const std::string team = GENERATE("solo", "reversed", "two", "three");
  const std::uint32_t tile_size = team == "solo" ? 4 : 64;
  const bool learning = GENERATE(true, false);
  CAPTURE(team, tile_size, learning);
  ScratchFolder folder;
  EveryModelRun plain(every_model_scenario(folder, 0.2), tiles_of(tile_size));
  EveryModelRun listed(plain.scenario, tiles_of(tile_size));
  const Lists lists(listed.network);
  // From the first steps, when there are no spikes of the age that a segment waits for.
  for (const StepIndex steps : {1, 1, 1, 7, 50, 1, 1, 100}) {
    plain.engine->run(steps);
    copy_state(plain.network, listed.network);
    const StepIndex step = plain.engine->now() - 1;
    const FlushTimes flush = plain.engine->flush_times();
    const StateDigest before = digest(plain.network);
    deliver_plainly(plain.network, flush, step, learning);
    deliver_by(team, Views(listed.network), lists, flush, step, learning);
    CAPTURE(step);
    REQUIRE(first_difference(plain.network, listed.network) == "");
    if (step < 50) continue;
    REQUIRE(digest(plain.network).input != before.input);
    REQUIRE((digest(plain.network).synapses != before.synapses) == learning);
  }
}

TEST_CASE("every synapse is in one segment, and no segment is empty") {
  ScratchFolder folder;
  const std::uint32_t tile_size = GENERATE(4u, 16u, 256u);
  CAPTURE(tile_size);
  EveryModelRun run(every_model_scenario(folder, 0.3), tiles_of(tile_size));
  std::size_t num_segments = 0;
  for (std::uint32_t k = 0; k < run.network.projections.size(); ++k) {
    const Projection& p = *run.network.projections[k];
    for (std::uint32_t t = 0; t < p.tiles.size(); ++t) {
      std::vector<Segment> segments;
      append_segments(run.network, k, t, segments);
      std::vector<std::size_t> held(segments.size(), 0);
      std::size_t wrong = 0;
      p.for_each_synapse(t, [&](const Projection::Synapse& s) {
        std::size_t found = 0;
        const std::int32_t beyond = s.delay - p.view.min_delay;
        for (std::size_t q = 0; q < segments.size(); ++q) {
          const Segment& segment = segments[q];
          if (segment.source_tile != s.source / tile_size || segment.piece != beyond / kPieceDelays) continue;
          if (segment.delay != Segment::kEveryDelay && segment.delay != beyond % kPieceDelays) continue;
          ++held[q];
          ++found;
          // Learning visits an axonal synapse a step before the spike arrives, a dendritic one at once.
          if (p.view.rule >= 0 && segment.age != (p.view.dendritic ? 0 : s.delay - 1)) ++wrong;
          if (p.view.rule < 0 && segment.age >= s.delay) ++wrong;
        }
        if (found != 1) ++wrong;
      });
      REQUIRE(wrong == 0);
      for (std::size_t q = 0; q < segments.size(); ++q) {
        REQUIRE(segments[q].projection == k);
        REQUIRE(segments[q].source == p.view.source);
        REQUIRE(held[q] > 0);
      }
      num_segments += segments.size();
    }
  }
  REQUIRE(num_segments > 50);
}

TEST_CASE("sources that reach nothing of a tile are not looked at") {
  Scenario s = two_layers(100, 100, 0, constant(1.0), constant(40.0));
  ProjectionSpec& pairs = s.projections[0];
  pairs.rule.kind = RuleSpec::Kind::one_to_one;
  ProjectionSpec p = pairs;
  p.name = "none";
  p.rule.kind = RuleSpec::Kind::fixed_probability;
  p.rule.probability = 0.0;
  s.projections.push_back(p);
  const Network network = build_network(s, tiles_of(16));
  for (std::uint32_t t = 0; t < 7; ++t) {
    std::vector<Segment> segments;
    append_segments(network, 0, t, segments);
    REQUIRE(segments.size() == 1);
    CHECK(segments[0].source_tile == t);
    CHECK(segments[0].age == 24);  // the ring holds the last 16 of 40 steps
    CHECK(segments[0].delay == Segment::kEveryDelay);
    append_segments(network, 1, t, segments);
    CHECK(segments.size() == 1);
  }
}

}  // namespace penfield::test

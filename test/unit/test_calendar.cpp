// Delivery by calendar against the plain body, step after step: complete days, days without room, days after
// a start in the middle of a run, and gaps between spikes that do not fit into an entry.
#include <vector>

#include "kernels/cpu/teams.hpp"
#include "kernels/network/segments.hpp"
#include "penfield/step/calendar.hpp"
#include "penfield/step/update.hpp"
#include "test/parity/difference.hpp"
#include "test/support/catch.hpp"
#include "test/support/every_model.hpp"
#include "test/support/run_threaded.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

bool by_delay(const ProjectionView& v) {
  return calendar_days(is_pair_rule(v.rule), v.dendritic, v.min_delay, v.max_delay, 0.0) > 0;
}

/// The calendars of all plastic projections with axonal delays that differ, two a tile, with room for
/// `capacity` visits a day each. Nothing is complete in the beginning, as after CalendarList::forget.
struct Calendars {
  Calendars(const Network& network, std::uint32_t capacity) {
    for (const auto& p : network.populations) populations.push_back(p->view);
    for (const auto& p : network.projections) projections.push_back(p->view);
    for (const ProjectionView& v : projections) {
      if (!by_delay(v)) continue;
      for (std::uint32_t t = 0; t < populations[v.target].num_tiles; ++t) {
        const auto begin = static_cast<std::uint32_t>(segments.size());
        append_segments(network, v.index, t, segments, true);
        const auto end = static_cast<std::uint32_t>(segments.size());
        const std::uint32_t middle = begin + (end - begin) / 3;
        for (const TileShare share :
             {TileShare{v.target, t, begin, middle}, TileShare{v.target, t, middle, end}}) {
          CalendarShare mine{share, v.index, 3, {}};
          mine.calendar.days =
              calendar_days(is_pair_rule(v.rule), v.dendritic, v.min_delay, v.max_delay, 0.0);
          mine.calendar.capacity = capacity;
          shares.push_back(mine);
        }
      }
    }
    counts.assign(shares.size() * kCalendarWords, 1);
    entries.resize(shares.size() * kMostDays * capacity);
    for (std::size_t k = 0; k < shares.size(); ++k) {
      Calendar& calendar = shares[k].calendar;
      count_in(counts.data() + k * kCalendarWords, calendar);
      calendar.entry = entries.data() + k * kMostDays * capacity;
    }
  }

  /// Days of `step` that hold a visit, and those of them that are complete. Asked before they are delivered,
  /// so without what this very step enters.
  void count(StepIndex step, std::uint64_t* held, std::uint64_t* complete) const {
    for (const CalendarShare& mine : shares) {
      const auto today = static_cast<std::size_t>(step) % mine.calendar.days;
      if (mine.calendar.incomplete[today] != 0 || mine.calendar.size[today] > mine.calendar.capacity) {
        ++*held;
      } else if (mine.calendar.size[today] > 0) {
        ++*held;
        ++*complete;
      }
    }
  }

  std::vector<PopulationView> populations;
  std::vector<ProjectionView> projections;
  std::vector<Segment> segments;
  std::vector<CalendarShare> shares;
  std::vector<std::uint32_t> counts;
  std::vector<DueSynapse> entries;
};

template <class Team>
void deliver_all(Team& team, const Calendars& calendars, const FlushTimes& flush, StepIndex step) {
  const DeliveryTables tables{calendars.populations.data(), calendars.projections.data(),
                              calendars.segments.data()};
  for (const CalendarShare& mine : calendars.shares)
    visit_plasticity_rule(static_cast<std::uint32_t>(tables.projections[mine.projection].rule),
                          [&]<class Rule>() {
                            if constexpr (PairRule<Rule>) {  // as by_delay() has it
                              const PopulationView& target = tables.populations[mine.share.population];
                              deliver_by_calendar<Rule>(team, tables, target, mine, flush, step);
                              deliver_missed<Rule>(team, tables, target, mine, flush, step);
                            }
                          });
}

/// By one thread, by one that walks backwards, or by a team of 2 or 3.
void deliver_by(const std::string& team, const Calendars& calendars, const FlushTimes& flush,
                StepIndex step) {
  if (team == "solo") {
    SoloTeam solo;
    deliver_all(solo, calendars, flush, step);
  } else if (team == "reversed") {
    cpu::ReversedTeam reversed;
    deliver_all(reversed, calendars, flush, step);
  } else {
    const std::uint32_t size = team == "two" ? 2 : 3;
    run_threaded(size, [&](cpu::ThreadedTeam& threaded) { deliver_all(threaded, calendars, flush, step); });
  }
}

void deliver_plainly(const Network& network, const FlushTimes& flush, StepIndex step) {
  SoloTeam team;
  for (const auto& p : network.projections) {
    const ProjectionView& v = p->view;
    if (!by_delay(v)) continue;
    const PopulationView& source = network.populations[v.source]->view;
    const PopulationView& target = network.populations[v.target]->view;
    for (std::uint32_t t = 0; t < target.num_tiles; ++t)
      visit_plasticity_rule(static_cast<std::uint32_t>(v.rule), [&]<class Rule>() {
        deliver_plastic<Rule>(team, source, target, v, flush, t, step);
      });
  }
}

}  // namespace

TEST_CASE("calendars bring what the plain body brings, with room and without") {
  const std::string team = GENERATE("solo", "reversed", "two", "three");
  const std::uint32_t capacity = GENERATE(1u, 6u, 4096u);
  const StepIndex start = GENERATE(0, 61);
  CAPTURE(team, capacity, start);
  if (team != "solo" && capacity == 4096 && start == 0) return;  // as with 6, where there is room
  ScratchFolder folder;
  EveryModelRun plain(every_model_scenario(folder, 0.2), tiles_of(64));
  EveryModelRun entered(plain.scenario, tiles_of(64));
  const Calendars calendars(entered.network, capacity);
  REQUIRE(calendars.shares.size() > 4);
  plain.engine->run(start);
  std::uint64_t held = 0, complete = 0;
  for (int k = 0; k < 90; ++k) {
    plain.engine->run(1);
    copy_state(plain.network, entered.network);
    const StepIndex step = plain.engine->now() - 1;
    const FlushTimes flush = plain.engine->flush_times();
    // What the engine has delivered is delivered once more to both.
    if (k >= static_cast<int>(kMostDays)) calendars.count(step, &held, &complete);
    deliver_plainly(plain.network, flush, step);
    deliver_by(team, calendars, flush, step);
    CAPTURE(step);
    REQUIRE(first_difference(plain.network, entered.network) == "");
  }
  CAPTURE(held, complete);
  CHECK(complete > 0);
  CHECK((complete == held) == (capacity == 4096));
}

TEST_CASE("a spike after a silence that fits into no entry is delivered") {
  Scenario s = two_layers(40, 40, 10, normal(0.1, 0.03, 0.0, 0.2), uniform(1.0, 9.0));
  s.projections[0].plasticity =
      PlasticitySpec{"stdp_pair", {{"a_plus", 0.01}, {"a_minus", 0.01}, {"w_max", 0.2}}, false};
  Network plain = build_network(s, tiles_of(16)), entered = build_network(s, tiles_of(16));
  const Calendars calendars(entered, 4096);
  // Sources fired at step 50, targets at 60, and then a source again after 2^32 steps and more: cut to 32
  // bits the gap would leave out what step 60 does to the weight.
  const StepIndex first = (StepIndex{1} << 32) + 700;
  for (Network* network : {&plain, &entered}) {
    network->populations[0]->last_spike.fill(50);
    network->populations[0]->trace[0].fill(1.0f);
    const PopulationView& target = network->populations[1]->view;
    for (std::uint32_t t = 0; t < target.num_tiles; ++t)
      publish_spikes(target, t, 60, true, [&](auto&& emit) {
        for (std::uint32_t k = 0; k < tile_count(target, t); ++k) emit(k, k);
        return tile_count(target, t);
      });
  }
  const StateDigest before = digest(plain);
  for (StepIndex step = first; step < first + 40; ++step) {
    for (Network* network : {&plain, &entered}) {
      const PopulationView& v = network->populations[0]->view;
      for (std::uint32_t t = 0; t < v.num_tiles; ++t)
        publish_spikes(v, t, step, true, [&](auto&& emit) -> std::uint32_t {
          if (step != first + 20) return 0;
          emit(0u, 3u);
          return 1;
        });
    }
    deliver_plainly(plain, {}, step);
    deliver_by("solo", calendars, {}, step);
    CAPTURE(step);
    REQUIRE(first_difference(plain, entered) == "");
  }
  REQUIRE(digest(plain).input != before.input);
  REQUIRE(digest(plain).synapses != before.synapses);
}

}  // namespace penfield::test

// When an event of the raw clock acts: whole steps, and the pulses of trains.
#include "host/run/event_steps.hpp"

#include <cmath>
#include <vector>

#include "host/run/measure.hpp"
#include "test/support/catch.hpp"
#include "test/support/raw_injured.hpp"

namespace penfield::test {

namespace {

/// 13 pulses of 0.2 ms at 350 Hz, every 300 ms.
EventSpec icms(double from_s, double to_s) {
  EventSpec e = event_of(EventSpec::Kind::stimulate, from_s, to_s);
  e.train = {0.2, 350.0, 13, 0.3};
  return e;
}

std::vector<StepIndex> steps_on(const EventSteps& e, StepIndex end) {
  std::vector<StepIndex> on;
  for (StepIndex step = 0; step < end; ++step)
    if (e.on(step)) on.push_back(step);
  return on;
}

/// The same, found by going from one change to the next.
std::vector<StepIndex> steps_by_changes(const EventSteps& e, StepIndex end) {
  std::vector<StepIndex> on;
  for (StepIndex step = 0; step < end;) {
    const StepIndex next = std::min(end, e.next(step));
    REQUIRE(next > step);
    for (StepIndex k = step; e.on(step) && k < next; ++k) on.push_back(k);
    step = next;
  }
  return on;
}

}  // namespace

TEST_CASE("an event without pulses holds from its step to its end, and a disabled one never") {
  EventSpec e = event_of(EventSpec::Kind::block, 0.01004, 0.0201);
  EventSteps steps(e, 0.1);
  CHECK_FALSE(steps.on(99));
  CHECK(steps.on(100));
  CHECK(steps.on(200));
  CHECK_FALSE(steps.on(201));
  CHECK(steps.over(201));
  CHECK(steps.next(0) == 100);
  CHECK(steps.next(100) == 201);
  CHECK(steps.next(201) == kNoStep);
  e.to_s = -1.0;
  CHECK(EventSteps(e, 0.1).next(100) == kNoStep);
  CHECK(EventSteps(e, 0.1).on(1'000'000'000));
  e.enabled = false;
  CHECK(EventSteps(e, 0.1).next(0) == kNoStep);
  CHECK_FALSE(EventSteps(e, 0.1).on(150));
}

TEST_CASE("trains have as many pulses as they say, each at the step nearest to its time") {
  for (const double dt_ms : {0.1, 0.05, 0.2}) {
    for (const double from_s : {0.0, 0.1, 0.12345}) {
      CAPTURE(dt_ms, from_s);
      const EventSpec e = icms(from_s, -1.0);
      const EventSteps steps(e, dt_ms);
      const StepIndex end = steps_of(from_s + 0.3 * 40, dt_ms), length = std::llround(0.2 / dt_ms);
      std::vector<StepIndex> expected;
      for (int m = 0; m < 40; ++m)
        for (int k = 0; k < 13; ++k) {
          const StepIndex at = steps_of(from_s + 0.3 * m + k / 350.0, dt_ms);
          for (StepIndex s = at; s < at + length; ++s) expected.push_back(s);
        }
      CHECK(steps_on(steps, end) == expected);
      CHECK(steps_by_changes(steps, end) == expected);
    }
  }
}

TEST_CASE("a train ends with its event, and single pulses come by themselves") {
  EventSpec e = icms(0.1, 0.1 + 2.0 / 350.0);
  const EventSteps cut(e, 0.1);
  CHECK(steps_on(cut, 20000) == std::vector<StepIndex>{1000, 1001, 1029, 1030});
  CHECK(steps_by_changes(cut, 20000) == steps_on(cut, 20000));
  e = event_of(EventSpec::Kind::stimulate, 0.5);
  e.train.pulse_ms = 0.3;
  CHECK(steps_on(EventSteps(e, 0.1), 20000) == std::vector<StepIndex>{5000, 5001, 5002});
  CHECK(EventSteps(e, 0.1).next(5003) == kNoStep);
  e.train.trains_every_s = 1.0;  // single pulses, as of TMS
  CHECK(steps_on(EventSteps(e, 0.1), 20000) == std::vector<StepIndex>{5000, 5001, 5002, 15000, 15001, 15002});
}

}  // namespace penfield::test

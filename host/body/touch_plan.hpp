#pragma once
// When and where the body is touched: schedules for Network::touch, drawn from counters so that an episode's
// touches depend on (seed, episode) alone.
#include <cstdint>
#include <vector>

#include "host/scenario/scenario.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// One touch of one part.
struct Touch {
  std::uint32_t part;
  StepIndex from, to;  ///< steps relative to the start of the plan, [from, to)
  float x_mm, y_mm;    ///< centre, on the relay's sheet
};

/// Random touches for one episode of `length` steps: every part has its own on/off process (on for on_ms, off
/// for an exponential time), places drawn evenly, or stratified: each round visits every cell of about one
/// sigma once, in random order. `use` [part]: how many times as often a part is touched, as long as touches
/// leave room for more; empty: 1.
std::vector<Touch> random_touches(const BodySpec& body, double dt_ms, std::uint32_t seed,
                                  std::uint64_t episode, StepIndex length,
                                  const std::vector<double>& use = {});

/// Puts a plan into the network's touch table, starting at step `first`. Touches of one part must not overlap
/// in time. Call Engine::upload_inputs afterwards.
void set_touches(Network& network, const BodySpec& body, const std::vector<Touch>& touches, StepIndex first,
                 StepIndex length);

/// No touches.
void clear_touches(Network& network);

}  // namespace penfield

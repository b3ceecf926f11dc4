#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

#include "penfield/engine/engine.hpp"

namespace penfield {

/// Saves the fast state (neurons, rings, traces, histories) and the clock when made, and puts them back when
/// it goes; learning is off in between, and weights are read in place. What happens in between leaves no
/// trace in the run, as long as the probe itself changes no slow state.
class FastState {
 public:
  FastState(Network& network, Engine& engine) : network_(network), engine_(engine) {
    engine_.download_held();
    engine_.set_learning(false);
    for (const StateArray& a : network_.held_arrays()) {
      if (a.kind != ArrayKind::fast) continue;
      saved_.emplace_back(a.data, a.data + a.bytes);
    }
    now_ = engine_.now();
    flushes_ = engine_.flush_times();
    seed_ = network_.seed;
  }
  ~FastState() {
    std::size_t k = 0;
    for (const StateArray& a : network_.held_arrays()) {
      if (a.kind != ArrayKind::fast) continue;
      std::memcpy(a.data, saved_[k].data(), a.bytes);
      ++k;
    }
    network_.seed = seed_;
    engine_.set_learning(true);
    engine_.set_now(now_);
    engine_.set_flush_times(flushes_);
    engine_.upload();
  }
  FastState(const FastState&) = delete;
  FastState& operator=(const FastState&) = delete;

 private:
  Network& network_;
  Engine& engine_;
  std::vector<std::vector<std::byte>> saved_;
  StepIndex now_ = 0;
  FlushTimes flushes_;
  std::uint32_t seed_ = 0;
};

}  // namespace penfield

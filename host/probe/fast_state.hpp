#pragma once
#include <cstdint>
#include <cstring>
#include <exception>
#include <vector>

#include "penfield/engine/engine.hpp"

namespace penfield {

/// A copy of the fast state (neurons, rings, traces, histories) and the clock, to go back to; with
/// `learning`, of the weights that learn spike by spike too.
class FastCopy {
 public:
  /// The host's network must be what the engine has: call Engine::download() before, unless it was just
  /// uploaded.
  FastCopy(Network& network, const Engine& engine, bool learning) : network_(network), learning_(learning) {
    for (const auto& p : network.projections)
      if (learning && p->view.rule >= 0) p->fetch();
    for_each([&](const StateArray& a) { saved_.emplace_back(a.data, a.data + a.bytes); });
    now_ = engine.now();
    flushes_ = engine.flush_times();
    seed_ = network.seed;
  }
  /// Puts everything back, on the host and in the engine. The network's arrays must have the sizes they had.
  void restore(Engine& engine) const {
    std::size_t k = 0;
    for_each([&](const StateArray& a) {
      if (a.bytes > 0) std::memcpy(a.data, saved_[k].data(), a.bytes);
      ++k;
    });
    network_.seed = seed_;
    engine.set_now(now_);
    engine.set_flush_times(flushes_);
    engine.upload();
  }

 private:
  template <class F>
  void for_each(F&& f) const {
    std::vector<StateArray> arrays;
    for (const auto& p : network_.populations) p->list_arrays(arrays);
    for (const auto& p : network_.projections)
      if (learning_ && p->view.rule >= 0)
        p->list_arrays(arrays, network_.own_tiles(*network_.populations[p->view.target]));
    for (const StateArray& a : arrays)
      if (a.kind == ArrayKind::fast ||
          (a.kind == ArrayKind::slow && (a.name.ends_with("/weight") || a.name.ends_with("/state"))))
        f(a);
  }

  Network& network_;
  bool learning_;
  std::vector<std::vector<std::byte>> saved_;
  StepIndex now_ = 0;
  FlushTimes flushes_;
  std::uint32_t seed_ = 0;
};

/// Saves the fast state when made and puts it back when it goes; learning is off in between, and weights are
/// read in place. What happens in between leaves no trace in the run, as long as the probe itself changes no
/// slow state.
class FastState {
 public:
  FastState(Network& network, Engine& engine)
      : engine_(engine),
        copy_(downloaded(network, engine), engine, false),
        unwinding_(std::uncaught_exceptions()) {
    engine_.set_learning(false);
  }
  /// A card that is lost cannot take the state back: that error is told unless another is on its way.
  ~FastState() noexcept(false) {
    try {
      engine_.set_learning(true);
      copy_.restore(engine_);
    } catch (...) {
      if (std::uncaught_exceptions() == unwinding_) throw;
    }
  }
  FastState(const FastState&) = delete;
  FastState& operator=(const FastState&) = delete;

 private:
  static Network& downloaded(Network& network, Engine& engine) {
    engine.download_held();
    return network;
  }

  Engine& engine_;
  FastCopy copy_;
  int unwinding_;
};

}  // namespace penfield

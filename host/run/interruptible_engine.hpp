#pragma once
// An engine whose run() can be left within a fraction of a second, however many steps were asked for.
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "penfield/base/stop.hpp"
#include "penfield/engine/forwarding_engine.hpp"

namespace penfield {

/// Stands before another engine and hands it its steps in slices of about a quarter of a second, between
/// which it asks whether to stop. Bits do not depend on the slices. On several ranks all slices are the same,
/// and all ranks stop where one wishes to.
class InterruptibleEngine final : public ForwardingEngine {
 public:
  /// `stop` is asked between slices; `look`, if given, sees the host's network after every download.
  InterruptibleEngine(Engine& engine, Ranks& ranks, std::function<bool()> stop,
                      std::function<void(StepIndex now)> look = {})
      : ForwardingEngine(engine), ranks_(ranks), stop_(std::move(stop)), look_(std::move(look)) {}

  /// Slices of so many steps, for tests that stop at the same places on any machine.
  void cut_every(StepIndex steps) { slice_ = fixed_ = steps; }

  /// Throws Interrupted between two slices, of this call or of the last and this; now() says how far it came.
  /// With all steps done it returns, whatever is wished.
  void run(StepIndex num_steps) override;
  void download() override {
    engine_.download();
    if (look_) look_(engine_.now());
  }
  void download_held() override {
    engine_.download_held();
    if (look_) look_(engine_.now());
  }
  void download_neurons() override {
    engine_.download_neurons();
    if (look_) look_(engine_.now());
  }

 private:
  Ranks& ranks_;
  std::function<bool()> stop_;
  std::function<void(StepIndex now)> look_;
  StepIndex slice_ = 16;  ///< steps; finds its length as it goes
  StepIndex fixed_ = 0;   ///< 0: by wall time
  bool stopping_ = false;
};

}  // namespace penfield

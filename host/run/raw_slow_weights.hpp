#pragma once
// Consolidation, normalisation and astrocytes on the raw clock: each at its interval.
#include <cstdint>
#include <vector>

#include "host/run/slow_weights.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// The host reads weights that owe nothing and hands them back, which costs their way to a card and back:
/// some ms per interval and million synapses. What it does depends on the step alone, not on stops or
/// stretches.
class RawSlowWeights {
 public:
  /// Pools go into `records`, [field], which must outlive this.
  RawSlowWeights(const Scenario& scenario, Network& network, Engine& engine,
                 std::vector<PoolRecord>& records);

  /// Does what is due at engine.now(), and returns the step (at most `until`) up to which nothing is.
  StepIndex prepare(StepIndex until);

  const SlowWeights& state() const { return slow_; }
  void archive(StateArchive& a);

 private:
  struct Due {
    StepIndex interval;
    StepIndex done;  ///< the step up to which it has been taken
  };
  bool is_due(const Due& due, StepIndex now) const { return now % due.interval == 0 && now != due.done; }
  double seconds_since(const Due& due, StepIndex now) const {
    return static_cast<double>(now - due.done) * scenario_.dt_ms * 1e-3;
  }
  void advance_field(std::size_t k, StepIndex now);

  const Scenario& scenario_;
  Network& network_;
  Engine& engine_;
  SlowWeights slow_;
  std::vector<PoolRecord>& records_;
  std::vector<Due> fields_, consolidations_, normalisations_;
  /// [field][population] spikes of releasing cells up to its `done`, modulo 2^32 as counters are.
  std::vector<std::vector<std::vector<std::uint32_t>>> counted_;
};

}  // namespace penfield

#pragma once
// The synapses of one projection as views: tile of targets first, then source, then delay.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/base/ids.hpp"
#include "penfield/state/population.hpp"

namespace penfield {

/// When lazy plasticity was last brought up to date. A flush of step F applies every post event up to and
/// including F to every synapse of the targets that it takes, whatever is still on its way to them.
/// PopulationView::history_flushed has it target by target.
struct FlushTimes {
  StepIndex last = kNeverStep;  ///< of any target
  StepIndex all = kNeverStep;   ///< of all targets
};

/// Which targets a flush takes. One that a full history ring asks for takes those that have fired most since
/// their last one, and so sweeps a synapse once in many spikes of its target, however fast the fastest is.
enum class FlushScope : std::uint32_t { none, filled, all };

/// How a synapse's weight is stored.
enum class WeightStorage : std::uint8_t {
  fixed16,  ///< static: int16 that is shifted left by `weight_shift` into the port's fixed-point scale
  float32,  ///< plastic or structural: rounded to the port's scale when delivered
};

/// The synapses of one projection into one tile. Segment of source s: [offset[s - source_begin],
/// offset[s - source_begin + 1]); sorted by (delay, target, ordinal).
struct TileSynapses {
  std::uint32_t source_begin = 0;  ///< sources outside [source_begin, source_end) reach nothing here
  std::uint32_t source_end = 0;
  const std::uint32_t* offset = nullptr;      ///< [source_end - source_begin + 1]
  const std::uint16_t* target = nullptr;      ///< index within the tile
  const std::uint8_t* delay_extra = nullptr;  ///< delay = min_delay + this, steps; null = all at min_delay
  std::int16_t* weight_q = nullptr;           ///< fixed16 storage
  float* weight = nullptr;                    ///< float32 storage
};

struct ProjectionView {
  std::uint32_t index = 0;               ///< number of the projection in the network
  std::uint32_t source = 0, target = 0;  ///< populations
  std::uint32_t port = 0;
  std::int32_t min_delay = 1, max_delay = 1;  ///< steps
  WeightStorage storage = WeightStorage::fixed16;
  std::int32_t weight_shift = 0;
  std::int32_t uniform_weight = 0;  ///< fixed16, all weights equal: the integer to add; 0: look each one up
  std::int32_t scale_log2 = 0;      ///< of the target's port
  const TileSynapses* tiles = nullptr;  ///< [tiles of the target population]

  std::int32_t rule = -1;             ///< index in PlasticityRules, negative = static
  const void* rule_params = nullptr;  ///< the rule object (Rule::Params)
  std::uint32_t trace_pre = 0;        ///< which trace of the source population
  std::uint32_t trace_post = 0;       ///< which trace of the target population
  bool dendritic = false;             ///< the delay is dendritic (else axonal)
};

}  // namespace penfield

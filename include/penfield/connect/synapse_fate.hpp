#pragma once
// What becomes of one synapse in one interval of structural plasticity on the raw clock: it stays, goes, or
// its spine becomes mature. One block of random words a synapse, by source, target and copy, so that it does
// not matter where and when it is asked.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/philox.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

enum class SynapseFate : std::uint8_t { stays, goes, matures };

/// A chance in units of 2^-32; 2^32 is certain.
using Chance32 = std::uint64_t;
inline constexpr double kCertain32 = 4294967296.0;

PENFIELD_HD inline Chance32 chance32(double chance) {
  if (!(chance > 0.0)) return 0;
  return chance < 1.0 ? static_cast<Chance32>(chance * kCertain32) : static_cast<Chance32>(kCertain32);
}

/// Which of a projection's synapses of one pair: those of one delay count from 0.
struct SynapseCopy {
  std::uint32_t delay = 0;  ///< steps beyond the projection's shortest; at most 255
  std::uint32_t copy = 0;   ///< how many of that pair and delay come before it
};

/// Chances of one interval, as plain data.
struct SynapseFates {
  std::uint32_t seed = 0;
  std::uint64_t step = 0;               ///< of the draws: projection << 32 | number of the interval
  const Chance32* of_source = nullptr;  ///< [sources] that a synapse is lost since axonal elements are short

  // Spines; their class is their weight.
  bool spines = false;
  float mature_weight = 0.0f;  ///< magnitude from which a spine is mature
  Chance32 labile_loss = 0, mature_loss = 0;
  double stabilise = 0.0;       ///< hazard of the interval at gain 1
  double stabilise_gain = 0.0;  ///< gain: 1 + this c_pre c_post
  const float* source_calcium = nullptr;
  const float* target_calcium = nullptr;

  PENFIELD_HD SynapseFate of(std::uint32_t source, std::uint32_t target, SynapseCopy which,
                             float weight) const {
    const std::uint64_t entity =
        static_cast<std::uint64_t>((which.copy & 0xffu) << 8 | (which.delay & 0xffu)) << 32 | target;
    const RandomBlock random =
        philox4x32(seed, static_cast<std::uint32_t>(Stream::structure_fate), entity, step, source);
    if (random.word[0] < of_source[source]) return SynapseFate::goes;
    if (!spines) return SynapseFate::stays;
    const float size = weight < 0.0f ? -weight : weight;
    if (size >= mature_weight) return random.word[1] < mature_loss ? SynapseFate::goes : SynapseFate::stays;
    if (random.word[1] < labile_loss) return SynapseFate::goes;
    const double together =
        static_cast<double>(source_calcium[source]) * static_cast<double>(target_calcium[target]);
    const double hazard = stabilise * (1.0 + stabilise_gain * together);
    return random.word[2] < chance32(1.0 - exp_d(-hazard)) ? SynapseFate::matures : SynapseFate::stays;
  }
};

}  // namespace penfield

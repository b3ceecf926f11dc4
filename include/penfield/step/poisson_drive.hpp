#pragma once
// Poisson counts by inversion: a count is how many of the drive's thresholds, the ascending values of the
// cumulative distribution, a random word reaches.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/fused.hpp"
#include "penfield/state/population.hpp"

namespace penfield {

/// events[i] = how many thresholds word[i] reaches; several at a time, since a count that waits in memory
/// costs more than a compare.
template <class Team>
PENFIELD_HD inline void count_thresholds(Team& team, const PoissonDrive& drive, const std::uint32_t* word,
                                         std::int32_t* events, std::uint32_t count) {
  team.for_each(count, [=](std::uint32_t i) { events[i] = 0; });
  std::uint32_t k = 0;
  for (; k + 4 <= drive.length; k += 4) {
    const std::uint32_t t0 = drive.threshold[k], t1 = drive.threshold[k + 1], t2 = drive.threshold[k + 2],
                        t3 = drive.threshold[k + 3];
    team.for_each(count, [=](std::uint32_t i) {
      const std::uint32_t w = word[i];
      events[i] += (w >= t0 ? 1 : 0) + (w >= t1 ? 1 : 0) + (w >= t2 ? 1 : 0) + (w >= t3 ? 1 : 0);
    });
  }
  for (; k < drive.length; ++k) {
    const std::uint32_t threshold = drive.threshold[k];
    team.for_each(count, [=](std::uint32_t i) { events[i] += word[i] >= threshold ? 1 : 0; });
  }
}

#if !defined(__CUDA_ARCH__)
/// input[i] += weight * the count of word[i], for up to `most` thresholds, all above 0. In one pass: counts
/// that wait in memory between compares take longer than these. (A thread of a card would need a register for
/// each threshold.)
template <std::uint32_t most, class Team>
void add_counts(Team& team, const PoissonDrive& drive, const std::uint32_t* word, float* input,
                std::uint32_t count) {
  struct {
    std::uint32_t below[most];
  } last;
  for (std::uint32_t k = 0; k < most; ++k)
    last.below[k] = k < drive.length ? drive.threshold[k] - 1 : 0xffffffffu;
  const float weight = drive.weight;
  team.for_each(count, [=](std::uint32_t i) {
    const std::uint32_t w = word[i];
    std::int32_t events = 0;
    for (std::uint32_t k = 0; k < most; ++k) events += w > last.below[k] ? 1 : 0;
    input[i] = fused(weight, static_cast<float>(events), input[i]);
  });
}
#endif

/// input[i] += weight * the count of word[i]; `events` is scratch. All of `count` elements.
template <class Team>
PENFIELD_HD inline void add_drive(Team& team, const PoissonDrive& drive, const std::uint32_t* word,
                                  std::int32_t* events, float* input, std::uint32_t count) {
#if !defined(__CUDA_ARCH__)
  if (drive.length <= 16 && drive.threshold[0] > 0) {
    if (drive.length <= 8) {
      add_counts<8>(team, drive, word, input, count);
    } else {
      add_counts<16>(team, drive, word, input, count);
    }
    return;
  }
#endif
  count_thresholds(team, drive, word, events, count);
  const float weight = drive.weight;
  team.for_each(count,
                [=](std::uint32_t i) { input[i] = fused(weight, static_cast<float>(events[i]), input[i]); });
}

}  // namespace penfield

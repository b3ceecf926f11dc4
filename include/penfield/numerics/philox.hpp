#pragma once
// Counter-based random numbers: Philox4x32-10 of Salmon, Moraes, Dror & Shaw, SC'11 (2011). A draw is a pure
// function of what it is for, so it needs no state, no order and no restart file.
//   key     = (seed, stream)                                    32 bits each
//   counter = word 0: entity low; word 1: entity high 16 | step low 16; word 2: step high 32; word 3: draw
//             that is entity 48 bits, step 48 bits, draw 32 bits
#include <cstdint>

#include "penfield/base/host_device.hpp"

namespace penfield {

/// The four words of one draw.
struct RandomBlock {
  std::uint32_t word[4];
};

/// Equal to Random123's philox4x32<10> with the counter and key above. Of `entity` and `step` the lower 48
/// bits count.
PENFIELD_HD inline RandomBlock philox4x32(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity,
                                          std::uint64_t step, std::uint32_t draw = 0) {
  std::uint32_t c0 = static_cast<std::uint32_t>(entity);
  std::uint32_t c1 = (static_cast<std::uint32_t>(entity >> 32) & 0xffffu) | static_cast<std::uint32_t>(step)
                                                                                << 16;
  std::uint32_t c2 = static_cast<std::uint32_t>(step >> 16);
  std::uint32_t c3 = draw;
  std::uint32_t k0 = seed;
  std::uint32_t k1 = stream;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = static_cast<std::uint64_t>(c0) * 0xD2511F53u;
    const std::uint64_t p1 = static_cast<std::uint64_t>(c2) * 0xCD9E8D57u;
    const std::uint32_t n0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
    const std::uint32_t n2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<std::uint32_t>(p1);
    c3 = static_cast<std::uint32_t>(p0);
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

}  // namespace penfield

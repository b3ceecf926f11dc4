#pragma once
#include <cstdint>

#include "penfield/step/team.hpp"

namespace penfield::cpu {

/// philox4x32 (penfield/numerics/philox.hpp) of `groups` neighbouring entities, four words each into `word`,
/// with AVX2: 64-bit lanes hold 32-bit counters, as the multiplication wants them, so that no lane is moved
/// before the end. A compiler's own vectorisation shuffles in every round. The same words.
void draw_words_avx2(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity, std::uint64_t step,
                     std::uint32_t draw, std::uint32_t groups, std::uint32_t* word);

/// One CPU thread that has AVX2.
class WideTeam : public SoloTeam {
 public:
  void draw_words(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity, std::uint64_t step,
                  std::uint32_t draw, std::uint32_t groups, std::uint32_t* word) const {
    draw_words_avx2(seed, stream, entity, step, draw, groups, word);
  }
};

}  // namespace penfield::cpu

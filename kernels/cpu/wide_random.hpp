#pragma once
#include <cstdint>

#include "kernels/cpu/isa.hpp"
#include "penfield/step/team.hpp"

namespace penfield::cpu {

/// philox4x32 (penfield/numerics/philox.hpp) of `groups` neighbouring entities, four words each into `word`,
/// with AVX2: 64-bit lanes hold 32-bit counters, as the multiplication wants them, so that no lane is moved
/// before the end. A compiler's own vectorisation shuffles in every round. The same words.
void draw_words_avx2(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity, std::uint64_t step,
                     std::uint32_t draw, std::uint32_t groups, std::uint32_t* word);

/// The same with AVX-512, twice as many lanes side by side.
void draw_words_avx512(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity, std::uint64_t step,
                       std::uint32_t draw, std::uint32_t groups, std::uint32_t* word);

/// Left out of the build that shows what vectors gain (bench/micro).
#if defined(PENFIELD_SCALAR_LOOPS)
inline constexpr bool kWideWords = false;
#else
inline constexpr bool kWideWords = true;
#endif

/// One CPU thread that draws as wide as its instruction set.
template <Isa isa>
class WideTeam : public SoloTeam {
 public:
  void draw_words(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity, std::uint64_t step,
                  std::uint32_t draw, std::uint32_t groups, std::uint32_t* word) const
      requires(kWideWords&& isa != Isa::baseline) {
    if constexpr (isa == Isa::v4) {
      draw_words_avx512(seed, stream, entity, step, draw, groups, word);
    } else {
      draw_words_avx2(seed, stream, entity, step, draw, groups, word);
    }
  }
};

}  // namespace penfield::cpu

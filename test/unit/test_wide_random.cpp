#include <vector>

#include "kernels/cpu/tile_functions.hpp"
#include "kernels/cpu/wide_random.hpp"
#include "penfield/numerics/philox.hpp"
#include "test/support/catch.hpp"

using namespace penfield;

TEST_CASE("wide random words are Philox's, for any number of blocks and over carries", "[numerics]") {
  if (!cpu::has_v3()) return;  // no AVX2 here, or switched off
  const std::uint64_t entities[] = {0, 7, 0xfffffff0ull, 0x1234fffffff9ull, 0xffffffffffffull};
  const std::uint64_t steps[] = {0, 65535, 65536, 0xabcdef012345ull};
  for (std::uint32_t groups : {0u, 1u, 7u, 8u, 9u, 16u, 31u, 64u})
    for (std::uint64_t entity : entities)
      for (std::uint64_t step : steps) {
        std::vector<std::uint32_t> words(4 * groups + 4, 77u);
        cpu::draw_words_avx2(0xdeadbeef, 5, entity, step, 3, groups, words.data());
        bool same = true;
        for (std::uint32_t g = 0; g < groups; ++g) {
          const RandomBlock block = philox4x32(0xdeadbeef, 5, entity + g, step, 3);
          for (std::uint32_t k = 0; k < 4; ++k) same = same && words[4 * g + k] == block.word[k];
        }
        INFO(groups << " blocks from " << entity << " at " << step);
        CHECK(same);
        for (std::uint32_t k = 0; k < 4; ++k) CHECK(words[4 * groups + k] == 77u);
      }
}

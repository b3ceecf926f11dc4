#include <vector>

#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/wide_random.hpp"
#include "penfield/numerics/philox.hpp"
#include "test/support/catch.hpp"

using namespace penfield;

TEST_CASE("wide random words are Philox's, for any number of blocks and over carries", "[numerics]") {
  using Draw = decltype(&cpu::draw_words_avx2);
  std::vector<Draw> ways;  // those that this machine runs, unless switched off
  if (cpu::best_isa() >= cpu::Isa::v3) ways.push_back(cpu::draw_words_avx2);
  if (cpu::best_isa() >= cpu::Isa::v4) ways.push_back(cpu::draw_words_avx512);
  const std::uint64_t entities[] = {0, 7, 0xfffffff0ull, 0x1234fffffff9ull, 0xffffffffffffull};
  const std::uint64_t steps[] = {0, 65535, 65536, 0xabcdef012345ull};
  for (Draw draw : ways)
    for (std::uint32_t groups : {0u, 1u, 7u, 8u, 9u, 16u, 31u, 64u})
      for (std::uint64_t entity : entities)
        for (std::uint64_t step : steps) {
          std::vector<std::uint32_t> words(4 * groups + 4, 77u);
          draw(0xdeadbeef, 5, entity, step, 3, groups, words.data());
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

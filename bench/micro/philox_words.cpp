// How many random words a second? Philox4x32-10, as the noise of every step draws it: four neighbours a
// block.
#include "bench/micro/measure.hpp"
#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/wide_random.hpp"
#include "penfield/numerics/philox.hpp"

namespace {

using namespace penfield;
using namespace penfield::micro;

constexpr const char* kQuestion = "what does a random word cost?";
constexpr std::uint32_t kSeed = 7, kStream = 5, kDraw = 1;
constexpr std::uint64_t kEntity = std::uint64_t{3} << 32, kStep = 123456;

using Draw = void (*)(std::uint32_t groups, std::uint32_t* word);

/// One call a block, and the compiler sees no loop.
__attribute__((noinline)) RandomBlock plain(std::uint32_t g) {
  return philox4x32(kSeed, kStream, kEntity + g, kStep, kDraw);
}

PENFIELD_TARGET_BASELINE void baseline(std::uint32_t groups, std::uint32_t* word) {
  for (std::uint32_t g = 0; g < groups; ++g) {
    const RandomBlock block = philox4x32(kSeed, kStream, kEntity + g, kStep, kDraw);
    for (std::uint32_t k = 0; k < 4; ++k) word[4 * g + k] = block.word[k];
  }
}
PENFIELD_TARGET_V3 void compiled(std::uint32_t groups, std::uint32_t* word) {
  for (std::uint32_t g = 0; g < groups; ++g) {
    const RandomBlock block = philox4x32(kSeed, kStream, kEntity + g, kStep, kDraw);
    for (std::uint32_t k = 0; k < 4; ++k) word[4 * g + k] = block.word[k];
  }
}
void scalar(std::uint32_t groups, std::uint32_t* word) {
  for (std::uint32_t g = 0; g < groups; ++g) {
    const RandomBlock block = plain(g);
    for (std::uint32_t k = 0; k < 4; ++k) word[4 * g + k] = block.word[k];
  }
}
void by_hand(std::uint32_t groups, std::uint32_t* word) {
  cpu::draw_words_avx2(kSeed, kStream, kEntity, kStep, kDraw, groups, word);
}
void by_hand_wider(std::uint32_t groups, std::uint32_t* word) {
  cpu::draw_words_avx512(kSeed, kStream, kEntity, kStep, kDraw, groups, word);
}

int body(const Options& options) {
  Report report("philox_words", kQuestion, options);
  const std::uint32_t groups = 1023;  // of a tile of 4096 neurons, and a remainder that no vector divides
  AlignedArray<std::uint32_t> expected(4 * groups), word(4 * groups);
  scalar(groups, expected.data());
  struct Way {
    const char* name;
    Draw draw;
    cpu::Isa needs;
  };
  const Way ways[] = {{"one block a call", scalar, cpu::Isa::baseline},
                      {"loop, baseline", baseline, cpu::Isa::baseline},
                      {"loop, v3 by the compiler", compiled, cpu::Isa::v3},
                      {"AVX2 lanes (wide_random)", by_hand, cpu::Isa::v3},
                      {"AVX-512 lanes (wide_random)", by_hand_wider, cpu::Isa::v4}};
  for (const Way& way : ways) {
    if (way.needs > cpu::best_isa()) continue;
    word.fill(0);
    way.draw(groups, word.data());
    report.check(way.name, std::memcmp(word.data(), expected.data(), word.bytes()) == 0);
  }
  if (!report.passed()) return report.finish();
  const double roof = copy_bytes_per_s(2 * word.bytes(), options);
  double plain_s = 0.0;
  for (const Way& way : ways) {
    if (way.needs > cpu::best_isa()) continue;
    const double s = seconds_of(options,
                                [&] {
                                  way.draw(groups, word.data());
                                  keep(word[0]);
                                }) /
                     static_cast<double>(word.size());
    if (plain_s == 0.0) plain_s = s;
    report.add({way.name,
                1e9 * s,
                "ns per word",
                sizeof(std::uint32_t) / s,
                roof,
                {{"times as fast as one block a call", plain_s / s}}});
  }
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}

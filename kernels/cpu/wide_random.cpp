#include "kernels/cpu/wide_random.hpp"

#include "penfield/numerics/philox.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace penfield::cpu {

namespace {

void draw_groups(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity, std::uint64_t step,
                 std::uint32_t draw, std::uint32_t groups, std::uint32_t* word) {
  for (std::uint32_t g = 0; g < groups; ++g) {
    const RandomBlock block = philox4x32(seed, stream, entity + g, step, draw);
    for (std::uint32_t k = 0; k < 4; ++k) word[4 * g + k] = block.word[k];
  }
}

}  // namespace

#if defined(__x86_64__)

namespace {

#define PENFIELD_AVX2 __attribute__((target("avx2")))

/// Four blocks side by side. Only the lower half of a lane counts: the multiplication reads no other.
struct FourBlocks {
  __m256i c0, c1, c2, c3;
};

PENFIELD_AVX2 inline void turn(FourBlocks& b, __m256i k0, __m256i k1) {
  const __m256i p0 = _mm256_mul_epu32(b.c0, _mm256_set1_epi64x(0xD2511F53));
  const __m256i p1 = _mm256_mul_epu32(b.c2, _mm256_set1_epi64x(0xCD9E8D57));
  b.c0 = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), b.c1), k0);
  b.c2 = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), b.c3), k1);
  b.c1 = p1;
  b.c3 = p0;
}

PENFIELD_AVX2 inline void store(const FourBlocks& b, std::uint32_t* word) {
  const __m256i first = _mm256_blend_epi32(b.c0, _mm256_slli_epi64(b.c1, 32), 0xAA);
  const __m256i second = _mm256_blend_epi32(b.c2, _mm256_slli_epi64(b.c3, 32), 0xAA);
  const __m256i even = _mm256_unpacklo_epi64(first, second);  // blocks 0 and 2
  const __m256i odd = _mm256_unpackhi_epi64(first, second);   // blocks 1 and 3
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(word), _mm256_permute2x128_si256(even, odd, 0x20));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(word + 8), _mm256_permute2x128_si256(even, odd, 0x31));
}

}  // namespace

PENFIELD_AVX2 void draw_words_avx2(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity,
                                   std::uint64_t step, std::uint32_t draw, std::uint32_t groups,
                                   std::uint32_t* word) {
  constexpr std::uint32_t kTogether = 8;  // two sets of four: one waits while the other multiplies
  const auto low = static_cast<std::uint32_t>(entity);
  // A carry out of the lower word would change the others: left to the plain loop.
  const std::uint32_t wide = low + groups < low ? 0 : groups / kTogether * kTogether;
  const auto lane = [](std::uint32_t value) { return static_cast<long long>(value); };
  const std::uint32_t middle =
      (static_cast<std::uint32_t>(entity >> 32) & 0xffffu) | static_cast<std::uint32_t>(step) << 16;
  for (std::uint32_t g = 0; g < wide; g += kTogether) {
    const long long at = lane(low + g);
    FourBlocks a{_mm256_set_epi64x(at + 3, at + 2, at + 1, at), _mm256_set1_epi64x(lane(middle)),
                 _mm256_set1_epi64x(lane(static_cast<std::uint32_t>(step >> 16))),
                 _mm256_set1_epi64x(lane(draw))};
    FourBlocks b = a;
    b.c0 = _mm256_set_epi64x(at + 7, at + 6, at + 5, at + 4);
    std::uint32_t k0 = seed, k1 = stream;
    for (int round = 0; round < 10; ++round) {
      const __m256i key0 = _mm256_set1_epi64x(lane(k0)), key1 = _mm256_set1_epi64x(lane(k1));
      turn(a, key0, key1);
      turn(b, key0, key1);
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    store(a, word + 4 * g);
    store(b, word + 4 * g + 16);
  }
  draw_groups(seed, stream, entity + wide, step, draw, groups - wide, word + 4 * wide);
}

#else

void draw_words_avx2(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity, std::uint64_t step,
                     std::uint32_t draw, std::uint32_t groups, std::uint32_t* word) {
  draw_groups(seed, stream, entity, step, draw, groups, word);
}

#endif

}  // namespace penfield::cpu

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

constexpr long long lane(std::uint32_t value) { return static_cast<long long>(value); }
constexpr std::uint32_t middle_word(std::uint64_t entity, std::uint64_t step) {
  return (static_cast<std::uint32_t>(entity >> 32) & 0xffffu) | static_cast<std::uint32_t>(step) << 16;
}
/// Groups that are drawn wide, so many at a time: a carry out of the lower word would change the others, and
/// is left to the plain loop.
constexpr std::uint32_t wide_groups(std::uint64_t entity, std::uint32_t groups, std::uint32_t together) {
  const auto low = static_cast<std::uint32_t>(entity);
  return low + groups < low ? 0 : groups / together * together;
}

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
  const std::uint32_t wide = wide_groups(entity, groups, kTogether);
  for (std::uint32_t g = 0; g < wide; g += kTogether) {
    const long long at = lane(low + g);
    FourBlocks a{
        _mm256_set_epi64x(at + 3, at + 2, at + 1, at), _mm256_set1_epi64x(lane(middle_word(entity, step))),
        _mm256_set1_epi64x(lane(static_cast<std::uint32_t>(step >> 16))), _mm256_set1_epi64x(lane(draw))};
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

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // of GCC 12's own avx512fintrin.h (GCC PR 105593)
#endif

namespace {

#define PENFIELD_AVX512 __attribute__((target("avx512f")))

/// Eight blocks side by side, as FourBlocks.
struct EightBlocks {
  __m512i c0, c1, c2, c3;
};

PENFIELD_AVX512 inline void turn(EightBlocks& b, __m512i k0, __m512i k1) {
  constexpr int kXor = 0x96;  // of all three operands
  const __m512i p0 = _mm512_mul_epu32(b.c0, _mm512_set1_epi64(0xD2511F53));
  const __m512i p1 = _mm512_mul_epu32(b.c2, _mm512_set1_epi64(0xCD9E8D57));
  b.c0 = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p1, 32), b.c1, k0, kXor);
  b.c2 = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p0, 32), b.c3, k1, kXor);
  b.c1 = p1;
  b.c3 = p0;
}

PENFIELD_AVX512 inline void store(const EightBlocks& b, std::uint32_t* word) {
  const __m512i first = _mm512_mask_blend_epi32(0xAAAA, b.c0, _mm512_slli_epi64(b.c1, 32));
  const __m512i second = _mm512_mask_blend_epi32(0xAAAA, b.c2, _mm512_slli_epi64(b.c3, 32));
  const __m512i low = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0);
  const __m512i high = _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4);
  _mm512_storeu_si512(word, _mm512_permutex2var_epi64(first, low, second));
  _mm512_storeu_si512(word + 16, _mm512_permutex2var_epi64(first, high, second));
}

}  // namespace

PENFIELD_AVX512 void draw_words_avx512(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity,
                                       std::uint64_t step, std::uint32_t draw, std::uint32_t groups,
                                       std::uint32_t* word) {
  constexpr std::uint32_t kTogether = 16;  // two sets of eight: one waits while the other multiplies
  const std::uint32_t wide = wide_groups(entity, groups, kTogether);
  const __m512i ahead = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
  for (std::uint32_t g = 0; g < wide; g += kTogether) {
    const std::uint32_t at = static_cast<std::uint32_t>(entity) + g;
    EightBlocks a{_mm512_add_epi64(_mm512_set1_epi64(lane(at)), ahead),
                  _mm512_set1_epi64(lane(middle_word(entity, step))),
                  _mm512_set1_epi64(lane(static_cast<std::uint32_t>(step >> 16))),
                  _mm512_set1_epi64(lane(draw))};
    EightBlocks b = a;
    b.c0 = _mm512_add_epi64(_mm512_set1_epi64(lane(at + 8)), ahead);
    std::uint32_t k0 = seed, k1 = stream;
    for (int round = 0; round < 10; ++round) {
      const __m512i key0 = _mm512_set1_epi64(lane(k0)), key1 = _mm512_set1_epi64(lane(k1));
      turn(a, key0, key1);
      turn(b, key0, key1);
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    store(a, word + 4 * g);
    store(b, word + 4 * g + 32);
  }
  draw_groups(seed, stream, entity + wide, step, draw, groups - wide, word + 4 * wide);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#else

void draw_words_avx512(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity, std::uint64_t step,
                       std::uint32_t draw, std::uint32_t groups, std::uint32_t* word) {
  draw_groups(seed, stream, entity, step, draw, groups, word);
}
void draw_words_avx2(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity, std::uint64_t step,
                     std::uint32_t draw, std::uint32_t groups, std::uint32_t* word) {
  draw_groups(seed, stream, entity, step, draw, groups, word);
}

#endif

}  // namespace penfield::cpu

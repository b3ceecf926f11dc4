// Random numbers: known answers of the generator, exact ends of the uniform and normal maps, and what the
// draws are distributed like. All seeds are fixed, so a test that passes always passes.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "penfield/numerics/bits.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/hash.hpp"
#include "penfield/numerics/philox.hpp"
#include "penfield/numerics/streams.hpp"
#include "test/support/catch.hpp"
#include "test/support/skip.hpp"
#include "test/support/statistics.hpp"

#if __has_include(<Random123/philox.h>)
#include <Random123/philox.h>
#define PENFIELD_HAS_RANDOM123
#undef philox4x32  // its macro of two arguments would take our function's name
#endif

using namespace penfield;
using namespace penfield::test;

namespace {

constexpr std::uint32_t kStream = 1000;  // of no use in a simulation

/// The draw whose counter and key have these words.
RandomBlock draw_of(std::uint32_t c0, std::uint32_t c1, std::uint32_t c2, std::uint32_t c3, std::uint32_t k0,
                    std::uint32_t k1) {
  const std::uint64_t entity = c0 | static_cast<std::uint64_t>(c1 & 0xffffu) << 32;
  const std::uint64_t step = c1 >> 16 | static_cast<std::uint64_t>(c2) << 16;
  return philox4x32(k0, k1, entity, step, c3);
}

std::vector<std::uint32_t> words(const RandomBlock& b) {
  return {b.word[0], b.word[1], b.word[2], b.word[3]};
}

double normal_cumulative(double x) { return 0.5 * std::erfc(-x * std::sqrt(0.5)); }

/// n values of draw(sequence), 50 of each entity.
template <class Draw>
std::vector<double> draws(std::size_t n, std::uint32_t seed, Draw&& draw) {
  std::vector<double> values;
  for (std::uint64_t entity = 0; values.size() < n; ++entity) {
    RandomSequence random(seed, kStream, entity, 5);
    for (int i = 0; i < 50; ++i) values.push_back(static_cast<double>(draw(random)));
  }
  return values;
}

/// Chi-square chance of whole-valued draws against chance(k); looks at mean +- 8 standard deviations.
template <class Chance>
double counts_p(const std::vector<double>& values, double mean, double sd, double most, Chance&& chance) {
  const double first = std::max(0.0, std::floor(mean - 8.0 * sd - 10.0));
  const double last = std::min(most, std::ceil(mean + 8.0 * sd + 10.0));
  std::vector<double> observed(static_cast<std::size_t>(last - first) + 1);
  for (const double v : values) {
    if (v < first || v > last) return 0.0;
    observed[static_cast<std::size_t>(v - first)] += 1.0;
  }
  return chi_square_of_counts(observed,
                              [&](std::size_t i) { return chance(first + static_cast<double>(i)); });
}

double poisson_chance(double mean, double k) {
  return std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
}

/// How many standard errors the mean and the variance lie off, for draws of a nearly normal distribution.
struct Deviation {
  double mean, variance;
};
Deviation deviation(const std::vector<double>& values, double mean, double variance) {
  const double n = static_cast<double>(values.size());
  double sum = 0.0, squares = 0.0;
  for (const double v : values) {
    sum += v - mean;
    squares += (v - mean) * (v - mean);
  }
  return {sum / std::sqrt(n * variance), (squares / n / variance - 1.0) / std::sqrt(2.0 / n)};
}

}  // namespace

TEST_CASE("philox4x32 gives the published known answers", "[numerics]") {
  // The vectors of philox4x32 with 10 rounds in Random123's tests/kat_vectors.
  CHECK(words(draw_of(0, 0, 0, 0, 0, 0)) ==
        std::vector<std::uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const std::uint32_t f = 0xffffffff;
  CHECK(words(draw_of(f, f, f, f, f, f)) ==
        std::vector<std::uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(words(draw_of(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0)) ==
        std::vector<std::uint32_t>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("philox4x32 equals Random123", "[numerics]") {
#if defined(PENFIELD_HAS_RANDOM123)
  r123::Philox4x32_R<10> generator;
  for (std::uint64_t k = 0; k < 20000; ++k) {
    // Counters near each other for the first half, scattered ones for the other.
    const std::uint64_t scatter = k < 10000 ? 0 : mix64(k);
    const std::uint64_t entity = (k % 97 + scatter) & 0xffffffffffffull;
    const std::uint64_t step = (k / 97 + (scatter >> 7)) & 0xffffffffffffull;
    const auto draw = static_cast<std::uint32_t>(k % 3 + (scatter >> 32));
    const auto seed = static_cast<std::uint32_t>(mix64(k / 1000));
    const auto stream = static_cast<std::uint32_t>(1 + k % 16);
    const r123::Philox4x32_R<10>::ctr_type counter = {
        {static_cast<std::uint32_t>(entity),
         static_cast<std::uint32_t>(entity >> 32 | (step & 0xffffu) << 16),
         static_cast<std::uint32_t>(step >> 16), draw}};
    const auto expected = generator(counter, {{seed, stream}});
    const RandomBlock got = philox4x32(seed, stream, entity, step, draw);
    if (!std::equal(got.word, got.word + 4, expected.begin())) FAIL("counter " << k);
  }
  SUCCEED();
#else
  skip("Random123 is not installed (Debian: librandom123-dev)");
#endif
}

TEST_CASE("every part of the counter and the key matters, 48 bits of entity and step", "[numerics]") {
  const auto base = words(philox4x32(1, 2, 3, 4, 5));
  for (int bit = 0; bit < 48; ++bit) {
    CHECK(words(philox4x32(1, 2, 3 ^ 1ull << bit, 4, 5)) != base);
    CHECK(words(philox4x32(1, 2, 3, 4 ^ 1ull << bit, 5)) != base);
  }
  for (int bit = 0; bit < 32; ++bit) {
    CHECK(words(philox4x32(1u ^ 1u << bit, 2, 3, 4, 5)) != base);
    CHECK(words(philox4x32(1, 2u ^ 1u << bit, 3, 4, 5)) != base);
    CHECK(words(philox4x32(1, 2, 3, 4, 5u ^ 1u << bit)) != base);
  }
  CHECK(words(philox4x32(1, 2, 3 | 1ull << 48, 4 | 1ull << 63, 5)) == base);
  CHECK(words(philox4x32(1, 2, 4, 3, 5)) != base);
}

TEST_CASE("uniform draws stay inside (0, 1)", "[numerics]") {
  CHECK(uniform_f(0) == 0x1p-24f);
  CHECK(uniform_f(0xffffffffu) == 1.0f - 0x1p-24f);
  CHECK(uniform_f(0x7fffffffu) + uniform_f(0x80000000u) == 1.0f);
  CHECK(uniform_d(0, 0) == 0x1p-53);
  CHECK(uniform_d(0xffffffffu, 0xffffffffu) == 1.0 - 0x1p-53);
  CHECK(uniform_d(0x80000000u, 0) == 0.5 + 0x1p-53);
  CHECK(uniform_d(0, 0xfffu) == uniform_d(0, 0));
  CHECK(uniform_d(0, 0x1000u) > uniform_d(0, 0));
}

TEST_CASE("normal_f is the inverse of the distribution function within 5e-7", "[numerics]") {
  double worst = 0.0;
  const auto look_at = [&](std::uint32_t word) {
    const double z = -static_cast<double>(normal_f(word));
    const double p = (word + 0.5) / 4294967296.0;
    const double density = std::exp(-0.5 * z * z) * 0.39894228040143268;
    // The tail probability where that is small, else what it lacks of 1/2: neither loses digits.
    const double off =
        z > 0.7 ? (normal_cumulative(-z) - p) : ((0.5 - p) - 0.5 * std::erf(z * std::sqrt(0.5)));
    worst = std::max(worst, std::fabs(off / density / z));
  };
  for (std::uint32_t word = 0; word < 0x80000000u; word += 1999) look_at(word);
  for (std::uint32_t k = 0; k < 20000; ++k) {
    look_at(k);
    look_at(0x7fffffffu - k);
    look_at(0x13333333u - 10000 + k);  // where the branches meet
  }
  CHECK(worst < 5e-7);
  CHECK(std::fabs(normal_f(0) + 6.3379) < 1e-4);
  for (std::uint64_t word = 0; word < 0x100000000ull; word += 65521) {
    const auto w = static_cast<std::uint32_t>(word);
    if (normal_f(~w) != -normal_f(w)) FAIL(w);
  }
}

TEST_CASE("normal_d is the inverse of the distribution function within 1e-15", "[numerics]") {
  double worst = 0.0;
  for (std::uint64_t k = 0; k < 100000; ++k) {
    const std::uint64_t word = mix64(k) >> (k % 52);
    const auto high = static_cast<std::uint32_t>(word >> 32), low = static_cast<std::uint32_t>(word);
    const long double p = uniform_d(high, low), z = -static_cast<long double>(normal_d(high, low));
    if (p >= 0.5L) continue;
    const long double density = std::exp(-0.5L * z * z) * 0.398942280401432677939946L,
                      root_half = std::sqrt(0.5L);
    const long double off =
        z > 0.7L ? 0.5L * std::erfc(z * root_half) - p : (0.5L - p) - 0.5L * std::erf(z * root_half);
    worst = std::max(worst, static_cast<double>(std::fabs(off / density / z)));
  }
  CHECK(worst < 1e-15);
  CHECK(std::fabs(normal_d(0, 0) + 8.2095) < 1e-4);
  CHECK(normal_d(0xffffffffu, 0xffffffffu) == -normal_d(0, 0));
}

TEST_CASE("a sequence is the words of its draws, in order", "[numerics]") {
  RandomSequence random(7, Stream::positions, 11, 13);
  for (std::uint32_t draw = 0; draw < 5; ++draw)
    for (const std::uint32_t word :
         words(philox4x32(7, static_cast<std::uint32_t>(Stream::positions), 11, 13, draw)))
      CHECK(random.next_u32() == word);
  RandomSequence pairs(7, Stream::positions, 11, 13);
  const RandomBlock b = philox4x32(7, static_cast<std::uint32_t>(Stream::positions), 11, 13, 0);
  CHECK(pairs.next_u64() == (static_cast<std::uint64_t>(b.word[0]) << 32 | b.word[1]));
  CHECK(pairs.uniform() == uniform_d(b.word[2], b.word[3]));
}

TEST_CASE("uniform, normal and exponential draws pass Kolmogorov-Smirnov", "[numerics]") {
  const auto even = [](double x) { return x; };
  const std::size_t n = 100000;
  CHECK(kolmogorov_smirnov_p(draws(n, 1, [](auto& r) { return uniform_f(r.next_u32()); }), even) > kAbsurd);
  CHECK(kolmogorov_smirnov_p(draws(n, 2, [](auto& r) { return r.uniform(); }), even) > kAbsurd);
  CHECK(kolmogorov_smirnov_p(draws(n, 3, [](auto& r) { return normal_f(r.next_u32()); }), normal_cumulative) >
        kAbsurd);
  CHECK(kolmogorov_smirnov_p(draws(n, 4, [](auto& r) { return r.normal(); }), normal_cumulative) > kAbsurd);
  CHECK(kolmogorov_smirnov_p(draws(n, 5, [](auto& r) { return r.exponential(); }),
                             [](double x) { return -std::expm1(-x); }) > kAbsurd);
}

TEST_CASE("draws of neighbouring counters do not go together", "[numerics]") {
  constexpr int kCells = 16;
  const auto cell = [](std::uint32_t word) { return word >> 28; };
  const auto together = [&](auto&& other) {
    std::vector<double> pairs(kCells * kCells);
    for (std::uint64_t e = 0; e < 300; ++e)
      for (std::uint64_t s = 0; s < 300; ++s)
        pairs[cell(philox4x32(3, kStream, e, s).word[0]) * kCells + cell(other(e, s))] += 1.0;
    return chi_square_of_counts(pairs, [&](std::size_t) { return 1.0 / (kCells * kCells); });
  };
  CHECK(together([](auto e, auto s) { return philox4x32(3, kStream, e + 1, s).word[0]; }) > kAbsurd);
  CHECK(together([](auto e, auto s) { return philox4x32(3, kStream, e, s + 1).word[0]; }) > kAbsurd);
  CHECK(together([](auto e, auto s) { return philox4x32(3, kStream, e, s, 1).word[0]; }) > kAbsurd);
  CHECK(together([](auto e, auto s) { return philox4x32(3, kStream + 1, e, s).word[0]; }) > kAbsurd);
  CHECK(together([](auto e, auto s) { return philox4x32(4, kStream, e, s).word[0]; }) > kAbsurd);
  CHECK(together([](auto e, auto s) { return philox4x32(3, kStream, e, s).word[1]; }) > kAbsurd);
}

TEST_CASE("below is even on its range", "[numerics]") {
  for (const std::uint64_t n : {2ull, 3ull, 7ull, 100ull, 1000ull}) {
    const auto values = draws(100000, 6, [&](auto& r) { return r.below(n); });
    std::vector<double> observed(n);
    for (const double v : values) observed.at(static_cast<std::size_t>(v)) += 1.0;
    CHECK(chi_square_of_counts(observed, [&](std::size_t) { return 1.0 / static_cast<double>(n); }) >
          kAbsurd);
  }
  // 3/4 of the words' range: without rejection one third of it would come twice as often.
  std::vector<double> thirds(3);
  RandomSequence random(6, kStream, 1, 0);
  for (int i = 0; i < 100000; ++i) {
    const std::uint64_t value = random.below(3ull << 62);
    REQUIRE(value < 3ull << 62);
    thirds[value >> 62] += 1.0;
  }
  CHECK(chi_square_of_counts(thirds, [](std::size_t) { return 1.0 / 3.0; }) > kAbsurd);
  CHECK(random.below(1) == 0);
}

TEST_CASE("Poisson draws pass chi-square", "[numerics]") {
  for (const double mean : {0.01, 0.3, 1.0, 4.5, 9.99, 10.0, 12.0, 37.5, 150.0, 2500.0}) {
    const auto values = draws(60000, 7, [&](auto& r) { return r.poisson(mean); });
    INFO("mean " << mean);
    CHECK(counts_p(values, mean, std::sqrt(mean), 1e18, [&](double k) { return poisson_chance(mean, k); }) >
          kAbsurd);
  }
}

TEST_CASE("binomial draws pass chi-square", "[numerics]") {
  const struct {
    double n, p;
  } cases[] = {{1, 0.5},      {7, 0.9},      {20, 0.3},     {20, 0.5},      {100, 0.0999},
               {100, 0.1},    {100, 0.11},   {100, 0.95},   {1000, 0.0005}, {1000, 0.37},
               {40000, 0.25}, {40000, 0.75}, {1e9, 3.7e-9}, {1e9, 4e-7}};
  for (const auto& c : cases) {
    const auto values =
        draws(60000, 8, [&](auto& r) { return r.binomial(static_cast<std::uint64_t>(c.n), c.p); });
    INFO("n " << c.n << " p " << c.p);
    CHECK(counts_p(values, c.n * c.p, std::sqrt(c.n * c.p * (1 - c.p)), c.n,
                   [&](double k) { return binomial_chance(c.n, k, c.p); }) > kAbsurd);
  }
}

TEST_CASE("counts of large means have the right mean and variance", "[numerics]") {
  const auto near = [](const Deviation& d) { return std::fabs(d.mean) < 4.0 && std::fabs(d.variance) < 4.0; };
  for (const double mean : {1e5, 1e8, 1e12, 1e15})
    CHECK(near(deviation(draws(40000, 9, [&](auto& r) { return r.poisson(mean); }), mean, mean)));
  for (const double n : {1e6, 1e9, 1e12, 9e15})
    for (const double p : {0.003, 0.5, 0.97})
      CHECK(near(
          deviation(draws(40000, 10, [&](auto& r) { return r.binomial(static_cast<std::uint64_t>(n), p); }),
                    n * p, n * p * (1 - p))));
}

TEST_CASE("counts at the edges", "[numerics]") {
  RandomSequence random(11, kStream, 0, 0);
  const double nan = std::nan("");
  for (const double mean : {0.0, -0.0, -1.0, nan}) CHECK(random.poisson(mean) == 0);
  CHECK(random.poisson(1e-300) == 0);
  CHECK(random.binomial(0, 0.5) == 0);
  for (const double p : {0.0, -0.5, nan}) CHECK(random.binomial(100, p) == 0);
  for (const double p : {1.0, 1.5}) CHECK(random.binomial(100, p) == 100);
  // Chances so small that 1 - p is 1 in double precision.
  for (const double p : {1e-16, 1e-17, 1e-30, 1e-308, 5e-324}) CHECK(random.binomial(1000000, p) == 0);
  const double few = 1e-17;  // 0.09 successes are expected in 2^53 trials
  const auto values = draws(40000, 12, [&](auto& r) { return r.binomial(1ull << 53, few); });
  CHECK(counts_p(values, few * 0x1p53, 0.3, 1e18, [&](double k) { return poisson_chance(few * 0x1p53, k); }) >
        kAbsurd);
}

TEST_CASE("numbers keep their bits", "[numerics]") {
  // Known answers, the same from every compiler, optimisation level and machine. A change of these changes
  // every run that users have made from a seed; it needs a reason and a note in the change log.
  std::uint64_t single = 0, twice = 0, counts = 0;
  for (std::uint64_t k = 0; k < 50000; ++k) {
    const RandomBlock b = philox4x32(5, kStream, k, 6);
    const float f = uniform_f(b.word[0]);
    single += element_digest(1, k, bits_from_float(f)) +
              element_digest(2, k, bits_from_float(normal_f(b.word[1]))) +
              element_digest(3, k, bits_from_float(exp_f(200.0f * f - 110.0f))) +
              element_digest(4, k, bits_from_float(log_f(float_from_bits(b.word[2] >> 1))));
    const double d = uniform_d(b.word[2], b.word[3]);
    twice += element_digest(5, k, bits_from_double(d)) +
             element_digest(6, k, bits_from_double(exp_d(1500.0 * d - 750.0))) +
             element_digest(7, k, bits_from_double(log_d(d))) +
             element_digest(8, k, bits_from_double(expm1_d(8.0 * d - 4.0))) +
             element_digest(9, k, bits_from_double(log1p_d(3.0 * d - 1.0))) +
             element_digest(10, k, bits_from_double(lgamma_d(1.0 + 20.0 * d))) +
             element_digest(11, k, bits_from_double(normal_d(b.word[0], b.word[1])));
    RandomSequence random(5, kStream, k, 7);
    counts += element_digest(12, k, random.poisson(20.0 * d)) +
              element_digest(13, k, random.binomial(1 + k, d)) + element_digest(14, k, random.below(1 + k)) +
              element_digest(15, k, bits_from_double(random.exponential()));
  }
  CHECK(single == 0x448ce702a9a9fa27ull);
  CHECK(twice == 0xe988c5e14777f6cdull);
  CHECK(counts == 0x076837c4e241caacull);
}

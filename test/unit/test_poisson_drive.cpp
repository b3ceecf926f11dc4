// Poisson counts from random words: every way to them gives the same input.
#include <vector>

#include "host/build/build_network.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/step/poisson_drive.hpp"
#include "penfield/step/team.hpp"
#include "test/support/catch.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kCount = 1003;

/// Random words, and those at and beside every threshold.
std::vector<std::uint32_t> words_for(const std::vector<std::uint32_t>& thresholds) {
  RandomSequence random(47, 0u, thresholds.size(), 0);
  std::vector<std::uint32_t> words;
  for (std::uint32_t t : thresholds)
    for (std::uint32_t w : {t - 1, t, t + 1}) words.push_back(w);
  for (std::uint32_t w : {0u, 1u, 0xfffffffeu, 0xffffffffu}) words.push_back(w);
  while (words.size() < kCount) words.push_back(static_cast<std::uint32_t>(random.below(0x100000000ull)));
  words.resize(kCount);
  return words;
}

void require_inverse(const std::vector<std::uint32_t>& thresholds) {
  PoissonDrive drive;
  drive.threshold = thresholds.data();
  drive.length = static_cast<std::uint32_t>(thresholds.size());
  drive.weight = 0.3f;
  const std::vector<std::uint32_t> words = words_for(thresholds);
  std::vector<std::int32_t> events(kCount);
  std::vector<float> input(kCount);
  for (std::uint32_t i = 0; i < kCount; ++i) input[i] = 0.1f * static_cast<float>(i);
  std::vector<float> expected = input;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    int count = 0;
    for (std::uint32_t t : thresholds) count += words[i] >= t ? 1 : 0;
    expected[i] = fused(0.3f, static_cast<float>(count), expected[i]);
  }
  SoloTeam team;
  add_drive(team, drive, words.data(), events.data(), input.data(), kCount);
  REQUIRE(input == expected);
}

}  // namespace

TEST_CASE("a drive adds its weight as often as its word reaches a threshold") {
  for (double mean : {1e-6, 0.01, 0.128, 0.5, 1.0, 2.0, 2.5, 4.0, 30.0}) {
    CAPTURE(mean);
    const AlignedArray<std::uint32_t> made = poisson_thresholds(mean);
    require_inverse({made.begin(), made.end()});
  }
  for (std::uint32_t length : {1u, 7u, 8u, 9u, 15u, 16u, 17u, 40u}) {
    CAPTURE(length);
    std::vector<std::uint32_t> thresholds;
    for (std::uint32_t k = 0; k < length; ++k) thresholds.push_back(0xffffffffu - (length - 1 - k) * 3);
    require_inverse(thresholds);
    thresholds[0] = 0;  // reached by every word
    require_inverse(thresholds);
  }
}

}  // namespace penfield::test

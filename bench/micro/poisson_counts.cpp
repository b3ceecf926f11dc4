// What does a Poisson drive's input cost, given its random word? The inverse of the distribution: how many
// thresholds the word reaches, so that the cost grows with the mean.
#include "bench/micro/measure.hpp"
#include "host/build/build_network.hpp"
#include "kernels/cpu/isa.hpp"
#include "penfield/step/poisson_drive.hpp"
#include "penfield/step/team.hpp"

namespace {

using namespace penfield;
using namespace penfield::micro;

constexpr const char* kQuestion = "what does a Poisson count cost, by its mean?";

PENFIELD_TARGET_V3 void wide(const PoissonDrive& drive, const std::uint32_t* word, std::int32_t* events,
                             float* input, std::uint32_t n) {
  SoloTeam team;
  add_drive(team, drive, word, events, input, n);
}
PENFIELD_TARGET_V4 void wider(const PoissonDrive& drive, const std::uint32_t* word, std::int32_t* events,
                              float* input, std::uint32_t n) {
  SoloTeam team;
  add_drive(team, drive, word, events, input, n);
}
PENFIELD_TARGET_BASELINE void baseline(const PoissonDrive& drive, const std::uint32_t* word,
                                       std::int32_t* events, float* input, std::uint32_t n) {
  SoloTeam team;
  add_drive(team, drive, word, events, input, n);
}
/// One neuron after the other, until its word is below the next threshold.
PENFIELD_TARGET_V3 void search(const PoissonDrive& drive, const std::uint32_t* word, std::int32_t* events,
                               float* input, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) {
    std::uint32_t k = 0;
    while (k < drive.length && word[i] >= drive.threshold[k]) ++k;
    events[i] = static_cast<std::int32_t>(k);
    input[i] = fused(drive.weight, static_cast<float>(k), input[i]);
  }
}

int body(const Options& options) {
  Report report("poisson_counts", kQuestion, options);
  const std::uint32_t n = 4096;
  AlignedArray<std::uint32_t> word(n);
  AlignedArray<std::int32_t> events(n);
  AlignedArray<float> expected(n), input(n);
  for (std::uint32_t i = 0; i < n; ++i) word[i] = random_word(5, i);
  const double roof = copy_bytes_per_s(word.bytes() + input.bytes(), options);
  struct Way {
    const char* name;
    void (*count)(const PoissonDrive&, const std::uint32_t*, std::int32_t*, float*, std::uint32_t);
    cpu::Isa needs;
  };
  using cpu::Isa;
  const Way ways[] = {{"v4", wider, Isa::v4},
                      {"v3", wide, Isa::v3},
                      {"baseline", baseline, Isa::baseline},
                      {"a search each", search, Isa::v3}};
  for (double mean : {0.1, 1.5, 20.0}) {
    const AlignedArray<std::uint32_t> thresholds = poisson_thresholds(mean);
    PoissonDrive drive;
    drive.threshold = thresholds.data();
    drive.length = static_cast<std::uint32_t>(thresholds.size());
    drive.weight = 0.5f;
    for (std::uint32_t i = 0; i < n; ++i) {
      std::uint32_t reached = 0;
      for (std::uint32_t k = 0; k < drive.length; ++k) reached += word[i] >= drive.threshold[k] ? 1 : 0;
      expected[i] = 0.5f * static_cast<float>(reached);
    }
    char text[32];
    std::snprintf(text, sizeof text, "mean %g, ", mean);
    for (const Way& way : ways) {
      if (way.needs > cpu::best_isa()) continue;
      input.fill(0.0f);
      way.count(drive, word.data(), events.data(), input.data(), n);
      report.check(text + std::string(way.name),
                   std::memcmp(input.data(), expected.data(), input.bytes()) == 0);
    }
    if (!report.passed()) break;
    for (const Way& way : ways) {
      if (way.needs > cpu::best_isa()) continue;
      const double s = seconds_of(options,
                                  [&] {
                                    way.count(drive, word.data(), events.data(), input.data(), n);
                                    keep(input[0]);
                                  }) /
                       n;
      report.add({text + std::string(way.name),
                  1e9 * s,
                  "ns per count",
                  (sizeof(std::uint32_t) + 2 * sizeof(float)) / s,
                  roof,
                  {{"thresholds", static_cast<double>(drive.length)}}});
    }
  }
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}

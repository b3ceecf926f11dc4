// What does finding a step's spikes cost? A tile's flags, of which few are set, become a list of neurons: per
// neuron and step, by the share that fires.
#include "bench/micro/measure.hpp"
#include "kernels/cpu/isa.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/step/team.hpp"

namespace {

using namespace penfield;
using namespace penfield::micro;

constexpr const char* kQuestion = "what does making a tile's spike list cost, by the share that fires?";

using Compact = std::uint32_t (*)(const std::uint32_t* spiked, std::uint32_t n, std::uint32_t* list);

PENFIELD_TARGET_V3 std::uint32_t wide(const std::uint32_t* spiked, std::uint32_t n, std::uint32_t* list) {
  SoloTeam team;
  return team.compact(
      n, [=](auto k) { return spiked[k] != 0; },
      [=](std::uint32_t rank, std::uint32_t k) { list[rank] = k; });
}
PENFIELD_TARGET_BASELINE std::uint32_t baseline(const std::uint32_t* spiked, std::uint32_t n,
                                                std::uint32_t* list) {
  SoloTeam team;
  return team.compact(
      n, [=](auto k) { return spiked[k] != 0; },
      [=](std::uint32_t rank, std::uint32_t k) { list[rank] = k; });
}
std::uint32_t plain(const std::uint32_t* spiked, std::uint32_t n, std::uint32_t* list) {
  std::uint32_t kept = 0;
  for (std::uint32_t k = 0; k < n; ++k)
    if (spiked[k] != 0) list[kept++] = k;
  return kept;
}

int body(const Options& options) {
  Report report("spike_list", kQuestion, options);
  const std::uint32_t n = 4096;
  AlignedArray<std::uint32_t> spiked(n), expected(n), list(n);
  const double roof = copy_bytes_per_s(2 * spiked.bytes(), options);
  struct Way {
    const char* name;
    Compact compact;
    cpu::Isa needs;
  };
  using cpu::Isa;
  const Way ways[] = {
      {"v3", wide, Isa::v3}, {"baseline", baseline, Isa::baseline}, {"plain loop", plain, Isa::baseline}};
  for (double share : {0.0, 0.0005, 0.01, 0.2}) {
    for (std::uint32_t k = 0; k < n; ++k) spiked[k] = uniform_f(random_word(6, k)) < share ? 1u : 0u;
    const std::uint32_t count = plain(spiked.data(), n, expected.data());
    char text[32];
    std::snprintf(text, sizeof text, "%g fire, ", share);
    for (const Way& way : ways) {
      if (way.needs > cpu::best_isa()) continue;
      list.fill(~0u);
      const std::uint32_t kept = way.compact(spiked.data(), n, list.data());
      report.check(text + std::string(way.name),
                   kept == count && std::equal(list.begin(), list.begin() + kept, expected.begin()));
    }
    if (!report.passed()) break;
    for (const Way& way : ways) {
      if (way.needs > cpu::best_isa()) continue;
      const double s = seconds_of(options, [&] { keep(way.compact(spiked.data(), n, list.data())); }) / n;
      report.add({text + std::string(way.name),
                  1e9 * s,
                  "ns per neuron",
                  sizeof(std::uint32_t) / s,
                  roof,
                  {{"spikes", static_cast<double>(count)}}});
    }
  }
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}

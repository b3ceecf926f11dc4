// One network, many ways to run it: the same bits from all. The network has every neuron model, connection
// rule and plasticity rule, and rewires (test/support/every_model.hpp).
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "penfield/numerics/hash.hpp"
#include "test/support/catch.hpp"
#include "test/support/every_model.hpp"
#include "test/support/thread_ranks.hpp"

namespace penfield::test {

namespace {

constexpr StepIndex kSteps = 2400;  // 1.2 s
constexpr int kMacroSteps = 4;

/// What a run comes to, at four of its moments, and all of its spikes.
struct Outcome {
  StateDigest built, stepped, flushed, rewired;
  std::uint64_t slow = 0, raster = 0, num_spikes = 0, formed = 0, deleted = 0;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::uint64_t digest_of(const std::vector<Spike>& spikes) {
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < spikes.size(); ++k)
    sum += element_digest(k, static_cast<std::uint64_t>(spikes[k].step),
                          static_cast<std::uint64_t>(spikes[k].population) << 32 | spikes[k].neuron);
  return sum;
}

/// `advance` runs the engine for kSteps in its own way.
template <class Advance>
Outcome outcome(const BuildOptions& build, const cpu::CpuEngineOptions& options, Advance&& advance,
                double size = 1.0) {
  const ScratchFolder folder;
  EveryModelRun run(every_model_scenario(folder, size), build, options);
  Outcome out;
  out.built = digest(run.network);
  run.engine->record_spikes(std::vector<bool>(run.network.populations.size(), true));
  advance(*run.engine);
  out.stepped = digest(run.network);
  run.engine->flush();
  out.flushed = digest(run.network);
  for (int k = 0; k < kMacroSteps; ++k) run.macro_step();
  out.rewired = digest(run.network);
  out.slow = run.slow_digest();
  const std::vector<Spike> spikes = run.engine->take_spikes();
  out.num_spikes = spikes.size();
  out.raster = digest_of(spikes);
  out.formed = run.counts.formed;
  out.deleted = run.counts.deleted;
  return out;
}

Outcome outcome(const BuildOptions& build, const cpu::CpuEngineOptions& options) {
  return outcome(build, options, [](Engine& engine) { engine.run(kSteps); });
}

cpu::CpuEngineOptions threads(std::uint32_t n) {
  cpu::CpuEngineOptions o;
  o.threads = n;
  return o;
}
BuildOptions tiles(std::uint32_t size) {
  BuildOptions b;
  b.tile_size = size;
  return b;
}

/// One thread, tiles of the default size.
const Outcome& reference() {
  static const Outcome one = outcome({}, threads(1));
  return one;
}

/// Names the first moment at which two runs differ.
void require_equal(const Outcome& a, const Outcome& b) {
  REQUIRE(a.built == b.built);
  REQUIRE(a.stepped == b.stepped);
  REQUIRE(a.flushed == b.flushed);
  REQUIRE(a.rewired == b.rewired);
  REQUIRE(a == b);
}

/// Sets PENFIELD_ISA for the life of this object.
class AskedIsa {
 public:
  explicit AskedIsa(const char* isa) { ::setenv("PENFIELD_ISA", isa, 1); }
  ~AskedIsa() { ::unsetenv("PENFIELD_ISA"); }
};

}  // namespace

TEST_CASE("the network of the parity tests spikes, learns and rewires enough to show a difference") {
  const Outcome& r = reference();
  WARN(r.num_spikes << " spikes, " << r.formed << " synapses formed, " << r.deleted << " deleted");
  REQUIRE(r.num_spikes >= 100000);
  REQUIRE(r.formed >= 100);
  REQUIRE(r.deleted >= 100);
  REQUIRE_FALSE(r.stepped.synapses == r.built.synapses);
  REQUIRE_FALSE(r.stepped.synapses == r.flushed.synapses);

  const ScratchFolder folder;
  EveryModelRun run(every_model_scenario(folder), {}, threads(1));
  run.engine->run(kSteps);
  for (const auto& p : run.network.populations) {
    std::uint64_t spikes = 0;
    for (std::uint32_t count : p->spike_count) spikes += count;
    CAPTURE(p->name, spikes);
    REQUIRE(spikes >= 10u * p->view.n);  // every model takes part
  }
  REQUIRE(run.engine->flush_times().last > 0);  // histories filled up and asked for flushes
}

TEST_CASE("the number of threads changes no bit") {
  const std::uint32_t n = GENERATE(2u, 3u, 8u);
  CAPTURE(n);
  require_equal(reference(), outcome(tiles(32), threads(n)));
}

TEST_CASE("building with several threads changes no bit") {
  BuildOptions build;
  build.threads = 3;
  require_equal(reference(), outcome(build, threads(1)));
}

TEST_CASE("the size of tiles changes no bit") {
  const std::uint32_t size = GENERATE(16u, 64u, 256u, 1024u, 4096u);
  CAPTURE(size);
  require_equal(reference(), outcome(tiles(size), threads(size == 64 ? 3 : 2)));
}

TEST_CASE("the order of delivery changes no bit") {
  cpu::CpuEngineOptions options = threads(2);
  options.reversed_delivery = true;
  require_equal(reference(), outcome({}, options));
}

TEST_CASE("bodies that several threads run as one team give the same bits") {
  // Small and short: the members meet several times for every tile and step.
  const auto advance = [](Engine& e) { e.run(150); };
  static const Outcome solo = outcome({}, threads(1), advance, 0.15);
  cpu::CpuEngineOptions options;
  options.team_threads = GENERATE(2u, 3u, 4u);
  CAPTURE(options.team_threads);
  require_equal(solo, outcome({}, options, advance, 0.15));
}

TEST_CASE("AVX2, AVX-512 and FMA instructions change no bit") {
  reference();  // with all that this machine has
  const std::string asked = GENERATE("baseline", "v3");
  const AskedIsa isa(asked.c_str());
  const ScratchFolder folder;
  const EveryModelRun run(every_model_scenario(folder, 0.1), {}, threads(1));
  CAPTURE(run.engine->device());
  if (asked == "baseline") REQUIRE(run.engine->device() == "CPU, 1 thread, baseline");
  REQUIRE(run.engine->device().find("v4") == std::string::npos);
  require_equal(reference(), outcome({}, threads(2)));
}

TEST_CASE("running in pieces changes no bit") {
  SECTION("one step at a time") {
    require_equal(reference(), outcome({}, threads(2), [](Engine& e) {
                    for (StepIndex k = 0; k < kSteps; ++k) e.run(1);
                  }));
  }
  SECTION("uneven pieces, empty ones among them") {
    require_equal(reference(), outcome({}, threads(1), [](Engine& e) {
                    for (StepIndex k = 0; e.now() < kSteps; ++k)
                      e.run(std::min<StepIndex>(7 * k % 23, kSteps - e.now()));
                  }));
  }
}

TEST_CASE("taking spikes out in between and recording nothing change no bit") {
  Outcome quiet = outcome({}, threads(2), [](Engine& e) {
    e.record_spikes({});
    e.run(kSteps);
  });
  REQUIRE(quiet.num_spikes == 0);
  quiet.num_spikes = reference().num_spikes;
  quiet.raster = reference().raster;
  require_equal(reference(), quiet);
}

TEST_CASE("ranks change no bit, whatever their number and threads") {
  struct Case {
    std::uint32_t ranks, workers, tile;
  };
  // Of nine ranks and one tile a population, some have nothing that learns and one has nothing at all.
  const Case c = GENERATE(Case{2, 1, 64}, Case{2, 2, 64}, Case{3, 2, 128}, Case{5, 1, 64}, Case{9, 1, 1024});
  const auto [ranks, workers, tile] = c;
  CAPTURE(ranks, workers, tile);
  Outcome first, last;
  ThreadRanks::run(c.ranks, [&](Ranks& own) {
    BuildOptions build = tiles(c.tile);
    build.ranks = &own;
    const Outcome seen = outcome(build, threads(c.workers));
    if (own.first()) first = seen;
    if (own.rank() + 1 == c.ranks) last = seen;
  });
  require_equal(reference(), first);
  // Recorded spikes are the first rank's alone; all else every rank has.
  REQUIRE(last.num_spikes == 0);
  last.num_spikes = first.num_spikes;
  last.raster = first.raster;
  require_equal(first, last);
}

TEST_CASE("when weights are asked for changes no weight") {
  // Before the last flush a digest may differ: history_mark and unflushed weights say when the last flush
  // was.
  const Outcome asked = outcome({}, threads(2), [](Engine& e) {
    for (StepIndex k = 1; e.now() < kSteps; ++k) {
      e.run(std::min<StepIndex>(k % 5 == 0 ? 1 : 17 + 13 * (k % 7), kSteps - e.now()));
      e.flush();
      if (k % 3 == 0) e.flush();
    }
  });
  REQUIRE_FALSE(asked.num_spikes == 0);
  REQUIRE(asked.stepped.input == reference().stepped.input);
  REQUIRE(asked.flushed.synapses == reference().flushed.synapses);
  REQUIRE(asked.flushed == reference().flushed);
  REQUIRE(asked.rewired == reference().rewired);
  REQUIRE(asked.raster == reference().raster);
  REQUIRE(asked.slow == reference().slow);
}

}  // namespace penfield::test

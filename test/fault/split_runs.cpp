// Runs that are stopped at random places, in the midst of episodes and probes too, and gone on with on other
// threads or another engine, against the same runs unsplit: state, results and what is recorded must have the
// same bits. usage: penfield_split_runs [--count N] [--seed S] [--card-share P]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>

#include "host/record/checkpoint.hpp"
#include "host/run/interruptible_engine.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/run/session_job.hpp"
#include "host/scenario/scenario_json.hpp"
#include "test/support/every_model.hpp"
#include "test/support/scratch_folder.hpp"
#ifdef PENFIELD_SPLIT_ON_CARD
#include "kernels/cuda/cuda_engine.hpp"
#endif

namespace {

using namespace penfield;
using test::ScratchFolder;

/// One process's part of a run.
struct Part {
  Part(const Scenario& s, std::uint32_t threads, bool card, StepIndex cut,
       std::vector<std::uint32_t> tile_sizes)
      : scenario(s) {
    BuildOptions options;
    options.threads = threads;
    options.tile_sizes = std::move(tile_sizes);
    network = std::make_unique<Network>(build_network(s, options));
#ifdef PENFIELD_SPLIT_ON_CARD
    if (card) bare = cuda::make_cuda_engine(*network, {});
#else
    static_cast<void>(card);
#endif
    if (!bare) bare = make_engine(*network, DeviceChoice::cpu, threads).engine;
    engine = std::make_unique<InterruptibleEngine>(*bare, one_rank(), [this] { return ++slices == stop_at; });
    engine->cut_every(cut);
    job = make_job(scenario, *network, *engine);
  }
  /// True when the end was reached, false when it stopped after so many slices; negative: never.
  bool go(long stop_after) {
    stop_at = stop_after;
    slices = 0;
    return job->run([] {}, [&] { return slices >= stop_at && stop_at >= 0; });
  }
  std::vector<std::byte> results() {
    StateArchive a;
    job->archive(a);
    return a.written();
  }

  const Scenario& scenario;
  std::unique_ptr<Network> network;
  std::unique_ptr<Engine> bare;
  std::unique_ptr<InterruptibleEngine> engine;
  std::unique_ptr<Job> job;
  long slices = 0, stop_at = -1;
};

struct Case {
  std::string name;
  Scenario scenario;
  StateDigest digest;
  std::vector<std::byte> results;
  long slices = 0;
  bool on_card = false;  ///< small enough for the stand-in
};

constexpr StepIndex kCut = 41;

Case unsplit(std::string name, Scenario scenario, bool on_card) {
  Case c{std::move(name), std::move(scenario), {}, {}, 0, on_card};
  Part whole(c.scenario, 1, false, kCut, {});
  if (!whole.go(-1)) std::abort();
  c.digest = digest(*whole.network);
  c.results = whole.results();
  c.slices = whole.slices;
  return c;
}

struct Tally {
  long cuts = 0, inside = 0, moved_threads = 0, moved_engine = 0;
};

bool split_once(const Case& c, std::mt19937& random, double card_share, Tally& tally) {
  const auto draw = [&](long low, long high) {
    return std::uniform_int_distribution<long>(low, high)(random);
  };
  const ScratchFolder scratch;
  const long cuts = draw(1, 4);
  std::vector<std::uint32_t> tiles;
  std::uint32_t threads = 0;
  bool card = false;
  std::unique_ptr<Part> part;
  for (long k = 0; k <= cuts; ++k) {
    const auto more = static_cast<std::uint32_t>(draw(1, 4));
    const bool now_card = c.on_card && std::uniform_real_distribution<>(0.0, 1.0)(random) < card_share;
    tally.moved_threads += k > 0 && more != threads ? 1 : 0;
    tally.moved_engine += k > 0 && now_card != card ? 1 : 0;
    threads = more;
    card = now_card;
    part = std::make_unique<Part>(c.scenario, threads, card, kCut, tiles);
    if (k > 0) {
      const CheckpointReader reader = CheckpointReader::open(scratch / "checkpoint");
      const std::vector<std::byte> bytes = restore_state(reader, *part->network, *part->engine);
      StateArchive a(bytes, "split run");
      part->job->archive(a);
      a.finish();
    }
    const long stop_after = k < cuts ? draw(0, c.slices / cuts) : -1;
    if (part->go(stop_after)) break;
    ++tally.cuts;
    CheckpointWriter writer(scratch / "checkpoint");
    save_state(&writer, {}, *part->network, *part->engine, part->results());
    tiles = stored_tile_sizes(CheckpointReader::open(scratch / "checkpoint"));
  }
  return digest(*part->network) == c.digest && part->results() == c.results;
}

double number_after(int argc, char** argv, const char* name, double otherwise) {
  for (int k = 1; k + 1 < argc; ++k)
    if (std::strcmp(argv[k], name) == 0) return std::atof(argv[k + 1]);
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const long count = static_cast<long>(number_after(argc, argv, "--count", 12));
  const auto seed = static_cast<std::uint32_t>(number_after(argc, argv, "--seed", 1));
  const double card_share = number_after(argc, argv, "--card-share", 0.0);

  const ScratchFolder folder;
  const std::string records =
      R"(record=[{"what":"spikes","of":"S1/E"},{"what":"rates","of":"S1/*","every":"50 ms"},{"what":"traces","of":"S1/PV","every":"10 ms","count":5}])";
  const std::vector<std::string> shorter = {"until=1 d", "clock.settle=1 d", records};
  std::vector<Case> cases;
  cases.push_back(
      unsplit("episodic", load_scenario(PENFIELD_SOURCE_FOLDER "/test/cli/small_study.json", shorter), true));
  Scenario raw = test::every_model_scenario(folder, 0.15);
  raw.clock.episodic = false;
  raw.until_s = 0.25;
  raw.record.push_back({"spikes", "*", 1.0, {}, 0, 0});
  raw.record.push_back({"rates", "*", 0.017, {}, 0, 0});
  cases.push_back(unsplit("raw", raw, true));

  std::mt19937 random(seed);
  Tally tally;
  long failures = 0;
  for (long k = 0; k < count; ++k) {
    const Case& c = cases[static_cast<std::size_t>(k) % cases.size()];
    if (split_once(c, random, card_share, tally)) continue;
    ++failures;
    std::fprintf(stderr, "split run %ld (%s, seed %u): other bits than the unsplit run\n", k, c.name.c_str(),
                 seed);
  }
  std::printf("%ld split runs, %ld cuts, %ld with other threads, %ld on another engine: %ld failures\n",
              count, tally.cuts, tally.moved_threads, tally.moved_engine, failures);
  const bool enough = tally.cuts >= count && tally.moved_threads > 0 &&
                      (card_share == 0.0 || count < 20 || tally.moved_engine > 0);
  return failures == 0 && enough ? 0 : 1;
}

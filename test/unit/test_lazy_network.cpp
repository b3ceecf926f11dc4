// Lazy plasticity in a whole network that scales, rewires, is probed, and goes on from checkpoints in engines
// with other threads: at every look, all plastic weights equal those of an eager shadow that saw the same
// spikes.
#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "host/probe/fast_state.hpp"
#include "host/record/checkpoint.hpp"
#include "host/run/measure.hpp"
#include "host/run/session_checkpoint.hpp"
#include "penfield/numerics/distributions.hpp"
#include "test/support/catch.hpp"
#include "test/support/eager_plasticity.hpp"
#include "test/support/every_model.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kRewired = 1;  ///< the projection that the scenario's structure is for

/// Every model, rule and delay convention; the projection that rewires learns as well.
Scenario learning_and_rewiring(const ScratchFolder& folder, bool dendritic) {
  Scenario s = every_model_scenario(folder, 0.12);
  REQUIRE(s.structure[0].projection == s.projections[kRewired].name);
  s.projections[kRewired].plasticity = PlasticitySpec{
      "stdp_pair",
      {{"tau_plus_ms", 16.8}, {"tau_minus_ms", 33.7}, {"a_plus", 0.4}, {"a_minus", 0.25}, {"w_max", 16.0}},
      dendritic};
  return s;
}

/// Eager plasticity of all plastic projections of a run.
class Shadow {
 public:
  explicit Shadow(const EveryModelRun& run) {
    for (std::uint32_t q = 0; q < run.network.projections.size(); ++q) {
      const Projection& p = *run.network.projections[q];
      if (p.view.rule < 0) continue;
      const std::uint32_t tile_size = run.network.populations[p.view.target]->view.tile_size;
      references_.push_back({q, eager_plasticity(p, tile_size, run.network.dt_ms)});
    }
    rasters_.resize(run.network.populations.size());
  }

  /// Takes the engine's spikes and catches up with it.
  void follow(EveryModelRun& run) {
    const StepIndex now = run.engine->now();
    for (std::size_t p = 0; p < rasters_.size(); ++p)
      rasters_[p].resize(static_cast<std::size_t>(now),
                         std::vector<std::uint8_t>(run.network.populations[p]->view.n, 0));
    for (const Spike& s : run.engine->take_spikes())
      rasters_[s.population][static_cast<std::size_t>(s.step)][s.neuron] = 1;
    for (; reached_ < now; ++reached_)
      for (Reference& r : references_) {
        const ProjectionView& v = run.network.projections[r.projection]->view;
        std::visit([&](auto& e) { e.step(reached_, rasters_[v.source], rasters_[v.target]); }, r.eager);
      }
  }

  /// Weights must owe nothing.
  void require_equal(const EveryModelRun& run) const {
    for (const Reference& r : references_)
      std::visit([&](const auto& e) { compare(e, *run.network.projections[r.projection]); }, r.eager);
  }

  void rewire(const EveryModelRun& run) {
    const Projection& p = *run.network.projections[kRewired];
    for (Reference& r : references_)
      if (r.projection == kRewired)
        std::visit(
            [&](auto& e) {
              e.rewire(p, run.network.populations[p.view.target]->view.tile_size, reached_,
                       rasters_[p.view.source], rasters_[p.view.target]);
            },
            r.eager);
  }

  std::uint64_t num_events() const {
    std::uint64_t sum = 0;
    for (const Reference& r : references_)
      sum += std::visit([](const auto& e) { return e.num_pre_events + e.num_post_events; }, r.eager);
    return sum;
  }

 private:
  struct Reference {
    std::uint32_t projection;
    AnyEagerPlasticity eager;
  };

  template <class Eager>
  static void compare(const Eager& reference, const Projection& projection) {
    REQUIRE(reference.synapses.size() == projection.num_synapses());
    for (const auto& s : reference.synapses) {
      const float w = projection.tiles[s.tile].weight[s.place];
      if (bits_from_float(w) == bits_from_float(s.weight)) continue;
      CAPTURE(projection.name, s.source, s.target, s.axonal, s.dendritic, w, s.weight);
      REQUIRE(bits_from_float(w) == bits_from_float(s.weight));
    }
  }

  std::vector<Reference> references_;
  std::vector<Raster> rasters_;  ///< [population]
  StepIndex reached_ = 0;
};

cpu::CpuEngineOptions threads(std::uint32_t n) {
  cpu::CpuEngineOptions o;
  o.threads = n;
  return o;
}

/// Rings ask for a flush after a few spikes, so that they do so in the short stretches of this test.
std::unique_ptr<EveryModelRun> start(const Scenario& scenario, std::uint32_t num_threads) {
  auto run = std::make_unique<EveryModelRun>(scenario, tiles_of(32), threads(num_threads));
  for (auto& p : run->network.populations) p->view.history_limit = std::min(p->view.history_limit, 5u);
  run->engine->record_spikes(std::vector<bool>(run->network.populations.size(), true));
  return run;
}

/// The run goes on in another engine, from a checkpoint, whatever its weights owe.
std::unique_ptr<EveryModelRun> moved(EveryModelRun& from, std::uint32_t num_threads) {
  const ScratchFolder folder;
  StateArchive slow;
  for (Homeostat& h : from.homeostats) h.archive(slow);
  for (Rewiring& r : from.rewirings) r.archive(slow);
  CheckpointWriter writer(folder.path());
  save_state(&writer, {}, from.network, *from.engine, slow.written());
  auto to = start(from.scenario, num_threads);
  const auto bytes = restore_state(CheckpointReader::open(folder.path()), to->network, *to->engine);
  StateArchive read(bytes, "test");
  for (Homeostat& h : to->homeostats) h.archive(read);
  for (Rewiring& r : to->rewirings) r.archive(read);
  read.finish();
  return to;
}

void probe(EveryModelRun& run, StepIndex at, StepIndex steps) {
  const FastState guard(run.network, *run.engine);
  run.engine->record_spikes({});
  run.engine->set_now(at);
  run.engine->run(steps);
}

}  // namespace

TEST_CASE("lazy plasticity equals eager plasticity in a network that scales, rewires and is resumed") {
  const bool dendritic = GENERATE(false, true);
  const ScratchFolder folder;
  const Scenario scenario = learning_and_rewiring(folder, dendritic);
  auto run = start(scenario, 2);
  Shadow shadow(*run);
  RandomSequence random(31, 0u, 0, dendritic ? 1 : 0);
  std::uint64_t formed = 0, deleted = 0, forced = 0;
  for (std::uint64_t macro = 0; macro < 8; ++macro) {
    for (int piece = 0; piece < 6; ++piece) {
      run->engine->run(1 + static_cast<StepIndex>(random.below(90)));
      shadow.follow(*run);
      const FlushTimes flushes = run->engine->flush_times();
      if (flushes.last > flushes.all) ++forced;  // a full ring asked
      if (piece % 2 == 0) run = moved(*run, 1 + static_cast<std::uint32_t>(random.below(3)));
      if (piece % 3 == 1) {
        probe(*run, piece == 1 ? 3 : run->engine->now() + 1000, 40);
        run->engine->record_spikes(std::vector<bool>(run->network.populations.size(), true));
      }
      if (random.uniform() < 0.3) {
        run->engine->flush();
        shadow.require_equal(*run);
      }
    }
    const Measures measures = measure(scenario, run->network, *run->engine, macro);
    shadow.follow(*run);
    shadow.require_equal(*run);
    for (const RateLoop& loop : rate_loops(run->homeostats, [](const std::string&) { return false; }))
      loop.advance(run->network, measures, 86400.0);
    for (Rewiring& r : run->rewirings) {
      r.observe(measures, 86400.0);
      if (macro == 0) {
        r.take_snapshot(run->network);
      } else {
        const RewiringCounts counts = r.advance(run->network, 86400.0, macro, {});
        formed += counts.formed;
        deleted += counts.deleted;
      }
    }
    run->network.bind();
    run->engine->upload();
    shadow.rewire(*run);
  }
  REQUIRE(formed > 50);
  REQUIRE(deleted > 50);
  REQUIRE(shadow.num_events() > 1000000);
  REQUIRE(forced > 20);
}

}  // namespace penfield::test

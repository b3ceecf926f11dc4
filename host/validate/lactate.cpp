// Long-lasting change needs lactate: training, and what is left a day later, with each step of its way from
// astrocytes to neurons blocked. Protocol and outcome: Suzuki et al., Cell 144:810 (2011).
#include <cstdio>
#include <mutex>

#include "host/build/build_network.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/measure.hpp"
#include "host/run/raw_run.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/run_cache.hpp"

namespace penfield {

namespace {

constexpr const char* kOwn = "band of this project; Suzuki et al., Cell 144:810 (2011)";
constexpr double kTrained_s = 900.0;  ///< end of training
constexpr double kFirst_pA = 20.0;

struct Job {
  std::uint32_t seed;
  std::string blocked;  ///< name of the event; empty: nothing is blocked
};

struct Outcome {
  double acquired_pA = 0.0;  ///< mean change of a weight at the end of training
  double retained_pA = 0.0;  ///< ... 24 h later
  double atp = 0.0;          ///< at the end, of rest
};

double mean_change_pA(const Network& network) {
  double sum = 0.0, n = 0.0;
  for (const SynapseTile& tile : network.projections[0]->tiles)
    for (const float w : tile.weight) sum += static_cast<double>(w) - kFirst_pA, n += 1.0;
  return sum / n;
}

Outcome run(const ValidateOptions& options, const Job& job, std::mutex& saying) {
  check_stop(options);
  std::vector<std::string> sets = {"seed=" + std::to_string(job.seed)};
  if (!job.blocked.empty()) sets.push_back("timeline[" + job.blocked + "].enabled=true");
  const Scenario scenario = load_scenario((options.scenarios / "validation/lactate.json").string(), sets);
  const RunCache cache(options.cache, scenario, "lactate");
  Outcome out;
  if (const auto kept = cache.find()) {
    const std::vector<double>& v = kept->at("outcome");
    return {v.at(0), v.at(1), v.at(2)};
  }
  Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
  const EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  RawRun raw(scenario, network, *choice.engine);
  const StepIndex trained = steps_of(kTrained_s, scenario.dt_ms);
  bool looked = false;
  while (!raw.run({}, [&] {
    check_stop(options);
    const bool here = !looked && choice.engine->now() >= trained;
    looked = looked || here;
    return here;
  })) {
    choice.engine->flush();  // weights owe nothing, and the run has the same bits
    choice.engine->download();
    out.acquired_pA = mean_change_pA(network);
  }
  choice.engine->flush();
  choice.engine->download();
  out.retained_pA = mean_change_pA(network);
  out.atp = raw.slow_weights().fields[0].energy(0);
  cache.keep({{"outcome", {out.acquired_pA, out.retained_pA, out.atp}}});
  if (options.say) {
    char text[160];
    std::snprintf(text, sizeof text, "seed %u, %s: %.3g pA learnt, %.3g pA a day later", job.seed,
                  job.blocked.empty() ? "nothing blocked" : (job.blocked + " blocked").c_str(),
                  out.acquired_pA, out.retained_pA);
    const std::lock_guard<std::mutex> lock(saying);
    options.say(text);
  }
  return out;
}

}  // namespace

ValidationReport validate_lactate(const ValidateOptions& options) {
  ValidationReport report{"lactate", {}, 0.0};
  const std::vector<std::uint32_t> seeds = seeds_of(options, 5, 1);
  const std::vector<std::string> blocks = {"", "MCT2", "MCT4", "glycogenolysis"};
  std::vector<Outcome> outcomes(seeds.size() * blocks.size());
  std::mutex saying;
  spread_over_cores(options, outcomes.size(), [&](std::size_t k) {
    outcomes[k] = run(options, {seeds[k / blocks.size()], blocks[k % blocks.size()]}, saying);
  });
  const auto values = [&](std::size_t block, const auto& of) {
    std::vector<double> all;
    for (std::size_t s = 0; s < seeds.size(); ++s)
      all.push_back(of(outcomes[s * blocks.size() + block], outcomes[s * blocks.size()]));
    return all;
  };
  const auto acquired = [](const Outcome& o, const Outcome& intact) {
    return o.acquired_pA / intact.acquired_pA;
  };
  const auto retained = [](const Outcome& o, const Outcome&) { return o.retained_pA / o.acquired_pA; };
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  add(shown_row("intact: mean change at the end of training", "pA",
                values(0, [](const Outcome& o, const Outcome&) { return o.acquired_pA; }), ""));
  add(make_row("MCT2 block: acquired, of intact", "", values(1, acquired), 0.8, kOpenEnd, 0.0, kOwn));
  add(make_row("MCT2 block: left after 24 h, of acquired", "", values(1, retained), 0.0, 0.4, 0.0, kOwn));
  add(knock_out(
      make_row("knock-out: nothing blocked, left after 24 h", "", values(0, retained), 0.0, 0.4, 0.0, kOwn)));
  add(shown_row("MCT4 block: left after 24 h", "", values(2, retained),
                "lactate of blood remains; rats forget"));
  add(shown_row("no glycogenolysis: left after 24 h", "", values(3, retained),
                "lactate of blood remains; rats forget"));
  add(shown_row("neuronal ATP a day later, of rest: MCT2 block", "",
                values(1, [](const Outcome& o, const Outcome&) { return o.atp; }), ""));
  return report;
}

}  // namespace penfield

// Networks side by side: each runs as it would alone.
#include "host/build/merge_networks.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "host/bench/networks.hpp"
#include "host/build/build_network.hpp"
#include "host/run/raw_run.hpp"
#include "host/scenario/scenario_json.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/every_model.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

/// Ranks that are only numbers.
class TwoRanks final : public Ranks {
 public:
  TwoRanks() { size_ = 2; }
};

Scenario bench_scenario(const std::string& name, double scale, std::uint32_t seed) {
  const std::vector<std::string> overrides = {"seed=" + std::to_string(seed)};
  for (const BenchNetwork& n : bench_networks())
    if (name == n.name) return parse_scenario(n.scenario(scale), name, ".", overrides);
  throw std::runtime_error("no network " + name);
}

Network merged(const std::vector<Scenario>& scenarios) {
  std::vector<Network> networks;
  for (const Scenario& s : scenarios) networks.push_back(build_network(s, {}));
  return merge_networks(std::move(networks));
}

struct Ran {
  std::vector<Spike> spikes;
  StepIndex flushed;  ///< last step before which the engine flushed by itself
};

/// Runs, and brings weights up to date.
Ran run(Network& network, StepIndex steps, std::uint32_t threads) {
  cpu::CpuEngineOptions options;
  options.threads = threads;
  const auto engine = cpu::make_cpu_engine(network, options);
  engine->record_spikes(std::vector<bool>(network.populations.size(), true));
  engine->run(steps);
  const StepIndex flushed = engine->flush_times().last;
  engine->flush();
  return {engine->take_spikes(), flushed};
}

/// Those of one instance, numbered as if it were alone.
std::vector<Spike> spikes_of(const std::vector<Spike>& all, std::size_t populations, std::size_t instance) {
  std::vector<Spike> out;
  for (Spike s : all) {
    if (s.population / populations != instance) continue;
    s.population %= static_cast<std::uint32_t>(populations);
    out.push_back(s);
  }
  return out;
}

bool same(const std::vector<Spike>& a, const std::vector<Spike>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Spike& x, const Spike& y) {
    return x.step == y.step && x.population == y.population && x.neuron == y.neuron;
  });
}

/// The first array of a population or projection that differs from another's; empty if none does.
template <class Owner>
std::string difference(Owner& one, Owner& other) {
  std::vector<StateArray> a, b;
  one.list_arrays(a);
  other.list_arrays(b);
  if (a.size() != b.size()) return one.name + " has other arrays";
  for (std::size_t k = 0; k < a.size(); ++k)
    if (a[k].kind != ArrayKind::scratch &&
        (a[k].bytes != b[k].bytes || std::memcmp(a[k].data, b[k].data, a[k].bytes) != 0))
      return a[k].name;
  return "";
}

/// Holds every instance against a run of its own.
void require_each_as_alone(const std::vector<Scenario>& scenarios, StepIndex steps, std::uint32_t threads) {
  Network all = merged(scenarios);
  const Ran together = run(all, steps, threads);
  const std::size_t populations = all.populations.size() / scenarios.size();
  const std::size_t projections = all.projections.size() / scenarios.size();
  for (std::size_t k = 0; k < scenarios.size(); ++k) {
    INFO("instance " << k + 1 << " of " << scenarios.size() << ", threads " << threads);
    Network alone = build_network(scenarios[k], {});
    const Ran expected = run(alone, steps, 1);
    REQUIRE(expected.spikes.size() > 100);
    REQUIRE(same(spikes_of(together.spikes, populations, k), expected.spikes));
    for (std::size_t p = 0; p < populations; ++p)
      REQUIRE(difference(*alone.populations[p], *all.populations[k * populations + p]) == "");
    for (std::size_t p = 0; p < projections; ++p)
      REQUIRE(difference(*alone.projections[p], *all.projections[k * projections + p]) == "");
    REQUIRE(digest_of_instance(all, static_cast<std::uint32_t>(k)) == digest(alone));
  }
}

/// Another parameter wherever one may differ between instances: sizes, neurons, weights, delays, drives.
Scenario with_other_parameters(Scenario s) {
  s.populations[1].params["tau_m_ms"] = 12.0;
  s.populations[2].n += 9;
  s.projections[1].weight = normal(5.0, 2.0, 0.0, 12.0);
  s.projections[3].delay.base_ms = uniform(2.0, 9.0);
  for (StimulusSpec& stimulus : s.stimuli)
    if (stimulus.kind == StimulusSpec::Kind::poisson) stimulus.rate_Hz *= 1.1;
  return s;
}

Scenario without_learning(Scenario s) {
  for (ProjectionSpec& p : s.projections) p.plasticity.reset();
  return s;
}

/// Neurons that fire now and then; spikes of the first population alone are recorded, by its name.
Scenario driven(std::uint32_t seed) {
  Scenario s;
  s.name = "driven";
  s.seed = seed;
  s.until_s = 0.2;
  s.areas["A"] = {1.0, 1.0, false};
  StimulusSpec drive;
  drive.port = "delta";
  drive.rate_Hz = 1000.0;
  drive.weight = 1.0;
  for (const char* name : {"A/seen", "A/unseen"}) {
    s.populations.push_back(population_spec(name, "iaf_psc_delta", 50));
    drive.to = name;
    s.stimuli.push_back(drive);
  }
  RecordSpec record;
  record.what = "spikes";
  record.of = "A/seen";
  s.record = {record};
  return s;
}

std::vector<Spike> recorded(const Scenario& scenario, Network network) {
  const auto engine = cpu::make_cpu_engine(network, {});
  RawRun raw(scenario, network, *engine);
  raw.run();
  return raw.records().spikes;
}

}  // namespace

TEST_CASE("published networks side by side spike, learn and end as they would alone") {
  const auto [name, scale] = GENERATE(table<const char*, double>({{"brunel", 0.02},
                                                                  {"brunel_stdp", 0.02},
                                                                  {"brunel_stdp_dendritic", 0.02},
                                                                  {"pd14_sweep", 0.05},
                                                                  {"spice_brunel", 0.0002}}));
  const std::uint32_t threads = GENERATE(1u, 2u);
  CAPTURE(name);
  std::vector<Scenario> scenarios;
  for (const std::uint32_t seed : {5u, 9u, 4294967295u}) {
    scenarios.push_back(bench_scenario(name, scale, seed));
    if (scenarios.size() != 2) require_each_as_alone(scenarios, 700, threads);
  }
}

TEST_CASE("instances with other parameters, and some that do not learn, run as they would alone") {
  const std::uint32_t threads = GENERATE(1u, 2u);
  const ScratchFolder folder;
  const Scenario first = every_model_scenario(folder, 0.2, 3), second = every_model_scenario(folder, 0.2, 8);
  require_each_as_alone({first, with_other_parameters(second), without_learning(first)}, 900, threads);
  require_each_as_alone({without_learning(second), with_other_parameters(first)}, 900, threads);
}

TEST_CASE("a flush that one instance asks for leaves the others as they would be") {
  const ScratchFolder folder;
  Scenario busy = every_model_scenario(folder, 0.2, 3), quiet = every_model_scenario(folder, 0.2, 8);
  for (StimulusSpec& s : quiet.stimuli) s.rate_Hz *= 0.9, s.current_pA *= 0.9;
  constexpr StepIndex kSteps = 900;
  Network busy_alone = build_network(busy, {}), quiet_alone = build_network(quiet, {}),
          both = merged({quiet, busy});
  const StepIndex flushed[] = {run(quiet_alone, kSteps, 1).flushed, run(busy_alone, kSteps, 1).flushed,
                               run(both, kSteps, 1).flushed};
  REQUIRE(flushed[1] > 0);
  REQUIRE(flushed[2] != flushed[0]);  // or this would test nothing
  REQUIRE(digest_of_instance(both, 0) == digest(quiet_alone));
  REQUIRE(digest_of_instance(both, 1) == digest(busy_alone));
}

TEST_CASE("one network, and networks of nothing, are what they were") {
  const Scenario scenario = bench_scenario("brunel", 0.01, 7);
  const Network one = merged({scenario});
  CHECK(one.instances == 1);
  CHECK(one.populations[0]->name == "net/E");
  CHECK(digest(one) == digest(build_network(scenario, {})));
  Scenario empty;
  Network nothing = merged({empty, empty});
  CHECK(nothing.instances == 2);
  CHECK(run(nothing, 10, 2).spikes.empty());
  CHECK(digest_of_instance(nothing, 1) == StateDigest{});
}

TEST_CASE("instances have names and numbers of their own") {
  const Network both = merged({bench_scenario("brunel", 0.01, 7), bench_scenario("brunel", 0.01, 7)});
  REQUIRE(both.populations.size() == 4);
  CHECK(both.populations[3]->name == "net/I #2");
  CHECK(population_index(both, "net/E #2") == 2);
  CHECK(both.projections[7]->view.source == 3);
  CHECK(both.projections[7]->name == both.projections[3]->name + " #2");
  // Equal seeds make equal networks, which the digest of all still tells apart by their place.
  CHECK(digest_of_instance(both, 0) == digest_of_instance(both, 1));
  CHECK_FALSE(digest(both).neurons == 2 * digest_of_instance(both, 0).neurons);
}

TEST_CASE("a raw run records all instances by the names of the first") {
  const Scenario a = driven(1), b = driven(2);
  const std::vector<Spike> both = recorded(a, merged({a, b}));
  REQUIRE(both.size() > 100);
  CHECK(same(spikes_of(both, 2, 0), recorded(a, build_network(a, {}))));
  CHECK(same(spikes_of(both, 2, 1), recorded(b, build_network(b, {}))));
}

TEST_CASE("what would reach the first instance alone is refused") {
  const auto refused = [](const Scenario& s) { return thrown_by([&] { recorded(s, merged({s, s})); }); };
  Scenario scenario = driven(1);
  REQUIRE(refused(scenario).code == ExitCode::done);
  scenario.stimuli[1].from_s = 0.1;
  CHECK(refused(scenario).code == ExitCode::scenario);
  CHECK(refused(scenario).says("a stimulus to A/unseen that changes in time"));
  scenario = driven(1);
  scenario.stimuli[0].rate_schedule = {{0.0, 100.0}, {0.1, 900.0}};
  CHECK(refused(scenario).says("a stimulus to A/seen that changes in time"));
  for (const EventSpec::Kind kind :
       {EventSpec::Kind::infarct, EventSpec::Kind::cut, EventSpec::Kind::block, EventSpec::Kind::stimulate}) {
    scenario = driven(1);
    scenario.timeline.emplace_back().kind = kind;
    CHECK(refused(scenario).says("an event of the timeline"));
    scenario.timeline[0].enabled = false;
    CHECK(refused(scenario).code == ExitCode::done);
  }
  scenario = driven(1);
  scenario.fields = {{"f", "A", 1.0, {}}};
  scenario.effects.emplace_back().field = "f";
  CHECK(refused(scenario).says("an effect of the field f"));
  scenario.effects.clear();
  scenario.populations[1] = population_spec(scenario.populations[1].name, "iaf_cond_receptors", 20);
  scenario.populations[1].params["g_tonic_nS"] = 1.0;
  scenario.populations[1].tonic_field = "f";
  scenario.stimuli.resize(1);
  CHECK(refused(scenario).code == ExitCode::done);  // steady: each instance was built with it
  scenario.fields[0].course.kind = CourseSpec::Kind::points;
  scenario.fields[0].course.points = {{0.0, 1.0}, {0.1, 2.0}};
  CHECK(refused(scenario).says("a field of tonic inhibition that varies, f,"));
  scenario = driven(1);
  scenario.record[0].what = "rates";
  scenario.record[0].every_s = 0.1;
  CHECK(refused(scenario).says("a record of rates"));
  CHECK(thrown_by([&] { recorded(scenario, merged({scenario})); }).code == ExitCode::done);
  const ScratchFolder folder;
  CHECK(refused(every_model_scenario(folder, 0.1)).says("a body"));
}

TEST_CASE("networks that cannot run side by side are refused by number") {
  const auto refused = [](auto&& change) {
    std::vector<Network> networks;
    for (std::uint32_t seed : {1, 2}) networks.push_back(build_network(driven(seed), {}));
    change(networks[1]);
    return thrown_by([&] { merge_networks(std::move(networks)); });
  };
  REQUIRE(refused([](Network&) {}).code == ExitCode::done);
  CHECK(thrown_by([] { merge_networks({}); }).says("at least one"));
  const Thrown slower = refused([](Network& n) { n.dt_ms = 0.2; });
  CHECK(slower.code == ExitCode::internal);
  CHECK(slower.says("network 2 cannot run side by side"));
  CHECK(slower.says("0.2"));
  CHECK(refused([](Network& n) { n.populations.pop_back(); }).says("not those of network 1"));
  CHECK(refused([](Network& n) { n.populations[0]->name = "A/other"; }).says("not those of network 1"));
  CHECK(refused([](Network& n) {
          n.projections.push_back(std::make_unique<Projection>());
        }).says("not those of network 1"));
  CHECK(refused([](Network& n) { n.touch.length = 1; }).says("touched"));
  CHECK(refused([](Network& n) { n.instances = 2; }).says("several networks already"));
  TwoRanks ranks;
  CHECK(refused([&](Network& n) { n.ranks = &ranks; }).says("held by 2 processes"));
}

}  // namespace penfield::test

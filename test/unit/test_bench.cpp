#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "host/bench/bench.hpp"
#include "host/run/session_manifest.hpp"
#include "host/scenario/scenario_json.hpp"
#include "kernels/network/segments.hpp"
#include "penfield/base/error.hpp"
#include "test/support/catch.hpp"
#include "test/support/every_model.hpp"

using namespace penfield;
using namespace penfield::test;

namespace {

const BenchNetwork& bench_network(const std::string& name) {
  for (const BenchNetwork& n : bench_networks())
    if (name == n.name) return n;
  throw std::runtime_error("no network " + name);
}

BenchOptions short_stretches(std::uint32_t threads) {
  BenchOptions options;
  options.simulated_s = 0.1;
  options.threads = threads;
  options.device = DeviceChoice::cpu;
  return options;
}

/// Vogels-Abbott with inhibitory weights at half.
std::string half_inhibition(double scale) {
  auto scenario = nlohmann::ordered_json::parse(bench_network("vogels").scenario(scale));
  for (auto& projection : scenario["projections"])
    if (projection["port"] == "GABA_A") projection["weight_nS"] = 0.5 * projection["weight_nS"].get<double>();
  return scenario.dump();
}

/// The sheet of 1.2 M cells with ten times the inputs, 10,000 a cell, all of them plastic.
std::string dense_sheet() {
  auto scenario = nlohmann::ordered_json::parse(bench_network("sheet_plastic").scenario(1.2));
  const auto stdp = scenario["projections"][0]["plasticity"];
  for (auto& projection : scenario["projections"]) {
    auto& in_degree = projection["rule"]["distance_in_degree"]["in_degree"];
    in_degree = 10 * in_degree.get<int>();
    projection["plasticity"] = stdp;
    const auto& weight = projection["weight_pA"];
    if ((weight.is_number() ? weight : weight.begin().value()[0]).get<double>() < 0.0) {
      projection["plasticity"]["stdp_pair"]["w_min"] = -8.0 * 5.0 * 87.8;
      projection["plasticity"]["stdp_pair"]["w_max"] = 0.0;
    }
  }
  return scenario.dump();
}

std::uint64_t bytes_of(const MemoryPlan& plan, const std::string& array) {
  std::uint64_t sum = 0;
  for (const MemoryLine& line : plan.arrays)
    if (line.array == array) sum += line.bytes;
  return sum;
}

}  // namespace

TEST_CASE("12 G plastic synapses onto 1.2 M cells fit a card of 141 GB by the plan") {
  BuildOptions card;
  card.gpu = true;
  const Scenario scenario = parse_scenario(dense_sheet(), "dense sheet", ".");
  const MemoryPlan plan = plan_memory(scenario, card, false);
  CHECK(plan.neurons == 1200000);
  CHECK(plan.synapses == 12000000000);
  CHECK(static_cast<double>(plan.device) < 8.5 * static_cast<double>(plan.synapses));
  CHECK(bytes_of(plan, "weights") == 4 * plan.synapses);
  CHECK(bytes_of(plan, "places of rows") < 2 * plan.synapses);
  // To run it here is refused, if this machine is smaller than half of what is needed.
  if (available_bytes() < 4 * plan.synapses) CHECK_THROWS_AS(plan_memory(scenario, card), Error);
}

TEST_CASE("1 G synapses onto a sheet of 1 M cells take 6 bytes each on a card, 10 where E to E learns") {
  BenchOptions options;
  options.card.synapses = SynapseChoice::card;
  for (const auto& [name, most] : {std::pair{"sheet", 6u}, std::pair{"sheet_plastic", 10u}}) {
    INFO(name);
    const MemoryPlan plan = plan_bench(bench_network(name), options);
    CHECK(plan.synapses == 1000000000);
    CHECK(plan.network <= most * plan.synapses);
  }
}

TEST_CASE("segments take no more than the plan says, and none on a CPU") {
  ScratchFolder folder;
  const Scenario scenario = every_model_scenario(folder, 0.5);
  BuildOptions card;
  card.gpu = true;
  const Network network = build_network(scenario, card);
  std::vector<Segment> segments;
  for (std::uint32_t k = 0; k < network.projections.size(); ++k)
    for (std::uint32_t t = 0; t < network.projections[k]->tiles.size(); ++t)
      append_segments(network, k, t, segments);
  CHECK(segments.size() > 100);
  CHECK(bytes_of(plan_memory(scenario, card), "segments") >= segments.size() * sizeof(Segment));
  CHECK(bytes_of(plan_memory(scenario, {}), "segments") == 0);
}

TEST_CASE("a card that makes synapses needs room for making them, and the host none") {
  BenchOptions on_host;
  on_host.scale = 0.3;
  on_host.device = DeviceChoice::cpu;
  BenchOptions on_card = on_host;
  on_card.card.synapses = SynapseChoice::card;
  for (const char* name : {"sheet_plastic", "brunel", "pd14_poisson"}) {
    INFO(name);
    const MemoryPlan host = plan_bench(bench_network(name), on_host);
    const MemoryPlan card = plan_bench(bench_network(name), on_card);
    CHECK(host.making.empty());
    CHECK(host.device == host.network);
    CHECK(host.made_on_card == 0);
    CHECK(card.made_on_card == bytes_of(card, "places of rows") + bytes_of(card, "targets and delays") +
                                   bytes_of(card, "weights"));
    std::uint64_t making = 0, sorted = 0;
    for (const MemoryLine& line : card.making) {
      making += line.bytes;
      if (line.array == "synapses being sorted") sorted = line.bytes;
    }
    CHECK(card.device == std::max(card.network, making));
    // A chunk's keys twice, with weights twice: of 2^25 synapses or of the whole projection.
    CHECK(sorted >= 16u * std::min<std::uint64_t>(card.synapses / 64, 1u << 24));
    for (const MemoryLine& line : card.transient) CHECK(line.array != "synapses in the making");
    CHECK(card.host_peak < host.host_peak + card.network);
  }
}

TEST_CASE("a card that is too small is refused before anything is built, with numbers") {
  BenchOptions options;
  options.scale = 0.1;
  options.card.synapses = SynapseChoice::card;
  MemoryPlan plan = plan_bench(bench_network("sheet"), options);
  CardMemory card{"some card", plan.device, plan.device, 1};
  CHECK_NOTHROW(require_card_memory(plan, card));
  --card.free_bytes;
  for (const bool making : {true, false}) {
    if (!making) plan.device = plan.network;
    card.free_bytes = plan.device - 1;
    try {
      require_card_memory(plan, card);
      FAIL("it was not refused");
    } catch (const Error& e) {
      const std::string what = e.what();
      CHECK(e.code() == ExitCode::memory);
      CHECK(what.find("some card") != std::string::npos);
      CHECK(what.find("100000 neurons") != std::string::npos);
      CHECK(what.find("MB are free") != std::string::npos);
      CHECK((what.find("--synapses host") != std::string::npos) == (plan.device > plan.network));
    }
  }
  card.free_bytes = plan.device;
  card.ranks = 2;
  CHECK_THROWS_AS(require_card_memory(plan, card), Error);
}

TEST_CASE("every bench network is a scenario without faults that can be planned, whole and at a hundredth") {
  for (const BenchNetwork& network : bench_networks()) {
    INFO(network.name);
    BenchOptions options;
    const MemoryPlan whole = plan_bench(network, options);
    options.scale = 0.01;
    const MemoryPlan hundredth = plan_bench(network, options);
    CHECK(hundredth.neurons > 0);
    CHECK(hundredth.neurons < whole.neurons / 5);
    CHECK(hundredth.device < whole.device / 5);
  }
}

TEST_CASE("the published sizes of the bench networks") {
  BenchOptions options;
  CHECK(plan_bench(bench_network("pd14"), options).neurons == 77169);
  CHECK(static_cast<double>(plan_bench(bench_network("pd14"), options).synapses) ==
        Approx(298.88e6).epsilon(1e-5));
  CHECK(plan_bench(bench_network("brunel"), options).synapses == 10000000);
  CHECK(plan_bench(bench_network("vogels"), options).neurons == 4000);
  CHECK(plan_bench(bench_network("sheet"), options).synapses == 1000000000);
}

TEST_CASE("a bench says what ran, in the same bits on one thread and two") {
  const BenchResult one = run_bench(bench_network("vogels"), short_stretches(1));
  const BenchResult two = run_bench(bench_network("vogels"), short_stretches(2));
  CHECK(one.digest == two.digest);
  CHECK(one.pass());
  REQUIRE(one.checks.size() == 3);
  std::size_t judged = 0;
  for (const BenchCheck& check : one.checks) judged += check.judged;
  CHECK(judged == 1);
  CHECK(one.wall_s.size() == 3);
  CHECK(one.simulated_s == Approx(0.1));
  // 16 to 18 Hz in 4,000 cells with 80 outputs each.
  CHECK(one.spikes_per_s == Approx(4000.0 * one.checks[0].rate_Hz).epsilon(0.2));
  CHECK(one.events_per_s * one.real_time_factor == Approx(80.0 * one.spikes_per_s).epsilon(0.2));
  CHECK(one.bytes_per_synapse > 2.0);
  double shares = 0.0;
  for (const auto& [name, share] : one.phase_share) shares += share;
  CHECK(shares == Approx(1.0));
  const auto json = nlohmann::json::parse(bench_json(one));
  for (const char* key : {"setup_s", "real_time_factor", "events_per_s", "bytes_per_synapse", "peak_bytes",
                          "device", "digest", "version", "commit", "machine", "date"})
    CHECK(json.contains(key));
  CHECK(bench_table(one).find(one.digest) != std::string::npos);
}

TEST_CASE("a bench of another network than the one it names fails") {
  BenchNetwork network = bench_network("vogels");
  network.scenario = half_inhibition;
  const BenchResult result = run_bench(network, short_stretches(2));
  CHECK_FALSE(result.pass());
}

TEST_CASE("a bench of instances has each one's digest and rates, and the time of all by the instance") {
  BenchOptions options = short_stretches(2);
  options.scale = 0.25;
  options.seed = 6;
  options.repetitions = 1;
  BenchNetwork network = bench_network("vogels");
  const BenchResult alone = run_bench(network, options);
  CHECK(alone.instance_digest == std::vector<std::string>{alone.digest});
  CHECK(alone.real_time_factor_per_instance == alone.real_time_factor);
  options.seed = 5;
  network.instances = 2;  // where the options say nothing
  const BenchResult both = run_bench(network, options);
  CHECK(both.instances == 2);
  CHECK(both.neurons == 2 * alone.neurons);
  CHECK(both.real_time_factor_per_instance == 0.5 * both.real_time_factor);
  REQUIRE(both.instance_digest.size() == 2);
  CHECK(both.instance_digest[1] == alone.digest);
  CHECK(both.instance_digest[0] != alone.digest);
  REQUIRE(both.checks.size() == alone.checks.size());
  for (std::size_t k = 0; k < both.checks.size(); ++k) {
    const BenchCheck& check = both.checks[k];
    INFO(check.population);
    CHECK(check.population == alone.checks[k].population);
    REQUIRE(check.instance_Hz.size() == 2);
    CHECK(check.instance_Hz[1] == alone.checks[k].rate_Hz);
    CHECK(check.rate_Hz == Approx(0.5 * (check.instance_Hz[0] + check.instance_Hz[1])));
  }
  const auto json = nlohmann::json::parse(bench_json(both));
  CHECK(json["instances"] == 2);
  CHECK(json["real_time_factor_per_instance"] == both.real_time_factor_per_instance);
  CHECK(json["instance_digest"] == both.instance_digest);
  CHECK(bench_table(both).find("per instance") != std::string::npos);
  CHECK(bench_table(alone).find("per instance") == std::string::npos);
}

TEST_CASE("an instance that does something else is not hidden by the others") {
  BenchOptions options = short_stretches(2);
  options.scale = 0.1;
  options.instances = 2;
  options.repetitions = 1;
  BenchNetwork network = bench_network("vogels");
  network.low_scale = 0.1;
  network.observed = {{"net/E", 15.4, 20.0, 0.0, 0.0}};
  const BenchResult result = run_bench(network, options);
  REQUIRE(result.checks.size() == 3);
  const BenchCheck& check = result.checks[1];
  CHECK(check.judged);
  CHECK(check.rate_Hz > 15.4);  // of both, by the first
  CHECK(check.instance_Hz[0] > 15.4);
  CHECK(check.instance_Hz[1] < 15.4 - 1.2);
  CHECK(check.failed_instances == 1);
  CHECK_FALSE(result.pass());
  CHECK(bench_table(result).find("FAIL (observed 15.4 to 20 Hz) in 1 of 2 instances") != std::string::npos);
}

TEST_CASE("a population that should fire and does not is a fault") {
  BenchOptions options = short_stretches(2);
  options.repetitions = 1;
  BenchNetwork network = bench_network("spice_brunel");
  network.low_scale = 0.0, network.high_scale = 1.0;
  options.scale = 0.0002;
  network.observed = {{"net/P", 19.0, 21.0, 0.0, 0.0}};  // nobody records these
  CHECK_FALSE(run_bench(network, options).pass());
}

TEST_CASE("the plan of instances is that of all, but for what is there once") {
  BenchOptions options;
  const MemoryPlan one = plan_bench(bench_network("brunel"), options);
  options.instances = 3;
  const MemoryPlan three = plan_bench(bench_network("brunel"), options);
  CHECK(three.neurons == 3 * one.neurons);
  CHECK(three.synapses == 3 * one.synapses);
  CHECK(three.device == 3 * one.device);
  CHECK(static_cast<double>(three.host_peak) ==
        Approx(static_cast<double>(one.host_peak + 2 * one.network)).epsilon(0.02));
  CHECK(plan_bench(bench_network("pd14_sweep"), {}).neurons == 4 * 77169);
}

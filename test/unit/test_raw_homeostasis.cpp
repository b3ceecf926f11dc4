// Homeostats on the raw clock: the equation, the set-point, and the same bits however a run is cut.
#include <cmath>
#include <vector>

#include "host/run/raw_run.hpp"
#include "test/support/catch.hpp"
#include "test/support/cpu_raw_run.hpp"
#include "test/support/errors.hpp"
#include "test/support/raw_stops.hpp"
#include "test/support/scratch_folder.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

HomeostasisSpec scaling_of(const std::string& population, const std::string& port) {
  HomeostasisSpec h;
  h.name = "scaling";
  h.of = population;
  h.port = port;
  h.tau_s = 4.0;
  h.sensor_tau_s = 1.0;
  h.every_s = 0.05;
  h.set_point_Hz = 10.0;
  return h;
}

/// Four cells that a current makes fire evenly at 40 Hz, whatever their gains are.
Scenario metronome() {
  Scenario s;
  s.dt_ms = 1.0;
  s.until_s = 3.0;
  s.areas["A"] = {1.0, 1.0, false};
  s.populations = {population_spec("A/cells", "iaf_psc_exp", 4)};
  StimulusSpec dc;
  dc.kind = StimulusSpec::Kind::dc;
  dc.to = "A/cells";
  dc.current_pA = 500.0;
  s.stimuli = {dc};
  s.homeostasis = {scaling_of("A/cells", "excitatory")};
  return s;
}

/// Relays at 30 Hz onto leaky cells, each by 20 plastic synapses.
Scenario driven(double weight_mV) {
  Scenario s = two_layers(60, 20, 20, constant(weight_mV), constant(1.0));
  s.name = "driven";
  s.until_s = 1.5;
  s.projections[0].plasticity =
      PlasticitySpec{"stdp_pair", {{"a_plus", 0.002}, {"a_minus", 0.001}, {"w_max", 5.0}}, false};
  StimulusSpec rate;
  rate.kind = StimulusSpec::Kind::rate;
  rate.to = "A/from";
  rate.rate_Hz = 30.0;
  s.stimuli = {rate};
  s.homeostasis = {scaling_of("A/to", "delta")};
  return s;
}

struct Run : CpuRawRun {
  using CpuRawRun::CpuRawRun;
  const AlignedArray<float>& gains(std::uint32_t population, std::uint32_t port) const {
    return network.populations[population]->factor[port];
  }
  double mean_gain(std::uint32_t population) const {
    double sum = 0.0;
    const auto& all = gains(population, 0);
    for (const float g : all) sum += static_cast<double>(g);
    return sum / static_cast<double>(all.size());
  }
};

double rate_Hz(const Run& run, std::uint32_t population, double from_s) {
  Run before(run.scenario);
  before.scenario.until_s = from_s;
  REQUIRE(before.raw->run());
  const auto &late = run.network.populations[population]->spike_count,
             &early = before.network.populations[population]->spike_count;
  double spikes = 0.0;
  for (std::size_t i = 0; i < late.size(); ++i) spikes += late[i] - early[i];
  return spikes / static_cast<double>(late.size()) / (run.scenario.until_s - from_s);
}

}  // namespace

TEST_CASE("a gain follows the equation: silence raises it with tau_s, a rate too high lowers it") {
  Scenario s = metronome();
  const bool raises = GENERATE(true, false), fires = GENERATE(true, false);
  s.homeostasis[0].raises_rate = raises;
  if (!fires) s.stimuli.clear();
  Run run(s);
  REQUIRE(run.raw->run());
  const double rate = run.network.populations[0]->spike_count[0] / s.until_s;
  REQUIRE((fires ? rate > 30.0 : rate == 0.0));
  // T r' = rate - r from r = rho0 on; ln g = +-(integral of 1 - r / rho0) / tau. The last interval's spikes
  // count when the next one begins.
  const double t = s.until_s - s.homeostasis[0].every_s, excess = rate / 10.0 - 1.0;
  const double expected = (raises ? -1.0 : 1.0) * excess * (t - (1.0 - std::exp(-t))) / 4.0;
  const auto log_gain = [&](std::uint32_t i) { return std::log(static_cast<double>(run.gains(0, 0)[i])); };
  for (std::uint32_t i = 0; i < 4; ++i) CHECK(log_gain(i) == Approx(expected).epsilon(0.05));
}

TEST_CASE("a cell whose input is too weak or too strong is brought to its set-point") {
  const double weight_mV = GENERATE(0.45, 3.0);
  Scenario s = driven(weight_mV);
  s.projections[0].plasticity.reset();
  s.until_s = 60.0;
  Run on(s);
  REQUIRE(on.raw->run());
  CHECK(rate_Hz(on, 1, 40.0) == Approx(10.0).epsilon(0.1));
  s.homeostasis.clear();
  Run off(s);
  REQUIRE(off.raw->run());
  const double unscaled_Hz = rate_Hz(off, 1, 40.0);
  CHECK((weight_mV < 1.0 ? unscaled_Hz < 5.0 : unscaled_Hz > 20.0));
}

TEST_CASE("bounds hold, a frozen gain does not move, and one that all but vanished comes back") {
  Scenario s = metronome();
  s.homeostasis[0].lower = 0.9;
  Run bounded(s);
  REQUIRE(bounded.raw->run());
  CHECK(bounded.gains(0, 0)[2] == 0.9f);

  s = metronome();
  EventSpec freeze;
  freeze.kind = EventSpec::Kind::freeze;
  freeze.what = "scaling";
  freeze.from_s = 1.0;
  s.timeline = {freeze};
  Run frozen(s);
  REQUIRE(frozen.raw->run());
  s.timeline.clear();
  s.until_s = 1.025;  // one interval past 1 s, in which the move that was due at 1 s takes place
  Run shorter(s);
  REQUIRE(shorter.raw->run());
  CHECK(frozen.gains(0, 0)[1] == shorter.gains(0, 0)[1]);
  CHECK(frozen.gains(0, 0)[1] < 1.0f);

  s = metronome();
  s.homeostasis[0].tau_s = 0.25;
  s.homeostasis[0].set_point_Hz = 0.01;
  Run crushed(s);
  REQUIRE(crushed.raw->run());
  CHECK(crushed.gains(0, 0)[0] > 0.0f);
  CHECK(crushed.gains(0, 0)[0] < 1e-25f);
}

TEST_CASE("gains have the same bits with any threads and tiles, and wherever recorders cut the run") {
  Scenario s = driven(1.0);
  Run plain(s);
  const std::uint64_t expected = plain.finish();
  CHECK(plain.mean_gain(1) != 1.0);
  for (const std::uint32_t threads : {1u, 2u, 3u})
    for (const std::uint32_t tile : {4u, 16u}) CHECK(Run(s, threads, tiles_of(tile)).finish() == expected);
  RecordSpec rates;
  rates.what = "rates";
  rates.of = "A/*";
  for (const double every_s : {0.001, 0.013}) {
    rates.every_s = every_s;
    s.record = {rates};
    CHECK(Run(s).finish() == expected);
  }
}

TEST_CASE("a raw run with homeostasis goes on from a checkpoint with the same bits, from any step") {
  const Scenario s = driven(1.0);
  const std::uint64_t expected = Run(s).finish();
  for (const int slices : {1, 6, 7, 8, 14, 30, 71, 99, 150}) {
    const ScratchFolder folder;
    {
      Run first(s);
      save_after_slices(first, slices, folder.path());
    }
    Run second(s);
    restore_raw(second, folder.path());
    CAPTURE(slices);
    CHECK(second.finish() == expected);
  }
}

TEST_CASE("a checkpoint's sensor of another size is refused") {
  Run run(driven(1.0));
  StateArchive written;
  run.raw->archive(written);
  Scenario smaller = driven(1.0);
  smaller.populations[1].n = 12;
  Run other(smaller);
  StateArchive a(written.written(), "test");
  const Thrown thrown = thrown_by([&] { other.raw->archive(a); });
  CHECK(thrown.code == ExitCode::input_file);
  CHECK(thrown.says("\"scaling\" has 20 neurons, not 12"));
}

}  // namespace penfield::test

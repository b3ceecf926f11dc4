// Lazy plasticity against the eager reference (test/support/eager_plasticity.hpp) on drawn histories: who
// fires when, delays, rules and bounds, sizes of the history rings, and when weights are flushed or a probe
// comes in between. Delivered integers are compared in every step, weights at every flush, bit for bit.
#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "host/build/build_network.hpp"
#include "host/probe/fast_state.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/step/deliver.hpp"
#include "test/support/catch.hpp"
#include "test/support/drawn_rule.hpp"
#include "test/support/eager_plasticity.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kHistories = 20000;
constexpr double kSurely_Hz = 1e9;  ///< a relay with this rate fires, with its negative it does not
constexpr StepIndex kLongAgo = -(StepIndex{1} << 50);

/// All that happens in one case.
struct History {
  std::uint32_t number = 0;
  Scenario scenario;
  std::vector<std::pair<StepIndex, float>> pulses;  ///< of the modulator "m"
  Raster source, target;             ///< [step][neuron]; equal where the projection is recurrent
  std::vector<std::uint8_t> flush;   ///< [step] 1: weights are asked for after it
  std::vector<std::uint8_t> probe;   ///< [step] for how many steps a probe runs before it
  StepIndex first = 0;               ///< the engine's number of step 0
  std::uint32_t interval = 1;        ///< steps between two spikes of a target, at least
  std::uint32_t limit = 16;          ///< see PopulationView::history_limit
  bool limit_fills_ring = false;     ///< ... or as much as the ring allows
  std::uint32_t spikes_to_wrap = 0;  ///< of a target, until its count passes 2^32; 0: starts at none

  bool recurrent() const { return scenario.populations.size() == 1; }
  std::size_t num_steps() const { return source.size(); }
};

// ---- drawing

/// From the shortest to those that end their ring; a quarter of the rows all alike.
Distribution draw_delay(RandomSequence& random) {
  const double longest = one_of(random, {1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 250});
  if (chance(random, 0.25)) return constant(longest);
  return uniform(1.0 + below(random, static_cast<std::uint32_t>(longest)), longest + 0.49);
}

/// Silence, single spikes, random and regular firing, bursts, and echoes of another neuron: at the same time,
/// or about a delay later.
void draw_train(RandomSequence& random, Raster& raster, std::uint32_t neuron, const Raster& other,
                std::uint32_t interval, std::uint32_t longest_delay) {
  const auto n = static_cast<std::uint32_t>(raster.size());
  std::uint32_t t = chance(random, 0.3) ? below(random, n) : 0;
  while (t < n) {
    const std::uint32_t kind = below(random, 6);
    const double rate = one_of(random, {0.02, 0.1, 0.5});
    const std::uint32_t period = 1 + below(random, 12), lag = below(random, longest_delay + 3);
    const std::uint32_t end = kind == 0 ? t + below(random, 500)
                                        : std::min(n, t + 1 +
                                                          below(random, kind == 1   ? 1
                                                                        : kind == 2 ? 40
                                                                                    : 120));
    for (; t < end && t < n; ++t) {
      const bool echo = t >= lag && other[t - lag][neuron % other[0].size()] != 0;
      const bool fires = kind == 1 || kind == 2 || (kind == 3 && t % period == 0) ||
                         (kind == 4 && chance(random, rate)) || (kind == 5 && echo);
      if (fires) raster[t][neuron] = 1;
    }
    if (chance(random, 0.3)) t += below(random, 60);
  }
  std::uint32_t since = interval;
  for (auto& step : raster) {
    if (step[neuron] != 0 && since < interval) step[neuron] = 0;
    since = step[neuron] != 0 ? 1 : since + 1;
  }
}

/// Adds the modulator if a rule reads it.
bool modulated(Scenario& s) {
  const bool any = std::any_of(s.projections.begin(), s.projections.end(),
                               [](const ProjectionSpec& p) { return !p.plasticity->modulator.empty(); });
  if (any) {
    ModulatorSpec m;
    m.name = "m";
    m.tau_ms = s.seed % 2 == 0 ? 200.0 : 5.0;
    m.baseline = s.seed % 3 == 0 ? 0.0 : 0.01;
    s.modulators = {m};
  }
  return any;
}

History draw(std::uint32_t number) {
  RandomSequence random(1907, 0u, number, 0);
  History h;
  h.number = number;
  Scenario& s = h.scenario;
  s.seed = number;
  s.dt_ms = 1.0;
  s.areas["A"] = {1.0, 1.0, false};
  const bool recurrent = chance(random, 0.3);
  s.populations.push_back(population_spec("A/source", "relay", 1 + below(random, 6)));
  if (!recurrent) s.populations.push_back(population_spec("A/target", "relay", 1 + below(random, 6)));
  const std::uint32_t projections = chance(random, 0.3) ? 2 : 1;
  double longest = 1.0;
  for (std::uint32_t k = 0; k < projections; ++k) {
    ProjectionSpec p;
    p.name = "p" + std::to_string(k);
    p.from = "A/source";
    p.to = s.populations.back().name;
    p.port = "rate";
    p.rule.kind = RuleSpec::Kind::fixed_in_degree;
    p.rule.count = 1 + below(random, 4);
    p.plasticity = draw_rule(random, p.weight);
    p.delay.base_ms = draw_delay(random);
    longest = std::max({longest, p.delay.base_ms.a, p.delay.base_ms.b});
    s.projections.push_back(p);
  }
  const auto steps = static_cast<std::size_t>(30 + below(random, chance(random, 0.1) ? 1500 : 250));
  h.source.assign(steps, std::vector<std::uint8_t>(s.populations[0].n, 0));
  h.target.assign(steps, std::vector<std::uint8_t>(s.populations.back().n, 0));
  h.interval = static_cast<std::uint32_t>(one_of(random, {1, 1, 2, 3, 5, 21}));
  const auto delay = static_cast<std::uint32_t>(longest);
  for (std::uint32_t i = 0; i < s.populations[0].n; ++i)
    draw_train(random, h.source, i, h.source, recurrent ? h.interval : 1, delay);
  for (std::uint32_t i = 0; !recurrent && i < s.populations.back().n; ++i)
    draw_train(random, h.target, i, h.source, h.interval, delay);
  if (recurrent) h.target = h.source;
  const bool pulsed = modulated(s);
  for (std::size_t k = 0; pulsed && k < steps; ++k)
    if (chance(random, 0.05))
      h.pulses.emplace_back(static_cast<StepIndex>(k), static_cast<float>(one_of(random, {0.02, 0.5, 3.0})));
  const double flushes = one_of(random, {0.0, 0.0, 0.01, 0.1, 1.0});
  const double probes = one_of(random, {0.0, 0.0, 0.0, 0.02});
  for (std::size_t k = 0; k < steps; ++k) {
    h.flush.push_back(chance(random, flushes) ? 1 : 0);
    h.probe.push_back(static_cast<std::uint8_t>(chance(random, probes) ? 1 + below(random, 60) : 0));
  }
  h.first = chance(random, 0.5) ? 0 : static_cast<StepIndex>(random.below(std::uint64_t{1} << 40));
  h.limit = 1 + below(random, 24);
  h.limit_fills_ring = chance(random, 0.4);
  h.spikes_to_wrap = chance(random, 0.1) ? 1 + below(random, 40) : 0;
  return h;
}

// ---- running

/// Rings as a builder would make them for neurons that fire no faster than `interval`, and with a small
/// limit.
void size_histories(const History& h, Network& network) {
  Population& p = *network.populations.back();
  PopulationView& v = p.view;
  std::uint32_t longest = 1;
  for (const auto& projection : network.projections)
    longest = std::max<std::uint32_t>(longest, projection->view.max_delay);
  const std::uint32_t within_delay = longest / h.interval + 2;
  v.history_capacity = 1;
  while (v.history_capacity < h.limit + within_delay) v.history_capacity *= 2;
  v.history_limit = h.limit_fills_ring ? v.history_capacity - within_delay : h.limit;
  const std::size_t entries = std::size_t{v.n} * v.history_capacity;
  p.earlier_spike.resize(v.n);
  p.earlier_spike.fill(kNeverStep);
  p.history_step.resize(entries);
  for (std::uint32_t k = 0; k < v.num_traces; ++k) p.history_trace[k].resize(entries);
  if (h.spikes_to_wrap != 0) {  // as if all the spikes before had been long ago
    p.history_step.fill(kLongAgo);
    p.history_count.fill(0u - h.spikes_to_wrap);
    p.history_mark.fill(0u - h.spikes_to_wrap);
    p.history_flushed.fill(-(StepIndex{1} << 49));
  }
  network.bind();
}

using Reference = AnyEagerPlasticity;

struct Difference {
  std::size_t step;
  std::string what;
};

class Replay {
 public:
  explicit Replay(const History& h)
      : h_(h),
        network_(build_network(h.scenario, tiles_of(4))),
        target_(network_.populations.back()->view),
        engine_((size_histories(h, network_), cpu::make_cpu_engine(network_, one_thread()))) {
    for (const auto& [step, amount] : h.pulses) network_.modulators[0]->add_pulse(h.first + step, amount);
    network_.bind();
    engine_->upload_inputs();
    for (const auto& projection : network_.projections) {
      references_.push_back(eager_plasticity(*projection, target_.tile_size, 1.0));
      std::visit([&](auto& e) { e.begin_at(h.first); }, references_.back());
      if (h.spikes_to_wrap != 0)
        std::visit([&](auto& e) { e.fired_long_ago(kLongAgo - h.first); }, references_.back());
    }
    engine_->set_now(h.first);
  }

  /// The first difference.
  std::optional<Difference> run() {
    for (std::size_t k = 0; k < h_.num_steps(); ++k) {
      if (h_.probe[k] != 0) probe(h_.probe[k]);
      if (auto d = compare_input(k)) return d;
      drive(0, h_.source[k]);
      if (!h_.recurrent()) drive(1, h_.target[k]);
      const StepIndex flushed = engine_->flush_times().last;
      engine_->run(1);
      forced_ = forced_ || engine_->flush_times().last != flushed;
      for (Reference& r : references_)
        std::visit([&](auto& e) { e.step(static_cast<StepIndex>(k), h_.source, h_.target); }, r);
      if (h_.flush[k] != 0 || k + 1 == h_.num_steps()) {
        engine_->flush();
        if (auto d = compare_weights(k)) return d;
      }
    }
    return {};
  }

  std::uint64_t num_events() const {
    std::uint64_t sum = 0;
    for (const Reference& r : references_)
      sum += std::visit([](const auto& e) { return e.num_pre_events + e.num_post_events; }, r);
    return sum;
  }
  /// Did a full ring ask for a flush?
  bool forced_a_flush() const { return forced_; }
  bool fired_as_told() const {
    std::uint64_t told = 0, fired = 0;
    for (const Raster* raster : {&h_.source, &h_.target})
      for (const auto& step : *raster)
        for (std::uint8_t spike : step) told += spike;
    for (const auto& p : network_.populations)
      for (std::uint32_t count : p->spike_count) fired += h_.recurrent() ? 2 * count : count;
    return fired == told;
  }

 private:
  static cpu::CpuEngineOptions one_thread() {
    cpu::CpuEngineOptions options;
    options.threads = 1;
    return options;
  }
  void drive(std::size_t population, const std::vector<std::uint8_t>& fires) {
    Population& p = *network_.populations[population];
    for (std::size_t i = 0; i < fires.size(); ++i)
      p.background_Hz[i] = static_cast<float>(fires[i] != 0 ? kSurely_Hz : -kSurely_Hz);
  }
  void probe(StepIndex steps) {
    const FastState guard(network_, *engine_);
    engine_->set_now(steps % 2 == 0 ? h_.first / 2 : engine_->now() + 12345);
    engine_->run(steps);
  }
  std::optional<Difference> compare_input(std::size_t k) const {
    for (std::uint32_t i = 0; i < target_.n; ++i) {
      std::int64_t expected = 0;
      for (const Reference& r : references_)
        expected += std::visit([&](const auto& e) { return e.arriving(static_cast<StepIndex>(k), i); }, r);
      const std::int32_t seen =
          *ring_tile(target_, 0, i / target_.tile_size, engine_->now()).at(0, i % target_.tile_size);
      if (seen != expected)
        return Difference{k, "input of target " + std::to_string(i) + " is " + std::to_string(seen) +
                                 ", not " + std::to_string(expected)};
    }
    return {};
  }
  std::optional<Difference> compare_weights(std::size_t k) const {
    for (std::size_t q = 0; q < references_.size(); ++q) {
      const auto difference =
          std::visit([&](const auto& e) { return first_difference(e, q); }, references_[q]);
      if (difference) return Difference{k, *difference};
    }
    return {};
  }
  template <class Eager>
  std::optional<std::string> first_difference(const Eager& reference, std::size_t q) const {
    for (const auto& s : reference.synapses) {
      const float w = network_.projections[q]->tiles[s.tile].weight[s.place];
      if (bits_from_float(w) == bits_from_float(s.weight)) continue;
      std::ostringstream out;
      out.precision(9);
      out << "weight " << s.source << " -> " << s.target << " of p" << q << ", delay "
          << s.axonal + s.dendritic << (s.dendritic > 0 ? " dendritic" : " axonal") << ", is " << w
          << ", not " << s.weight;
      return out.str();
    }
    return {};
  }

  const History& h_;
  Network network_;
  const PopulationView& target_;
  std::unique_ptr<Engine> engine_;
  std::vector<Reference> references_;
  bool forced_ = false;
};

// ---- failing

std::optional<Difference> difference_in(const History& h) { return Replay(h).run(); }

void cut(History& h, std::size_t steps) {
  h.source.resize(steps);
  h.target.resize(steps);
  h.flush.resize(steps);
  h.probe.resize(steps);
}

/// The same history without what can be left out, flushes, probes and spikes one by one, while it still
/// fails.
History shrunk(History h, const Difference& difference) {
  cut(h, std::min(h.num_steps(), difference.step + 1));
  const auto without = [&](auto&& change) {
    History less = h;
    if (change(less) && difference_in(less)) h = std::move(less);
  };
  const auto clear = [](std::uint8_t& flag) { return std::exchange(flag, std::uint8_t{0}) != 0; };
  for (std::size_t k = 0; k < h.num_steps(); ++k) {
    without([&](History& less) { return clear(less.flush[k]); });
    without([&](History& less) { return clear(less.probe[k]); });
    for (std::size_t i = 0; i < h.source[0].size(); ++i)
      without([&](History& less) {
        if (less.recurrent()) less.target[k][i] = 0;
        return clear(less.source[k][i]);
      });
    for (std::size_t i = 0; !h.recurrent() && i < h.target[0].size(); ++i)
      without([&](History& less) { return clear(less.target[k][i]); });
  }
  return h;
}

std::string text_of(const History& h) {
  std::ostringstream out;
  out << "history " << h.number << (h.recurrent() ? ", recurrent" : "") << ", first step " << h.first
      << ", history limit " << h.limit << (h.limit_fills_ring ? " or more" : "") << ", interval "
      << h.interval << ", wraps after " << h.spikes_to_wrap << '\n';
  for (const ProjectionSpec& p : h.scenario.projections) {
    out << p.name << ": " << p.plasticity->rule << (p.plasticity->dendritic_delay ? " dendritic" : " axonal");
    for (const auto& [key, value] : p.plasticity->params) out << ' ' << key << ' ' << value;
    out << ", delay " << p.delay.base_ms.a << " .. " << p.delay.base_ms.b << '\n';
  }
  const auto list = [&](const std::string& name, auto&& at) {
    out << name << " at";
    for (std::size_t k = 0; k < h.num_steps(); ++k)
      if (at(k) != 0) out << ' ' << k;
    out << '\n';
  };
  for (std::size_t i = 0; i < h.source[0].size(); ++i)
    list("source " + std::to_string(i), [&](std::size_t k) { return h.source[k][i]; });
  for (std::size_t i = 0; !h.recurrent() && i < h.target[0].size(); ++i)
    list("target " + std::to_string(i), [&](std::size_t k) { return h.target[k][i]; });
  list("flushes", [&](std::size_t k) { return h.flush[k]; });
  list("probes", [&](std::size_t k) { return h.probe[k]; });
  return out.str();
}

}  // namespace

TEST_CASE("lazy plasticity equals eager plasticity on every drawn history") {
  std::uint64_t events = 0, forced = 0;
  for (std::uint32_t number = 0; number < kHistories; ++number) {
    const History h = draw(number);
    Replay replay(h);
    const std::optional<Difference> difference = replay.run();
    if (difference) {
      const History small = shrunk(h, *difference);
      const Difference last = difference_in(small).value_or(*difference);
      FAIL(difference->what << " at step " << difference->step << " of history " << number
                            << "; with less: " << last.what << " at step " << last.step << " of\n"
                            << text_of(small));
    }
    if (!replay.fired_as_told()) FAIL("history " << number << ": neurons did not fire as they were told to");
    events += replay.num_events();
    forced += replay.forced_a_flush() ? 1 : 0;
  }
  CHECK(events > 100 * std::uint64_t{kHistories});
  CHECK(forced > kHistories / 5);
}

}  // namespace penfield::test

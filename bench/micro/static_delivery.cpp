// What does a synaptic event cost that learns nothing? A spike's row is read and added to one tile's ring. By
// what the row holds (targets alone where all weights are equal; 16-bit weights; delays) and by where the
// rows lie: all of them fit the second cache, or only the third, or (if that is not larger still) neither.
#include "bench/micro/delivery_network.hpp"
#include "penfield/numerics/fixed_point.hpp"

namespace {

using namespace penfield;
using namespace penfield::micro;

constexpr const char* kQuestion = "what does a static synaptic event cost, by row and by where rows lie?";

struct Kind {
  const char* name;
  double bytes;  ///< of a synapse
  Distribution weight, delay_ms;
};
const Kind kKinds[] = {{"uniform weight", 2.0, test::constant(0.1), test::constant(1.5)},
                       {"16-bit weights", 4.0, test::uniform(0.05, 0.15), test::constant(1.5)},
                       {"16-bit weights, delays", 4.0, test::uniform(0.05, 0.15), test::uniform(1.5, 5.0)}};

/// Membrane potentials of the targets after `steps`, delivered synapse by synapse from the list of spikes.
std::vector<std::uint32_t> plain(const Network& network, const AlignedArray<std::uint32_t>* columns,
                                 const std::vector<Spike>& spikes, StepIndex steps) {
  const Population& targets = *network.populations[1];
  const Projection& projection = *network.projections[0];
  const ProjectionView& v = projection.view;
  const std::uint32_t n = targets.view.n;
  const auto longest = static_cast<std::size_t>(v.max_delay);
  std::vector<std::int32_t> sum((static_cast<std::size_t>(steps) + longest + 1) * n, 0);
  std::vector<std::vector<StepIndex>> fired(network.populations[0]->view.n);
  for (const Spike& spike : spikes)
    if (spike.population == 0) fired[spike.neuron].push_back(spike.step);
  for_each_static_synapse(
      projection, targets.view.tile_size,
      [&](std::uint32_t source, std::size_t target, std::int32_t delay, std::int32_t weight) {
        for (StepIndex step : fired[source])
          sum[static_cast<std::size_t>(step + delay) * n + target] += weight;
      });
  const auto& derived = *static_cast<const IafPscDelta::Derived*>(targets.view.derived);
  std::vector<std::uint32_t> potential(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    IafPscDelta::State state{float_from_bits(columns[0][i]), static_cast<std::int32_t>(columns[1][i])};
    for (StepIndex step = 0; step < steps; ++step) {
      NeuronInput in{};
      in.current_pA = targets.view.dc_pA;
      in.port[0] = from_fixed(sum[static_cast<std::size_t>(step) * n + i], v.scale_log2);
      IafPscDelta::step(state, derived, in);
    }
    potential[i] = bits_from_float(state.v_mV);
  }
  return potential;
}

void check(const Kind& kind, cpu::Isa isa, Report& report) {
  const DeliveryCase c{.sources = 300,
                       .targets = 500,
                       .tile = 256,
                       .row = 40,
                       .rate_Hz = 200.0,
                       .dc_pA = 10.0,
                       .weight = kind.weight,
                       .delay_ms = kind.delay_ms,
                       .plasticity = {}};
  const StepIndex steps = 300;
  Network network = delivery_network(c);
  AlignedArray<std::uint32_t> columns[2];
  for (int k = 0; k < 2; ++k) {
    columns[k].resize(c.targets);
    std::copy_n(network.populations[1]->columns[k].begin(), c.targets, columns[k].begin());
  }
  const auto engine = one_thread(network, isa);
  engine->record_spikes({true, false});
  engine->run(steps);
  const std::vector<std::uint32_t> expected = plain(network, columns, engine->take_spikes(), steps);
  report.check(std::string(kind.name) + ", " + cpu::isa_name(isa),
               std::equal(expected.begin(), expected.end(), network.populations[1]->columns[0].begin()));
}

void measure(const Kind& kind, const Footprint& where, std::uint32_t row, cpu::Isa isa, double roof,
             double latency_s, const Options& options, Report& report) {
  DeliveryCase c;
  c.row = row;
  c.weight = kind.weight;
  c.delay_ms = kind.delay_ms;
  c.sources = static_cast<std::uint32_t>(static_cast<double>(where.bytes) / kind.bytes / row);
  // 16,384 events a step, so that what a step costs without any does not count.
  c.rate_Hz = std::min(5000.0, 16384.0 / row / (c.sources * 1e-4));
  Network network = delivery_network(c);
  const auto engine = one_thread(network, isa);
  const StepIndex steps = steps_for(options.tiny ? 1e3 : 3e6, c, network.dt_ms);
  const double s = median_of(options, [&] {
    const Delivered d = run_stretch(*engine, network, row, steps);
    return d.deliver_s / std::max(1.0, d.events);
  });
  report.add({std::string(kind.name) + ", " + where.name + " (" + bytes_text(double(where.bytes)) +
                  "), rows of " + std::to_string(row) + ", " + cpu::isa_name(isa),
              1e9 * s,
              "ns per event",
              kind.bytes / s,
              roof,
              {{"latency there ns", 1e9 * latency_s}}});
}

int body(const Options& options) {
  Report report("static_delivery", kQuestion, options);
  const std::vector<cpu::Isa> isas = all_isas();
  for (const Kind& kind : kKinds)
    for (cpu::Isa isa : isas) check(kind, isa, report);
  if (!report.passed()) return report.finish();
  for (const Footprint& where : footprints(options)) {
    const double roof = copy_bytes_per_s(where.bytes, options);
    const double latency = gather_latency_s(where.bytes, options);
    for (const Kind& kind : kKinds) measure(kind, where, 256, isas[0], roof, latency, options, report);
    if (where.bytes > std::size_t{64} << 20) continue;  // 8 million sources, whose own steps take long
    measure(kKinds[0], where, 16, isas[0], roof, latency, options, report);
    for (std::size_t k = 1; k < isas.size(); ++k)
      measure(kKinds[0], where, 256, isas[k], roof, latency, options, report);
  }
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}

// What does a neuron's step cost, by model? A population without synapses: input (none) is taken from the
// ring, the model's step, the spike flags and the list of spikes. The same body for every instruction set,
// with and without vectors (the random words of relay, written by hand, among them). Baseline has no FMA
// instruction: each fma is a call.
#include "bench/micro/isas.hpp"
#include "bench/micro/measure.hpp"
#include "bench/micro/scalar_engine.hpp"
#include "kernels/cpu/tile_functions.hpp"
#include "penfield/numerics/distributions.hpp"
#include "test/support/small_network.hpp"

namespace {

using namespace penfield;
using namespace penfield::micro;

constexpr const char* kQuestion = "what does a neuron's step cost, by model and build?";
constexpr std::uint32_t kTile = 4096;
constexpr double kRate_Hz = 20.0;

/// Makes neurons of the model fire now and then.
double current_pA(const std::string& model) {
  if (model == "izhikevich") return 10.0;
  if (model == "adex") return 700.0;
  return 400.0;
}

Network population_of(const std::string& model, std::uint32_t n) {
  Scenario s;
  s.seed = 7;
  s.areas["net"] = {1.0, 1.0, false};
  PopulationSpec p = test::population_spec("net/X", model, n);
  p.initial_v_m_mV = test::uniform(-70.0, -56.0);
  s.populations.push_back(p);
  StimulusSpec drive;
  drive.to = "net/X";
  drive.kind = model == "relay" ? StimulusSpec::Kind::rate : StimulusSpec::Kind::dc;
  drive.rate_Hz = kRate_Hz;
  drive.current_pA = current_pA(model);
  s.stimuli.push_back(drive);
  return build_network(s, test::tiles_of(kTile));
}

/// State and spikes after some steps.
struct Outcome {
  std::vector<std::uint32_t> columns, spikes;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <class Model>
Outcome outcome_of(const Population& p) {
  Outcome out;
  for (std::size_t c = 0; c < num_columns<Model>; ++c)
    out.columns.insert(out.columns.end(), p.columns[c].begin(), p.columns[c].begin() + p.view.n);
  out.spikes.assign(p.spike_count.begin(), p.spike_count.begin() + p.view.n);
  return out;
}

/// Model::step neuron by neuron.
template <class Model>
Outcome plain(Network network, StepIndex steps) {
  Population& p = *network.populations[0];
  const auto& derived = *static_cast<const typename Model::Derived*>(p.view.derived);
  for (std::uint32_t i = 0; i < p.view.n; ++i) {
    typename Model::State state = load_state<Model>(p.view.columns, i);
    for (StepIndex step = 0; step < steps; ++step) {
      NeuronInput in{};
      in.current_pA = p.view.dc_pA;
      if (Model::stochastic) {
        in.rate_Hz = p.background_Hz[i];
        in.uniform = uniform_f(philox4x32(network.seed, static_cast<std::uint32_t>(Stream::relay_spike),
                                          i / 4, static_cast<std::uint64_t>(step))
                                   .word[i % 4]);
      }
      p.spike_count[i] += Model::step(state, derived, in) ? 1 : 0;
    }
    store_state<Model>(p.view.columns, i, state);
  }
  return outcome_of<Model>(p);
}

struct Way {
  cpu::Isa isa;
  bool scalar;

  std::string name() const { return std::string(cpu::isa_name(isa)) + (scalar ? ", scalar" : ""); }
};

std::unique_ptr<Engine> engine_of(const Way& way, Network& network) {
  ask_for(way.isa);
  cpu::CpuEngineOptions options;
  options.threads = 1;
  return way.scalar ? make_scalar_engine(network, options) : cpu::make_cpu_engine(network, options);
}

/// Time of a neuron's step in each of the ways, [s]. They take turns, so that a machine that slows down slows
/// all of them.
std::vector<double> seconds_per_neuron_step(const std::vector<Way>& ways, const std::string& model,
                                            std::uint32_t n, StepIndex steps, const Options& options) {
  std::vector<Network> networks(ways.size());
  std::vector<std::unique_ptr<Engine>> engines;
  for (std::size_t w = 0; w < ways.size(); ++w) {
    networks[w] = population_of(model, n);
    engines.push_back(engine_of(ways[w], networks[w]));
    engines.back()->run(steps);
  }
  std::vector<std::vector<double>> took(ways.size());
  for (int k = 0; k < options.repetitions; ++k)
    for (std::size_t w = 0; w < ways.size(); ++w) {
      const double from = now_s();
      engines[w]->run(steps);
      took[w].push_back((now_s() - from) / (static_cast<double>(n) * static_cast<double>(steps)));
    }
  std::vector<double> medians;
  for (const std::vector<double>& t : took) medians.push_back(median(t));
  return medians;
}

/// What a step must move: state read and written, a port's sum read and cleared, the flag written and read;
/// where random words are drawn, also the scratch arrays of input, current, words, rates and uniforms.
template <class Model>
double bytes_per_neuron_step() {
  return 8.0 * static_cast<double>(num_columns<Model> + Model::ports.size() + 1) +
         (Model::stochastic ? 8.0 * 5 + 4.0 : 0.0);
}

template <class Model>
void measure(const Options& options, double near_roof, double far_roof, Report& report) {
  const std::string model = Model::name;
  std::vector<Way> ways;
  for (cpu::Isa isa : all_isas()) {
    ways.push_back({isa, false});
    ways.push_back({isa, true});
  }
  const StepIndex checked = 200;
  const Outcome expected = plain<Model>(population_of(model, kTile + 37), checked);
  for (const Way& way : ways) {
    Network network = population_of(model, kTile + 37);
    engine_of(way, network)->run(checked);
    report.check(model + ", " + way.name(), outcome_of<Model>(*network.populations[0]) == expected);
  }
  std::uint64_t spikes = 0;
  for (std::uint32_t k : expected.spikes) spikes += k;
  report.check(model + ", some neurons fired", spikes > 0);
  if (!report.passed()) return;

  const double bytes = bytes_per_neuron_step<Model>();
  const auto add = [&](const std::string& what, double s, double roof) {
    report.add({model + ", " + what, 1e9 * s, "ns per neuron step", bytes / s, roof, {}});
  };
  const auto took = seconds_per_neuron_step(ways, model, kTile, options.tiny ? 2 : 500, options);
  for (std::size_t w = 0; w < ways.size(); ++w) add(ways[w].name(), took[w], near_roof);
  report.add({model + ", " + ways[0].name() + " over the same scalar",
              took[1] / took[0],
              "times as fast",
              0.0,
              0.0,
              {{"over baseline scalar", took.back() / took[0]}}});
  if (options.tiny) return;
  add("1 M neurons", seconds_per_neuron_step({ways[0]}, model, 1u << 20, 20, options)[0], far_roof);
}

int body(const Options& options) {
  Report report("neuron_update", kQuestion, options);
  const double near_roof = copy_bytes_per_s(std::size_t{kTile} * 32, options);
  const double far_roof = options.tiny ? near_roof : copy_bytes_per_s(std::size_t{32} << 20, options);
  for_each_neuron_model([&](auto tag) {
    if (report.passed()) measure<typename decltype(tag)::type>(options, near_roof, far_roof, report);
  });
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}

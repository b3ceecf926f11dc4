// A value that is not finite, planted at a random moment in each kind of state array of a running network:
// the run must end with an Error(numerics) that names the neuron within one look of the watchdog, or the
// value must be gone, overwritten before anything has read it. usage: penfield_broken_states [--count N]
// [--seed S]
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "host/build/build_network.hpp"
#include "host/run/interruptible_engine.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/session_job.hpp"
#include "host/run/watchdog.hpp"
#include "host/scenario/scenario_json.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "test/support/every_model.hpp"

namespace {

using namespace penfield;

/// Somewhere to plant a value.
struct Place {
  std::string kind;  ///< "S1/E column v_m_mV"
  float* values;
  std::size_t n, width;          ///< values, of which `width` a neuron
  const std::uint32_t* neurons;  ///< [value] whose it is; null: value / width
  std::string population;
  bool weight = false;
};

std::vector<Place> places_of(Network& network) {
  std::vector<Place> out;
  for (const auto& p : network.populations) {
    const auto add = [&](const std::string& kind, AlignedArray<float>& a, std::size_t width,
                         const std::uint32_t* neurons = nullptr) {
      if (!a.empty()) out.push_back({p->name + " " + kind, a.data(), a.size(), width, neurons, p->name});
    };
    const auto columns = neuron_model_infos[p->view.model].columns;
    for (std::size_t c = 0; c < columns.size(); ++c)
      if (!columns[c].is_integer)
        out.push_back({p->name + " column " + columns[c].key, reinterpret_cast<float*>(p->columns[c].data()),
                       p->view.n, 1, nullptr, p->name});
    for (std::uint32_t port = 0; port < p->view.num_ports; ++port) add("factor", p->factor[port], 1);
    add("background_Hz", p->background_Hz, 1);
    add("skin_gain", p->skin_gain, 1);
    add("burst_sum", p->burst_sum, 1);
    for (std::uint32_t k = 0; k < p->view.num_traces; ++k) {
      add("trace", p->trace[k], 1);
      add("history_trace", p->history_trace[k], std::max(1u, p->view.history_capacity));
    }
  }
  for (const auto& q : network.projections)
    for (SynapseTile& tile : q->tiles)
      if (!tile.weight.empty()) {
        out.push_back({q->name + " weight", tile.weight.data(), tile.weight.size(), 1, nullptr,
                       network.populations[q->view.target]->name, true});
        break;
      }
  return out;
}

struct Tally {
  long caught = 0, gone = 0, faults = 0;
  long longest_steps = 0;
};

/// One run, with one value planted after `slice` slices.
void plant_once(const Scenario& scenario, std::size_t which, bool infinite, std::mt19937& random, long slices,
                StepIndex interval, std::map<std::string, Tally>& tallies) {
  Network network = build_network(scenario, {});
  const auto bare = make_engine(network, DeviceChoice::cpu, 1).engine;
  const std::vector<Place> places = places_of(network);
  const Place& place = places[which];
  const std::size_t element = random() % place.n;
  const std::size_t neuron = place.neurons != nullptr ? place.neurons[element] : element / place.width;
  const long at = 1 + static_cast<long>(random() % static_cast<unsigned long>(slices));
  long slice = 0;
  StepIndex planted = -1;
  // The CPU engine works in the host's arrays, so this is the running state.
  InterruptibleEngine engine(
      *bare, one_rank(),
      [&] {
        if (++slice == at) {
          place.values[element] =
              infinite ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
          planted = bare->now();
        }
        return false;
      },
      [&](StepIndex now) { require_finite(network, now, false); });
  engine.cut_every(20);
  const auto job = make_job(scenario, network, engine);
  Tally& tally = tallies[place.kind];
  std::string fault;
  try {
    job->run([&] { job->check(); }, {});
    require_finite(network, bare->now());
    if (planted >= 0) ++tally.gone;
  } catch (const Error& e) {
    const std::string said = e.what();
    const std::string named = place.population + " neuron " + std::to_string(neuron) + " ";
    if (e.code() != ExitCode::numerics) fault = "another error: " + said;
    if (!place.weight && said.find(named) == std::string::npos) fault = "named something else: " + said;
    if (place.weight && said.find(place.population + " neuron ") == std::string::npos)
      fault = "named something else: " + said;
    const long steps = static_cast<long>(bare->now() - planted);
    tally.longest_steps = std::max(tally.longest_steps, steps);
    if (!place.weight && steps > interval)
      fault = "found only after " + std::to_string(steps) + " steps: " + said;
    ++tally.caught;
  }
  if (fault.empty()) return;
  ++tally.faults;
  std::fprintf(stderr, "%s, neuron %zu, slice %ld: %s\n", place.kind.c_str(), neuron, at, fault.c_str());
}

long number_after(int argc, char** argv, const char* name, long otherwise) {
  for (int k = 1; k + 1 < argc; ++k)
    if (std::strcmp(argv[k], name) == 0) return std::atol(argv[k + 1]);
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const long count = number_after(argc, argv, "--count", 1);
  std::mt19937 random(static_cast<std::uint32_t>(number_after(argc, argv, "--seed", 1)));
  const test::ScratchFolder folder;
  Scenario raw = test::every_model_scenario(folder, 0.1);
  raw.clock.episodic = false;
  raw.until_s = 0.12;
  const std::vector<std::string> shorter = {"until=6 h", "clock.settle=12 h", "probes=[]"};
  const Scenario study = load_scenario(PENFIELD_SOURCE_FOLDER "/test/cli/small_study.json", shorter);

  std::map<std::string, Tally> tallies;
  for (const Scenario* scenario : {&study, &static_cast<const Scenario&>(raw)}) {
    Network network = build_network(*scenario, {});
    const std::size_t places = places_of(network).size();
    const bool episodic = scenario->clock.episodic;
    // Looks come after 100 ms (raw), or with the end of an episode, of 0.5 s here and 20 steps a slice.
    const auto interval = static_cast<StepIndex>((episodic ? 700.0 : 100.0) / scenario->dt_ms) + 40;
    const long slices = episodic ? 60 : static_cast<long>(50.0 / scenario->dt_ms / 20.0);
    for (std::size_t which = 0; which < places; ++which)
      for (long k = 0; k < count; ++k)
        plant_once(*scenario, which, (k + static_cast<long>(which)) % 2 == 1, random, slices, interval,
                   tallies);
  }
  Tally all;
  for (const auto& [kind, t] : tallies) {
    all.caught += t.caught;
    all.gone += t.gone;
    all.faults += t.faults;
    std::printf("%-40s %4ld caught, %4ld overwritten, after at most %ld steps, %ld faults\n", kind.c_str(),
                t.caught, t.gone, t.longest_steps, t.faults);
  }
  std::printf("%zu kinds of array: %ld caught, %ld overwritten before they were read, %ld faults\n",
              tallies.size(), all.caught, all.gone, all.faults);
  return all.faults == 0 && all.caught > 4 * all.gone ? 0 : 1;
}

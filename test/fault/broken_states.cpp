// A value that is not finite, planted at a random moment in each kind of state array of a running network and
// in each quantity that the host keeps beside it: the run must end with an Error(numerics) that names the
// neuron (of the host's own state, something that is not finite: it may have spread first), within one look
// of the watchdog; or the value must be gone, overwritten before anything has read it (an infinite weight may
// meet its rule's bound, which holds it). usage: penfield_broken_states [--count N]
// [--seed S]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
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
  const std::uint32_t* neurons;  ///< [value] whose it is at that time; null: value / width
  std::string population;
  bool synapse = false;

  /// How a message names one of its values.
  std::string named(std::size_t element) const {
    if (synapse) return population + " neuron ";
    return population + " neuron " + std::to_string(neurons != nullptr ? neurons[element] : element / width) +
           " ";
  }
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
      add("list_previous_trace", p->list_previous_trace[k], 1, p->list_neuron.data());
    }
  }
  for (const auto& q : network.projections) {
    const std::string& target = network.populations[q->view.target]->name;
    const auto add = [&](const char* what, AlignedArray<float> SynapseTile::*array) {
      const auto tile = std::find_if(q->tiles.begin(), q->tiles.end(),
                                     [&](const SynapseTile& t) { return !(t.*array).empty(); });
      if (tile == q->tiles.end()) return;
      AlignedArray<float>& values = (*tile).*array;
      out.push_back({q->name + what, values.data(), values.size(), 1, nullptr, target, true});
    };
    add(" weight", &SynapseTile::weight);
    add(" state", &SynapseTile::state);
  }
  return out;
}

/// What the host keeps beside the network: "homeostat scaling sensor_Hz".
std::string kind_of(const LookedAt& values) {
  return std::string(values.within) + (values.within.empty() ? "" : " ") + std::string(values.name);
}

struct Tally {
  long caught = 0, gone = 0, faults = 0;
  long longest_steps = 0;
};

/// Runs in which something is done after one slice: the CPU engine works in the host's arrays, so those are
/// the running state.
class Run {
 public:
  explicit Run(const Scenario& scenario)
      : scenario_(scenario),
        network_(build_network(scenario, {})),
        bare_(make_engine(network_, DeviceChoice::cpu, 1).engine) {}

  Network& network() { return network_; }
  StepIndex now() const { return bare_->now(); }

  /// Calls `act(job)` after slice `at`; throws what ends the run.
  template <class Act>
  void go(long at, const Act& act) {
    long slice = 0;
    Job* running = nullptr;
    InterruptibleEngine engine(
        *bare_, one_rank(),
        [&] {
          if (++slice == at) act(*running);
          return false;
        },
        [&](StepIndex now) { require_finite(network_, now, false); });
    engine.cut_every(20);
    const auto job = make_job(scenario_, network_, engine);
    running = job.get();
    job->run([&] { job->check(); }, {});
    require_finite(network_, bare_->now());
    StateArchive slow = finite_check(bare_->now());
    job->archive(slow);
  }

 private:
  const Scenario& scenario_;
  Network network_;
  std::unique_ptr<Engine> bare_;
};

/// What came of a planted value. `named`: what the message has to say.
void judge(Tally& tally, const std::string& kind, const std::string& named, StepIndex planted,
           StepIndex ended, StepIndex interval, const std::optional<Error>& error) {
  if (planted < 0) return;
  if (!error) {
    ++tally.gone;
    return;
  }
  ++tally.caught;
  const std::string said = error->what();
  const long steps = static_cast<long>(ended - planted);
  tally.longest_steps = std::max(tally.longest_steps, steps);
  std::string fault;
  if (error->code() != ExitCode::numerics) fault = "another error: " + said;
  if (said.find(named) == std::string::npos) fault = "did not name " + named + ": " + said;
  if (steps > interval) fault = "found only after " + std::to_string(steps) + " steps: " + said;
  if (fault.empty()) return;
  ++tally.faults;
  std::fprintf(stderr, "%s: %s\n", kind.c_str(), fault.c_str());
}

double bad_value(bool infinite) {
  return infinite ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
}

/// One run, with one value planted after one of `slices` slices.
void plant_once(const Scenario& scenario, std::size_t which, bool infinite, std::mt19937& random, long slices,
                StepIndex interval, StepIndex slow_interval, std::map<std::string, Tally>& tallies) {
  Run run(scenario);
  const Place place = places_of(run.network())[which];
  const std::size_t element = random() % place.n;
  const long at = 1 + static_cast<long>(random() % static_cast<unsigned long>(slices));
  StepIndex planted = -1;
  std::string named;
  std::optional<Error> error;
  try {
    run.go(at, [&](Job&) {
      named = place.named(element);
      place.values[element] = static_cast<float>(bad_value(infinite));
      planted = run.now();
    });
  } catch (const Error& e) {
    error = e;
  }
  judge(tallies[place.kind], place.kind, named, planted, run.now(), place.synapse ? slow_interval : interval,
        error);
}

/// The kinds of the host's own state that have values after `slices` slices of a run.
std::vector<std::string> slow_kinds(const Scenario& scenario, long slices) {
  std::vector<std::string> kinds;
  Run run(scenario);
  run.go(slices, [&](Job& job) {
    StateArchive looks([&](const LookedAt& values) {
      const std::string kind = kind_of(values);
      if (values.count > 0 && std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
        kinds.push_back(kind);
    });
    job.archive(looks);
  });
  return kinds;
}

/// plant_once() in such a value.
void plant_slow(const Scenario& scenario, const std::string& kind, bool infinite, std::mt19937& random,
                long slices, StepIndex interval, std::map<std::string, Tally>& tallies) {
  Run run(scenario);
  const long at = 1 + static_cast<long>(random() % static_cast<unsigned long>(slices));
  const auto draw = random();
  StepIndex planted = -1;
  std::optional<Error> error;
  try {
    run.go(at, [&](Job& job) {
      StateArchive plants([&](const LookedAt& values) {
        if (planted >= 0 || values.count == 0 || kind_of(values) != kind) return;
        const std::size_t k = draw % values.count;
        if (values.floats != nullptr)
          values.floats[k] = static_cast<float>(bad_value(infinite));
        else
          values.doubles[k] = bad_value(infinite);
        planted = run.now();
      });
      job.archive(plants);
    });
  } catch (const Error& e) {
    error = e;
  }
  judge(tallies["host: " + kind], kind, "is not finite before step ", planted, run.now(), interval, error);
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
    // A macro step may have loop gains to measure by two more episodes before weights and slow state are
    // looked at.
    const StepIndex slow_interval = episodic ? 3 * interval : interval;
    const long slices = episodic ? 60 : static_cast<long>(50.0 / scenario->dt_ms / 20.0);
    for (std::size_t which = 0; which < places; ++which)
      for (long k = 0; k < count; ++k)
        plant_once(*scenario, which, (k + static_cast<long>(which)) % 2 == 1, random, slices, interval,
                   slow_interval, tallies);
    for (const std::string& kind : slow_kinds(*scenario, slices))
      for (long k = 0; k < count; ++k)
        plant_slow(*scenario, kind, k % 2 == 1, random, slices, slow_interval, tallies);
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

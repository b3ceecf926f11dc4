// The distal reward problem: E. M. Izhikevich, Cereb Cortex 17:2443 (2007). A thousand cells, 80,000 plastic
// synapses, and a pulse of dopamine one to three seconds after one of them, chosen beforehand, has had its
// source fire and then its target. Eligibility traces must find it: it grows to the bound while all others,
// which fire together as often but not before dopamine, stay low.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "host/build/build_network.hpp"
#include "host/build/first_values.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/raw_run.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/pairing.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/run_cache.hpp"

namespace penfield {

namespace {

constexpr const char* kSource = "Izhikevich, Cereb Cortex 17:2443 (2007)";
constexpr double kMaxWeight_mV = 4.0;
/// Where nothing tells the chosen synapse from others, the first one of each of so many cells stands for it.
constexpr std::uint32_t kStandIns = 100;

enum class Dopamine { after_the_pair, at_random, none };

struct Run {
  std::uint32_t seed;
  double until_s;
  Dopamine dopamine;
  double rate_Hz;  ///< of pulses at random
};

struct Outcome {
  double target = 0.0;  ///< weight of the chosen synapse, or the mean of its stand-ins, over the bound; it
                        ///< begins at 0
  double others = 0.0;  ///< mean of all other plastic synapses, over the bound; they begin at a quarter
  double pulses_Hz = 0.0;
};

/// Where the first synapse of a source lies.
struct Place {
  std::size_t tile, at;
  std::uint32_t target;
};
Place first_synapse(const Network& network, std::size_t projection, std::uint32_t source) {
  const Projection& p = *network.projections[projection];
  const std::uint32_t tile_size = network.populations[p.view.target]->view.tile_size;
  std::optional<Place> found;
  for (std::size_t t = 0; t < p.tiles.size() && !found; ++t)
    p.for_each_synapse(t, [&](const Projection::Synapse& s) {
      if (!found && s.source == source)
        found = Place{t, s.place, static_cast<std::uint32_t>(t) * tile_size + s.target};
    });
  return found.value();
}

/// As if it had been made with that weight.
void set_weight(Projection& p, const Place& place, float weight) {
  p.tiles[place.tile].weight[place.at] = weight;
  set_first_values(p, place.tile, place.at, place.at + 1);
}

Outcome outcome_of(const Network& network, const std::vector<Place>& chosen, double until_s) {
  Outcome out;
  double sum = 0.0, count = 0.0;
  const Projection& first = *network.projections[0];
  for (const Place& place : chosen) {
    const double w = static_cast<double>(first.tiles[place.tile].weight[place.at]) / kMaxWeight_mV;
    out.target += w / static_cast<double>(chosen.size());
    sum -= w;
    --count;
  }
  for (std::size_t q = 0; q < network.projections.size(); ++q) {
    const Projection& p = *network.projections[q];
    if (p.view.rule < 0) continue;
    for (std::size_t t = 0; t < p.tiles.size(); ++t)
      for (std::size_t k = 0; k < p.tiles[t].weight.size(); ++k) {
        sum += static_cast<double>(p.tiles[t].weight[k]) / kMaxWeight_mV;
        ++count;
      }
  }
  out.others = sum / count;
  out.pulses_Hz = network.modulators[0]->num_pulses / until_s;
  return out;
}

Outcome run(const ValidateOptions& options, const Run& which) {
  check_stop(options);
  char until[32];
  std::snprintf(until, sizeof until, "until=\"%.9g s\"", which.until_s);
  const std::vector<std::string> overrides = {"seed=" + std::to_string(which.seed), until};
  Scenario scenario =
      load_scenario((options.scenarios / "validation" / "distal_reward.json").string(), overrides);
  Network network = build_network(scenario, build_options(DeviceChoice::automatic, options.threads));
  network.fetch_synapses();
  std::vector<Place> chosen;
  for (std::uint32_t cell = 0; cell < (which.dopamine == Dopamine::after_the_pair ? 1 : kStandIns); ++cell)
    chosen.push_back(first_synapse(network, 0, cell));
  ModulatorSpec& dopamine = scenario.modulators.at(0);
  if (which.dopamine == Dopamine::after_the_pair) {
    ModulatorSpec::Reward reward;  // the defaults are the paper's
    reward.projection = scenario.projections[0].name;
    reward.source = 0;
    reward.target = chosen[0].target;
    dopamine.rewards.push_back(reward);
  } else if (which.dopamine == Dopamine::at_random) {
    dopamine.random_rate_Hz = which.rate_Hz;
  }
  char how[96];
  std::snprintf(how, sizeof how, "dopamine %d, %u stand-ins", static_cast<int>(which.dopamine), kStandIns);
  const RunCache cache(options.cache, scenario, how);
  const auto kept = cache.find();
  Outcome out;
  if (kept) {
    const std::vector<double>& v = kept->at("outcome");
    out = {v.at(0), v.at(1), v.at(2)};
  } else {
    for (const Place& place : chosen) set_weight(*network.projections[0], place, 0.0f);
    EngineChoice choice = make_engine(network, DeviceChoice::automatic, options.threads);
    RawRun raw(scenario, network, *choice.engine);
    raw.run({}, [&] {
      check_stop(options);
      return false;
    });
    choice.engine->flush();
    choice.engine->download();
    out = outcome_of(network, chosen, which.until_s);
    cache.keep({{"outcome", {out.target, out.others, out.pulses_Hz}}});
  }
  if (options.say) {
    char text[160];
    static constexpr const char* kNames[] = {"dopamine after the pair", "dopamine at random", "no dopamine"};
    std::snprintf(text, sizeof text,
                  "seed %u, %s%s: chosen synapse %.3g, others %.3g of the bound; %.3g pulses a minute",
                  which.seed, kNames[static_cast<int>(which.dopamine)],
                  kept ? " (kept from an earlier run)" : "", out.target, out.others, 60.0 * out.pulses_Hz);
    options.say(text);
  }
  return out;
}

/// Time constant, s, with which what 60 rewarded pairs teach falls with the delay of the reward: a line
/// through the logarithms of the growth by 0.5 to 3 s of delay.
double decay_with_delay_s(const ValidateOptions& options, const std::string& rule) {
  double n = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
  for (const double delay_s : {0.5, 1.0, 1.5, 2.0, 2.5, 3.0}) {
    const double log_growth =
        std::log(weight_after_pairs(options, {rule, 0.0, 0.1, 10.0, 0.0, 60, 1000.0 * delay_s}));
    n += 1.0;
    x += delay_s;
    y += log_growth;
    xx += delay_s * delay_s;
    xy += delay_s * log_growth;
  }
  return -(n * xx - x * x) / (n * xy - x * y);
}

}  // namespace

ValidationReport validate_distal_reward(const ValidateOptions& options) {
  ValidationReport report{"distal_reward", {}, 0.0};
  const double until_s = options.quick ? 1800.0 : 3600.0;
  std::vector<double> target, others, random, random_gain, no_gain;
  for (const std::uint32_t seed : seeds_of(options, 5, 1)) {
    const Outcome taught = run(options, {seed, until_s, Dopamine::after_the_pair, 0.0});
    const Outcome drifted = run(options, {seed, until_s, Dopamine::at_random, taught.pulses_Hz});
    const Outcome none = run(options, {seed, until_s, Dopamine::none, 0.0});
    target.push_back(taught.target);
    others.push_back(taught.others);
    random.push_back(drifted.target);
    random_gain.push_back(drifted.target / taught.target);
    no_gain.push_back(none.target / taught.target);
  }
  report.rows.push_back(make_row("chosen synapse, over the bound", "", target, 0.9, 1.0, 0.0, kSource));
  report.rows.push_back(
      make_row("all other plastic synapses, over the bound", "", others, 0.0, 0.15, 0.0, kSource));
  report.rows.push_back(
      knock_out(make_row("knock-out: dopamine at random times", "", random, 0.9, 1.0, 0.0, kSource)));
  const char* own = "band of this project";
  report.rows.push_back(make_row("... its gain over that of reward", "", random_gain, 0.0, 0.1, 0.0, own));
  report.rows.push_back(make_row("no dopamine: gain over that of reward", "", no_gain, 0.0, 0.1, 0.0, own));
  const auto decay_s = [&](const std::string& change) {
    return decay_with_delay_s(options, R"({"stdp_dopamine": {"w_max": 1000)" + change + "}}");
  };
  const char* source =
      "eligibility of about 1 s in the accumbens: Yamaguchi et al. (2022); band of this project";
  report.rows.push_back(
      make_row("learning by delay of the reward: time constant", "s", {decay_s("")}, 0.8, 1.5, 0.0, source));
  report.rows.push_back(knock_out(make_row("knock-out: eligibility of 0.2 s", "s",
                                           {decay_s(R"(, "tau_c_plus_ms": 200, "tau_c_minus_ms": 200)")}, 0.8,
                                           1.5, 0.0, source)));
  return report;
}

}  // namespace penfield

// Spines under training: they form faster, some become stable, older ones go, and density stays (Xu et al.,
// Nature 462:915, 2009; Yang, Pan & Gan, Nature 462:920, 2009; Yu & Zuo, Curr Opin Neurobiol 21:169, 2011). A
// small motor sheet is looked at once a day, as through a window: a synapse that is there and was not the day
// before has formed. Training raises the thalamic input for a quarter of the day; spikes of a few pairs of
// cells call for dopamine, and formation and stabilisation wait for dopamine that meets calcium. Nothing
// names a day, a cell or a spine: without the reward the same training must leave no more than a control has.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <mutex>

#include "host/build/build_network.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/raw_growth.hpp"
#include "host/run/raw_run.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/run_cache.hpp"

namespace penfield {

namespace {

constexpr const char* kXu = "Xu et al., Nature 462:915 (2009); band of this project";
constexpr const char* kYang = "Yang, Pan & Gan, Nature 462:920 (2009); band of this project";
constexpr const char* kYu = "Yu & Zuo, Curr Opin Neurobiol 21:169 (2011); band of this project";
constexpr const char* kOwn = "band of this project";
constexpr std::uint32_t kSpines = 2;   ///< projection EE
constexpr std::uint32_t kCells = 1;    ///< population M1/E
constexpr std::size_t kFirstDay = 25;  ///< of training; what comes before settles labile spines
constexpr std::size_t kTrainedDays = 8, kDays = 15;
constexpr double kSession = 0.25;  ///< of the day
constexpr double kTask_Hz = 12.0, kRest_Hz = 0.5;
constexpr double kCue = 1.0 / 6.0;  ///< of the day: how long cells' answers to the task are counted

enum class Animal { trained, control, no_reward, no_competition, slower };
const char* name_of(Animal animal) {
  static constexpr const char* kNames[] = {"trained", "control", "no reward", "no competition",
                                           "trained, half as compressed"};
  return kNames[static_cast<int>(animal)];
}

struct Job {
  std::uint32_t seed;
  Animal animal;
};

using Pair = std::pair<std::uint32_t, std::uint32_t>;  ///< source, target
/// Spines of one day: how many a pair has, and how many of them are mature.
struct Image {
  std::map<Pair, std::pair<std::uint32_t, std::uint32_t>> spines;
  double total = 0.0;
};

Image look(const Network& network, float mature_weight) {
  Image image;
  const Projection& p = *network.projections[kSpines];
  const PopulationView& target = network.populations[p.view.target]->view;
  for (std::uint32_t t = 0; t < p.tiles.size(); ++t)
    p.for_each_synapse(t, [&](const Projection::Synapse& s) {
      auto& [all, mature] = image.spines[{s.source, tile_begin(target, t) + s.target}];
      ++all;
      mature += s.weight >= mature_weight ? 1u : 0u;
      image.total += 1.0;
    });
  return image;
}

struct Outcome {
  double formed = 0.0;       ///< in the first day, of all spines
  double persists = 0.0;     ///< of these, two weeks after the first day began
  double density = 0.0;      ///< change over 8 days
  double slope_error = 0.0;  ///< gain of stable spines a day minus k_f p_s, in standard errors
  double retention = 0.0;  ///< over cells: correlation of learning spines that last with the answer that does
  double lasting = 0.0;    ///< learning spines that last, per cell
  double answer = 0.0;     ///< what the cells' rate in the task gained from before training to the end, Hz
  double calcium = 0.0;    ///< mean over the first session's end, of baseline

  std::vector<double> list() const {
    return {formed, persists, density, slope_error, retention, lasting, answer, calcium};
  }
  static Outcome of(const std::vector<double>& v) {
    return {v.at(0), v.at(1), v.at(2), v.at(3), v.at(4), v.at(5), v.at(6), v.at(7)};
  }
};

/// Has the pair a spine in `later` that it has not in `earlier`?
bool is_new(const Image& earlier, const Pair& pair) {
  return earlier.spines.find(pair) == earlier.spines.end();
}

/// S(t) = S0 + k_f p_s t: spines that form on three days, and the share of them that is seen mature, against
/// the gain of mature spines on later days. Both are counts, and so their errors.
double slope_error(const std::vector<Image>& day) {
  double stable = 0.0;
  constexpr std::size_t kCohorts = 5, kFrom = 7;
  for (std::size_t d = 1; d <= kCohorts; ++d)
    for (const auto& [pair, count] : day[d].spines) {
      if (!is_new(day[d - 1], pair)) continue;
      for (std::size_t later = d; later <= d + 7; ++later) {
        const auto found = day[later].spines.find(pair);
        if (found == day[later].spines.end()) break;
        if (found->second.second == 0) continue;
        stable += 1.0;
        break;
      }
    }
  const auto mature_since = [&](std::size_t d) {
    double n = 0.0;
    for (const auto& [pair, count] : day[d].spines) n += is_new(day[0], pair) && count.second > 0 ? 1.0 : 0.0;
    return n;
  };
  const double gained = mature_since(kDays) - mature_since(kFrom), days = static_cast<double>(kDays - kFrom);
  const double slope = gained / days, expected = stable / static_cast<double>(kCohorts);
  return (slope - expected) / std::sqrt(std::max(gained, 1.0) / (days * days) +
                                        std::max(stable, 1.0) / static_cast<double>(kCohorts * kCohorts));
}

Outcome read(const std::vector<Image>& day, const std::vector<double>& answer_before,
             const std::vector<double>& answer_after, bool constant_gates) {
  Outcome out;
  double formed = 0.0, persists = 0.0;
  for (const auto& [pair, count] : day[1].spines) {
    if (!is_new(day[0], pair)) continue;
    formed += 1.0;
    persists += is_new(day[kDays - 1], pair) ? 0.0 : 1.0;
  }
  out.formed = formed / day[0].total;
  out.persists = persists / formed;
  out.density = day[kTrainedDays].total / day[0].total - 1.0;
  out.slope_error = constant_gates ? slope_error(day) : 0.0;
  // Learning spines: formed in training, there at its end, and there in the end.
  std::vector<double> lasting(answer_before.size(), 0.0), kept(answer_before.size(), 0.0);
  for (const auto& [pair, count] : day[kDays].spines)
    if (is_new(day[0], pair) && !is_new(day[kTrainedDays], pair)) lasting[pair.second] += 1.0;
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = answer_after[i] - answer_before[i];
  out.retention = readout::correlation(lasting, kept);
  out.lasting = readout::mean(lasting);
  out.answer = readout::mean(kept);
  return out;
}

/// The task's relays, and in between the days' short cues before and after all training.
std::vector<std::string> settings(const Job& job, double day_s) {
  std::vector<std::string> sets = {"seed=" + std::to_string(job.seed)};
  const double cue_before = static_cast<double>(kFirstDay) - 0.5,
               cue_after = static_cast<double>(kFirstDay + kDays) - 0.5;
  std::string schedule = "[[\"0 s\"," + std::to_string(kRest_Hz) + "]";
  const auto phase = [&](double from_d, double for_d) {
    char text[120];
    std::snprintf(text, sizeof text, ",[\"%.9g s\",%g],[\"%.9g s\",%g]", from_d * day_s, kTask_Hz,
                  (from_d + for_d) * day_s, kRest_Hz);
    schedule += text;
  };
  phase(cue_before, kCue);
  if (job.animal != Animal::control)
    for (std::size_t d = 0; d < kTrainedDays; ++d) phase(static_cast<double>(kFirstDay + d) + 0.05, kSession);
  phase(cue_after, kCue);
  sets.push_back("stimuli[0].rate.schedule=" + schedule + "]");
  char until[48];
  std::snprintf(until, sizeof until, "until=\"%.9g s\"",
                static_cast<double>(kFirstDay + kDays) * day_s + 1.0);
  sets.emplace_back(until);
  if (job.animal == Animal::slower) {
    char text[64];
    std::snprintf(text, sizeof text, "structure[spines].spines.day_s=%g", day_s);
    sets.emplace_back(text);
  }
  if (job.animal == Animal::no_competition) sets.emplace_back("structure[spines].dendritic=null");
  if (job.animal != Animal::control && job.animal != Animal::no_reward) {
    std::string rewards = "modulators[dopamine].rewards=[";
    for (int k = 0; k < 4; ++k)
      rewards += std::string(k > 0 ? "," : "") +
                 "{\"projection\":\"TE\",\"source\":" + std::to_string(50 * k) +
                 ",\"target\":" + std::to_string(100 * k) +
                 ",\"within_ms\":20,\"delay_ms\":[200,800],\"amount\":0.15}";
    sets.push_back(rewards + "]");
  }
  return sets;
}

Outcome simulate(const ValidateOptions& options, const Scenario& scenario, const Job& job) {
  Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
  EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  const SpineSpec& spec = *scenario.structure.at(0).spines;
  const double day_s = spec.day_s;
  const auto mature = static_cast<float>(spec.mature_weight * scenario.structure.at(0).weight_reference);
  const std::uint32_t n = network.populations[kCells]->view.n;
  std::vector<double> before(n, 0.0), after(n, 0.0);
  const auto in_cue = [&](double t_s, double middle_d) {
    const double from_s = (middle_d - 0.5) * day_s;
    return t_s > from_s && t_s <= from_s + kCue * day_s;
  };
  RawRun raw(scenario, network, *choice.engine);
  raw.send_spikes([&](const std::vector<Spike>& spikes) {
    for (const Spike& s : spikes) {
      if (s.population != kCells) continue;
      const double t_s = static_cast<double>(s.step) * scenario.dt_ms * 1e-3;
      if (in_cue(t_s, static_cast<double>(kFirstDay))) before[s.neuron] += 1.0;
      if (in_cue(t_s, static_cast<double>(kFirstDay + kDays))) after[s.neuron] += 1.0;
    }
  });
  std::vector<Image> day;
  double calcium = 0.0;
  raw.run({}, [&] {
    check_stop(options);
    const GrowthRecord& record = raw.growth().records().at(0);
    const double now_d = record.time_s.empty() ? 0.0 : record.time_s.back() / day_s;
    if (day.size() <= kDays && now_d >= static_cast<double>(kFirstDay + day.size()) - 1e-9)
      day.push_back(look(network, mature));
    if (now_d <= static_cast<double>(kFirstDay) + 0.05 + kSession && !record.target_calcium.empty())
      calcium = record.target_calcium.back();
    return false;
  });
  if (day.size() <= kDays) day.push_back(look(network, mature));
  for (double* of : {before.data(), after.data()})
    for (std::uint32_t i = 0; i < n; ++i) of[i] /= kCue * day_s;
  Outcome out = read(day, before, after, job.animal == Animal::control);
  out.calcium = calcium;
  return out;
}

/// Of the first `animals`: trained ones, controls and those without reward of all seeds.
double over_animals(const std::vector<Outcome>& outcomes, std::size_t animals) {
  std::vector<double> lasting, answer;
  for (std::size_t k = 0; k < animals; ++k) {
    lasting.push_back(outcomes[k].lasting);
    answer.push_back(outcomes[k].answer);
  }
  return readout::correlation(lasting, answer);
}

Outcome run(const ValidateOptions& options, const Job& job, std::mutex& saying) {
  check_stop(options);
  const std::string file = (options.scenarios / "validation" / "spines.json").string();
  double day_s = load_scenario(file).structure.at(0).spines->day_s;
  if (job.animal == Animal::slower) day_s *= 2.0;
  const Scenario scenario = load_scenario(file, settings(job, day_s));
  const RunCache cache(options.cache, scenario, "spines");
  const auto kept = cache.find();
  const Outcome o = kept ? Outcome::of(kept->at("outcome")) : simulate(options, scenario, job);
  if (!kept) cache.keep({{"outcome", o.list()}});
  const std::lock_guard<std::mutex> lock(saying);
  if (!options.say) return o;
  char text[300];
  std::snprintf(text, sizeof text,
                "seed %u, %s%s: %.3g %% form in a day, %.3g %% of them last two weeks; density %+.2g %%; "
                "slope %+.2g SE; "
                "retention r %.2g, %.3g lasting spines a cell, answer %+.3g Hz; calcium in the session %.3g",
                job.seed, name_of(job.animal), kept ? " (kept from an earlier run)" : "", 100.0 * o.formed,
                100.0 * o.persists, 100.0 * o.density, o.slope_error, o.retention, o.lasting, o.answer,
                o.calcium);
  options.say(text);
  return o;
}

}  // namespace

ValidationReport validate_spines(const ValidateOptions& options) {
  ValidationReport report{"spines", {}, 0.0};
  std::vector<Job> jobs;
  const std::vector<std::uint32_t> seeds = seeds_of(options, 5, 1);
  for (const std::uint32_t seed : seeds)
    for (const Animal animal : {Animal::trained, Animal::control, Animal::no_reward})
      jobs.push_back({seed, animal});
  jobs.push_back({1, Animal::no_competition});
  if (!options.quick) jobs.push_back({1, Animal::slower});
  std::vector<Outcome> outcomes(jobs.size());
  std::mutex saying;
  spread_over_cores(options, jobs.size(),
                    [&](std::size_t k) { outcomes[k] = run(options, jobs[k], saying); });
  const auto values = [&](Animal animal, double Outcome::*what) {
    std::vector<double> out;
    for (std::size_t k = 0; k < jobs.size(); ++k)
      if (jobs[k].animal == animal) out.push_back(outcomes[k].*what);
    return out;
  };
  /// By seed, over the control of that seed.
  const auto over_control = [&](Animal animal, double Outcome::*what) {
    std::vector<double> out = values(animal, what);
    const std::vector<double> control = values(Animal::control, what);
    for (std::size_t k = 0; k < out.size(); ++k) out[k] /= control[k];
    return out;
  };
  using O = Outcome;
  using A = Animal;
  auto& rows = report.rows;
  const auto row = [&](const char* name, std::vector<double> v, double low, double high, const char* source) {
    rows.push_back(make_row(name, "", std::move(v), low, high, 0.0, source));
  };
  row("spines formed in the first day, trained over control", over_control(A::trained, &O::formed), 1.6, 2.4,
      kXu);
  row("... of these, there after two weeks", over_control(A::trained, &O::persists), 2.0, kOpenEnd, kYang);
  row("density after 8 days of training, change", values(A::trained, &O::density), -0.03, 0.03, kYu);
  row("stable spines gained, S0 + k_f p_s t, in SE (control)", values(A::control, &O::slope_error), -2.0, 2.0,
      kOwn);
  row("lasting learning spines and retained answer: r over animals",
      {over_animals(outcomes, 3 * seeds.size())}, 0.5, kOpenEnd, kYang);
  rows.push_back(shown_row("... over the cells of an animal", "", values(A::trained, &O::retention),
                           "no published counterpart"));
  rows.push_back(knock_out(make_row("knock-out: no reward, formed in the first day", "",
                                    over_control(A::no_reward, &O::formed), 1.6, 2.4, 0.0, kXu)));
  rows.push_back(knock_out(make_row("... of these, there after two weeks", "",
                                    over_control(A::no_reward, &O::persists), 2.0, kOpenEnd, 0.0, kYang)));
  rows.push_back(knock_out(make_row("knock-out: no competition for elements, density", "",
                                    values(A::no_competition, &O::density), -0.03, 0.03, 0.0, kYu)));
  rows.push_back(shown_row("spines of all days of training that last, over control", "",
                           over_control(A::trained, &O::lasting), "formation times survival"));
  rows.push_back(
      shown_row("share of spines formed in a day, control", "", values(A::control, &O::formed), "from k_f"));
  rows.push_back(shown_row("... of these, there after two weeks, control", "",
                           values(A::control, &O::persists), "what training multiplies"));
  if (options.quick) return report;
  std::vector<double> slow = values(A::slower, &O::formed), slow_last = values(A::slower, &O::persists);
  for (double& v : slow) v /= values(A::control, &O::formed).front();
  for (double& v : slow_last) v /= values(A::control, &O::persists).front();
  row("half as compressed, one seed: formed in the first day", slow, 1.6, 2.4, kXu);
  row("... of these, there after two weeks", slow_last, 2.0, kOpenEnd, kYang);
  return report;
}

}  // namespace penfield

#include "host/validate/hmm_runs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>

#include "host/build/build_network.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/record/file.hpp"
#include "host/record/hash.hpp"
#include "host/run/homeostasis.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/raw_run.hpp"
#include "host/run/study.hpp"
#include "host/run/zones.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

namespace {

constexpr double kEarly_s = 10.0;

/// Rates are means over so much of a run's length: short against what moves, long against chance.
double rate_window_s(const LadderJob& job) { return job.read_at_s.back() / 12.0; }

Scenario scenario_of(const ValidateOptions& options, const LadderJob& job, double until_s) {
  char text[400];
  std::vector<std::string> sets = job.sets;
  sets.push_back("seed=" + std::to_string(job.seed));
  std::snprintf(text, sizeof text, "until=\"%.9g s\"", until_s);
  sets.emplace_back(text);
  if (job.acceleration > 1.0) {
    // Short at first, then as long as its errors allow, up to the acceleration that is tried.
    const double spiking_s = kLadderHeal_s + job.episode_s, macro_s = job.acceleration * spiking_s;
    std::snprintf(
        text, sizeof text,
        R"(clock={"mode":"episodic","macro_step":"%.9g s","short_step":"%.9g s","short_for":"%.9g s",)"
        R"("settle":"0 s","tolerance":%g,"conditions":{"all":{"fraction":1,"heal":"%g s","episode":"%g s"}}})",
        macro_s, job.fitted ? spiking_s : macro_s, spiking_s, job.fitted ? 0.05 : 0.0, kLadderHeal_s,
        job.episode_s);
    sets.emplace_back(text);
  }
  return load_scenario((options.scenarios / "validation" / job.file).string(), sets);
}

const Projection& grown(const Network& network, const StructureSpec& spec) {
  const auto found = std::find_if(network.projections.begin(), network.projections.end(),
                                  [&](const auto& p) { return p->name == spec.projection; });
  return **found;  // the scenario has been checked
}

/// [neuron of the first structure's targets] 1: in the territory of the part that is lost; empty: none is.
std::vector<std::uint8_t> territory(const Network& network, const Scenario& scenario) {
  for (const EventSpec& e : scenario.timeline)
    if (e.kind == EventSpec::Kind::amputate && !scenario.structure.empty())
      for (std::uint32_t part = 0; part < scenario.body->parts.size(); ++part)
        if (scenario.body->parts[part].name == e.part)
          return make_zones(scenario, network, grown(network, scenario.structure[0]).view.target, part)
              .territory;
  return {};
}

/// The slow state as it stands.
RunNumbers slow_state(const Network& network, const Scenario& scenario) {
  std::vector<double> values;
  RunNumbers out;
  const Projection& p = *network.projections[0];
  for (std::size_t t = 0; scenario.projections[0].plasticity && t < p.tiles.size(); ++t)
    p.for_each_synapse(t, [&](const Projection::Synapse& s) {
      values.push_back(static_cast<double>(s.weight) /
                       scenario.projections[0].plasticity->params.at("w_max"));
    });
  if (!values.empty())
    out = {{"mean", {readout::mean(values)}}, {"sd", {readout::standard_deviation(values)}}};
  const std::vector<std::uint8_t> zone = territory(network, scenario);
  for (const StructureSpec& spec : scenario.structure) {
    const Projection& grows = grown(network, spec);
    const PopulationView& target = network.populations[grows.view.target]->view;
    std::vector<float> inputs(target.n, 0.0f);
    for (std::uint32_t t = 0; t < grows.tiles.size(); ++t)
      grows.for_each_synapse(
          t, [&](const Projection::Synapse& s) { inputs[tile_begin(target, t) + s.target] += 1.0f; });
    out["inputs " + spec.name] = {mean_over(inputs, std::vector<std::uint8_t>(target.n, 1))};
    if (zone.size() == target.n) out["zone inputs " + spec.name] = {mean_over(inputs, zone)};
  }
  for (const HomeostasisSpec& spec : scenario.homeostasis) {
    const Homeostat h(spec, network);
    const auto& factor = network.populations[h.population()]->factor[h.port()];
    values.assign(factor.begin(), factor.end());
    out["gain_mean"] = {readout::mean(values)};
    out["gain_sd"] = {readout::standard_deviation(values)};
    for (double& value : values) value = std::log(value);
    out["log gain " + spec.name] = {readout::mean(values)};
  }
  return out;
}

std::string rate_name(std::size_t population) { return "rate_" + std::to_string(population); }

void append(RunNumbers& all, const RunNumbers& one) {
  for (const auto& [name, values] : one) all[name].insert(all[name].end(), values.begin(), values.end());
}

std::string name_of(const LadderJob& job) {
  char text[160];
  std::snprintf(text, sizeof text, "%s, seed %u, %g s", job.what.c_str(), job.seed, job.read_at_s.back());
  return text;
}

/// A run of every step.
class EveryStep {
 public:
  EveryStep(const ValidateOptions& options, const LadderJob& job, double until_s)
      : options_(options),
        scenario_(scenario_of(options, job, until_s)),
        network_(build_network(scenario_, build_options(DeviceChoice::cpu, 1))),
        choice_(make_engine(network_, DeviceChoice::cpu, 1)),
        raw_(scenario_, network_, *choice_.engine),
        zone_(territory(network_, scenario_)) {}

  /// Up to the first step at or after that time at which anything is due.
  void run_to(double time_s) {
    raw_.run({}, [&] {
      check_stop(options_);
      return now_s() >= time_s;
    });
    choice_.engine->flush();
    choice_.engine->download();
  }
  std::string digest_text() const {
    char text[32];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(digest(network_).all()));
    return text;
  }
  RunNumbers read(const LadderJob& job) {
    RunNumbers out;
    for (const double at_s : job.read_at_s) {
      run_to(at_s - rate_window_s(job));
      const double first_s = now_s();
      const std::vector<double> before = spikes();
      const double zone_before = zone_spikes();
      run_to(at_s);
      RunNumbers now = slow_state(network_, scenario_);
      const std::vector<double> after = spikes();
      for (std::size_t p = 0; p < after.size(); ++p)
        now[rate_name(p)] = {(after[p] - before[p]) /
                             (network_.populations[p]->view.n * (now_s() - first_s))};
      if (!zone_.empty()) now["zone_rate"] = {(zone_spikes() - zone_before) / (now_s() - first_s)};
      append(out, now);
    }
    return out;
  }

 private:
  double now_s() const { return static_cast<double>(choice_.engine->now()) * scenario_.dt_ms * 1e-3; }
  /// [population] of all cells, so far.
  std::vector<double> spikes() const {
    std::vector<double> out;
    for (const auto& p : network_.populations) {
      double sum = 0.0;
      for (const std::uint32_t n : p->spike_count) sum += n;
      out.push_back(sum);
    }
    return out;
  }

  /// Mean over the territory's cells, so far.
  double zone_spikes() const {
    if (zone_.empty()) return 0.0;
    const Population& p = *network_.populations[grown(network_, scenario_.structure[0]).view.target];
    return mean_over({p.spike_count.begin(), p.spike_count.end()}, zone_);
  }

  const ValidateOptions& options_;
  Scenario scenario_;
  Network network_;
  EngineChoice choice_;
  RawRun raw_;
  std::vector<std::uint8_t> zone_;
};

/// What the first ten seconds do not show: structure, which waits for a baseline, and the timeline. Empty
/// where there is neither.
std::string later_hash(const Scenario& scenario) {
  if (scenario.structure.empty() && scenario.timeline.empty()) return "";
  const auto canonical = nlohmann::json::parse(scenario.canonical_json);
  std::string text;
  for (const char* section : {"structure", "timeline"})
    if (canonical.contains(section)) text += canonical[section].dump() + "\n";
  char hash[24];
  std::snprintf(hash, sizeof hash, "%016llx",
                static_cast<unsigned long long>(content_hash(text.data(), text.size())));
  return hash;
}

/// What every step gives: as stored while the first ten seconds still have the digest that was stored with
/// it, and what comes later is still written as it was, else run again.
RunNumbers reference(const ValidateOptions& options, const LadderJob& job, bool* stored) {
  LadderJob begin = job;
  begin.sets.emplace_back("timeline=[]");  // nothing happens so early
  EveryStep early(options, begin, kEarly_s);
  early.run_to(kEarly_s);
  const std::string digest = early.digest_text(),
                    later = later_hash(scenario_of(options, job, job.read_at_s.back()));
  const auto path = options.scenarios / "validation" / "hmm_references.json";
  constexpr std::uint64_t kMostBytes = 1u << 20;
  if (std::filesystem::exists(path)) {
    const auto all = nlohmann::json::parse(read_text_file(path, kMostBytes), nullptr, false);
    const auto found = all.is_object() ? all.value(name_of(job), nlohmann::json::object()) : nlohmann::json();
    if (found.is_object() && found.value("digest_10s", "") == digest && found.value("later", "") == later) {
      RunNumbers numbers;
      for (const auto& [name, value] : found.items()) {
        if (value.is_number()) numbers[name] = {value.get<double>()};
        if (value.is_array()) numbers[name] = value.get<std::vector<double>>();
      }
      *stored = true;
      return numbers;
    }
  }
  if (options.say)
    options.say(name_of(job) + ": no stored run of every step begins with digest " + digest +
                (later.empty() ? "" : " and goes on with " + later) + "; every step is run");
  const RunNumbers numbers = EveryStep(options, job, job.read_at_s.back()).read(job);
  if (options.say) {
    std::string text = "reference \"" + name_of(job) + "\": {\"digest_10s\": \"" + digest + "\"";
    if (!later.empty()) text += ", \"later\": \"" + later + "\"";
    for (const auto& [name, values] : numbers) {
      text += ", \"" + name + "\": [";
      for (std::size_t k = 0; k < values.size(); ++k) {
        char number[40];
        std::snprintf(number, sizeof number, "%s%.9g", k == 0 ? "" : ", ", values[k]);
        text += number;
      }
      text += "]";
    }
    options.say(text + "}");
  }
  return numbers;
}

/// Mean rates over [from_s, to_s], each macro step's being those of its episodes.
void add_rates(const StudyResult& result, double from_s, double to_s, RunNumbers& out) {
  std::vector<double> sums;
  double length_s = 0.0, zone = 0.0;
  for (const StepPoint& step : result.steps) {
    const double shared_s = std::min(to_s, step.time_s) - std::max(from_s, step.time_s - step.step_s);
    if (shared_s <= 0.0) continue;
    sums.resize(step.rate_Hz.size(), 0.0);
    for (std::size_t p = 0; p < sums.size(); ++p) sums[p] += shared_s * step.rate_Hz[p];
    zone += shared_s * step.zone_rate_Hz;
    length_s += shared_s;
  }
  out["zone_rate"].push_back(zone / length_s);
  for (std::size_t p = 0; p < sums.size(); ++p) out[rate_name(p)].push_back(sums[p] / length_s);
}

/// The slow state is that between the two macro steps around a time of reading, on a straight line: to cut a
/// step there would make another schedule.
RunNumbers run_episodic(const ValidateOptions& options, const LadderJob& job) {
  const Scenario scenario = scenario_of(options, job, job.read_at_s.back());
  Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
  EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  Study study(scenario, network, *choice.engine);
  RunNumbers out, earlier;
  double earlier_s = 0.0;
  std::size_t next = 0;
  const auto look = [&] {
    const double now_s = study.time_s();
    const RunNumbers now = slow_state(network, scenario);
    for (; next < job.read_at_s.size() && job.read_at_s[next] <= now_s + 1e-6; ++next) {
      const double share = now_s > earlier_s ? (now_s - job.read_at_s[next]) / (now_s - earlier_s) : 0.0;
      for (const auto& [name, values] : now)
        out[name].push_back(values[0] + share * (earlier.at(name)[0] - values[0]));
    }
    earlier = now;
    earlier_s = now_s;
  };
  study.run({}, [&] {
    check_stop(options);
    look();
    return false;
  });
  look();
  for (const double at_s : job.read_at_s) add_rates(study.result(), at_s - rate_window_s(job), at_s, out);
  if (options.say) {
    char text[240];
    std::snprintf(text, sizeof text, "%s, acceleration %g: %zu macro steps, %.0f s of spiking",
                  name_of(job).c_str(), job.acceleration, study.result().steps.size(),
                  study.result().spiking_s);
    options.say(text);
  }
  return out;
}

}  // namespace

std::vector<RunNumbers> run_ladder(const ValidateOptions& given, const std::vector<LadderJob>& jobs) {
  std::vector<RunNumbers> numbers(jobs.size());
  std::mutex saying;
  ValidateOptions options = given;
  if (given.say)
    options.say = [&](const std::string& text) {
      const std::lock_guard<std::mutex> lock(saying);
      given.say(text);
    };
  spread_over_cores(options, jobs.size(), [&](std::size_t k) {
    const LadderJob& job = jobs[k];
    check_stop(options);
    const RunCache cache(options.cache, scenario_of(options, job, job.read_at_s.back()), "ladder");
    if (const auto kept = cache.find()) {
      numbers[k] = *kept;
      return;
    }
    bool stored = false;
    numbers[k] = job.acceleration > 1.0 ? run_episodic(options, job) : reference(options, job, &stored);
    if (!stored) cache.keep(numbers[k]);
  });
  return numbers;
}

}  // namespace penfield

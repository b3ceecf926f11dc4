#include "host/run/branch.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "host/record/file.hpp"
#include "host/run/session_checkpoint.hpp"
#include "penfield/base/error.hpp"

namespace penfield {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// How an element of a list is called in messages and in --set.
std::string label_of(const Json& element, std::size_t index) {
  if (element.is_object()) {
    if (element.contains("name")) return element["name"].get<std::string>();
    if (element.contains("from") && element.contains("to"))
      return element["from"].get<std::string>() + " -> " + element["to"].get<std::string>();
    if (element.contains("of")) return element["of"].get<std::string>();
  }
  return std::to_string(index);
}

std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

class Comparison {
 public:
  explicit Comparison(std::size_t most) : most_(most) {}

  /// `skipped`: keys of these objects that may differ.
  void compare(const std::string& path, const Json& here, const Json& there,
               const std::set<std::string>& skipped = {}) {
    if (lines_.size() >= most_ || here == there) return;
    if (here.is_object() && there.is_object()) {
      for (const auto& [key, value] : here.items())
        if (!skipped.contains(key))
          member(path + "." + key, &value, there.contains(key) ? &there[key] : nullptr);
      for (const auto& [key, value] : there.items())
        if (!skipped.contains(key) && !here.contains(key)) member(path + "." + key, nullptr, &value);
    } else if (here.is_array() && there.is_array() && here.size() == there.size()) {
      for (std::size_t k = 0; k < here.size(); ++k)
        compare(path + "[" + label_of(here[k], k) + "]", here[k], there[k], skipped);
    } else {
      member(path, &here, &there, true);
    }
  }

  /// Two objects (or lists) of named things: which there are, then each.
  void compare_named(const std::string& path, const Json& here, const Json& there,
                     const std::set<std::string>& skipped = {}) {
    const auto named = [](const Json& all) {
      std::vector<std::pair<std::string, const Json*>> out;
      std::size_t k = 0;
      for (const auto& [key, value] : all.items())
        out.push_back({all.is_array() ? label_of(value, k++) : key, &value});
      return out;
    };
    const auto ours = named(here), theirs = named(there);
    const auto find = [](const auto& all, const std::string& name) -> const Json* {
      for (const auto& [key, value] : all)
        if (key == name) return value;
      return nullptr;
    };
    for (const auto& [name, value] : ours)
      if (find(theirs, name) == nullptr) add(path + "[" + name + "]: here, but not in the checkpoint");
    for (const auto& [name, value] : theirs)
      if (find(ours, name) == nullptr) add(path + "[" + name + "]: in the checkpoint, but not here");
    for (std::size_t k = 0; k < ours.size() && k < theirs.size(); ++k)
      if (ours[k].first != theirs[k].first && find(theirs, ours[k].first) != nullptr &&
          ours.size() == theirs.size()) {
        add(path + "[" + ours[k].first + "]: in another order");
        return;
      }
    for (const auto& [name, value] : ours)
      if (const Json* other = find(theirs, name)) compare(path + "[" + name + "]", *value, *other, skipped);
  }

  void add(const std::string& line) {
    if (lines_.size() < most_) lines_.push_back(line);
  }
  std::vector<std::string> lines() { return std::move(lines_); }

 private:
  void member(const std::string& path, const Json* here, const Json* there, bool leaf = false) {
    if (here != nullptr && there != nullptr && !leaf) return compare(path, *here, *there);
    add(path + ": " + (here != nullptr ? shown(*here) : "absent") + " here, " +
        (there != nullptr ? shown(*there) : "absent") + " in the checkpoint");
  }

  std::size_t most_;
  std::vector<std::string> lines_;
};

Json section(const Json& scenario, const char* name) {
  return scenario.contains(name) ? scenario[name] : Json(nullptr);
}

Json list(const Json& scenario, const char* name) {
  return scenario.contains(name) ? scenario[name] : Json::array();
}

/// Of each element only these keys: what the network's arrays and scales hang on.
Json only(const Json& all, const std::set<std::string>& keys) {
  Json out = Json::array();
  for (const Json& element : all) {
    Json kept = Json::object();
    for (const auto& [key, value] : element.items())
      if (keys.contains(key)) kept[key] = value;
    out.push_back(std::move(kept));
  }
  return out;
}

/// Drives that lie in an array which the checkpoint brings: others may differ.
Json rate_stimuli(const Json& all) {
  Json out = Json::array();
  for (const Json& stimulus : all)
    if (stimulus.contains("rate")) out.push_back(stimulus);
  return out;
}

std::string data_files_text(const Scenario& scenario) {
  std::string text;
  char hash[24];
  for (const auto& [path, value] : scenario.data_files) {
    std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(value));
    text += std::string(hash) + " " + path + "\n";
  }
  return text;
}

}  // namespace

std::string origin_text(const Scenario& scenario, const std::string& run_id, double time_s) {
  const Json json = {{"run_id", run_id},
                     {"biological_s", time_s},
                     {"episodic", scenario.clock.episodic},
                     {"scenario", scenario.canonical_json},
                     {"data_files", data_files_text(scenario)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

CheckpointOrigin read_origin(const CheckpointReader& checkpoint) {
  const std::string text = stored_origin(checkpoint);
  try {
    const Json json = Json::parse(text);
    return {json.at("run_id").get<std::string>(), json.at("biological_s").get<double>(),
            json.at("episodic").get<bool>(), json.at("scenario").get<std::string>(),
            json.at("data_files").get<std::string>()};
  } catch (const Json::exception& problem) {
    throw Error(ExitCode::input_file, "cannot branch from this checkpoint (" + checkpoint.path().string() +
                                          "): it does not say which scenario it is of (" + problem.what() +
                                          "); it is another version's, make it again with this one");
  }
}

BranchEntry take_branch(const CheckpointReader& checkpoint, const fs::path& path, Network& network,
                        Engine& engine, Job& job) {
  const CheckpointOrigin from = read_origin(checkpoint);
  const std::vector<std::byte> bytes = restore_state(checkpoint, network, engine);
  StateArchive a(bytes, "checkpoint (" + checkpoint.path().string() + ")");
  job.branch(a);
  a.finish();
  const Json scenario = Json::parse(from.scenario_json, nullptr, false);
  return {path.string(),       from.run_id,  scenario.is_object() ? scenario.value("name", "") : "",
          checkpoint.digest(), engine.now(), from.time_s};
}

CheckpointReader open_branch_point(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    throw Error(ExitCode::input_file, "no checkpoint to start from (--from " + path.string() +
                                          "): nothing of that name exists; give a run folder or a "
                                          "checkpoint file in one");
  if (!fs::is_directory(path, ignored)) return CheckpointReader::open_file(path);
  for (const fs::path& folder : {path / "checkpoint", path})
    if (CheckpointReader::exists(folder)) return CheckpointReader::open(folder);
  throw Error(ExitCode::input_file, "no checkpoint to start from (--from " + path.string() +
                                        "): the folder holds none; give the folder of a run that has "
                                        "written one, as `penfield status` says");
}

std::vector<std::string> network_differences(const Scenario& scenario, const CheckpointOrigin& origin,
                                             std::size_t most) {
  Comparison out(most);
  const Json here = Json::parse(scenario.canonical_json), there = Json::parse(origin.scenario_json);
  for (const char* name : {"dt_ms", "seed"})
    if (section(here, name) != section(there, name))
      out.add(std::string(name) + ": " + shown(section(here, name)) + " here, " +
              shown(section(there, name)) + " in the checkpoint");
  out.compare_named("areas", section(here, "areas"), section(there, "areas"));
  out.compare_named("populations", section(here, "populations"), section(there, "populations"),
                    {"initial_v_m_mV"});
  out.compare_named("projections", list(here, "projections"), list(there, "projections"));
  out.compare("body", section(here, "body"), section(there, "body"), {"touch"});
  out.compare("stimuli", rate_stimuli(list(here, "stimuli")), rate_stimuli(list(there, "stimuli")));
  out.compare_named("homeostasis", only(list(here, "homeostasis"), {"name", "of", "port"}),
                    only(list(there, "homeostasis"), {"name", "of", "port"}));
  const std::set<std::string> shaping = {"name",          "projection", "burst_driver",
                                         "burst_tau_ms",  "new_weight", "weight_reference",
                                         "mature_weight", "axonal",     "dendritic"};
  // Elements have a state that other structures lack; their curves may differ.
  const auto state_of = [&](const Json& scenario) {
    Json structures = only(list(scenario, "structure"), shaping);
    for (Json& s : structures)
      for (const char* elements : {"axonal", "dendritic"})
        if (s.contains(elements)) s[elements] = "elements";
    return structures;
  };
  out.compare_named("structure", state_of(here), state_of(there));
  if (const std::string files = data_files_text(scenario); files != origin.data_files)
    out.add("data files: the files that the scenario names hold other edges or parts than they did");
  return out.lines();
}

void require_same_network(const Scenario& scenario, const CheckpointOrigin& origin, const fs::path& path) {
  if (!scenario.clock.episodic || !origin.episodic)
    throw Error(ExitCode::scenario,
                "cannot start from this checkpoint (--from " + path.string() +
                    "): " + (origin.episodic ? "the scenario" : "its scenario") +
                    " runs on the raw clock, whose stimuli are set in steps since its own start; settle and "
                    "branch on the episodic clock (clock.mode)");
  const std::vector<std::string> lines = network_differences(scenario, origin);
  if (lines.empty()) return;
  std::string text = "another network than in the checkpoint (--from " + path.string() +
                     "), so its state does not fit; make these the same, or settle this network anew:";
  for (const std::string& line : lines) text += "\n  " + line;
  throw Error(ExitCode::scenario, text);
}

}  // namespace penfield

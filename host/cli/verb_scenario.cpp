// Verbs that only look at scenarios: check, describe, schema, init.
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/build/edge_files.hpp"
#include "host/cli/arguments.hpp"
#include "host/cli/verbs.hpp"
#include "host/record/file.hpp"
#include "host/run/session_manifest.hpp"
#include "host/scenario/describe.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/scenario/schema.hpp"

namespace penfield::cli {

int check_verb(int argc, const char* const* argv) {
  Arguments arguments("check", "Reads a scenario and lists all its faults.", {"scenario.json"}, 1,
                      "penfield check scenarios/tutorial/amputation.json");
  arguments.add()("set", "set a value first: PATH=VALUE", cxxopts::value<std::vector<std::string>>())(
      "canonical", "print the scenario with every default filled in");
  arguments.add_json();
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  std::vector<std::string> overrides;
  if (given->count("set") > 0) overrides = (*given)["set"].as<std::vector<std::string>>();
  const Scenario s = load_scenario(*text_of(*given, "scenario.json"), overrides);
  for (const ProjectionSpec& p : s.projections)
    if (p.rule.kind == RuleSpec::Kind::file) read_listed_edges(s, p);  // their faults show here too
  std::uint64_t neurons = 0;
  for (const PopulationSpec& p : s.populations) neurons += p.n;
  if (given->count("canonical") > 0) {
    std::fputs(s.canonical_json.c_str(), stdout);
  } else if (given->count("json") > 0) {
    const nlohmann::ordered_json json = {{"name", s.name},
                                         {"hash", hash_text(s.hash)},
                                         {"populations", s.populations.size()},
                                         {"projections", s.projections.size()},
                                         {"neurons", neurons}};
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    std::printf("%s: no faults. %zu populations with %llu neurons, %zu projections, clock %s, hash %s\n",
                s.name.c_str(), s.populations.size(), static_cast<unsigned long long>(neurons),
                s.projections.size(), s.clock.episodic ? "episodic" : "raw", hash_text(s.hash).c_str());
  }
  return 0;
}

int describe_verb(int argc, const char* const* argv) {
  Arguments arguments(
      "describe", "Explains a section, model, rule, stimulus, event or probe; without a name, lists them.",
      {"name"}, 0, "penfield describe iaf_psc_exp");
  arguments.add_json();
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  const auto name = text_of(*given, "name");
  std::string text;
  if (!name) {
    text = describe_names();
  } else {
    text = given->count("json") > 0 ? describe_json(*name) : describe(*name);
  }
  std::printf("%s%s", text.c_str(), text.ends_with('\n') ? "" : "\n");
  return 0;
}

int schema_verb(int argc, const char* const* argv) {
  Arguments arguments("schema", "Prints the JSON Schema of scenarios, for editors and other programs.", {}, 0,
                      "penfield schema > scenario.schema.json");
  if (!arguments.parse(argc, argv)) return 0;
  std::fputs(scenario_schema().c_str(), stdout);
  return 0;
}

int init_verb(int argc, const char* const* argv) {
  Arguments arguments("init", "Writes NAME.json: a small commented scenario that runs as it is.", {"name"}, 1,
                      "penfield init mymap && penfield run mymap.json");
  const auto given = arguments.parse(argc, argv);
  if (!given) return 0;
  const std::string name = *text_of(*given, "name");
  std::filesystem::path path = name;
  if (path.extension() != ".json") path += ".json";
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored))
    throw Error(ExitCode::output,
                "file exists (" + path.string() + "): it is left as it is; choose another name");
  write_file_atomically(path, init_template(path.stem().string()));
  std::printf("Wrote %s. Run it: penfield run %s\n", path.c_str(), path.c_str());
  return 0;
}

}  // namespace penfield::cli

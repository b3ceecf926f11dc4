#include "fuzz/mutate.hpp"

#include <nlohmann/json.hpp>
#include <random>

#include "host/scenario/describe.hpp"
#include "test/scenario/example.hpp"

namespace penfield::fuzz {
namespace {

using Json = nlohmann::ordered_json;
using Random = std::minstd_rand;

std::size_t below(Random& random, std::size_t n) { return n > 0 ? random() % n : 0; }

template <class T>
const T& pick(Random& random, const std::vector<T>& all) {
  return all[below(random, all.size())];
}

// ---- where inputs start from
// -----------------------------------------------------------------------------------------------------

const Json& example() {
  static const Json one = Json::parse(test::kExample);
  return one;
}

/// The example with only these sections, apart from the ones that every scenario needs.
Json with(std::initializer_list<const char*> sections) {
  Json out;
  for (const char* key : {"penfield", "name", "seed", "dt_ms", "until", "areas", "populations"})
    out[key] = example()[key];
  for (const char* key : sections) out[key] = example()[key];
  if (!out.contains("body"))
    for (const char* population : {"VPL/relay", "S1/E"}) out["populations"][population].erase("somatotopic");
  return out;
}

std::vector<Json> make_starts() {
  const Json raw = Json::parse(test::kRawExample);
  Json small = with({});
  small["populations"].erase("VPL/relay");
  small["areas"].erase("VPL");
  small["projections"] = Json::array({example()["projections"][1]});
  Json rules = with({"projections"});
  Json touched = with({"clock", "body", "probes", "timeline"});
  touched["timeline"] = Json::array({example()["timeline"][0]});
  Json rewired = with({"clock", "body", "fields", "homeostasis", "structure"});
  rewired["projections"] = Json::array({example()["projections"][2], example()["projections"][3]});
  return {example(), raw, small, rules, touched, rewired};
}

const std::vector<Json>& starts() {
  static const std::vector<Json> all = make_starts();
  return all;
}

// ---- what is put in
// -----------------------------------------------------------------------------------------------------

const std::vector<std::string>& words() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out{
        "S1/E",      "S1/*",       "VPL/relay", "hand/D3",     "structure", "EI",      "base.json",
        "body.json", "spikes.csv", "../x",      "/etc/passwd", "5 s",       "-1 d",    "2 d 6 h",
        "1e3 s",     "//",         "extends",   "override",    "normal",    "uniform", "min",
        "max",       "constant",   "lognormal", "excitatory",  ""};
    for (const auto& table : described_tables()) {
      out.push_back(table.name);
      for (const auto& key : table.keys) out.push_back(key.key.substr(key.key.find('.') + 1));
    }
    return out;
  }();
  return all;
}

Json random_value(Random& random) {
  static const std::vector<double> numbers{0,
                                           -0.0,
                                           1,
                                           -1,
                                           0.5,
                                           1e-320,
                                           1e308,
                                           -1e308,
                                           2147483648.0,
                                           1e18,
                                           3.5,
                                           1e-12,
                                           1000,
                                           7,
                                           0.1,
                                           4e9,
                                           9007199254740993.0};
  switch (below(random, 8)) {
    case 0: return nullptr;
    case 1: return below(random, 2) == 1;
    case 2: return pick(random, words());
    case 3: return Json::array({pick(random, numbers), pick(random, numbers)});
    case 4: return Json::object({{pick(random, words()), random_value(random)}});
    case 5:
      return Json::object(
          {{"normal", {pick(random, numbers), pick(random, numbers)}}, {"min", pick(random, numbers)}});
    default: return pick(random, numbers);
  }
}

void collect(Json& node, std::vector<Json*>& all) {
  all.push_back(&node);
  if (node.is_structured())
    for (Json& child : node) collect(child, all);
}

/// Every value of the example.
const std::vector<Json*>& donors() {
  static Json source = example();
  static const std::vector<Json*> all = [] {
    std::vector<Json*> out;
    collect(source, out);
    return out;
  }();
  return all;
}

void mutate(Json& document, Random& random) {
  std::vector<Json*> all;
  all.reserve(256);
  collect(document, all);
  Json& node = *pick(random, all);
  switch (below(random, 7)) {
    case 0:
    case 1: node = random_value(random); break;
    case 2: node = Json(*pick(random, donors())); break;
    case 3:
      if (node.is_object()) node[pick(random, words())] = random_value(random);
      if (node.is_array()) node.push_back(random_value(random));
      break;
    case 4:
      if (node.is_object() && !node.empty())
        node.erase(std::next(node.begin(), static_cast<std::ptrdiff_t>(below(random, node.size()))));
      if (node.is_array() && !node.empty()) node.erase(below(random, node.size()));
      break;
    case 5:
      if (node.is_array() && !node.empty()) node.push_back(Json(node[below(random, node.size())]));
      if (node.is_string()) node = pick(random, words());
      break;
    default:
      if (node.is_number())
        node = node.get<double>() * (below(random, 2) == 1 ? 0.5 : 3.0) + (below(random, 3) == 0 ? 1.0 : 0.0);
  }
}

std::string overrides(Random& random) {
  static const std::vector<std::string> paths{"populations[S1/E].n",
                                              "projections[EI].rule",
                                              "timeline[freeze_it].enabled",
                                              "until",
                                              "clock.mode",
                                              "projections[0].weight_pA",
                                              "body.touch.on_ms",
                                              "homeostasis[0]",
                                              "areas.S1",
                                              "a[",
                                              "timeline[9].at",
                                              "stimuli[0].poisson.to"};
  std::string text;
  for (std::size_t i = below(random, 3); i > 0; --i)
    text += pick(random, paths) + "=" +
            (below(random, 2) == 1 ? random_value(random).dump() : pick(random, words())) + "\n";
  return text;
}

}  // namespace

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out;
    for (const Json& start : starts()) out.push_back(start.dump());
    return out;
  }();
  return all;
}

std::string mutated(std::string_view input, std::size_t max_size, std::uint32_t random_seed) {
  Random random(random_seed);
  if (below(random, 8) == 0) return "";
  // Starting afresh now and then keeps inputs near to what is accepted, and small.
  bool afresh = below(random, 2) == 0;
  Json document;
  if (!afresh) {
    document = Json::parse(input.substr(0, input.find('\0')), nullptr, false);
    afresh = document.is_discarded() || !document.is_object();
  }
  std::string out;
  do {
    if (afresh) document = pick(random, starts());
    for (std::size_t i = 1 + below(random, afresh ? 2 : 4); i > 0; --i) mutate(document, random);
    // Text that is not UTF-8 came from a byte mutation; the dump must not throw on it.
    out = document.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (below(random, 4) == 0) out += '\0' + overrides(random);
    if (out.size() > max_size && afresh) return "";
    afresh = true;
  } while (out.size() > max_size);
  return out;
}

}  // namespace penfield::fuzz

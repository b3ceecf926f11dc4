// Lists of synapses from SONATA files: the same network as from CSV, and every fault named.
#include <fstream>
#include <limits>
#include <random>
#include <sstream>

#include "host/build/build_network.hpp"
#include "host/build/connect/edges_sonata.hpp"
#include "host/record/hdf5.hpp"
#include "host/scenario/scenario_json.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/scratch_folder.hpp"
#include "test/support/skip.hpp"

using namespace penfield;
using namespace penfield::test;

namespace {

/// The columns of an edge population; tests spoil one of them. Empty optional columns are not written.
struct EdgeColumns {
  std::vector<std::uint64_t> source{3, 0, 9, 3}, target{0, 9, 4, 0};
  std::vector<std::int64_t> type{100, 100, 100, 100}, group, index;
  std::vector<float> weight{0.5f, 0.25f, 2.0f, 0.125f}, delay{1.5f, 0.1f, 2.0f, 1.5f};  ///< of group 0
  std::vector<float> weight_1 = {}, delay_1 = {};                                       ///< of group 1
  std::string weight_unit = {}, delay_unit = {};
};

template <class T>
void put(Hdf5File& file, const std::string& path, const std::vector<T>& values) {
  const std::uint64_t shape[] = {values.size()};
  if (!values.empty()) file.write(path, std::span<const T>(values), shape);
}

void put_population(Hdf5File& file, const std::string& name, const EdgeColumns& c) {
  const std::string base = "/edges/" + name;
  file.group(base);
  put(file, base + "/source_node_id", c.source);
  put(file, base + "/target_node_id", c.target);
  put(file, base + "/edge_type_id", c.type);
  put(file, base + "/edge_group_id", c.group);
  put(file, base + "/edge_group_index", c.index);
  put(file, base + "/0/syn_weight", c.weight);
  put(file, base + "/0/delay", c.delay);
  put(file, base + "/1/syn_weight", c.weight_1);
  put(file, base + "/1/delay", c.delay_1);
  if (!c.weight_unit.empty()) file.attribute(base + "/0/syn_weight", "units", c.weight_unit);
  if (!c.delay_unit.empty()) file.attribute(base + "/0/delay", "units", c.delay_unit);
}

EdgeLimits limits_of_ten() {
  EdgeLimits limits{10, 10};
  limits.dt_ms = 0.1;
  limits.weight_unit = "nS";
  limits.least_weight = 0.0;
  return limits;
}

/// Reads what `write` puts into a fresh file.
template <class Write>
EdgeList read_back(const Write& write, const std::string& population = "",
                   const EdgeLimits& limits = limits_of_ten()) {
  const ScratchFolder folder;
  const auto path = folder / "edges.h5";
  {
    Hdf5File file = Hdf5File::create(path);
    write(file);
    file.close();
  }
  return read_edges_sonata(path.string(), population, limits);
}

EdgeList read_back(const EdgeColumns& c, const EdgeLimits& limits = limits_of_ten()) {
  return read_back([&](Hdf5File& file) { put_population(file, "A_to_B", c); }, "", limits);
}

/// The message of the fault that `spoil` makes of good columns; it names file and code.
template <class Spoil>
Thrown fault_of(const Spoil& spoil, const EdgeLimits& limits = limits_of_ten()) {
  EdgeColumns c;
  spoil(c);
  const Thrown thrown = thrown_by([&] { read_back(c, limits); });
  INFO(thrown.message);
  CHECK(thrown.code == ExitCode::input_file);
  CHECK(thrown.says("edges.h5"));
  return thrown;
}

bool without_hdf5() {
  if (!hdf5_available()) skip("built without HDF5");
  return !hdf5_available();
}

/// 40 E cells onto 30 I cells: a rule and what is beside the file.
std::string scenario_with(const std::string& rule) {
  return R"({ "penfield": 1, "name": "listed", "seed": 5, "dt_ms": 0.1, "until": "20 ms",
  "areas": { "S1": { "sheet_mm": [1, 1] } },
  "populations": { "S1/E": { "model": "iaf_psc_exp", "n": 40 }, "S1/I": { "model": "iaf_cond_exp", "n": 30 } },
  "projections": [ { "name": "EI", "from": "S1/E", "to": "S1/I", "port": "AMPA", "rule": )" +
         rule + R"(, "weight_nS": { "uniform": [0.1, 0.9] }, "delay_ms": { "uniform": [1, 3] } } ] })";
}

std::uint64_t digest_of(const ScratchFolder& folder, const std::string& rule, std::uint32_t threads) {
  const auto path = folder / "listed.json";
  std::ofstream(path) << scenario_with(rule);
  const Scenario scenario = load_scenario(path.string());
  BuildOptions options;
  options.threads = threads;
  options.tile_size = threads == 1 ? 8 : 16;
  const Network network = build_network(scenario, options);
  CHECK(network.num_synapses() == 500);
  return digest(network).all();
}

}  // namespace

TEST_CASE("an edge population of a SONATA file", "[connect][sonata]") {
  if (without_hdf5()) return;
  EdgeColumns c;
  c.weight_unit = "nS";
  c.delay_unit = "ms";
  const EdgeList edges = read_back(c);
  CHECK(edges.source == std::vector<std::uint32_t>{3, 0, 9, 3});
  CHECK(edges.target == std::vector<std::uint32_t>{0, 9, 4, 0});
  CHECK(edges.weight == c.weight);
  CHECK(edges.delay_ms == c.delay);
  CHECK(edges.weight_unit == "nS");
  EdgeColumns bare;
  bare.weight.clear(), bare.delay.clear(), bare.type.clear();
  const EdgeList plain = read_back(bare);
  CHECK(plain.size() == 4);
  CHECK((plain.weight.empty() && plain.delay_ms.empty()));
}

TEST_CASE("groups and their rows give each edge its values", "[connect][sonata]") {
  if (without_hdf5()) return;
  EdgeColumns c;
  c.group = {1, 0, 1, 0};
  c.index = {1, 0, 0, 1};
  c.weight = {0.5f, 0.25f}, c.delay = {1.0f, 2.0f};
  c.weight_1 = {4.0f, 8.0f}, c.delay_1 = {3.0f, 5.0f};
  const EdgeList edges = read_back(c);
  CHECK(edges.weight == std::vector<float>{8.0f, 0.5f, 4.0f, 0.25f});
  CHECK(edges.delay_ms == std::vector<float>{5.0f, 1.0f, 3.0f, 2.0f});
  c.delay_1.clear();
  const Thrown thrown = thrown_by([&] { read_back(c); });
  CHECK(thrown.says("/edges/A_to_B/edge_group_id, row 1: group /edges/A_to_B/1 has no delay"));
}

TEST_CASE("one of several edge populations is named", "[connect][sonata]") {
  if (without_hdf5()) return;
  const auto two = [](Hdf5File& file) {
    EdgeColumns other;
    other.source = {1, 1, 1, 1};
    put_population(file, "A_to_B", {});
    put_population(file, "B_to_A", other);
  };
  CHECK(read_back(two, "B_to_A").source == std::vector<std::uint32_t>(4, 1));
  const Thrown unnamed = thrown_by([&] { read_back(two); });
  CHECK(unnamed.code == ExitCode::input_file);
  CHECK(unnamed.says("/edges: there are several edge populations (A_to_B, B_to_A)"));
  CHECK(
      thrown_by([&] { read_back(two, "C"); }).says("there is no edge population C; there is A_to_B, B_to_A"));
  CHECK(thrown_by([&] { read_back([](Hdf5File& file) { file.group("/nodes"); }); }).says("no group /edges"));
  CHECK(thrown_by([&] {
          read_back([](Hdf5File& file) { file.group("/edges"); });
        }).says("is no edge population"));
}

TEST_CASE("values that do not fit name data set and row", "[connect][sonata]") {
  if (without_hdf5()) return;
  CHECK(fault_of([](EdgeColumns& c) {
          c.source[2] = 10;
        }).says("/edges/A_to_B/source_node_id, row 2: the source 10 is outside its population of 10"));
  CHECK(fault_of([](EdgeColumns& c) {
          c.target[1] = std::numeric_limits<std::uint64_t>::max();
        }).says("/edges/A_to_B/target_node_id, row 1: the target"));
  CHECK(fault_of([](EdgeColumns& c) {
          c.weight[3] = std::nanf("");
        }).says("/edges/A_to_B/0/syn_weight, row 3: the weight nan is not a finite number"));
  CHECK(fault_of([](EdgeColumns& c) {
          c.weight[0] = -1.0f;
        }).says("/0/syn_weight, row 0: the weight -1 is below 0"));
  CHECK(fault_of([](EdgeColumns& c) {
          c.delay[1] = 0.05f;
        }).says("/0/delay, row 1: the delay 0.0500000007 ms is shorter"));
  CHECK(fault_of([](EdgeColumns& c) {
          c.delay[1] = 7000.0f;
        }).says("/0/delay, row 1: the delay 7000 ms is longer"));
  CHECK(fault_of([](EdgeColumns& c) { c.delay[1] = std::nanf(""); }).says("/0/delay, row 1"));
  CHECK(fault_of([](EdgeColumns& c) {
          c.index = {0, 1, 2, 4};
        }).says("edge_group_index, row 3: it points at row 4"));
  const Thrown both = fault_of([](EdgeColumns& c) { c.weight[0] = -1.0f, c.delay[2] = -2.0f; });
  CHECK((both.says("syn_weight, row 0") && both.says("delay, row 2")));
  const Thrown many = fault_of([](EdgeColumns& c) {
    c = {};
    c.source.assign(100, 11), c.target.assign(100, 0), c.type.clear(), c.weight.clear(), c.delay.clear();
  });
  CHECK((many.says("row 19:") && !many.says("row 20:") && many.says("further faults are not listed")));
}

TEST_CASE("columns that do not fit are named", "[connect][sonata]") {
  if (without_hdf5()) return;
  CHECK(fault_of([](EdgeColumns& c) {
          c.source.clear();
        }).says("/edges/A_to_B/source_node_id: the data set is missing"));
  CHECK(fault_of([](EdgeColumns& c) {
          c.target.pop_back();
        }).says("/edges/A_to_B/target_node_id: it has 3 rows, but source_node_id has 4"));
  CHECK(
      fault_of([](EdgeColumns& c) { c.type.pop_back(); }).says("/edges/A_to_B/edge_type_id: it has 3 rows"));
  CHECK(fault_of([](EdgeColumns& c) {
          c.weight.pop_back();
        }).says("/edges/A_to_B/0/syn_weight: it has 3 rows"));
  CHECK(fault_of([](EdgeColumns& c) { c.delay.pop_back(); }).says("/edges/A_to_B/0/delay: it has 3 rows"));
  CHECK(fault_of([](EdgeColumns& c) {
          c.weight_unit = "uS";
        }).says("the weights are in uS, but the projection's port"));
  CHECK(fault_of([](EdgeColumns& c) { c.delay_unit = "s"; }).says("/0/delay: the delays are in s; convert"));
  EdgeLimits few = limits_of_ten();
  few.max_edges = 3;
  CHECK(fault_of([](EdgeColumns&) {}, few).says("more than the 3 synapses allowed"));
  const auto reals = [](Hdf5File& file) {
    put(file, "/edges/A/source_node_id", std::vector<double>{0.5});
    put(file, "/edges/A/target_node_id", std::vector<double>{1.0});
  };
  CHECK(thrown_by([&] { read_back(reals); }).says("source_node_id: its values are not whole numbers"));
  const auto table = [](Hdf5File& file) {
    const std::vector<std::int32_t> ids{1, 2};
    const std::uint64_t shape[] = {1, 2};
    file.write("/edges/A/source_node_id", std::span<const std::int32_t>(ids), shape);
  };
  CHECK(thrown_by([&] { read_back(table); }).says("source_node_id: it has not one dimension"));
}

TEST_CASE("files that are none, or are damaged", "[connect][sonata]") {
  if (without_hdf5()) return;
  const ScratchFolder folder;
  const std::string path = (folder / "edges.h5").string();
  const auto read = [&](const std::string& name) {
    const Thrown thrown = thrown_by([&] { read_edges_sonata(name, "", limits_of_ten()); });
    CHECK(thrown.code == ExitCode::input_file);
    CHECK(thrown.says(name));
    return thrown;
  };
  CHECK(read(path).says("no such file"));
  CHECK(read(folder.path().string()).says("no such file"));
  std::ofstream(path) << "source,target\n1,2\n";
  CHECK(read(path).says("this is not an HDF5 file"));
  {
    Hdf5File file = Hdf5File::create(path);
    put_population(file, "A_to_B", {});
    file.close();
  }
  std::string whole;
  {
    std::ifstream in(path, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::ofstream(path, std::ios::binary) << whole.substr(0, whole.size() / 2);
  CHECK(read(path).says("HDF5 cannot open it"));
  // Whatever a flipped byte does to the library, the answer is a list or a message.
  std::mt19937 random(1);
  int read_well = 0;
  for (int k = 0; k < 60; ++k) {
    std::string spoilt = whole;
    for (int flips = 0; flips < 8; ++flips) spoilt[random() % spoilt.size()] = static_cast<char>(random());
    std::ofstream(path, std::ios::binary) << spoilt;
    const Thrown thrown = thrown_by([&] { read_edges_sonata(path, "", limits_of_ten()); });
    CHECK((thrown.code == ExitCode::done || thrown.code == ExitCode::input_file));
    CHECK((thrown.code == ExitCode::done || thrown.says("edges.h5")));
    read_well += thrown.code == ExitCode::done;
  }
  CHECK(read_well < 60);
}

TEST_CASE("SONATA and CSV make one network, on any number of threads", "[connect][sonata]") {
  if (without_hdf5()) return;
  const ScratchFolder folder;
  std::mt19937 random(3);
  EdgeColumns c{{}, {}, {}, {}, {}, {}, {}, {}, {}, "nS", "ms"};
  std::ofstream csv(folder / "edges.csv"), bare(folder / "bare.csv");
  csv << "source,target,weight_nS,delay_ms\n";
  bare << "source,target\n";
  csv.precision(9);
  for (int i = 0; i < 500; ++i) {
    c.source.push_back(random() % 40), c.target.push_back(random() % 30);
    c.weight.push_back(0.01f + 0.001f * static_cast<float>(random() % 1000));
    c.delay.push_back(0.1f * static_cast<float>(1 + random() % 60));
    csv << c.source.back() << ',' << c.target.back() << ',' << c.weight.back() << ',' << c.delay.back()
        << '\n';
    bare << c.source.back() << ',' << c.target.back() << '\n';
  }
  csv.close(), bare.close();
  EdgeColumns without = c;
  without.weight.clear(), without.delay.clear(), without.weight_unit.clear(), without.delay_unit.clear();
  Hdf5File file = Hdf5File::create(folder / "edges.h5");
  put_population(file, "E_to_I", c);
  put_population(file, "bare", without);
  file.close();
  const std::string listed = "{ \"file\": { \"file\": \"edges.h5\", \"edge_population\": \"E_to_I\" } }";
  const std::string drawn = "{ \"file\": { \"file\": \"edges.h5\", \"edge_population\": \"bare\" } }";
  const std::uint64_t expected = digest_of(folder, "{ \"file\": \"edges.csv\" }", 1);
  CHECK(digest_of(folder, listed, 1) == expected);
  CHECK(digest_of(folder, listed, 3) == expected);
  // Without weights and delays in the file the projection's own are drawn, alike for both.
  const std::uint64_t expected_drawn = digest_of(folder, "{ \"file\": \"bare.csv\" }", 1);
  CHECK(digest_of(folder, drawn, 2) == expected_drawn);
  CHECK(expected_drawn != expected);
  const Thrown unnamed = thrown_by([&] { digest_of(folder, "{ \"file\": \"edges.h5\" }", 1); });
  CHECK(unnamed.code == ExitCode::input_file);
  CHECK(unnamed.says("projections[EI].rule.file: "));
  CHECK(unnamed.says("several edge populations"));
  const Thrown csv_named = thrown_by(
      [&] { digest_of(folder, "{ \"file\": { \"file\": \"edges.csv\", \"edge_population\": \"x\" } }", 1); });
  CHECK(csv_named.code == ExitCode::scenario);
  CHECK(csv_named.says("listed.json:4:"));
  CHECK(csv_named.says("projections[0].rule.file.edge_population"));
}

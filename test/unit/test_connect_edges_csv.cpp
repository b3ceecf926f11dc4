// Lists of synapses from tables of comma-separated values.
#include <fstream>
#include <sstream>

#include "host/build/connect/edges_csv.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using namespace penfield::test;

namespace {

EdgeList parsed(const std::string& text, const EdgeLimits& limits = {10, 10}) {
  std::istringstream in(text);
  return parse_edges_csv(in, "edges.csv", limits);
}

Thrown fault_of(const std::string& text, const EdgeLimits& limits = {10, 10}) {
  const Thrown thrown = thrown_by([&] { parsed(text, limits); });
  CHECK(thrown.code == ExitCode::input_file);
  return thrown;
}

}  // namespace

TEST_CASE("a table of synapses in any order of columns", "[connect]") {
  const EdgeList edges = parsed(
      "\xEF\xBB\xBF# made by hand\r\n"
      "target, weight_nS,source ,delay_ms\r\n"
      "\r\n"
      "0,0.5,3,1.5\r\n"
      "9,-1e-3,0,0.1");
  CHECK(edges.source == std::vector<std::uint32_t>{3, 0});
  CHECK(edges.target == std::vector<std::uint32_t>{0, 9});
  CHECK(edges.weight == std::vector<float>{0.5f, -1e-3f});
  CHECK(edges.delay_ms == std::vector<float>{1.5f, 0.1f});
  CHECK(edges.weight_unit == "nS");
  const EdgeList bare = parsed("source,target\n1,2\n");
  CHECK(bare.size() == 1);
  CHECK(bare.weight.empty());
  CHECK(bare.delay_ms.empty());
  CHECK(parsed("source,target\n").size() == 0);
}

TEST_CASE("faults name the line and all are listed", "[connect]") {
  const Thrown thrown = fault_of(
      "source,target,weight,delay\n"
      "1,2,0.5,1\n"
      "10,2,0.5,1\n"
      "1,-2,0.5,1\n"
      "1,2,heavy,1\n"
      "1,2,inf,0\n"
      "1,2,0.5\n"
      "1.5,99999999999999999999999,0.5,1\n");
  CHECK(thrown.says("edges.csv, line 3: the source '10' is outside its population of 10 neurons"));
  CHECK(thrown.says("line 4: the target '-2' is not a whole number"));
  CHECK(thrown.says("line 5: the weight 'heavy' is not a finite number"));
  CHECK(thrown.says("line 6: the weight 'inf' is not a finite number"));
  CHECK(thrown.says("line 6: the delay '0' ms is not above 0"));
  CHECK(thrown.says("line 7: the line has 3 values for 4 columns"));
  CHECK(thrown.says("line 8: the source '1.5' is not a whole number"));
  CHECK(thrown.says("line 8: the target '99999999999999999999999' is outside"));
  CHECK_FALSE(thrown.says("line 2:"));
}

TEST_CASE("no more than twenty faults are listed", "[connect]") {
  std::string text = "source,target\n";
  for (int i = 0; i < 100; ++i) text += "x,y\n";
  const Thrown thrown = fault_of(text);
  CHECK(thrown.says("line 11:"));
  CHECK_FALSE(thrown.says("line 12:"));
  CHECK(thrown.says("further faults are not listed"));
}

TEST_CASE("weights and delays keep to the scenario's limits", "[connect]") {
  EdgeLimits limits{10, 10};
  limits.dt_ms = 0.1;
  limits.weight_unit = "nS";
  limits.least_weight = 0.0;
  limits.largest_weight = 1e6;
  CHECK(parsed("source,target,weight_nS,delay\n1,2,0,0.1\n1,2,1e6,6553.5\n", limits).size() == 2);
  const Thrown thrown =
      fault_of("source,target,weight,delay\n1,2,-1,1\n1,2,2e6,1\n1,2,1,0.04\n1,2,1,6553.6\n", limits);
  CHECK(thrown.says("line 2: the weight '-1' is below 0; a conductance inhibits by its port's reversal"));
  CHECK(thrown.says("line 3: the weight '2e6' is larger than 1e+06"));
  CHECK(thrown.says("line 4: the delay '0.04' ms is shorter than one step of 0.1 ms"));
  CHECK(thrown.says("line 5: the delay '6553.6' ms is longer than 65535 steps of 0.1 ms"));
  CHECK(fault_of("source,target,weight_pA\n1,2,1\n", limits)
            .says("line 1: the weights are in pA, but the projection's port takes nS"));
}

TEST_CASE("weights that a rule moves lie within its bounds", "[connect]") {
  EdgeLimits limits{10, 10};
  limits.w_min = 0.0;
  limits.w_max = 0.3;
  CHECK(parsed("source,target,weight\n1,2,0\n1,2,0.3000001\n1,3,0.1\n", limits).size() == 3);
  const Thrown thrown = fault_of("source,target,weight\n1,2,-0.1\n1,2,0.2\n1,2,0.31\n", limits);
  CHECK(thrown.says(
      "line 2: the weight '-0.1' is outside the bounds of the projection's rule, w_min 0 to w_max 0.3"));
  CHECK(thrown.says("line 4: the weight '0.31' is outside"));
}

TEST_CASE("wrong headers, lines and sizes", "[connect]") {
  CHECK(fault_of("").says("the table is empty"));
  CHECK(fault_of("source;target\n1;2\n").says("separated by commas"));
  CHECK(fault_of("source,weight\n1,2\n").says("there is no column target"));
  CHECK(fault_of("source,target,source\n1,2,3\n").says("repeats an earlier one"));
  CHECK(fault_of("1,2\n").says("column '1' is unknown"));
  CHECK(fault_of("source,target\n1,2\n" + std::string(5000, '7') + "\n")
            .says("line 3: the line is longer than 4095"));
  CHECK(fault_of("source,target\n1,2\n3,4\n", {10, 10, 1}).says("more than the 1 synapses allowed"));
  CHECK(fault_of("source,target\n\x01\x02,2\n").says("'\?\?'"));
}

TEST_CASE("tables are read from files, and what is no file is named", "[connect]") {
  const ScratchFolder folder;
  const std::string path = (folder / "edges.csv").string();
  std::ofstream(path) << "source,target\n4,5\n";
  CHECK(read_edges_csv(path, {10, 10}).target == std::vector<std::uint32_t>{5});
  for (const std::string& wrong : {path + ".gone", folder.path().string()}) {
    const Thrown thrown = thrown_by([&] { read_edges_csv(wrong, {10, 10}); });
    CHECK(thrown.code == ExitCode::input_file);
    CHECK(thrown.says("no such file"));
  }
}

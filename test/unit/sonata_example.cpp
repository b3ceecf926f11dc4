// Writes a small results.h5, nodes.h5 and edges.h5 into the folder given; check_sonata.py reads them with
// other tools.
#include <cstdio>

#include "host/record/hdf5.hpp"
#include "host/record/results_file.hpp"
#include "penfield/base/error.hpp"

using namespace penfield;

int main(int argc, char** argv) {
  if (argc != 2 || !hdf5_available()) return 77;
  const std::filesystem::path folder = argv[1];
  try {
    Results results;
    results.scenario_json = R"({"penfield":1,"name":"example"})";
    results.manifest_json = "{}";
    results.datasets = {
        {"/maps/S1/D1",
         {2, 3},
         std::vector<float>{1, 2, 3, 4, 5, 6},
         "mm^2",
         "area of D1",
         {"time (d)", "sheet"}},
        {"/readouts/names", {2}, std::vector<std::string>{"D1", "D2"}, "1", "body parts", {"body part"}}};
    // Out of order on purpose: the writer sorts by time, then id.
    results.spikes = {{"S1/E", {2, 0, 1, 1}, {3.0, 0.5, 0.5, 12.25}}, {"S1/PV", {0}, {7.5}}};
    write_results(folder / "results.h5", results);

    const NodeSet nodes[] = {{"S1/E", "iaf_psc_exp", {0.1, 0.2, 0.3}, {1, 1, 1}},
                             {"S1/PV", "adex", {0.5}, {0.25}}};
    write_sonata_nodes(folder, nodes);
    EdgeSet edges[2];
    edges[0] = {"", "S1/E", "S1/PV", {2, 0, 1}, {0, 0, 0}, {0.3F, 0.1F, 0.2F}, {1.5F, 1.0F, 1.25F}, "nS", 1};
    edges[1] = {"", "S1/PV", "S1/E", {0, 0}, {2, 0}, {-1, -2}, {2, 3}, "nS", 3};
    write_sonata_edges(folder, edges);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}

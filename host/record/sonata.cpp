#include "host/record/sonata.hpp"

#include <algorithm>
#include <numeric>

#include "host/record/file.hpp"

namespace penfield {
namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kMagic = 0x0A7A;
constexpr std::uint32_t kVersion[] = {0, 1};
constexpr double kMicrometresPerMillimetre = 1000.0;

[[noreturn]] void contradiction(const std::string& name, const std::string& why) {
  throw Error(ExitCode::internal,
              "bad SONATA data (" + name + "): " + why + "; this is a defect in Penfield, please report it");
}

template <class T>
void write_list(Hdf5File* file, const std::string& path, const std::vector<T>& values) {
  const std::uint64_t shape[] = {values.size()};
  file->write(path, std::span<const T>(values), shape);
}

template <class T>
std::vector<T> in_order(const std::vector<T>& values, const std::vector<std::uint64_t>& order) {
  std::vector<T> sorted;
  sorted.reserve(values.size());
  for (const std::uint64_t i : order) sorted.push_back(values[i]);
  return sorted;
}

std::vector<std::uint64_t> zero_to(std::size_t count) {
  std::vector<std::uint64_t> list(count);
  std::iota(list.begin(), list.end(), std::uint64_t{0});
  return list;
}

/// Type, group and position of each node or edge: one type and one group for the whole set.
void write_type_columns(Hdf5File* file, const std::string& base, const std::string& stem, std::size_t count,
                        std::int64_t type_id) {
  write_list(file, base + "/" + stem + "_type_id", std::vector<std::int64_t>(count, type_id));
  write_list(file, base + "/" + stem + "_group_id", std::vector<std::int64_t>(count, 0));
  write_list(file, base + "/" + stem + "_group_index", zero_to(count));
}

/// Index /indices/target_to_source: node id -> ranges -> edge ids. Edges are sorted by target, so a node has
/// one range or none.
void write_target_index(Hdf5File* file, const std::string& base, const std::vector<std::uint64_t>& targets,
                        std::uint64_t num_nodes) {
  std::vector<std::int64_t> node_to_range;  // [num_nodes][2]
  std::vector<std::int64_t> range_to_edge;  // [num_ranges][2]
  std::uint64_t edge = 0;
  for (std::uint64_t node = 0; node < num_nodes; ++node) {
    const auto first_range = static_cast<std::int64_t>(range_to_edge.size() / 2);
    const std::uint64_t begin = edge;
    while (edge < targets.size() && targets[edge] == node) ++edge;
    const bool any = edge > begin;
    if (any) {
      range_to_edge.push_back(static_cast<std::int64_t>(begin));
      range_to_edge.push_back(static_cast<std::int64_t>(edge));
    }
    node_to_range.push_back(first_range);
    node_to_range.push_back(first_range + (any ? 1 : 0));
  }
  const std::uint64_t node_shape[] = {num_nodes, 2};
  const std::uint64_t range_shape[] = {range_to_edge.size() / 2, 2};
  const std::string group = base + "/indices/target_to_source";
  file->write(group + "/node_id_to_range", std::span<const std::int64_t>(node_to_range), node_shape);
  file->write(group + "/range_to_edge_id", std::span<const std::int64_t>(range_to_edge), range_shape);
}

std::string edge_name(const EdgeSet& set) {
  if (!set.projection.empty()) return sonata_name(set.projection);
  return sonata_name(set.source_population) + "_to_" + sonata_name(set.target_population);
}

void write_edge_set(Hdf5File* file, const EdgeSet& set, std::int64_t type_id) {
  const std::string base = "/edges/" + edge_name(set);
  const std::size_t count = set.source_ids.size();
  if (set.target_ids.size() != count || set.weight.size() != count || set.delay_ms.size() != count) {
    contradiction(base, "sources, targets, weights and delays differ in number");
  }
  if (file->exists(base)) contradiction(base, "two projections have this name");
  std::vector<std::uint64_t> order = zero_to(count);
  std::stable_sort(order.begin(), order.end(), [&](std::uint64_t a, std::uint64_t b) {
    return set.target_ids[a] != set.target_ids[b] ? set.target_ids[a] < set.target_ids[b]
                                                  : set.source_ids[a] < set.source_ids[b];
  });
  const std::vector<std::uint64_t> targets = in_order(set.target_ids, order);
  if (!targets.empty() && targets.back() >= set.num_target_nodes)
    contradiction(base, "a target is out of range");

  write_list(file, base + "/source_node_id", in_order(set.source_ids, order));
  file->attribute(base + "/source_node_id", "node_population", sonata_name(set.source_population));
  write_list(file, base + "/target_node_id", targets);
  file->attribute(base + "/target_node_id", "node_population", sonata_name(set.target_population));
  write_type_columns(file, base, "edge", count, type_id);
  write_list(file, base + "/0/syn_weight", in_order(set.weight, order));
  file->attribute(base + "/0/syn_weight", "units", set.weight_unit);
  write_list(file, base + "/0/delay", in_order(set.delay_ms, order));
  file->attribute(base + "/0/delay", "units", std::string("ms"));
  write_target_index(file, base, targets, set.num_target_nodes);
}

}  // namespace

std::string sonata_name(const std::string& population) {
  std::string name = population;
  for (char& c : name) {
    if (c == '/' || c == ' ') c = '_';
  }
  return name;
}

void mark_sonata(Hdf5File* file) {
  file->attribute("/", "magic", kMagic);
  file->attribute("/", "version", std::span<const std::uint32_t>(kVersion));
}

void write_spikes(Hdf5File* file, SpikeSet* set) {
  const std::string base = "/spikes/" + sonata_name(set->population);
  if (set->node_ids.size() != set->timestamps_ms.size())
    contradiction(base, "ids and times differ in number");
  if (file->exists(base)) contradiction(base, "two populations have this name");
  const auto before = [set](std::uint64_t a, std::uint64_t b) {
    return set->timestamps_ms[a] != set->timestamps_ms[b] ? set->timestamps_ms[a] < set->timestamps_ms[b]
                                                          : set->node_ids[a] < set->node_ids[b];
  };
  std::vector<std::uint64_t> order = zero_to(set->node_ids.size());
  if (!std::is_sorted(order.begin(), order.end(), before)) {
    std::sort(order.begin(), order.end(), before);
    set->node_ids = in_order(set->node_ids, order);
    set->timestamps_ms = in_order(set->timestamps_ms, order);
  }
  file->group(base);
  file->attribute(base, "sorting", std::string("by_time"));
  write_list(file, base + "/timestamps", set->timestamps_ms);
  file->attribute(base + "/timestamps", "units", std::string("milliseconds"));
  write_list(file, base + "/node_ids", set->node_ids);
}

void write_sonata_nodes(const fs::path& folder, std::span<const NodeSet> nodes) {
  PendingFile pending(folder / "nodes.h5");
  Hdf5File file = Hdf5File::create(pending.temporary());
  mark_sonata(&file);
  file.group("/nodes");
  std::string types = "node_type_id pop_name model_type model_template\n";
  std::int64_t type_id = 0;
  for (const NodeSet& set : nodes) {
    const std::string base = "/nodes/" + sonata_name(set.population);
    if (set.x_mm.size() != set.y_mm.size()) contradiction(base, "x and y differ in number");
    if (file.exists(base)) contradiction(base, "two populations have this name");
    write_list(&file, base + "/node_id", zero_to(set.x_mm.size()));
    write_type_columns(&file, base, "node", set.x_mm.size(), type_id);
    for (const auto& [axis, values] : {std::pair{"/0/x", &set.x_mm}, std::pair{"/0/y", &set.y_mm}}) {
      std::vector<double> position_um = *values;
      for (double& value : position_um) value *= kMicrometresPerMillimetre;
      write_list(&file, base + axis, position_um);
      file.attribute(base + axis, "units", std::string("um"));
    }
    types += std::to_string(type_id++) + " " + sonata_name(set.population) +
             " point_neuron penfield:" + sonata_name(set.model) + "\n";
  }
  file.close();
  pending.commit();
  write_file_atomically(folder / "node_types.csv", types);
}

void write_sonata_edges(const fs::path& folder, std::span<const EdgeSet> edges) {
  PendingFile pending(folder / "edges.h5");
  Hdf5File file = Hdf5File::create(pending.temporary());
  mark_sonata(&file);
  file.group("/edges");
  std::string types = "edge_type_id source_query target_query weight_unit\n";
  std::int64_t type_id = 0;
  for (const EdgeSet& set : edges) {
    write_edge_set(&file, set, type_id);
    types += std::to_string(type_id++) + " pop_name=='" + sonata_name(set.source_population) +
             "' pop_name=='" + sonata_name(set.target_population) + "' " + set.weight_unit + "\n";
  }
  file.close();
  pending.commit();
  write_file_atomically(folder / "edge_types.csv", types);
}

}  // namespace penfield

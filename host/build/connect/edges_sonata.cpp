#include "host/build/connect/edges_sonata.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "host/build/connect/child_reader.hpp"
#include "host/build/connect/foreign_hdf5.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFaults = 20;
constexpr std::size_t kMaxGroups = 1024;
constexpr std::uint64_t kMemoryPerFileByte = 64;  ///< compressed columns unpack to this at the very most
constexpr std::uint64_t kBytesPerCpuSecond = 4 << 20;

/// Weights and delays of one group of edges; a column that the file lacks is absent.
struct Group {
  std::string base;  ///< "/edges/NAME/0"
  std::optional<std::vector<double>> weight, delay_ms;
};

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

/// A name of the file's making for a message: printable and short.
std::string shown(const std::string& name) {
  std::string out = name.substr(0, 60);
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  return out;
}

class SonataReader {
 public:
  SonataReader(const std::string& path, const EdgeLimits& limits) : file_(path), limits_(limits) {}

  EdgeList read(const std::string& population) {
    base_ = "/edges/" + chosen(population);
    std::vector<std::int64_t> source = file_.integers(base_ + "/source_node_id", limits_.max_edges);
    std::vector<std::int64_t> target = file_.integers(base_ + "/target_node_id", limits_.max_edges);
    same_length("target_node_id", target.size(), source.size());
    take_ids("source", source, limits_.num_sources, edges_.source);
    take_ids("target", target, limits_.num_targets, edges_.target);
    throw_faults();
    read_values();
    throw_faults();
    return std::move(edges_);
  }

 private:
  /// The name of the edge population to read.
  std::string chosen(const std::string& wanted) {
    if (!file_.is_group("/edges"))
      throw Error(ExitCode::input_file,
                  file_.name() + ": there is no group /edges; is it a file of SONATA edges?");
    const std::vector<std::string> all = file_.members("/edges");
    std::string known;
    for (const std::string& name : all) known += (known.empty() ? "" : ", ") + shown(name);
    if (wanted.empty() && all.size() == 1) return all.front();
    if (wanted.empty())
      throw Error(ExitCode::input_file,
                  file_.name() + ", /edges: there " +
                      (all.empty() ? "is no edge population" : "are several edge populations") +
                      (all.empty() ? "" : " (" + known + "); name one by \"edge_population\""));
    if (std::find(all.begin(), all.end(), wanted) == all.end())
      throw Error(ExitCode::input_file, file_.name() + ", /edges: there is no edge population " +
                                            shown(wanted) + "; there " +
                                            (all.empty() ? "is none" : "is " + known));
    return wanted;
  }

  void fault(const std::string& dataset, std::uint64_t row, const std::string& problem) {
    if (faults_.size() == kMaxFaults) return;
    faults_.push_back(file_.name() + ", " + dataset + ", row " + std::to_string(row) + ": " + problem);
  }

  void throw_faults() const {
    if (faults_.empty()) return;
    std::string text;
    for (const std::string& one : faults_) text += (text.empty() ? "" : "\n") + one;
    if (faults_.size() == kMaxFaults) text += "\n(further faults are not listed)";
    throw Error(ExitCode::input_file, text);
  }

  void same_length(const std::string& column, std::uint64_t rows, std::uint64_t expected) const {
    if (rows == expected) return;
    throw Error(ExitCode::input_file, file_.name() + ", " + base_ + "/" + column + ": it has " +
                                          std::to_string(rows) + " rows, but source_node_id has " +
                                          std::to_string(expected) + "; every edge has one row in each");
  }

  void take_ids(const char* what, std::vector<std::int64_t>& ids, std::uint32_t size,
                std::vector<std::uint32_t>& out) {
    out.reserve(ids.size());
    for (std::uint64_t i = 0; i < ids.size() && faults_.size() < kMaxFaults; ++i) {
      // A negative index is beyond every size once unsigned.
      const std::string problem =
          index_problem(what, static_cast<std::uint64_t>(ids[i]), size, std::to_string(ids[i]));
      if (!problem.empty()) fault(base_ + "/" + what + "_node_id", i, problem);
      out.push_back(static_cast<std::uint32_t>(ids[i]));
    }
    std::vector<std::int64_t>().swap(ids);
  }

  /// A column of one row an edge that may be missing.
  std::vector<std::int64_t> optional_column(const std::string& column) {
    if (!file_.has(base_ + "/" + column)) return {};
    std::vector<std::int64_t> values = file_.integers(base_ + "/" + column, limits_.max_edges);
    same_length(column, values.size(), edges_.size());
    return values;
  }

  const Group& group(std::int64_t id) {
    const auto found = groups_.find(id);
    if (found != groups_.end()) return found->second;
    if (groups_.size() == kMaxGroups)
      throw Error(ExitCode::input_file, file_.name() + ", " + base_ + "/edge_group_id: more than " +
                                            std::to_string(kMaxGroups) + " groups; join some of them");
    Group g;
    g.base = base_ + "/" + std::to_string(id);
    if (file_.has(g.base + "/syn_weight")) {
      g.weight = file_.numbers(g.base + "/syn_weight", limits_.max_edges);
      const std::string unit = shown(file_.text_attribute(g.base + "/syn_weight", "units"));
      if (const std::string problem = unit_problem(unit, limits_); !problem.empty())
        throw Error(ExitCode::input_file, file_.name() + ", " + g.base + "/syn_weight: " + problem);
      edges_.weight_unit = unit;
    }
    if (file_.has(g.base + "/delay")) {
      g.delay_ms = file_.numbers(g.base + "/delay", limits_.max_edges);
      const std::string unit = shown(file_.text_attribute(g.base + "/delay", "units"));
      if (!unit.empty() && unit != "ms" && unit != "milliseconds" && unit != "millisecond")
        throw Error(ExitCode::input_file, file_.name() + ", " + g.base + "/delay: the delays are in " + unit +
                                              "; convert them to ms");
    }
    return groups_.emplace(id, std::move(g)).first->second;
  }

  /// The value of one edge in a column of its group.
  bool value_at(const Group& g, const std::optional<std::vector<double>>& column, const char* name,
                std::uint64_t edge, std::int64_t row, double& value) {
    if (row >= 0 && static_cast<std::uint64_t>(row) < column->size()) {
      value = (*column)[static_cast<std::size_t>(row)];
      return true;
    }
    fault(base_ + "/edge_group_index", edge,
          "it points at row " + std::to_string(row) + " of " + g.base + "/" + name + ", which has " +
              std::to_string(column->size()) + " rows");
    return false;
  }

  void read_values() {
    const std::vector<std::int64_t> group_of = optional_column("edge_group_id");
    const std::vector<std::int64_t> row_of = optional_column("edge_group_index");
    optional_column("edge_type_id");  // says nothing that is used, but its length must not contradict
    if (edges_.size() == 0) return;
    const Group& first = group(group_of.empty() ? 0 : group_of.front());
    if (group_of.empty() && row_of.empty())
      for (const auto& [column, name] :
           {std::pair{&first.weight, "0/syn_weight"}, {&first.delay_ms, "0/delay"}})
        if (*column) same_length(name, (*column)->size(), edges_.size());
    for (std::uint64_t i = 0; i < edges_.size() && faults_.size() < kMaxFaults; ++i) {
      const std::int64_t id = group_of.empty() ? 0 : group_of[i];
      const Group& g = group(id);
      const std::int64_t row = row_of.empty() ? static_cast<std::int64_t>(i) : row_of[i];
      take_value(g, first, &Group::weight, "syn_weight", i, row, &weight_problem, edges_.weight);
      take_value(g, first, &Group::delay_ms, "delay", i, row, &delay_problem, edges_.delay_ms);
    }
  }

  void take_value(const Group& g, const Group& first, std::optional<std::vector<double>> Group::*column,
                  const char* name, std::uint64_t edge, std::int64_t row,
                  std::string (*problem_of)(double, const EdgeLimits&, const std::string&),
                  std::vector<float>& out) {
    if ((g.*column).has_value() != (first.*column).has_value()) {
      const Group& without = (g.*column) ? first : g;
      fault(base_ + "/edge_group_id", edge,
            "group " + without.base + " has no " + name +
                " while another group has; give it to all groups or to none");
      return;
    }
    double value = 0.0;
    if (!(g.*column) || !value_at(g, g.*column, name, edge, row, value)) return;
    const std::string problem = problem_of(value, limits_, number_text(value));
    if (!problem.empty()) fault(g.base + "/" + name, static_cast<std::uint64_t>(row), problem);
    out.push_back(static_cast<float>(value));
  }

  ForeignHdf5 file_;
  const EdgeLimits& limits_;
  std::string base_;  ///< "/edges/NAME"
  EdgeList edges_;
  std::map<std::int64_t, Group> groups_;
  std::vector<std::string> faults_;
};

template <class T>
void send(PipeEnd& out, const std::vector<T>& values) {
  const std::uint64_t count = values.size();
  out.write(&count, sizeof count);
  out.write(values.data(), count * sizeof(T));
}

template <class T>
void receive(PipeEnd& in, std::vector<T>& values, std::uint64_t most) {
  std::uint64_t count = 0;
  in.read(&count, sizeof count);
  if (count > most) throw Error(ExitCode::input_file, "more than there can be");
  values.resize(count);
  in.read(values.data(), count * sizeof(T));
}

}  // namespace

bool sonata_edges_available() { return true; }

EdgeList read_edges_sonata(const std::string& path, const std::string& population, const EdgeLimits& limits) {
  std::error_code error;
  // Asked first: opening a folder or a pipe is no failure of HDF5.
  if (!fs::is_regular_file(path, error))
    throw Error(ExitCode::input_file, path + ": there is no such file of synapses; check the path");
  const std::uint64_t bytes = fs::file_size(path, error);
  ChildLimits child;
  child.memory_bytes += kMemoryPerFileByte * bytes;
  child.cpu_s += static_cast<std::uint32_t>(bytes / kBytesPerCpuSecond);
  EdgeList edges;
  read_in_child(
      path, child,
      [&]() -> std::function<void(PipeEnd&)> {
        return [list = SonataReader(path, limits).read(population)](PipeEnd& out) {
          send(out, list.source);
          send(out, list.target);
          send(out, list.weight);
          send(out, list.delay_ms);
          send(out, std::vector<char>(list.weight_unit.begin(), list.weight_unit.end()));
        };
      },
      [&](PipeEnd& in) {
        std::vector<char> unit;
        receive(in, edges.source, limits.max_edges);
        receive(in, edges.target, edges.size());
        receive(in, edges.weight, edges.size());
        receive(in, edges.delay_ms, edges.size());
        receive(in, unit, 64);
        edges.weight_unit.assign(unit.begin(), unit.end());
      });
  return edges;
}

}  // namespace penfield

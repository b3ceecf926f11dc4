#include "host/build/connect/edges_csv.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "penfield/base/error.hpp"
#include "penfield/base/stop.hpp"

namespace penfield {

namespace {

constexpr std::size_t kMaxFaults = 20;
constexpr std::size_t kMaxLine = 4096;
constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.push_back(trim(line.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

/// A piece of the file for a message: printable and short.
std::string shown(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, 40)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (text.size() > 40 ? "...'" : "'");
}

class EdgeParser {
 public:
  EdgeParser(const std::string& name, const EdgeLimits& limits) : name_(name), limits_(limits) {}

  EdgeList parse(std::istream& in) {
    std::array<char, kMaxLine> buffer;
    while (faults_.size() < kMaxFaults && in.getline(buffer.data(), buffer.size())) {
      if (++line_number_ % 4096 == 0) leave_if_stopped();
      read_line(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount()) - (in.eof() ? 0 : 1)));
    }
    if (faults_.size() < kMaxFaults && !in.eof()) {
      ++line_number_;
      if (in.bad()) {
        fault("the line could not be read; check the file and its disk");
      } else {
        fault("the line is longer than " + std::to_string(kMaxLine - 1) +
              " characters; write one synapse a line");
      }
    }
    if (faults_.empty() && !has_header_) {
      faults_.push_back(
          name_ + ": the table is empty; its first line names the columns, such as source,target,weight");
    }
    if (!faults_.empty()) throw Error(ExitCode::input_file, joined_faults());
    return std::move(edges_);
  }

 private:
  void fault(const std::string& problem) {
    if (faults_.size() == kMaxFaults) return;
    faults_.push_back(name_ + ", line " + std::to_string(line_number_) + ": " + problem);
  }

  std::string joined_faults() const {
    std::string text;
    for (const std::string& one : faults_) text += (text.empty() ? "" : "\n") + one;
    if (faults_.size() == kMaxFaults) text += "\n(further faults are not listed)";
    return text;
  }

  void read_line(std::string_view line) {
    if (line_number_ == 1 && line.substr(0, 3) == "\xEF\xBB\xBF") line.remove_prefix(3);  // byte order mark
    line = trim(line);
    if (line.empty() || line.front() == '#') return;
    split(line, fields_);
    if (!has_header_) {
      read_header();
    } else {
      read_edge();
    }
  }

  void read_header() {
    has_header_ = true;
    num_columns_ = fields_.size();
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      std::size_t* column = column_for(fields_[i]);
      if (column == nullptr) {
        fault("column " + shown(fields_[i]) +
              " is unknown; the columns are source, target, weight (or weight_nS, weight_pA, weight_mV) and "
              "delay_ms, "
              "separated by commas");
      } else if (*column != kAbsent) {
        fault("column " + shown(fields_[i]) + " repeats an earlier one; keep one of them");
      } else {
        *column = i;
      }
    }
    if (source_ == kAbsent) fault("there is no column source; name the columns in the first line");
    if (target_ == kAbsent) fault("there is no column target; name the columns in the first line");
    // Without columns no line can be understood: stop here, with what is wrong with them.
    if (!faults_.empty()) throw Error(ExitCode::input_file, joined_faults());
  }

  std::size_t* column_for(std::string_view column) {
    if (column == "source") return &source_;
    if (column == "target") return &target_;
    if (column == "delay" || column == "delay_ms") return &delay_;
    if (column == "weight") return &weight_;
    for (const char* unit : {"nS", "pA", "mV"}) {
      if (column == std::string("weight_") + unit) {
        edges_.weight_unit = unit;
        if (const std::string problem = unit_problem(unit, limits_); !problem.empty()) fault(problem);
        return &weight_;
      }
    }
    return nullptr;
  }

  void read_edge() {
    if (fields_.size() != num_columns_) {
      fault("the line has " + std::to_string(fields_.size()) + " values for " + std::to_string(num_columns_) +
            " columns; give every column one value");
      return;
    }
    if (edges_.size() >= limits_.max_edges) {
      fault("the list has more than the " + std::to_string(limits_.max_edges) +
            " synapses allowed; split it");
      throw Error(ExitCode::input_file, joined_faults());
    }
    std::uint32_t source = 0;
    std::uint32_t target = 0;
    float weight = 0.0f;
    float delay_ms = 0.0f;
    bool good = read_index("source", fields_[source_], limits_.num_sources, source);
    good = read_index("target", fields_[target_], limits_.num_targets, target) && good;
    if (weight_ != kAbsent) {
      good = read_number("weight", fields_[weight_], weight) &&
             holds(weight_problem(weight, limits_, shown(fields_[weight_]))) && good;
    }
    if (delay_ != kAbsent) {
      good = read_number("delay", fields_[delay_], delay_ms) &&
             holds(delay_problem(delay_ms, limits_, shown(fields_[delay_]))) && good;
    }
    if (!good) return;
    edges_.source.push_back(source);
    edges_.target.push_back(target);
    if (weight_ != kAbsent) edges_.weight.push_back(weight);
    if (delay_ != kAbsent) edges_.delay_ms.push_back(delay_ms);
  }

  bool read_index(const char* what, std::string_view text, std::uint32_t size, std::uint32_t& value) {
    std::uint64_t wide = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wide);
    const bool too_long = error == std::errc::result_out_of_range;
    if (text.empty() || end != text.data() + text.size() || (error != std::errc() && !too_long)) {
      fault(std::string("the ") + what + " " + shown(text) + " is not a whole number from 0 on");
      return false;
    }
    if (too_long) wide = std::numeric_limits<std::uint64_t>::max();
    value = static_cast<std::uint32_t>(wide);
    return holds(index_problem(what, wide, size, shown(text)));
  }

  bool holds(const std::string& problem) {
    if (!problem.empty()) fault(problem);
    return problem.empty();
  }

  bool read_number(const char* what, std::string_view text, float& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || end != text.data() + text.size() || error != std::errc() || !std::isfinite(value)) {
      fault(std::string("the ") + what + " " + shown(text) + " is not a finite number such as 0.5 or -1e-3");
      return false;
    }
    return true;
  }

  const std::string& name_;
  const EdgeLimits& limits_;
  EdgeList edges_;
  std::vector<std::string> faults_;
  std::vector<std::string_view> fields_;
  std::uint64_t line_number_ = 0;
  bool has_header_ = false;
  std::size_t num_columns_ = 0;
  std::size_t source_ = kAbsent, target_ = kAbsent, weight_ = kAbsent,
              delay_ = kAbsent;  ///< place of each column
};

}  // namespace

EdgeList parse_edges_csv(std::istream& in, const std::string& name, const EdgeLimits& limits) {
  return EdgeParser(name, limits).parse(in);
}

EdgeList read_edges_csv(const std::string& path, const EdgeLimits& limits) {
  std::error_code error;
  // Asked first: opening a folder succeeds, and opening a pipe waits.
  if (!std::filesystem::is_regular_file(path, error)) {
    throw Error(ExitCode::input_file, path + ": there is no such file of synapses; check the path");
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(ExitCode::input_file, path + ": the file cannot be opened; check its permissions");
  return parse_edges_csv(in, path, limits);
}

}  // namespace penfield

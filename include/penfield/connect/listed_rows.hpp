#pragma once
// Rows that have to be stored: those that sources draw, and those of a list.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "penfield/base/span.hpp"
#include "penfield/connect/edge_list.hpp"
#include "penfield/connect/sampling.hpp"

namespace penfield {

/// Every source draws `out_degree` targets, keyed by the source; stored by target. Memory: 4 bytes a synapse
/// and 8 a target. The draws are made twice (count, then place) rather than kept, which halves the peak
/// memory.
class OutDegreeRows {
 public:
  /// `without_self`: source and target are one population and no neuron may pick itself.
  OutDegreeRows(std::uint32_t seed, std::uint32_t projection_number, std::uint32_t num_sources,
                std::uint32_t num_targets, std::uint32_t out_degree, bool allow_multapses, bool without_self)
      : end_(static_cast<std::size_t>(num_targets) + 1, 0) {
    const std::uint32_t choices = num_targets - (without_self && num_targets > 0 ? 1u : 0u);
    if (choices == 0 || out_degree == 0) return;
    std::vector<std::uint32_t> targets;
    const auto draw = [&](std::uint32_t source) {
      targets.clear();
      RandomSequence random = connect_sequence(seed, Stream::connect_source, source, projection_number);
      if (allow_multapses) {
        sample_with_repeats(random, choices, out_degree, targets);
      } else {
        sample_distinct(random, choices, out_degree, targets);
      }
      if (without_self) step_over(source, targets);
    };
    for (std::uint32_t source = 0; source < num_sources; ++source) {
      draw(source);
      for (const std::uint32_t target : targets) ++end_[target + 1];
    }
    std::partial_sum(end_.begin(), end_.end(), end_.begin());
    source_.resize(end_.back());
    std::vector<std::uint64_t> next(end_.begin(), end_.end() - 1);
    for (std::uint32_t source = 0; source < num_sources; ++source) {
      draw(source);
      for (const std::uint32_t target : targets) source_[next[target]++] = source;
    }
  }

  Span<const std::uint32_t> row(std::uint32_t target) const {
    return {source_.data() + end_[target], static_cast<std::size_t>(end_[target + 1] - end_[target])};
  }

 private:
  std::vector<std::uint64_t> end_;     ///< num_targets + 1: row t is end_[t] <= i < end_[t + 1]
  std::vector<std::uint32_t> source_;  ///< ascending within a row
};

/// An EdgeList by target, each row in ascending order of source, equal pairs in the order of the list.
class EdgeRows {
 public:
  /// Needs a list that validate() accepts; it is viewed, not copied.
  EdgeRows(const EdgeList& edges, std::uint32_t num_targets)
      : edges_(&edges), end_(static_cast<std::size_t>(num_targets) + 1, 0), edge_(edges.size()) {
    for (const std::uint32_t target : edges.target) ++end_[target + 1];
    std::partial_sum(end_.begin(), end_.end(), end_.begin());
    std::vector<std::uint64_t> next(end_.begin(), end_.end() - 1);
    for (std::uint64_t i = 0; i < edges.size(); ++i) edge_[next[edges.target[i]]++] = i;
    for (std::uint32_t target = 0; target < num_targets; ++target) {
      std::sort(edge_.begin() + static_cast<std::ptrdiff_t>(end_[target]),
                edge_.begin() + static_cast<std::ptrdiff_t>(end_[target + 1]),
                [&](std::uint64_t a, std::uint64_t b) {
                  return edges.source[a] != edges.source[b] ? edges.source[a] < edges.source[b] : a < b;
                });
    }
  }

  /// Places in the list of the synapses of one target, by ordinal in its row.
  Span<const std::uint64_t> row(std::uint32_t target) const {
    return {edge_.data() + end_[target], static_cast<std::size_t>(end_[target + 1] - end_[target])};
  }
  std::uint32_t source(std::uint64_t edge) const { return edges_->source[edge]; }

 private:
  const EdgeList* edges_;
  std::vector<std::uint64_t> end_;   ///< num_targets + 1
  std::vector<std::uint64_t> edge_;  ///< place in the list
};

}  // namespace penfield

#pragma once
// How many of `total` evenly thrown synapses each of n targets receives: multinomial, yet every count can be
// had alone.
#include <cstdint>
#include <vector>

#include "penfield/connect/sampling.hpp"

namespace penfield {

/// A binary tree over the targets 0..n-1. The count of a node is split between its halves by a binomial draw
/// keyed by the node, so the counts are those of a multinomial with even chances, whoever asks for them and
/// in any order.
class CountTree {
 public:
  CountTree(std::uint32_t seed, std::uint32_t projection_number, std::uint64_t total,
            std::uint32_t num_targets)
      : seed_(seed), projection_number_(projection_number), total_(total), num_targets_(num_targets) {}

  /// The count of one target, in O(log n) draws. Needs target < num_targets.
  std::uint64_t count(std::uint32_t target) const {
    Node node = root();
    while (node.end - node.begin > 1) node = target < node.middle() ? lower_half(node) : upper_half(node);
    return node.count;
  }

  /// Every target's count, in n - 1 draws.
  std::vector<std::uint32_t> counts() const {
    std::vector<std::uint32_t> out(num_targets_, 0);
    if (num_targets_ > 0) fill(root(), out);
    return out;
  }

 private:
  struct Node {
    std::uint64_t key;  ///< 1 for the root; the halves of k are 2 k and 2 k + 1: below 2^34
    std::uint64_t begin, end;
    std::uint64_t count;
    std::uint64_t middle() const { return begin + (end - begin) / 2; }
  };

  Node root() const { return {1, 0, num_targets_, total_}; }

  std::uint64_t lower_count(const Node& node) const {
    if (node.count == 0) return 0;
    const double share =
        static_cast<double>(node.middle() - node.begin) / static_cast<double>(node.end - node.begin);
    RandomSequence random = connect_sequence(seed_, Stream::connect_count, node.key, projection_number_);
    return static_cast<std::uint64_t>(random.binomial(node.count, share));
  }
  Node lower_half(const Node& node) const {
    return {2 * node.key, node.begin, node.middle(), lower_count(node)};
  }
  Node upper_half(const Node& node) const {
    return {2 * node.key + 1, node.middle(), node.end, node.count - lower_count(node)};
  }

  void fill(const Node& node, std::vector<std::uint32_t>& out) const {
    if (node.end - node.begin == 1) {
      out[node.begin] = static_cast<std::uint32_t>(node.count);
      return;
    }
    const Node lower = lower_half(node);
    fill(lower, out);
    fill({2 * node.key + 1, node.middle(), node.end, node.count - lower.count}, out);
  }

  std::uint32_t seed_;
  std::uint32_t projection_number_;
  std::uint64_t total_;
  std::uint32_t num_targets_;
};

}  // namespace penfield

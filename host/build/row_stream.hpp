#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace penfield {

/// A synapse of one tile on its way into the tile's arrays.
struct SynapseEntry {
  std::uint32_t source;
  std::uint16_t target;  ///< within the tile
  std::uint16_t delay;   ///< steps
  float weight;
};

/// The synapses of a tile between their making and their packing, target after target, as a stream of bytes:
/// sources by their distance from the one before, most of them in a byte, and of delays and weights only what
/// differs. One to six bytes a synapse, where SynapseEntry has twelve.
class RowStream {
 public:
  /// What is the same for all synapses, and not kept with each.
  struct Constants {
    bool same_delay = false, same_weight = false;
    std::uint16_t delay = 0;  ///< steps
    float weight = 0.0f;
  };

  RowStream() = default;
  explicit RowStream(const Constants& constants) : constants_(constants) {}

  /// The next synapse: of the same target as the last or a later one, of one target by ascending source (less
  /// than 2^32 - 1). A constant delay or weight is not looked at.
  void add(const SynapseEntry& e) {
    if (e.target != target_ || size_ == 0) {
      put(kNextRow);
      put(e.target - target_);
      target_ = e.target;
      source_ = 0;
    }
    put(e.source - source_ + 1);  // more than kNextRow
    if (!constants_.same_delay) put(e.delay);
    if (!constants_.same_weight) put_weight(e.weight);
    source_ = e.source;
    first_source_ = std::min(first_source_, e.source);
    last_source_ = std::max(last_source_, e.source);
    shortest_ = std::min(shortest_, e.delay);
    longest_ = std::max(longest_, e.delay);
    ++size_;
  }

  /// Calls f(const SynapseEntry&) for each, in the order of their making.
  template <class F>
  void for_each(F&& f) const {
    const std::uint8_t* at = bytes_.data();
    SynapseEntry e{0, 0, constants_.delay, constants_.weight};
    for (std::size_t k = 0; k < size_; ++k) {
      std::uint32_t step = take(at);
      if (step == kNextRow) {
        e.target = static_cast<std::uint16_t>(e.target + take(at));
        e.source = 0;
        step = take(at);
      }
      e.source += step - 1;
      if (!constants_.same_delay) e.delay = static_cast<std::uint16_t>(take(at));
      if (!constants_.same_weight) e.weight = take_weight(at);
      f(e);
    }
  }

  std::size_t size() const { return size_; }
  std::size_t num_bytes() const { return bytes_.size(); }
  /// Sources lie in [first_source(), last_source()], delays in [shortest(), longest()] steps; meant for
  /// streams that are not empty.
  std::uint32_t first_source() const { return first_source_; }
  std::uint32_t last_source() const { return last_source_; }
  std::uint16_t shortest() const { return shortest_; }
  std::uint16_t longest() const { return longest_; }

  /// Room for so many bytes: grown by doubling, the last copy would take as much again.
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

 private:
  static constexpr std::uint32_t kNextRow = 0;

  /// Seven bits a byte, the lowest first.
  void put(std::uint32_t value) {
    while (value >= 128) {
      bytes_.push_back(static_cast<std::uint8_t>(value | 128));
      value >>= 7;
    }
    bytes_.push_back(static_cast<std::uint8_t>(value));
  }
  static std::uint32_t take(const std::uint8_t*& at) {
    std::uint32_t value = *at & 127u;
    for (std::uint32_t shift = 7; (*at++ & 128u) != 0; shift += 7) value |= (*at & 127u) << shift;
    return value;
  }
  void put_weight(float weight) {
    std::uint8_t bytes[sizeof weight];
    std::memcpy(bytes, &weight, sizeof weight);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof weight);
  }
  static float take_weight(const std::uint8_t*& at) {
    float weight = 0.0f;
    std::memcpy(&weight, at, sizeof weight);
    at += sizeof weight;
    return weight;
  }

  Constants constants_;
  std::vector<std::uint8_t> bytes_;
  std::size_t size_ = 0;
  std::uint32_t target_ = 0, source_ = 0;  ///< of the last that was added
  std::uint32_t first_source_ = 0xffffffffu, last_source_ = 0;
  std::uint16_t shortest_ = 65535, longest_ = 0;
};

}  // namespace penfield

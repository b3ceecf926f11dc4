#pragma once
// A set of indices in memory that the caller has: for rows without repeats.
#include <cstddef>
#include <cstdint>

#include "penfield/base/host_device.hpp"

namespace penfield {

/// No neuron: an index that none has.
inline constexpr std::uint32_t kNoNeuron = 0xffffffffu;

/// Open addressing with steps of one (Knuth, vol. 3, 6.4, algorithm L); at most half full.
class IndexSet {
 public:
  /// Places of the table for so many indices: a power of two.
  PENFIELD_HD static std::size_t places_for(std::size_t most) {
    std::size_t places = 2;
    while (places < 2 * most) places *= 2;
    return places;
  }

  /// An empty set of at most `most` indices in `table`, which has places_for(most) places.
  PENFIELD_HD IndexSet(std::uint32_t* table, std::size_t most) : table_(table), places_(places_for(most)) {
    for (std::size_t i = 0; i < places_; ++i) table_[i] = kNoNeuron;
    while (places_ >> (32 - shift_) > 1) --shift_;
  }

  /// False if it is in the set already; needs index != kNoNeuron.
  PENFIELD_HD bool insert(std::uint32_t index) {
    const std::size_t at = place_of(index);
    if (table_[at] == index) return false;
    table_[at] = index;
    return true;
  }
  PENFIELD_HD bool contains(std::uint32_t index) const { return table_[place_of(index)] == index; }

 private:
  /// Where the index is, or where it would go (the multiplier: Knuth's golden ratio).
  PENFIELD_HD std::size_t place_of(std::uint32_t index) const {
    std::size_t at = static_cast<std::size_t>((index * 2654435769u) >> shift_);
    while (table_[at] != kNoNeuron && table_[at] != index) at = (at + 1) & (places_ - 1);
    return at;
  }

  std::uint32_t* table_;
  std::size_t places_;
  int shift_ = 31;  ///< the upper bits of the product choose the place
};

}  // namespace penfield

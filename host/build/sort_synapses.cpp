#include "host/build/sort_synapses.hpp"

#include <algorithm>
#include <limits>

namespace penfield {

namespace {

/// From the least to the greatest of a key.
struct KeyRange {
  std::uint32_t low = std::numeric_limits<std::uint32_t>::max(), high = 0;

  void take(std::uint32_t key) {
    low = std::min(low, key);
    high = std::max(high, key);
  }
  std::size_t size() const { return std::size_t{high} - low + 1; }
};

/// A counting sort that keeps the order of equal keys.
template <class Key>
void sort_into(const std::vector<SynapseEntry>& from, std::vector<SynapseEntry>& to, KeyRange range,
               Key&& key) {
  std::vector<std::size_t> place(range.size() + 1, 0);
  for (const SynapseEntry& e : from) ++place[key(e) - range.low + 1];
  for (std::size_t k = 1; k < place.size(); ++k) place[k] += place[k - 1];
  for (const SynapseEntry& e : from) to[place[key(e) - range.low]++] = e;
}

}  // namespace

void sort_synapses(std::vector<SynapseEntry>& entries) {
  KeyRange sources, delays;
  for (const SynapseEntry& e : entries) {
    sources.take(e.source);
    delays.take(e.delay);
  }
  if (entries.size() < 64 || sources.size() > 2 * entries.size()) {  // counters would cost more
    std::stable_sort(entries.begin(), entries.end(), [](const SynapseEntry& a, const SynapseEntry& b) {
      return a.source != b.source ? a.source < b.source : a.delay < b.delay;
    });
    return;
  }
  std::vector<SynapseEntry> sorted(entries.size());
  if (delays.low != delays.high) {
    sort_into(entries, sorted, delays, [](const SynapseEntry& e) { return e.delay; });
    entries.swap(sorted);
  }
  sort_into(entries, sorted, sources, [](const SynapseEntry& e) { return e.source; });
  entries.swap(sorted);
}

}  // namespace penfield

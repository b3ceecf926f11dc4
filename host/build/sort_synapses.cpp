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

bool by_source_and_delay(const SynapseEntry& a, const SynapseEntry& b) {
  return a.source != b.source ? a.source < b.source : a.delay < b.delay;
}

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
  if (std::is_sorted(entries.begin(), entries.end(), by_source_and_delay)) return;
  KeyRange sources, delays;
  for (const SynapseEntry& e : entries) {
    sources.take(e.source);
    delays.take(e.delay);
  }
  if (entries.size() < 64 || sources.size() > 2 * entries.size()) {  // counters would cost more
    std::stable_sort(entries.begin(), entries.end(), by_source_and_delay);
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

void join_rows(const std::vector<std::vector<SynapseEntry>>& rows, std::vector<SynapseEntry>& sorted) {
  KeyRange sources;
  std::size_t size = 0;
  for (const auto& row : rows) {
    size += row.size();
    for (const SynapseEntry& e : row) sources.take(e.source);
  }
  if (sorted.capacity() < size) std::vector<SynapseEntry>().swap(sorted);  // not both, nor twice as much
  sorted.resize(size);
  if (size == 0) return;
  std::vector<std::size_t> place(sources.size() + 1, 0);
  for (const auto& row : rows)
    for (const SynapseEntry& e : row) ++place[e.source - sources.low + 1];
  for (std::size_t k = 1; k < place.size(); ++k) place[k] += place[k - 1];
  for (const auto& row : rows)
    for (const SynapseEntry& e : row) sorted[place[e.source - sources.low]++] = e;
  for (std::size_t begin = 0; begin < size;) {
    std::size_t end = begin + 1;
    while (end < size && sorted[end].source == sorted[begin].source) ++end;
    // By insertion: a source has few synapses in a tile, and a buffer for each would take longer.
    for (std::size_t k = begin + 1; k < end; ++k) {
      const SynapseEntry e = sorted[k];
      std::size_t to = k;
      for (; to > begin && sorted[to - 1].delay > e.delay; --to) sorted[to] = sorted[to - 1];
      sorted[to] = e;
    }
    begin = end;
  }
}

}  // namespace penfield

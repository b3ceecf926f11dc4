#include "kernels/cpu/units.hpp"

#include <algorithm>
#include <numeric>

namespace penfield::cpu {

std::vector<std::size_t> share_out(std::vector<Unit>& units, std::uint32_t workers) {
  std::vector<std::size_t> order(units.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return units[a].cost > units[b].cost; });
  std::vector<double> load(workers, 0.0);
  std::vector<std::vector<std::size_t>> owned(workers);
  for (std::size_t k : order) {
    const auto least = static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
    load[least] += units[k].cost;
    owned[least].push_back(k);
  }
  std::vector<Unit> sorted;
  std::vector<std::size_t> shares{0};
  for (std::vector<std::size_t>& mine : owned) {
    std::sort(mine.begin(), mine.end());  // neighbouring tiles one after the other
    for (std::size_t k : mine) sorted.push_back(std::move(units[k]));
    shares.push_back(sorted.size());
  }
  units = std::move(sorted);
  return shares;
}

}  // namespace penfield::cpu

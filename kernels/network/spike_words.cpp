#include "kernels/network/spike_words.hpp"

#include <algorithm>

namespace penfield {

void SpikeWords::read(const Ranks& ranks, StepIndex first, StepIndex until, std::size_t num_populations) {
  first_ = first;
  until_ = until;
  num_populations_ = num_populations;
  neurons_.assign(ranks.size() * static_cast<std::size_t>(until - first) * num_populations, {});
  for (std::uint32_t r = 0; r < ranks.size(); ++r) {
    if (r == ranks.rank()) continue;
    Neurons left = ranks.received(r);
    for (StepIndex step = first; step < until; ++step)
      for (std::uint32_t q = 0; q < num_populations; ++q) {
        neurons_[place(r, step, q)] = left.subspan(1, left[0]);
        left = left.subspan(1 + left[0]);
      }
  }
}

SpikeWords::Neurons SpikeWords::of(std::uint32_t rank, StepIndex step, std::uint32_t population,
                                   std::uint32_t begin, std::uint32_t end) const {
  const Neurons all = of(rank, step, population);
  const auto from = std::lower_bound(all.begin(), all.end(), begin);
  return {from, std::lower_bound(from, all.end(), end)};
}

}  // namespace penfield

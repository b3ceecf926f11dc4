#pragma once
// What ranks tell each other after some steps: for each step, then each population, how many of the sender's
// neurons fired, then their indices, ascending.
#include <cstdint>
#include <span>
#include <vector>

#include "penfield/base/ids.hpp"
#include "penfield/ranks/ranks.hpp"

namespace penfield {

class SpikeWords {
 public:
  using Neurons = std::span<const std::uint32_t>;

  /// Reads what was received for the steps [first, until) of a network of so many populations.
  void read(const Ranks& ranks, StepIndex first, StepIndex until, std::size_t num_populations);

  StepIndex first() const { return first_; }
  StepIndex until() const { return until_; }
  /// The neurons of a population that fired on another rank; valid until the next exchange.
  Neurons of(std::uint32_t rank, StepIndex step, std::uint32_t population) const {
    return neurons_[place(rank, step, population)];
  }
  /// Those of them with indices in [begin, end).
  Neurons of(std::uint32_t rank, StepIndex step, std::uint32_t population, std::uint32_t begin,
             std::uint32_t end) const;

 private:
  std::size_t place(std::uint32_t rank, StepIndex step, std::uint32_t population) const {
    const auto steps = static_cast<std::size_t>(until_ - first_);
    return (rank * steps + static_cast<std::size_t>(step - first_)) * num_populations_ + population;
  }

  StepIndex first_ = 0, until_ = 0;
  std::size_t num_populations_ = 0;
  std::vector<Neurons> neurons_;  ///< [rank][step][population]
};

}  // namespace penfield

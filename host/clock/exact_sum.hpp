#pragma once
// Sums of real numbers that do not depend on their order, for state that threads, tiles and ranks share out.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace penfield {

/// A sum of numbers within +-1 that are rounded to multiples of 2^-60 each: 2^32 of them fit. Two words that
/// ranks may add up word by word.
struct ExactSum {
  std::uint64_t low = 0, high = 0;  ///< sum = high * 2^32 + low, in units of 2^-60; both wrap as integers do

  void add(double x) {
    constexpr double kUnits = 1152921504606846976.0;  // 2^60
    const double scaled = x * kUnits;
    const auto units = static_cast<std::int64_t>(scaled < -kUnits  ? -kUnits
                                                 : scaled < kUnits ? scaled
                                                                   : kUnits);
    low += static_cast<std::uint64_t>(units) & 0xffffffffu;
    high += static_cast<std::uint64_t>(units >> 32);
  }
  void join(const ExactSum& other) {
    low += other.low;
    high += other.high;
  }
  double value() const {
    return (static_cast<double>(static_cast<std::int64_t>(high)) * 4294967296.0 + static_cast<double>(low)) *
           8.673617379884035e-19;
  }
};

/// The words of a list of structures that are nothing but such sums and counts, for Ranks::sum.
template <class Sums>
std::span<std::uint64_t> words_of(std::vector<Sums>& list) {
  static_assert(sizeof(Sums) % sizeof(std::uint64_t) == 0 && alignof(Sums) == alignof(std::uint64_t));
  return {reinterpret_cast<std::uint64_t*>(list.data()), list.size() * sizeof(Sums) / sizeof(std::uint64_t)};
}

}  // namespace penfield

#pragma once
#include <cstdint>

#include "penfield/base/host_device.hpp"

namespace penfield {

/// A bijection of 64-bit words that mixes every input bit into every output bit: the finaliser of SplitMix64
/// (Steele, Lea & Flood, OOPSLA 2014).
PENFIELD_HD inline std::uint64_t mix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

/// The share of one element in an order-free digest: digests are sums of these modulo 2^64.
PENFIELD_HD inline std::uint64_t element_digest(std::uint64_t array_id, std::uint64_t index,
                                                std::uint64_t bits) {
  return mix64(mix64(mix64(array_id) ^ index) ^ bits);
}

}  // namespace penfield

#pragma once
// Numbers as their bit patterns and back. memcpy is the one way to reinterpret that host and device compilers
// both accept and both turn into nothing.
#include <cstdint>
#include <cstring>

#include "penfield/base/host_device.hpp"

namespace penfield {

PENFIELD_HD inline std::uint32_t bits_from_float(float x) {
  std::uint32_t b;
  memcpy(&b, &x, sizeof b);
  return b;
}
PENFIELD_HD inline float float_from_bits(std::uint32_t b) {
  float x;
  memcpy(&x, &b, sizeof x);
  return x;
}
PENFIELD_HD inline std::uint64_t bits_from_double(double x) {
  std::uint64_t b;
  memcpy(&b, &x, sizeof b);
  return b;
}
PENFIELD_HD inline double double_from_bits(std::uint64_t b) {
  double x;
  memcpy(&x, &b, sizeof x);
  return x;
}

}  // namespace penfield

#include "kernels/cpu/isa.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace penfield::cpu {

namespace {

Isa of_this_machine() {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2"))
    return Isa::baseline;
  const bool v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  return v4 ? Isa::v4 : Isa::v3;
#else
  return Isa::baseline;
#endif
}

}  // namespace

Isa best_isa() {
  const char* asked = std::getenv("PENFIELD_ISA");
  const std::string_view most = asked != nullptr ? asked : "";
  if (most == "baseline") return Isa::baseline;
  return most == "v3" ? std::min(Isa::v3, of_this_machine()) : of_this_machine();
}

const char* isa_name(Isa isa) {
  return isa == Isa::v4 ? "x86-64-v4" : isa == Isa::v3 ? "x86-64-v3" : "baseline";
}

}  // namespace penfield::cpu

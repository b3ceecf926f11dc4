#pragma once
// The instruction sets that a micro-benchmark goes through.
#include <cstdlib>
#include <vector>

#include "kernels/cpu/isa.hpp"

namespace penfield::micro {

/// Bodies that are looked up, and engines that are made, from now on use no more than `isa`.
inline void ask_for(cpu::Isa isa) {
  setenv("PENFIELD_ISA", isa == cpu::Isa::baseline ? "baseline" : isa == cpu::Isa::v3 ? "v3" : "v4", 1);
}

/// Those that this machine runs, the largest first.
inline std::vector<cpu::Isa> all_isas() {
  std::vector<cpu::Isa> found;
  for (cpu::Isa isa : {cpu::Isa::v4, cpu::Isa::v3, cpu::Isa::baseline}) {
    ask_for(isa);
    if (cpu::best_isa() == isa) found.push_back(isa);
  }
  return found;
}

}  // namespace penfield::micro

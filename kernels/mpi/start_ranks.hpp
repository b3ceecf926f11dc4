#pragma once
#include <memory>
#include <string>

#include "penfield/ranks/ranks.hpp"

namespace penfield {

/// How many processes a launcher (mpirun, srun) says that it has started this one among; 1 without one.
std::uint32_t launched_ranks();

/// The ranks that this process was launched among; one rank alone without a launcher. Throws Error(usage)
/// where a launcher started several and this program has no MPI: each would take itself for the whole run.
std::unique_ptr<Ranks> start_ranks();

/// "Open MPI 4.1.4", or why there is none.
std::string describe_mpi();

}  // namespace penfield

#include "kernels/mpi/start_ranks.hpp"

#include <cstdlib>

#if defined(PENFIELD_HAVE_MPI)
#include "kernels/mpi/mpi_ranks.hpp"
#endif

namespace penfield {

std::uint32_t launched_ranks() {
  // Open MPI's mpirun; MPICH's and its kin's; Slurm's srun (whose batch script itself is a lone process).
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"})
    if (const char* text = std::getenv(name))
      return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
  if (const char* text = std::getenv("SLURM_STEP_NUM_TASKS");
      text != nullptr && std::getenv("PMIX_RANK") != nullptr)
    return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
  return 1;
}

std::unique_ptr<Ranks> start_ranks() {
  const std::uint32_t launched = launched_ranks();
  if (launched <= 1) return std::make_unique<Ranks>();
#if defined(PENFIELD_HAVE_MPI)
  return std::make_unique<MpiRanks>();
#else
  throw Error(ExitCode::usage,
              "launched as " + std::to_string(launched) +
                  " processes, but this program was built without MPI: run it without mpirun, or "
                  "install libopenmpi-dev and openmpi-bin (Debian) and build again");
#endif
}

std::string describe_mpi() {
#if defined(PENFIELD_HAVE_MPI)
  return mpi_version();
#else
  return "none: this program was built without MPI (Debian: libopenmpi-dev, openmpi-bin)";
#endif
}

}  // namespace penfield

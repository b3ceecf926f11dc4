// Stands in for edges_sonata.cpp where HDF5 was not found.
#include "host/build/connect/edges_sonata.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

bool sonata_edges_available() { return false; }

EdgeList read_edges_sonata(const std::string& path, const std::string&, const EdgeLimits&) {
  throw Error(ExitCode::scenario,
              path +
                  ": SONATA edges need HDF5, which this program was built without; install libhdf5-dev "
                  "and build it again, or give the edges as CSV");
}

}  // namespace penfield

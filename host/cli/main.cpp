#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "host/cli/verbs.hpp"

int main(int argc, char** argv) {
#if defined(__GLIBC__)
  // Large buffers go back to the system when they are freed. glibc would keep them from the second one on,
  // and a run would hold up to a fifth more memory than `penfield plan` says.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
  return penfield::cli::main_verb(argc, argv);
}

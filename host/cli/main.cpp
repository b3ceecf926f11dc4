#include "host/cli/verbs.hpp"
#include "host/run/freed_memory.hpp"

int main(int argc, char** argv) {
  penfield::keep_no_large_blocks();
  return penfield::cli::main_verb(argc, argv);
}

#include "host/cli/verbs.hpp"

int main(int argc, char** argv) { return penfield::cli::main_verb(argc, argv); }

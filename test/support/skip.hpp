#pragma once
#include <string>

namespace penfield::test {

/// Says why a test case cannot run here (no GPU, say); the case should then return. If every case of a run
/// was skipped, the program exits with 77, which ctest reports as "Skipped"; a failure anywhere still fails.
void skip(const std::string& why);

}  // namespace penfield::test

#define CATCH_CONFIG_RUNNER
#include "test/support/catch.hpp"
#include "test/support/skip.hpp"

#include <atomic>
#include <cstdio>

namespace {

std::atomic<int> skipped{0};
int cases_run = 0;

struct CaseCounter : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;
  void testCaseEnded(const Catch::TestCaseStats&) override { ++cases_run; }
};
CATCH_REGISTER_LISTENER(CaseCounter)

constexpr int kSkipReturnCode = 77;  // as in ctest's SKIP_RETURN_CODE

}  // namespace

void penfield::test::skip(const std::string& why) {
  ++skipped;
  std::printf("skipped: %s\n", why.c_str());
}

int main(int argc, char* argv[]) {
  const int failed = Catch::Session().run(argc, argv);
  return failed == 0 && skipped > 0 && skipped == cases_run ? kSkipReturnCode : failed;
}

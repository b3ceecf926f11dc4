// A writer killed at random moments leaves a readable log and checkpoint, and resumed runs end in the same
// bytes.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "test/support/catch.hpp"
#include "test/support/scratch_folder.hpp"
#include "test/support/stand_in_run.hpp"

using namespace penfield;
using penfield::test::ScratchFolder;
namespace fs = std::filesystem;

namespace {

constexpr StepIndex kEnd = 60;

/// Writes each durable step to `report`.
void run(const fs::path& folder, int report) {
  penfield::test::stand_in_run(folder, kEnd, [report](StepIndex step) {
    if (::write(report, &step, sizeof step) != sizeof step) ::_exit(3);
  });
}

}  // namespace

TEST_CASE("fifty killed writers lose nothing that was durable", "[record]") {
  const ScratchFolder whole;
  int ignored[2];
  REQUIRE(::pipe(ignored) == 0);
  run(whole.path(), ignored[1]);
  ::close(ignored[0]);
  ::close(ignored[1]);
  const std::string expected_log = read_text_file(whole / "run.log", 1 << 28);
  const std::string expected_state = read_text_file(whole / "checkpoint/current.pfc", 1 << 28);

  std::mt19937 random(1);
  int kills = 0;
  int whole_runs = 0;
  while (kills < 50 || whole_runs == 0) {
    const ScratchFolder scratch;
    StepIndex durable = 0;
    for (bool done = false; !done;) {
      int report[2];
      REQUIRE(::pipe(report) == 0);
      const pid_t child = ::fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        ::close(report[0]);
        run(scratch.path(), report[1]);
        ::_exit(0);
      }
      ::close(report[1]);
      // Once the kills are done the last run goes to its end.
      if (kills < 50) {
        ::usleep(random() % 12000);
        ::kill(child, SIGKILL);
      }
      int status = 0;
      REQUIRE(::waitpid(child, &status, 0) == child);
      for (StepIndex step = 0; ::read(report[0], &step, sizeof step) == sizeof step;) durable = step;
      ::close(report[0]);
      done = WIFEXITED(status);
      if (done) {
        REQUIRE(WEXITSTATUS(status) == 0);
        ++whole_runs;
        break;
      }
      ++kills;
      StepIndex found = 0;
      if (CheckpointReader::exists(scratch / "checkpoint")) {
        const CheckpointReader reader = CheckpointReader::open(scratch / "checkpoint");
        found = reader.header().step;
        RunLogReader frames(scratch / "run.log");
        StepIndex last = 0;
        for (LogFrame frame; frames.next(&frame);) last = frame.step;
        REQUIRE(frames.offset() >= reader.header().log_offset);
        REQUIRE(last >= found);
      }
      REQUIRE(found >= durable);
    }
    REQUIRE(read_text_file(scratch / "run.log", 1 << 28) == expected_log);
    REQUIRE(read_text_file(scratch / "checkpoint/current.pfc", 1 << 28) == expected_state);
  }
}

// Run folders: which folder is chosen, what is resumed, what --force deletes, who may write.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "host/record/manifest.hpp"
#include "host/record/run_folder.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using penfield::test::ScratchFolder;
using penfield::test::Thrown;
using penfield::test::thrown_by;
namespace fs = std::filesystem;

namespace {

RunFolderRequest request_in(const ScratchFolder& scratch, const std::string& hash = "h1") {
  RunFolderRequest request;
  request.runs_root = scratch / "runs";
  request.scenario_name = "digit amputation";
  request.scenario_hash = hash;
  return request;
}

void leave_run(const RunFolderRequest& request, RunState state) {
  RunFolder folder = prepare_run_folder(request);
  folder.keep();
  Manifest manifest;
  manifest.scenario_hash = request.scenario_hash;
  manifest.state = state;
  write_manifest(folder.manifest(), manifest);
}

void touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "x";
}

}  // namespace

TEST_CASE("without --out a run gets its own folder or resumes its unfinished one", "[record]") {
  const ScratchFolder scratch;
  const RunFolderRequest request = request_in(scratch);
  CHECK(choose_run_folder(request).path == scratch / "runs/digit-amputation");
  leave_run(request, RunState::finished);
  CHECK(choose_run_folder(request).path == scratch / "runs/digit-amputation-2");
  leave_run(request, RunState::stopped);
  CHECK(choose_run_folder(request).path == scratch / "runs/digit-amputation-2");
  CHECK(choose_run_folder(request).use == RunFolderUse::resume);
  CHECK(choose_run_folder(request_in(scratch, "h2")).path == scratch / "runs/digit-amputation-3");
  CHECK(choose_run_folder(request_in(scratch, "h2")).use == RunFolderUse::fresh);
}

TEST_CASE("names of folders cannot leave the folder of runs", "[record]") {
  const ScratchFolder scratch;
  RunFolderRequest request = request_in(scratch);
  for (const std::string& name : {std::string("../../etc"), std::string("/etc"), std::string(".."),
                                  std::string(""), std::string("\xff\xfe"), std::string(5000, 'a')}) {
    request.scenario_name = name;
    const fs::path path = choose_run_folder(request).path;
    CHECK(path.parent_path() == scratch / "runs");
    CHECK(path.filename().string().front() != '.');
    CHECK(path.filename().string().size() <= 100);
  }
}

TEST_CASE("an existing folder needs --force, which deletes only Penfield's own files", "[record]") {
  const ScratchFolder scratch;
  RunFolderRequest request = request_in(scratch);
  request.out = scratch / "out";
  leave_run(request, RunState::finished);
  for (const char* name :
       {"run.log", "results.h5", "checkpoint/current.pfc", "notes.txt", "checkpoint/mine"}) {
    touch(request.out / name);
  }
  const Thrown thrown = thrown_by([&] { choose_run_folder(request); });
  CHECK(thrown.code == ExitCode::output);
  CHECK(thrown.says("--force"));
  request.force = true;
  {
    RunFolder folder = prepare_run_folder(request);
    CHECK(folder.use() == RunFolderUse::replace);
    folder.keep();
  }
  CHECK_FALSE(fs::exists(request.out / "manifest.json"));
  CHECK_FALSE(fs::exists(request.out / "run.log"));
  CHECK_FALSE(fs::exists(request.out / "results.h5"));
  CHECK_FALSE(fs::exists(request.out / "checkpoint/current.pfc"));
  CHECK(fs::exists(request.out / "notes.txt"));
  CHECK(fs::exists(request.out / "checkpoint/mine"));
}

TEST_CASE("--force still resumes an unfinished run of the same scenario", "[record]") {
  const ScratchFolder scratch;
  RunFolderRequest request = request_in(scratch);
  request.out = scratch / "out/";
  leave_run(request, RunState::running);
  request.force = true;
  CHECK(choose_run_folder(request).use == RunFolderUse::resume);
  request.scenario_hash = "another";
  CHECK(choose_run_folder(request).use == RunFolderUse::replace);
}

TEST_CASE("a run that does not start leaves nothing behind", "[record]") {
  const ScratchFolder scratch;
  {
    RunFolder folder = prepare_run_folder(request_in(scratch));
    CHECK(fs::exists(folder.path() / kLockName));
    touch(folder.manifest());
    touch(folder.checkpoint() / "current.pfc.tmp");
  }
  CHECK_FALSE(fs::exists(scratch / "runs"));
  fs::create_directories(scratch / "empty");
  RunFolderRequest request = request_in(scratch);
  request.out = scratch / "empty";
  { RunFolder folder = prepare_run_folder(request); }
  CHECK(fs::is_empty(scratch / "empty"));
}

TEST_CASE("a place that cannot be written is refused before anything is made", "[record]") {
  const ScratchFolder scratch;
  RunFolderRequest request = request_in(scratch);
  touch(scratch / "file");
  request.out = scratch / "file";
  CHECK(thrown_by([&] { choose_run_folder(request); }).code == ExitCode::output);
  request.out = scratch / "file/below";
  CHECK(thrown_by([&] { choose_run_folder(request); }).code == ExitCode::output);
  request.out = "/proc/penfield";
  CHECK(thrown_by([&] { prepare_run_folder(request); }).code == ExitCode::output);
  if (::geteuid() != 0) {
    fs::permissions(scratch.path(), fs::perms::owner_read | fs::perms::owner_exec);
    request.out = scratch / "new";
    CHECK(thrown_by([&] { choose_run_folder(request); }).says("permission denied"));
    fs::permissions(scratch.path(), fs::perms::owner_all);
  }
}

TEST_CASE("a second writer is refused, a dead one's lock is taken over", "[record]") {
  const ScratchFolder scratch;
  {
    const FolderLock first = FolderLock::take(scratch.path());
    const Thrown thrown = thrown_by([&] { FolderLock::take(scratch.path()); });
    CHECK(thrown.code == ExitCode::output);
    CHECK(thrown.says(std::to_string(::getpid())));
  }
  CHECK_FALSE(fs::exists(scratch / kLockName));
  for (int i = 0; i < 20; ++i) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      const FolderLock lock = FolderLock::take(scratch.path());
      if (::write(ready[1], "x", 1) != 1) ::_exit(1);
      ::pause();
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    CHECK(thrown_by([&] { FolderLock::take(scratch.path()); }).says("process " + std::to_string(child)));
    CHECK(look_at_lock(scratch.path()).writer == LockLook::Writer::alive);
    ::kill(child, SIGKILL);
    // Dead, and its parent has not asked yet: many containers have nobody who does.
    siginfo_t ended{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) == 0);
    CHECK(look_at_lock(scratch.path()).writer == LockLook::Writer::gone);
    ::waitpid(child, nullptr, 0);
    CHECK(look_at_lock(scratch.path()).writer == LockLook::Writer::gone);
    ::close(ready[0]);
    ::close(ready[1]);
    CHECK(fs::exists(scratch / kLockName));
    const FolderLock lock = FolderLock::take(scratch.path());
    CHECK(lock.taken_over_from().find("process " + std::to_string(child)) != std::string::npos);
  }
}

TEST_CASE("another host's lock is respected unless the batch system restarted the job", "[record]") {
  const ScratchFolder scratch;
  std::ofstream(scratch / kLockName) << R"({"host":"elsewhere","pid":1,"job":"42","job_restart":0})";
  CHECK(thrown_by([&] { FolderLock::take(scratch.path()); }).says("elsewhere"));
  ::setenv("SLURM_JOB_ID", "42", 1);
  CHECK(thrown_by([&] { FolderLock::take(scratch.path()); }).code == ExitCode::output);
  ::setenv("SLURM_RESTART_COUNT", "1", 1);
  CHECK(FolderLock::take(scratch.path()).taken_over_from().find("elsewhere") != std::string::npos);
  ::unsetenv("SLURM_JOB_ID");
  ::unsetenv("SLURM_RESTART_COUNT");
  std::ofstream(scratch / kLockName) << R"({"host":7})";
  CHECK(thrown_by([&] { FolderLock::take(scratch.path()); }).code == ExitCode::output);
}

TEST_CASE("only one of many that find a dead lock gets it", "[record]") {
  const ScratchFolder scratch;
  for (int round = 0; round < 10; ++round) {
    std::ofstream(scratch / kLockName) << "";
    int results[2];
    REQUIRE(::pipe(results) == 0);
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
      const pid_t child = ::fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        char outcome = 'n';
        try {
          const FolderLock lock = FolderLock::take(scratch.path());
          outcome = 'y';
          if (::write(results[1], &outcome, 1) != 1) ::_exit(1);
          ::pause();
        } catch (const Error&) {
          if (::write(results[1], &outcome, 1) != 1) ::_exit(1);
        }
        ::_exit(0);
      }
      children.push_back(child);
    }
    int owners = 0;
    for (int i = 0; i < 6; ++i) {
      char outcome = 0;
      REQUIRE(::read(results[0], &outcome, 1) == 1);
      owners += outcome == 'y' ? 1 : 0;
    }
    CHECK(owners == 1);
    for (const pid_t child : children) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
    ::close(results[0]);
    ::close(results[1]);
    fs::remove(scratch / kLockName);
  }
}

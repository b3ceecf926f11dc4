#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "host/record/folder_lock.hpp"

namespace penfield {

/// What `penfield run` was asked for.
struct RunFolderRequest {
  std::filesystem::path out;                 ///< --out; empty: a folder below `runs_root` is chosen
  std::filesystem::path runs_root = "runs";  ///< where folders go without --out
  std::string scenario_name;                 ///< gives the folder its name without --out
  std::string scenario_hash;                 ///< as in manifest.json
  std::string from;    ///< --from, as in manifest.json: a branch is resumed only as that branch
  bool force = false;  ///< --force: with --out, replace another run's files
};

enum class RunFolderUse {
  fresh,    ///< a new or empty folder
  resume,   ///< an unfinished run of the same scenario
  replace,  ///< --force: Penfield's own files of another run are deleted first
};

/// The answer to "where would this run write?", found without touching anything.
struct RunFolderChoice {
  std::filesystem::path path;
  RunFolderUse use = RunFolderUse::fresh;
};

/// Chooses the folder: --out, or NAME, NAME-2, ... below `runs_root`. An unfinished run of the same scenario
/// hash is resumed (also with --force, so that a restarted batch job keeps its progress); an absent or empty
/// folder is fresh; anything else needs --out with --force. Throws Error(output) if the folder may not be
/// used or its parent may not be written.
RunFolderChoice choose_run_folder(const RunFolderRequest& request);

/// The folder of one run, locked while the object lives.
class RunFolder {
 public:
  /// Makes the folder (parents included) if needed, takes its lock, and under the lock looks again that it
  /// still is what the choice says. With `replace`, deletes Penfield's own files there and nothing else.
  /// Throws Error(output).
  static RunFolder open(const RunFolderChoice& choice, const std::string& scenario_hash,
                        const std::string& from = {});

  RunFolder(RunFolder&&) noexcept = default;
  RunFolder& operator=(RunFolder&&) = delete;
  /// Lets the lock go. A fresh folder that was never kept is removed again, with the parents made for it.
  ~RunFolder();

  /// The run has started: from now on what is in the folder stays. Write manifest.json (state running) right
  /// after: it is what makes a folder resumable.
  void keep() { kept_ = true; }

  const std::filesystem::path& path() const { return path_; }
  RunFolderUse use() const { return use_; }
  const FolderLock& lock() const { return lock_; }

  std::filesystem::path manifest() const { return path_ / "manifest.json"; }
  std::filesystem::path scenario() const { return path_ / "scenario.json"; }
  std::filesystem::path log() const { return path_ / "run.log"; }
  std::filesystem::path checkpoint() const { return path_ / "checkpoint"; }
  std::filesystem::path results() const { return path_ / "results.h5"; }
  std::filesystem::path report() const { return path_ / "report.html"; }

 private:
  RunFolder() = default;
  void remove_made() noexcept;

  std::filesystem::path path_;
  RunFolderUse use_ = RunFolderUse::fresh;
  bool kept_ = false;
  bool ours_ = false;  ///< found empty under the lock, so whatever is in it now is this run's
  std::vector<std::filesystem::path> made_;  ///< folders this object made, outermost first
  FolderLock lock_;
};

/// Both steps: choose and open.
RunFolder prepare_run_folder(const RunFolderRequest& request);

}  // namespace penfield

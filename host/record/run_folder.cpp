#include "host/record/run_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>

#include "host/record/manifest.hpp"

namespace penfield {
namespace fs = std::filesystem;

namespace {

// Everything a run or an export may leave in its folder; --force deletes these and nothing else.
constexpr std::array<std::string_view, 15> kOwnFiles = {"manifest.json",
                                                        "progress.json",
                                                        "scenario.json",
                                                        "run.log",
                                                        "checkpoint/current.pfc",
                                                        "checkpoint/previous.pfc",
                                                        "checkpoint/settled.pfc",
                                                        "results.h5",
                                                        "report.html",
                                                        "nodes.h5",
                                                        "edges.h5",
                                                        "node_types.csv",
                                                        "edge_types.csv",
                                                        "map_before_after.svg",
                                                        "report.json"};

bool is_leftover(const fs::path& name) {
  return name == kLockName || name == "progress.json" || name.extension() == ".tmp";
}

/// Absent, or holding nothing but what a start that was killed early leaves behind.
bool is_unused(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return true;
  if (!fs::is_directory(folder, error)) return false;
  fs::directory_iterator entries(folder, error);
  if (error) throw_file_error("look into the folder", folder, error.value());
  for (const fs::directory_entry& entry : entries) {
    if (!is_leftover(entry.path().filename())) return false;
  }
  return true;
}

/// Do two texts of `--from` name one place? Both may be empty, for no branch.
bool is_same_place(const std::string& a, const std::string& b) {
  if (a == b || a.empty() || b.empty()) return a == b;
  const auto whole = [](const std::string& text) {
    std::error_code ignored;
    const fs::path path = fs::weakly_canonical(text, ignored).lexically_normal();
    return path.has_filename() ? path : path.parent_path();
  };
  return whole(a) == whole(b);
}

/// What this scenario's unfinished run in the folder branched from, or nothing where there is no such run.
std::optional<std::string> unfinished_from(const fs::path& folder, const std::string& scenario_hash) {
  std::error_code error;
  if (!fs::exists(folder / "manifest.json", error)) return std::nullopt;
  try {
    const Manifest manifest = read_manifest(folder / "manifest.json");
    if (manifest.scenario_hash != scenario_hash || manifest.state == RunState::finished) return std::nullopt;
    return manifest.from.path;
  } catch (const Error&) {
    return std::nullopt;  // not a manifest we can read: then not ours to resume
  }
}

bool is_unfinished_run_of(const fs::path& folder, const std::string& scenario_hash, const std::string& from) {
  const std::optional<std::string> there = unfinished_from(folder, scenario_hash);
  return there && is_same_place(*there, from);
}

/// Name for a folder: what is not a letter, digit, '.', '-' or '_' becomes '-'; never hidden, never empty.
std::string folder_name(const std::string& scenario_name) {
  std::string name;
  for (const char c : scenario_name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    if (plain) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  name.erase(0, std::min(name.find_first_not_of(".-"), name.size()));
  name.resize(std::min<std::size_t>(name.size(), 100));
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "run" : name;
}

void require_writable(const fs::path& folder) {
  std::error_code error;
  fs::path at = fs::absolute(folder, error);
  while (at.has_relative_path() && !fs::exists(at, error)) at = at.parent_path();
  if (!fs::is_directory(at, error)) throw_file_error("write below", at, ENOTDIR);
  if (::access(at.c_str(), W_OK | X_OK) != 0) throw_file_error("write in the folder", at, errno);
}

RunFolderUse use_of(const fs::path& folder, const RunFolderRequest& request) {
  if (is_unused(folder)) return RunFolderUse::fresh;
  if (is_unfinished_run_of(folder, request.scenario_hash, request.from)) return RunFolderUse::resume;
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw Error(ExitCode::output, "cannot use as run folder (" + folder.string() +
                                      "): a file of that name exists; choose another folder with --out");
  }
  if (!request.force) {
    if (const std::optional<std::string> there = unfinished_from(folder, request.scenario_hash))
      throw Error(ExitCode::output,
                  "folder exists (" + folder.string() +
                      "): it holds an unfinished run of this scenario, which " +
                      (there->empty() ? "did not branch (no --from)" : "branched --from " + *there) +
                      "; go on with it as it was begun, choose another folder with --out, or add --force to "
                      "replace it");
    throw Error(ExitCode::output,
                "folder exists (" + folder.string() +
                    "): it holds a finished run, a run of another scenario, or other files; choose "
                    "another folder with --out, or add --force to replace Penfield's files in it");
  }
  return RunFolderUse::replace;
}

void make_folder(const fs::path& folder, std::vector<fs::path>* made) {
  if (::mkdir(folder.c_str(), 0777) == 0) {
    made->push_back(folder);
    return;
  }
  const int error_number = errno;
  std::error_code error;
  // Some file systems (/proc) say "no such file" where nothing can be made, so the parent decides.
  if (error_number == ENOENT && folder.has_parent_path() && !fs::exists(folder.parent_path(), error)) {
    make_folder(folder.parent_path(), made);
    make_folder(folder, made);
  } else if (!fs::is_directory(folder, error)) {
    throw_file_error("make the folder", folder, error_number);
  }
}

void remove_own_files(const fs::path& folder) {
  for (const std::string_view name : kOwnFiles) {
    for (const char* suffix : {"", ".tmp"}) {
      const fs::path file = folder / (std::string(name) + suffix);
      if (::unlink(file.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
        throw_file_error("delete", file, errno);
      }
    }
  }
  ::rmdir((folder / "checkpoint").c_str());  // stays if it holds something of somebody else's
  sync_folder(folder);
}

}  // namespace

RunFolderChoice choose_run_folder(const RunFolderRequest& request) {
  RunFolderChoice choice;
  if (!request.out.empty()) {
    choice.path = request.out.has_filename() ? request.out : request.out.parent_path();
    choice.use = use_of(choice.path, request);
  } else {
    const std::string name = folder_name(request.scenario_name);
    for (int number = 1;; ++number) {
      choice.path = request.runs_root / (number == 1 ? name : name + "-" + std::to_string(number));
      if (is_unused(choice.path)) break;
      if (is_unfinished_run_of(choice.path, request.scenario_hash, request.from)) {
        choice.use = RunFolderUse::resume;
        break;
      }
    }
  }
  require_writable(choice.path);
  return choice;
}

RunFolder RunFolder::open(const RunFolderChoice& choice, const std::string& scenario_hash,
                          const std::string& from) {
  RunFolder folder;
  folder.path_ = choice.path;
  folder.use_ = choice.use;
  make_folder(choice.path, &folder.made_);
  folder.lock_ = FolderLock::take(choice.path);
  // Another process may have started or finished here between the choice and the lock.
  const bool unchanged = choice.use == RunFolderUse::fresh ? is_unused(choice.path)
                         : choice.use == RunFolderUse::resume
                             ? is_unfinished_run_of(choice.path, scenario_hash, from)
                             : true;
  if (!unchanged) {
    throw Error(ExitCode::output, "run folder changed (" + choice.path.string() +
                                      "): another process used it just now; run the same command again");
  }
  folder.ours_ = choice.use == RunFolderUse::fresh;
  if (choice.use == RunFolderUse::replace) remove_own_files(choice.path);
  return folder;
}

RunFolder::~RunFolder() {
  if (path_.empty()) return;
  if (!kept_ && ours_ && lock_.is_held()) {
    try {
      remove_own_files(path_);
    } catch (const Error&) {
      // Nothing better to do while another error is on its way to the user.
    }
  }
  lock_.release();
  if (!kept_) remove_made();
}

void RunFolder::remove_made() noexcept {
  for (auto made = made_.rbegin(); made != made_.rend(); ++made) {
    if (::rmdir(made->c_str()) != 0) return;
  }
}

RunFolder prepare_run_folder(const RunFolderRequest& request) {
  return RunFolder::open(choose_run_folder(request), request.scenario_hash, request.from);
}

}  // namespace penfield

#pragma once
// Kinds of runs of one study ("arms"), each with the same seeds.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "host/validate/rows.hpp"
#include "host/validate/study_runs.hpp"

namespace penfield {

/// Runs of a study, one of each kind a seed.
class StudyArms {
 public:
  StudyArms(const ValidateOptions& options, StudyRuns study)
      : options_(options), study_(std::move(study)), seeds_(seeds_of(options, 5, 1)) {}

  /// Adds a kind of run, of the first `most` seeds; returns its number.
  std::size_t add(const std::string& what, const std::vector<std::string>& overrides,
                  std::size_t most = 1000) {
    first_.push_back(jobs_.size());
    for (std::size_t k = 0; k < std::min(most, seeds_.size()); ++k) {
      const std::string seed = std::to_string(seeds_[k]);
      StudyJob job{what + ", seed " + seed, {"seed=" + seed}};
      job.overrides.insert(job.overrides.end(), overrides.begin(), overrides.end());
      jobs_.push_back(std::move(job));
    }
    return first_.size() - 1;
  }
  void run() { runs_ = run_studies(options_, study_, jobs_); }
  std::size_t num_seeds() const { return seeds_.size(); }
  std::uint32_t seed(std::size_t k) const { return seeds_[k]; }
  std::size_t num_runs(std::size_t kind) const {
    return (kind + 1 < first_.size() ? first_[kind + 1] : runs_.size()) - first_[kind];
  }
  const RunNumbers& of(std::size_t kind, std::size_t seed) const { return runs_[first_[kind] + seed]; }
  /// value(run) of every seed that the kind was run with.
  template <class F>
  std::vector<double> values(std::size_t kind, F&& value) const {
    std::vector<double> out;
    for (std::size_t k = 0; k < num_runs(kind); ++k) out.push_back(value(of(kind, k)));
    return out;
  }

 private:
  const ValidateOptions& options_;
  StudyRuns study_;
  std::vector<std::uint32_t> seeds_;
  std::vector<StudyJob> jobs_;
  std::vector<RunNumbers> runs_;
  std::vector<std::size_t> first_;  ///< [kind] its first job
};

/// An event at `from` that is switched off, for groups that do without it: a clock that takes short steps
/// after its onset takes them there, too, so that groups differ by what happens alone. `event`: members of
/// the event.
inline std::string same_steps(const std::string& from, const std::string& event) {
  return "timeline[+]={\"from\":\"" + from + "\"," + event + ",\"enabled\":false}";
}

/// `a` and `b`.
inline std::vector<std::string> with(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace penfield

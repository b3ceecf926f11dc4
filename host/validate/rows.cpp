#include "host/validate/rows.hpp"

#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "host/readout/bands.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/run/make_engine.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

ValidationRow make_row(const std::string& name, const std::string& unit, std::vector<double> values,
                       double low, double high, double widened_by, const std::string& source) {
  ValidationRow row;
  row.name = name;
  row.unit = unit;
  row.values = std::move(values);
  row.low = low;
  row.high = high;
  row.widened_by = widened_by;
  row.source = source;
  if (row.values.empty()) return row;
  std::vector<readout::Band> seeds;
  for (double v : row.values) seeds.push_back({name, v, low, high, unit, source});
  const readout::Verdict verdict = readout::verdict(seeds);
  if (verdict.enough_seeds) {
    row.widened_by = 0.0;
    row.pass = verdict.pass;
    row.note = std::to_string(verdict.num_in_widened) + " of " + std::to_string(verdict.num_seeds) +
               " seeds in the band widened by a quarter";
  } else {
    row.pass = verdict.mean >= low - widened_by && verdict.mean <= high + widened_by;
    row.note = "fewer than 5 seeds: judged by their mean";
  }
  return row;
}

ValidationRow share_row(const std::string& name, const std::string& unit, std::vector<double> values,
                        double published, double share, double widened_by, const std::string& source) {
  return make_row(name, unit, std::move(values), published * (1.0 - share), published * (1.0 + share),
                  widened_by, source);
}

ValidationRow knock_out(ValidationRow row) {
  const double mean = readout::mean(row.values);
  row.knock_out = true;
  row.note.clear();
  row.pass = !row.values.empty() && !(mean >= row.low && mean <= row.high);
  if (std::isnan(mean) && row.pass) row.note = "the network ran away, and the run was ended";
  return row;
}

ValidationRow shown_row(const std::string& name, const std::string& unit, std::vector<double> values,
                        const std::string& note) {
  ValidationRow row;
  row.name = name;
  row.unit = unit;
  row.values = std::move(values);
  row.judged = false;
  row.note = note;
  return row;
}

void check_stop(const ValidateOptions& options) {
  if (!options.stop || !options.stop()) return;
  throw Error(
      ExitCode::stopped,
      "stopped before the validation was through" +
          (options.cache.empty() ? std::string("; no finished runs were kept, since no folder was named")
                                 : "; finished runs are kept in " + options.cache.string() +
                                       ", and the same command goes on from there"));
}

std::vector<std::uint32_t> seeds_of(const ValidateOptions& options, std::uint32_t full, std::uint32_t quick) {
  std::vector<std::uint32_t> seeds(options.seeds > 0 ? options.seeds : options.quick ? quick : full);
  std::iota(seeds.begin(), seeds.end(), 1u);
  return seeds;
}

void spread_over_cores(const ValidateOptions& options, std::size_t num_jobs,
                       const std::function<void(std::size_t job)>& work) {
  std::atomic<std::size_t> next{0};
  std::mutex guard;
  std::exception_ptr failed;
  const auto take_jobs = [&] {
    for (;;) {
      const std::size_t k = next.fetch_add(1);
      if (k >= num_jobs) return;
      try {
        work(k);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(guard);
        if (!failed) failed = std::current_exception();
        next = num_jobs;  // the others end what they are at
      }
    }
  };
  const std::uint32_t threads = options.threads == 0 ? available_threads() : options.threads;
  std::vector<std::jthread> workers;
  for (std::uint32_t k = 1; k < threads && k < num_jobs; ++k) workers.emplace_back(take_jobs);
  take_jobs();
  workers.clear();
  if (failed) std::rethrow_exception(failed);
}

}  // namespace penfield

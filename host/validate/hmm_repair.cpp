// L1: ten thousand cells repair a lesion of their afferents by growing synapses, every step simulated (four
// hours of it, as Sinha et al., eLife 2021, PMC8195387, did) and on the episodic clock.
#include <string>

#include "host/validate/hmm_rungs.hpp"
#include "host/validate/hmm_runs.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

namespace {

constexpr const char* kSource = "the same network with every step simulated";

struct Readout {
  const char *name, *key, *unit;
};
constexpr Readout kReadouts[] = {
    {"rate of the cells that lost their afferents", "zone_rate", "Hz"},
    {"rate of all excitatory cells", "rate_1", "Hz"},
    {"rate of inhibitory cells", "rate_2", "Hz"},
    {"their excitatory inputs, of those that lost afferents", "zone inputs excitatory", ""},
    {"inhibitory inputs of those", "zone inputs inhibitory", ""},
    {"excitatory inputs of all", "inputs excitatory", ""},
    {"inhibitory inputs of all", "inputs inhibitory", ""}};

}  // namespace

void add_repair_rows(const ValidateOptions& options, ValidationReport& report) {
  // Runs of every step take half an hour a seed; two are stored.
  const std::vector<std::uint32_t> seeds = seeds_of(options, 2, 1);
  const std::vector<int> accelerations = options.quick ? std::vector<int>{10} : std::vector<int>{10, 50, 200};
  const std::vector<double> read_at_s =
      options.quick ? std::vector<double>{900.0, 2400.0} : std::vector<double>{2500.0, 7500.0, 15000.0};
  std::vector<LadderJob> jobs;
  for (const std::uint32_t seed : seeds) {
    LadderJob job{"hmm_repair.json", "repair", {}, seed, read_at_s};
    jobs.push_back(job);
    for (const int a : accelerations) {
      job.acceleration = a;
      jobs.push_back(job);
    }
    // Without growth nothing is repaired.
    for (const char* name : {"excitatory", "inhibitory"})
      job.sets.push_back("timeline[freeze_" + std::string(name) + "].enabled=true");
    jobs.push_back(job);
  }
  const std::vector<RunNumbers> numbers = run_ladder(options, jobs);
  const std::size_t stride = accelerations.size() + 2;
  const auto over_raw = [&](std::size_t kind, const char* key, std::size_t reading) {
    std::vector<double> out;
    for (std::size_t raw = 0; raw < numbers.size(); raw += stride)
      out.push_back(numbers[raw + kind].at(key)[reading] / numbers[raw].at(key)[reading]);
    return out;
  };
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  const std::size_t end = read_at_s.size() - 1;
  for (std::size_t a = 0; a < accelerations.size(); ++a) {
    std::string first = "L1: repair, acceleration " + std::to_string(accelerations[a]) + ": ";
    for (const Readout& r : kReadouts) {
      const std::vector<double> ratio = over_raw(1 + a, r.key, end);
      // The quick form reads the zone's rate from five episodes, which leaves 9 %: no band of 5 % can judge
      // it.
      if (options.quick && &r == kReadouts)
        add(shown_row(first + r.name + " over raw", "", ratio, "by five episodes, each off by a fifth"));
      else
        add(make_row(first + r.name + " over raw", "", ratio, 0.95, 1.05, 0.0, kSource));
      first = "... ";
    }
    for (std::size_t k = 0; k < end; ++k)
      add(shown_row("... the first of these at " + std::to_string(static_cast<int>(read_at_s[k])) + " s", "",
                    over_raw(1 + a, kReadouts[0].key, k),
                    "on the way, by a few episodes, in each of which that rate is off by a fifth"));
  }
  add(knock_out(make_row("... knock-out: nothing grows, rate of the cells that lost their afferents", "",
                         over_raw(stride - 1, "zone_rate", end), 0.95, 1.05, 0.0, kSource)));
  for (const Readout& r : kReadouts) {
    std::vector<double> raw;
    for (std::size_t k = 0; k < numbers.size(); k += stride) raw.push_back(numbers[k].at(r.key)[end]);
    add(shown_row(std::string("... every step: ") + r.name, r.unit, raw, "at the end"));
  }
}

}  // namespace penfield

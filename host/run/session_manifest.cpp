#include "host/run/session_manifest.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "host/build_info/build_info.hpp"
#include "host/record/hash.hpp"
#include "host/record/hdf5.hpp"
#include "host/run/energy_meter.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/numerics/fixed_point.hpp"

namespace penfield {

std::string hash_text(std::uint64_t hash) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const auto at = line.find(": ");
    return at == std::string::npos ? "" : line.substr(at + 2);
  }
  return "";
}

std::uint64_t machine_bytes() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t available_bytes() {
  std::uint64_t bytes = machine_bytes();
  std::ifstream meminfo("/proc/meminfo");
  for (std::string key; meminfo >> key;) {
    std::uint64_t kibibytes = 0;
    if (key == "MemAvailable:" && meminfo >> kibibytes) bytes = kibibytes * 1024;
  }
  // "max" is no number and leaves the limit unread.
  std::uint64_t limit = 0, used = 0;
  std::ifstream max("/sys/fs/cgroup/memory.max"), current("/sys/fs/cgroup/memory.current");
  if (max >> limit && current >> used) {
    std::ifstream stat("/sys/fs/cgroup/memory.stat");
    std::uint64_t value = 0;
    for (std::string key; stat >> key >> value;)
      if (key == "inactive_file") used -= std::min(used, value);  // cached files give way
    bytes = std::min(bytes, limit > used ? limit - used : 0);
  }
  return bytes;
}

namespace {

/// Different for every run that is begun: scenario, host, process and time.
std::string new_run_id(const Scenario& scenario) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const std::string text = hash_text(scenario.hash) + " " + host + " " + std::to_string(getpid()) + " " +
                           std::to_string(now.tv_sec) + "." + std::to_string(now.tv_nsec);
  return hash_text(content_hash(text.data(), text.size())).substr(2);
}

}  // namespace

Manifest new_manifest(const Scenario& scenario, const Network& network, const Engine& engine) {
  const BuildInfo& build = build_info();
  Manifest m;
  m.program_version = build.version;
  m.build = {
      {"commit", build.commit}, {"compiler", build.compiler},
      {"flags", build.flags},   {"build_type", build.build_type},
      {"preset", build.preset}, {"cuda", build.cuda},
      {"hdf5", hdf5_version()}, {"scenario_folder", std::filesystem::absolute(scenario.folder).string()}};
  const bool cpu = engine.device().starts_with("CPU");
  DeviceEntry device;
  device.kind = cpu ? "cpu" : "cuda";
  device.name = cpu ? engine.device() + " (" + processor_name() + ")" : engine.device();
  device.memory_bytes = cpu ? machine_bytes() : 0;
  m.devices.push_back(device);
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  m.host = host;
  m.scenario_name = scenario.name;
  m.scenario_hash = hash_text(scenario.hash);
  m.seed = scenario.seed;
  m.dt_ms = scenario.dt_ms;
  for (const auto& p : network.populations)
    for (std::uint32_t port = 0; port < p->view.num_ports; ++port) {
      const PortInfo& info = neuron_model_infos[p->view.model].ports[port];
      // Scales are chosen so that no step's sum reaches 2^30.
      const double max_sum = 1073741824.0 / power_of_two(p->view.scale_log2[port]);
      m.quantisation.push_back({p->name, info.name, p->view.scale_log2[port], max_sum, info.unit});
    }
  m.acceleration.mode = scenario.clock.episodic ? "episodic" : "raw";
  m.started_utc = utc_now();
  m.run_id = new_run_id(scenario);
  return m;
}

void set_acceleration(Manifest& manifest, const Scenario& scenario, const Job& job) {
  if (!scenario.clock.episodic || !(job.spiking_s() > 0.0)) return;
  manifest.acceleration.factor = (job.time_s() + scenario.clock.settle_s) / job.spiking_s();
  manifest.acceleration.error_estimate = job.step_error();
  manifest.acceleration.error_of = "a slow variable in one macro step, the largest of its processes";
}

void set_energy(Manifest& manifest, const Scenario& scenario, const Job& job) {
  if (!scenario.energy || job.energy().empty()) return;
  const readout::EnergySample& latest = job.energy().back();
  const readout::EnergyCosts costs = energy_costs(*scenario.energy);
  const std::vector<bool> counted = energy_counted(scenario);
  const readout::EnergyTerms terms = readout::energy_of(costs, latest, counted);
  EnergyEntry& entry = manifest.energy;
  entry = {scenario.energy->mode == EnergySpec::Mode::textbook ? "textbook" : "budget",
           latest.time_s,
           readout::sum_of(terms),
           {},
           {}};
  for (std::size_t k = 0; k < terms.size(); ++k)
    entry.term_J.emplace_back(readout::kEnergyTermNames[k], terms[k]);
  for (std::size_t p = 0; p < counted.size(); ++p)
    if (counted[p])
      entry.population_J.emplace_back(scenario.populations[p].name,
                                      readout::sum_of(readout::energy_of(costs, latest.populations[p])));
}

void carry_over(const Manifest& earlier, Manifest& manifest) {
  manifest.started_utc = earlier.started_utc;
  if (!earlier.run_id.empty()) manifest.run_id = earlier.run_id;
  manifest.from = earlier.from;
  manifest.first_step = earlier.first_step;
  manifest.num_resumes = earlier.num_resumes;
  manifest.timings = earlier.timings;
}

void complete_manifest(Manifest& manifest, const Network& network, const Engine& engine,
                       std::span<const std::byte> results) {
  const StateDigest d = digest(network);
  const StepIndex step = engine.now();
  manifest.last_step = step;
  manifest.digests = {{step, "neurons", d.neurons},
                      {step, "input", d.input},
                      {step, "synapses", d.synapses},
                      {step, "results", content_hash(results.data(), results.size())}};
  if (!network.ranks->alone())
    for (const auto& [phase, seconds] : engine.phase_times_s())
      add_timing(manifest, "run, first rank's " + phase, seconds);
  manifest.ended_utc = utc_now();
}

void add_timing(Manifest& manifest, const std::string& what, double seconds) {
  for (TimingEntry& t : manifest.timings)
    if (t.what == what) {
      t.seconds += seconds;
      return;
    }
  manifest.timings.push_back({what, seconds});
}

}  // namespace penfield

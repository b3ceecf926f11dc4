#include "host/run/raw_session.hpp"

#include <chrono>
#include <cstdio>

#include "host/build/build_network.hpp"
#include "host/record/checkpoint.hpp"
#include "host/record/hash.hpp"
#include "host/record/hdf5.hpp"
#include "host/record/log.hpp"
#include "host/record/results_file.hpp"
#include "host/record/run_folder.hpp"
#include "host/run/memory_plan.hpp"
#include "host/run/raw_run.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/run/session_manifest.hpp"
#include "host/run/session_progress.hpp"
#include "host/run/session_stop.hpp"

namespace penfield {

namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

template <class T>
Dataset dataset(const std::string& path, std::vector<std::uint64_t> shape, std::vector<T> values, const std::string& unit,
                const std::string& meaning, std::vector<std::string> axes) {
  return {path, std::move(shape), std::move(values), unit, meaning, std::move(axes)};
}

void add_traces(const RawRecords& records, Results& out) {
  for (const TraceRecord& t : records.traces) {
    const std::string path = "/traces/" + sonata_name(t.population) + "/" + t.column;
    out.datasets.push_back(dataset(path, {t.time_ms.size(), t.count}, t.values, t.unit.empty() ? "1" : t.unit,
                                   t.column + " of neurons from " + std::to_string(t.first) + " on", {"time", "neuron"}));
    out.datasets.push_back(
        dataset(path + "_time_ms", {t.time_ms.size()}, t.time_ms, "ms", "time of each sample", {"time"}));
  }
}

void add_synapses(const Scenario& scenario, const RawRecords& records, Results& out) {
  std::size_t number = 0;
  for (const SynapseRecord& s : records.synapses) {
    const std::string path = "/weights/" + sonata_name(s.projection) + "/" + std::to_string(number++);
    const std::uint64_t n = s.source.size();
    const auto wide = [](const std::vector<std::uint32_t>& v) { return std::vector<std::uint64_t>(v.begin(), v.end()); };
    out.datasets.push_back(dataset(path + "/time_s", {1}, std::vector<double>{s.time_s}, "s", "when they were read", {"one"}));
    out.datasets.push_back(dataset(path + "/source", {n}, wide(s.source), "index",
                                   "neuron of " + scenario.populations[s.source_population].name, {"synapse"}));
    out.datasets.push_back(dataset(path + "/target", {n}, wide(s.target), "index",
                                   "neuron of " + scenario.populations[s.target_population].name, {"synapse"}));
    out.datasets.push_back(dataset(path + "/weight", {n}, s.weight, s.weight_unit.empty() ? "port unit" : s.weight_unit,
                                   "synaptic weight", {"synapse"}));
    out.datasets.push_back(dataset(path + "/delay", {n}, s.delay_ms, "ms", "synaptic delay", {"synapse"}));
  }
}

Results to_results(const Scenario& scenario, const Network& network, const RawRecords& records, const Manifest& manifest) {
  Results out;
  out.scenario_json = scenario.canonical_json;
  out.manifest_json = manifest_json(manifest);
  for (const auto& p : network.populations) {
    if (!records.spikes_of[p->view.index]) continue;
    SpikeSet set;
    set.population = p->name;
    for (const Spike& s : records.spikes) {
      if (s.population != p->view.index) continue;
      set.node_ids.push_back(s.neuron);
      // A spike of step k crosses threshold at the end of that step.
      set.timestamps_ms.push_back(static_cast<double>(s.step + 1) * network.dt_ms);
    }
    out.spikes.push_back(std::move(set));
  }
  for (const RateRecord& r : records.rates)
    out.datasets.push_back(dataset("/rates/" + sonata_name(r.population) + "_" + std::to_string(r.bin_s) + "s",
                                   {r.rate_Hz.size()}, r.rate_Hz, "Hz",
                                   "mean rate of " + r.population + " in bins of " + std::to_string(r.bin_s) + " s", {"bin"}));
  add_traces(records, out);
  add_synapses(scenario, records, out);
  return out;
}

}  // namespace

SessionOutcome run_raw_session(const SessionRequest& request) {
  const auto began = Clock::now();
  const Scenario& scenario = request.scenario;
  ProgressReport progress(request.quiet);
  StopSignals signals;
  progress.phase("building the network");
  RunFolderRequest ask;
  ask.out = request.out;
  ask.scenario_name = scenario.name;
  ask.scenario_hash = hash_text(scenario.hash);
  ask.force = request.force;
  RunFolder folder = prepare_run_folder(ask);
  BuildOptions options;
  options.threads = request.threads == 0 ? available_threads() : request.threads;
  require_memory(plan_memory(scenario, options.threads));
  Network network = build_network(scenario, options);
  EngineChoice choice = make_engine(network, request.device, request.threads);
  if (!choice.note.empty()) progress.note(choice.note);
  Engine& engine = *choice.engine;
  RawRun run(scenario, network, engine);
  Manifest manifest = new_manifest(scenario, network, engine);
  if (folder.use() == RunFolderUse::resume && CheckpointReader::exists(folder.checkpoint())) {
    const CheckpointReader reader = CheckpointReader::open(folder.checkpoint());
    const std::vector<std::byte> bytes = restore_state(reader, network, engine);
    StateArchive a(bytes, "checkpoint (" + reader.path().string() + ")");
    run.archive(a);
    a.finish();
    carry_over(read_manifest(folder.manifest()), manifest);
    ++manifest.num_resumes;
    progress.note("resuming " + folder.path().string() + " at step " + std::to_string(engine.now()));
  }
  folder.keep();
  write_file_atomically(folder.scenario(), scenario.canonical_json);
  write_manifest(folder.manifest(), manifest);
  CheckpointWriter writer(folder.checkpoint());
  progress.note(scenario.name + ": " + std::to_string(network.num_neurons()) + " neurons, " +
                std::to_string(network.num_synapses()) + " synapses on " + engine.device() + "; results in " +
                folder.path().string());
  const double start_s = static_cast<double>(engine.now()) * scenario.dt_ms * 1e-3;
  progress.expect(start_s, scenario.until_s, scenario.until_s, start_s);

  const auto checkpoint = [&] {
    CheckpointHeader header;
    header.program_version = manifest.program_version;
    header.scenario_hash = hash_text(scenario.hash);
    header.seed = scenario.seed;
    StateArchive a;
    run.archive(a);
    save_state(writer, header, network, engine, a.written());
  };
  auto checkpoint_at = began + std::chrono::duration_cast<Clock::duration>(
                                   std::chrono::duration<double>(request.checkpoint_every_s));
  const auto loop_began = Clock::now();
  const bool finished = run.run([&](double done_s, double) { progress.advance(done_s, done_s); },
                                [&] {
                                  if (Clock::now() >= checkpoint_at) {
                                    checkpoint();
                                    checkpoint_at = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                                                       std::chrono::duration<double>(request.checkpoint_every_s));
                                  }
                                  return signals.requested() ||
                                         (request.walltime_s > 0.0 && since(began) > 0.95 * request.walltime_s);
                                });
  add_timing(manifest, "run", since(loop_began));
  manifest.last_step = engine.now();
  const StateDigest d = digest(network);
  manifest.digests = {{engine.now(), "neurons", d.neurons}, {engine.now(), "input", d.input}, {engine.now(), "synapses", d.synapses}};
  manifest.ended_utc = utc_now();
  checkpoint();
  SessionOutcome out;
  if (finished) {
    progress.phase("writing the results");
    manifest.state = RunState::finished;
    if (hdf5_available()) {
      write_results(folder.results(), to_results(scenario, network, run.records(), manifest));
    } else {
      log_warning("no results.h5: this program was built without HDF5 (Debian: libhdf5-dev)");
    }
    char text[64];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(d.all()));
    out.summary = "digest " + std::string(text) + "; " + std::to_string(run.records().spikes.size()) + " spikes recorded";
  } else {
    manifest.state = RunState::stopped;
    manifest.exit_code = static_cast<int>(ExitCode::stopped);
    manifest.message = "stopped early";
    out.code = ExitCode::stopped;
    out.summary = "stopped at step " + std::to_string(engine.now()) + "; the same command goes on from there with the same bits";
  }
  write_manifest(folder.manifest(), manifest);
  progress.finish();
  out.folder = folder.path();
  out.manifest = manifest;
  out.wall_s = since(began);
  out.peak_bytes = peak_resident_bytes();
  return out;
}

}  // namespace penfield

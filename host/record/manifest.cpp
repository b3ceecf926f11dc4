#include "host/record/manifest.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "host/record/file.hpp"

namespace penfield {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kFormat = 1;
constexpr std::uint64_t kLargestManifest = std::uint64_t{64} << 20;
constexpr std::array<const char*, 3> kStateNames = {"running", "finished", "stopped"};

std::string hex(std::uint64_t value) {
  char text[19];
  std::snprintf(text, sizeof text, "0x%016llx", static_cast<unsigned long long>(value));
  return text;
}

std::uint64_t unsigned_of(const Json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  const std::string text = value.get<std::string>();
  char* end = nullptr;
  const std::uint64_t number = std::strtoull(text.c_str(), &end, 0);
  if (text.empty() || *end != '\0') throw std::runtime_error("'" + text + "' is not a whole number");
  return number;
}

RunState state_of(const std::string& name) {
  for (std::size_t i = 0; i < kStateNames.size(); ++i) {
    if (name == kStateNames[i]) return static_cast<RunState>(i);
  }
  throw std::runtime_error("state '" + name + "' is none of running, finished, stopped");
}

Json to_json(const Manifest& m) {
  Json build = Json::object();
  for (const NamedText& entry : m.build) build[entry.name] = entry.value;
  Json devices = Json::array();
  for (const DeviceEntry& d : m.devices) {
    devices.push_back({{"kind", d.kind},
                       {"name", d.name},
                       {"bus_id", d.bus_id},
                       {"memory_bytes", d.memory_bytes},
                       {"num_threads", d.num_threads}});
  }
  Json quantisation = Json::array();
  for (const QuantisationEntry& q : m.quantisation) {
    quantisation.push_back({{"population", q.population},
                            {"receptor", q.receptor},
                            {"scale_log2", q.scale_log2},
                            {"max_sum", q.max_sum},
                            {"unit", q.unit}});
  }
  Json digests = Json::array();
  for (const DigestEntry& d : m.digests) {
    digests.push_back({{"step", d.step}, {"phase", d.phase}, {"digest", hex(d.value)}});
  }
  Json timings = Json::array();
  for (const TimingEntry& t : m.timings) timings.push_back({{"what", t.what}, {"seconds", t.seconds}});

  Json energy = nullptr;
  if (!m.energy.mode.empty()) {
    const auto joules = [](const std::vector<std::pair<std::string, double>>& parts) {
      Json all = Json::object();
      for (const auto& [name, value_J] : parts) all[name] = value_J;
      return all;
    };
    energy = {{"mode", m.energy.mode},
              {"time_s", m.energy.time_s},
              {"total_J", m.energy.total_J},
              {"mean_W", m.energy.time_s > 0.0 ? m.energy.total_J / m.energy.time_s : 0.0},
              {"terms_J", joules(m.energy.term_J)},
              {"populations_J", joules(m.energy.population_J)}};
  }
  const Json from = m.from.path.empty()
                        ? Json(nullptr)
                        : Json{{"path", m.from.path},         {"run_id", m.from.run_id},
                               {"scenario", m.from.scenario}, {"digest", hex(m.from.digest)},
                               {"step", m.from.step},         {"biological_s", m.from.biological_s}};
  return {{"penfield_manifest", kFormat},
          {"run_id", m.run_id},
          {"from", from},
          {"state", kStateNames[static_cast<std::size_t>(m.state)]},
          {"exit_code", m.exit_code},
          {"message", m.message},
          {"program_version", m.program_version},
          {"build", build},
          {"host", m.host},
          {"devices", devices},
          {"scenario", {{"name", m.scenario_name}, {"hash", m.scenario_hash}}},
          {"seed", std::to_string(m.seed)},
          {"dt_ms", m.dt_ms},
          {"first_step", m.first_step},
          {"last_step", m.last_step},
          {"end_step", m.end_step},
          {"started_utc", m.started_utc},
          {"ended_utc", m.ended_utc},
          {"num_resumes", m.num_resumes},
          {"acceleration",
           {{"mode", m.acceleration.mode},
            {"factor", m.acceleration.factor},
            {"error_estimate", m.acceleration.error_estimate},
            {"error_of", m.acceleration.error_of}}},
          {"energy", energy},
          {"quantisation", quantisation},
          {"digests", digests},
          {"timings", timings}};
}

Manifest from_json(const Json& json) {
  if (json.at("penfield_manifest").get<int>() > kFormat) {
    throw std::runtime_error("it was written by a newer version of Penfield (format " +
                             std::to_string(json.at("penfield_manifest").get<int>()) + ")");
  }
  Manifest m;
  m.state = state_of(json.at("state").get<std::string>());
  if (json.contains("run_id")) json.at("run_id").get_to(m.run_id);  // absent: of an older version
  if (json.contains("from") && !json.at("from").is_null()) {
    const Json& from = json.at("from");
    from.at("path").get_to(m.from.path);
    from.at("run_id").get_to(m.from.run_id);
    from.at("scenario").get_to(m.from.scenario);
    m.from.digest = unsigned_of(from.at("digest"));
    from.at("step").get_to(m.from.step);
    from.at("biological_s").get_to(m.from.biological_s);
  }
  json.at("exit_code").get_to(m.exit_code);
  json.at("message").get_to(m.message);
  json.at("program_version").get_to(m.program_version);
  for (const auto& [name, value] : json.at("build").items())
    m.build.push_back({name, value.get<std::string>()});
  json.at("host").get_to(m.host);
  for (const Json& d : json.at("devices")) {
    m.devices.push_back({d.at("kind").get<std::string>(), d.at("name").get<std::string>(),
                         d.at("bus_id").get<std::string>(), d.at("memory_bytes").get<std::uint64_t>(),
                         d.at("num_threads").get<int>()});
  }
  json.at("scenario").at("name").get_to(m.scenario_name);
  json.at("scenario").at("hash").get_to(m.scenario_hash);
  m.seed = unsigned_of(json.at("seed"));
  json.at("dt_ms").get_to(m.dt_ms);
  json.at("first_step").get_to(m.first_step);
  json.at("last_step").get_to(m.last_step);
  json.at("end_step").get_to(m.end_step);
  json.at("started_utc").get_to(m.started_utc);
  json.at("ended_utc").get_to(m.ended_utc);
  json.at("num_resumes").get_to(m.num_resumes);
  const Json& acceleration = json.at("acceleration");
  acceleration.at("mode").get_to(m.acceleration.mode);
  acceleration.at("factor").get_to(m.acceleration.factor);
  acceleration.at("error_estimate").get_to(m.acceleration.error_estimate);
  acceleration.at("error_of").get_to(m.acceleration.error_of);
  if (json.contains("energy") && !json.at("energy").is_null()) {  // absent: of an older version
    const Json& energy = json.at("energy");
    energy.at("mode").get_to(m.energy.mode);
    energy.at("time_s").get_to(m.energy.time_s);
    energy.at("total_J").get_to(m.energy.total_J);
    for (const auto& [name, joules] : energy.at("terms_J").items())
      m.energy.term_J.emplace_back(name, joules.get<double>());
    for (const auto& [name, joules] : energy.at("populations_J").items())
      m.energy.population_J.emplace_back(name, joules.get<double>());
  }
  for (const Json& q : json.at("quantisation")) {
    m.quantisation.push_back({q.at("population").get<std::string>(), q.at("receptor").get<std::string>(),
                              q.at("scale_log2").get<int>(), q.at("max_sum").get<double>(),
                              q.at("unit").get<std::string>()});
  }
  for (const Json& d : json.at("digests")) {
    m.digests.push_back(
        {d.at("step").get<StepIndex>(), d.at("phase").get<std::string>(), unsigned_of(d.at("digest"))});
  }
  for (const Json& t : json.at("timings")) {
    m.timings.push_back({t.at("what").get<std::string>(), t.at("seconds").get<double>()});
  }
  return m;
}

}  // namespace

std::string manifest_json(const Manifest& manifest) {
  // A host name or message that is not UTF-8 must not stop the run: its bytes are replaced.
  return to_json(manifest).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_manifest(const fs::path& path, const Manifest& manifest) {
  write_file_atomically(path, manifest_json(manifest));
}

Manifest read_manifest(const fs::path& path) {
  const std::string text = read_text_file(path, kLargestManifest);
  try {
    return from_json(Json::parse(text));
  } catch (const Error&) {
    throw;
  } catch (const std::exception& problem) {
    throw Error(ExitCode::input_file, "not a manifest of a run (" + path.string() + "): " + problem.what() +
                                          "; give the folder of a Penfield run");
  }
}

}  // namespace penfield

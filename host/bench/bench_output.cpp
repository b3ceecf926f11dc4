// What `penfield bench` prints and stores.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/bench/bench.hpp"
#include "host/build_info/build_info.hpp"
#include "host/run/session_manifest.hpp"

namespace penfield {

namespace {

template <class... Values>
std::string print(const char* pattern, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

std::string name_of(const BenchCheck& check) { return check.population.empty() ? "all" : check.population; }

nlohmann::ordered_json number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

}  // namespace

std::string bench_table(const BenchResult& r) {
  std::string out =
      print("%s, scale %g: %llu neurons, %llu synapses", r.network.c_str(), r.scale,
            static_cast<unsigned long long>(r.neurons), static_cast<unsigned long long>(r.synapses));
  if (r.plastic_synapses > 0)
    out += print(" (%llu plastic)", static_cast<unsigned long long>(r.plastic_synapses));
  if (r.instances > 1) out += print(", in %u instances side by side", r.instances);
  out += "\non " + r.device + "\n";
  std::string walls;
  for (double w : r.wall_s) walls += print(" %.3g", w / r.simulated_s);
  out += print("  real-time factor      %.4g  (median of%s; %g s each, after %g s)\n", r.real_time_factor,
               walls.c_str(), r.simulated_s, r.warm_up_s);
  if (r.instances > 1)
    out += print(
        "  ... per instance      %.4g  (wall time over %u x simulated time: %.4g s simulated a second)\n",
        r.real_time_factor_per_instance, r.instances, 1.0 / r.real_time_factor_per_instance);
  out += print("  synaptic events       %.4g a second of wall time\n", r.events_per_s);
  out += print("  time by neuron, step  %.3g ns\n", r.ns_per_neuron_step);
  if (r.growth_s > 0.0)
    out +=
        print("  growth                %.4g s a second (%.1f %%), %.4g synapses formed a second, %.4g lost\n",
              r.growth_s, 100.0 * r.growth_s / r.real_time_factor, r.formed_per_s, r.deleted_per_s);
  out += print("  set-up                %.3g s, building %.3g s\n", r.setup_s, r.build_s);
  out += print("  memory                %.3g B a synapse, %.3g B a neuron, %.1f MB resident at most\n",
               r.bytes_per_synapse, r.bytes_per_neuron, static_cast<double>(r.peak_bytes) * 1e-6);
  if (!r.phase_share.empty()) {
    out += "  phases               ";
    for (const auto& [name, share] : r.phase_share) out += print(" %s %.0f %%", name.c_str(), 100.0 * share);
    out += "\n";
  }
  for (const BenchCheck& c : r.checks) {
    out += print("  %-21s %.4g Hz +- %.2g, CV %.3g, SD of log rate %.2g", name_of(c).c_str(), c.rate_Hz,
                 c.rate_error_Hz, c.cv, c.log_rate_sd);
    if (c.judged) {
      out += print(": %s (observed %.4g to %.4g Hz", c.pass ? "pass" : "FAIL", c.rate_low_Hz, c.rate_high_Hz);
      if (c.cv_high > 0.0) out += print(", CV %.3g to %.3g", c.cv_low, c.cv_high);
      out += ")";
      if (c.failed_instances > 0 && r.instances > 1)
        out += print(" in %u of %u instances", c.failed_instances, r.instances);
    }
    if (r.instances > 1) {
      const auto [low, high] = std::minmax_element(c.instance_Hz.begin(), c.instance_Hz.end());
      out += print("; instances %.4g to %.4g Hz", *low, *high);
    }
    out += "\n";
  }
  out += "  digest                " + r.digest + "\n";
  if (r.instances > 1) {
    // To be held against a bench of one seed.
    out += "  ... by instance      ";
    const std::size_t shown = std::min<std::size_t>(4, r.instance_digest.size());
    for (std::size_t k = 0; k < shown; ++k) out += " " + r.instance_digest[k];
    if (shown < r.instance_digest.size()) out += " ... (the JSON has all)";
    out += "\n";
  }
  return out;
}

std::string bench_json(const BenchResult& r) {
  using Json = nlohmann::ordered_json;
  Json checks = Json::array();
  for (const BenchCheck& c : r.checks) {
    Json check = {{"population", name_of(c)},
                  {"rate_Hz", number(c.rate_Hz)},
                  {"rate_error_Hz", number(c.rate_error_Hz)},
                  {"cv_isi", number(c.cv)},
                  {"log_rate_sd", number(c.log_rate_sd)},
                  {"instance_rate_Hz", Json::array()},
                  {"judged", c.judged}};
    for (double rate_Hz : c.instance_Hz) check["instance_rate_Hz"].push_back(number(rate_Hz));
    if (c.judged) {
      check["observed_rate_Hz"] = {c.rate_low_Hz, c.rate_high_Hz};
      if (c.cv_high > 0.0) check["observed_cv_isi"] = {c.cv_low, c.cv_high};
      check["failed_instances"] = c.failed_instances;
      check["pass"] = c.pass;
    }
    checks.push_back(check);
  }
  Json phases = Json::object();
  for (const auto& [name, share] : r.phase_share) phases[name] = share;
  const Json json = {{"bench", r.network},
                     {"scale", r.scale},
                     {"instances", r.instances},
                     {"dt_ms", r.dt_ms},
                     {"device", r.device},
                     {"machine", {{"processor", processor_name()}, {"cores", available_threads()}}},
                     {"date", utc_now()},
                     {"version", build_info().version},
                     {"commit", build_info().commit},
                     {"compiler", build_info().compiler},
                     {"neurons", r.neurons},
                     {"synapses", r.synapses},
                     {"plastic_synapses", r.plastic_synapses},
                     {"setup_s", r.setup_s},
                     {"build_s", r.build_s},
                     {"checked_from_s", r.checked_from_s},
                     {"warm_up_s", r.warm_up_s},
                     {"simulated_s", r.simulated_s},
                     {"wall_s", r.wall_s},
                     {"real_time_factor", r.real_time_factor},
                     {"real_time_factor_per_instance", r.real_time_factor_per_instance},
                     {"simulated_s_per_wall_s", 1.0 / r.real_time_factor_per_instance},
                     {"events_per_s", r.events_per_s},
                     {"spikes_per_s", r.spikes_per_s},
                     {"growth_s", r.growth_s},
                     {"formed_per_s", r.formed_per_s},
                     {"deleted_per_s", r.deleted_per_s},
                     {"ns_per_neuron_step", r.ns_per_neuron_step},
                     {"bytes_per_synapse", r.bytes_per_synapse},
                     {"bytes_per_neuron", r.bytes_per_neuron},
                     {"peak_bytes", r.peak_bytes},
                     {"phase_share", phases},
                     {"checks", checks},
                     {"digest", r.digest},
                     {"instance_digest", r.instance_digest},
                     {"pass", r.pass()}};
  return json.dump(2);
}

}  // namespace penfield

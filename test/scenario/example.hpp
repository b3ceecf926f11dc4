#pragma once
// A small scenario that uses every section, and ways to spoil it.
#include <fstream>
#include <string>
#include <vector>

#include "host/scenario/scenario_json.hpp"
#include "test/support/errors.hpp"
#include "test/support/scratch_folder.hpp"

namespace penfield::test {

/// In the episodic clock; what belongs to the raw clock is in kRawExample.
inline const std::string kExample = R"({
  "penfield": 1, "//": "every section once",
  "name": "example", "seed": 7, "dt_ms": 0.5, "until": "58 d",
  "clock": {
    "mode": "episodic", "macro_step": "12 h", "settle": "14 d",
    "conditions": {
      "rest": { "fraction": 0.4, "heal": "0.3 s", "episode": "2 s" },
      "day": { "fraction": 0.6, "touch": true }
    }
  },
  "body": {
    "relay": "VPL/relay",
    "parts": [
      { "name": "hand/D2", "x_mm": 0, "y_mm": 0, "width_mm": 2, "height_mm": 1, "source": "none" },
      { "name": "hand/D3", "x_mm": 2, "y_mm": 0, "width_mm": 2, "height_mm": 1 }
    ],
    "touch": { "amplitude_Hz": 50, "places": "random" }
  },
  "areas": { "VPL": { "sheet_mm": [4, 1] }, "S1": { "sheet_mm": [4, 1], "edge": "open" } },
  "fields": [ { "name": "growth", "area": "S1", "bumps": [ { "x_mm": 1, "y_mm": 0.5, "sigma_mm": 0.3, "amplitude": 2 } ] } ],
  "populations": {
    "VPL/relay": { "model": "relay", "n": 400, "somatotopic": true },
    "S1/E": { "model": "iaf_psc_exp", "n": 800, "positions": "jittered_grid", "params": { "tau_m_ms": 15 }, "somatotopic": true },
    "S1/I": { "model": "iaf_cond_exp", "n": 200, "initial_v_m_mV": { "uniform": [-70, -60] } }
  },
  "projections": [
    { "from": "VPL/relay", "to": "S1/E", "port": "excitatory",
      "rule": { "topographic": { "in_degree": 60, "sigma_mm": 0.4 } },
      "weight_pA": { "lognormal": [40, 3], "max": 400 },
      "delay_ms": { "base": 1.0, "velocity_mm_per_ms": 0.3 } },
    { "name": "EI", "from": "S1/E", "to": "S1/I", "port": "AMPA", "rule": { "fixed_in_degree": 80 },
      "weight_nS": 0.5, "delay_ms": 2 },
    { "name": "IE", "from": "S1/I", "to": "S1/E", "port": "inhibitory", "rule": "all_to_all",
      "weight_pA": -20, "delay_ms": { "normal": [2, 0.5], "max": 5 } },
    { "name": "EE", "from": "S1/E", "to": "S1/E", "port": "excitatory", "rule": { "fixed_in_degree": 20 },
      "weight_pA": 10, "delay_ms": 2 }
  ],
  "stimuli": [
    { "poisson": { "to": "S1/E", "port": "excitatory", "rate_Hz": 1000, "weight_pA": 10 } },
    { "dc": { "to": "S1/E", "current_pA": 20 } },
    { "rate": { "to": "VPL/relay", "rate_Hz": 5 } }
  ],
  "homeostasis": [ { "name": "inhibitory_plasticity", "of": "S1/E", "port": "inhibitory", "tau_s": 7200, "set_point_Hz": 4 } ],
  "structure": [ { "projection": "EE", "growth_field": "growth" } ],
  "timeline": [
    { "at": "2 d", "event": "amputate", "part": "hand/D3" },
    { "name": "freeze_it", "from": "2 d", "to": "2 d 6 h", "event": "freeze", "what": "structure", "enabled": false },
    { "from": "3 d", "event": "mask_formation", "part": "hand/D3", "what": "outside" }
  ],
  "probes": [ { "probe": "receptive_fields", "of": "S1/E", "every": "1 d", "at": ["6 h"] } ],
  "record": [ { "what": "rates", "of": "S1/*", "every": "1 d" },
              { "what": "traces", "of": "S1/E", "columns": ["v_m_mV"], "count": 5 } ]
}
)";

inline const std::string kRawExample = R"({
  "penfield": 1, "name": "raw_example", "seed": 7, "dt_ms": 0.5, "until": "4 s",
  "areas": { "VPL": { "sheet_mm": [4, 1] }, "S1": { "sheet_mm": [4, 1] } },
  "populations": {
    "VPL/relay": { "model": "relay", "n": 400 },
    "S1/E": { "model": "iaf_psc_exp", "n": 800 }
  },
  "projections": [
    { "from": "VPL/relay", "to": "S1/E", "port": "excitatory", "rule": { "fixed_in_degree": 60 },
      "weight_pA": { "lognormal": [40, 3], "max": 400 }, "delay_ms": 1.0,
      "plasticity": { "stdp_pair": { "w_max": 1000 } }, "delay_is": "dendritic" },
    { "name": "EE", "from": "S1/E", "to": "S1/E", "port": "excitatory", "rule": { "fixed_in_degree": 20 },
      "weight_pA": 10, "delay_ms": 2 }
  ],
  "stimuli": [
    { "poisson": { "to": "S1/E", "port": "excitatory", "rate_Hz": 1000, "weight_pA": 10, "from": "1 s" } },
    { "spikes": { "to": "S1/E", "port": "excitatory", "weight_pA": 100, "spikes": [[0, 10.5], [3, 12]] } },
    { "rate": { "to": "VPL/relay", "schedule": [["0 s", 5], ["2 s", 10]] } },
    { "step_current": { "to": "S1/E", "current_pA": 5, "from": "1 s", "to_time": "2 s" } }
  ],
  "homeostasis": [ { "name": "scaling", "of": "S1/E", "port": "excitatory", "tau_s": 60, "sensor_tau_s": 2,
                     "every": "200 ms", "set_point_Hz": 4 } ],
  "structure": [ { "name": "growth", "projection": "EE", "every": "200 ms", "calcium_tau_s": 5, "baseline": "1 s",
                   "vacant_tau_s": 10, "weight_reference": 10,
                   "axonal": { "rate_per_s": 0.5, "eta": 1.5, "eps": 1 },
                   "dendritic": { "curve": "sigmoid", "eps": 1, "psi": 0.2 } } ],
  "modulators": [
    { "name": "serotonin", "tau_ms": 500, "baseline": 0.01, "pulses": [["1 s", 0.5], ["2 s", 0.25]],
      "random": { "rate_Hz": 0.1, "amount": 0.3 },
      "rewards": [ { "projection": "VPL/relay -> S1/E", "source": 3, "target": 4, "delay_ms": [10, 20] } ] }
  ]
}
)";

/// The example with its first `from` replaced by `to`.
inline std::string changed(const std::string& from, const std::string& to, std::string text = kExample) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("the example has no " + from);
  return text.replace(at, from.size(), to);
}

/// The line on which `part` stands, from 1.
inline std::string line_of(const std::string& part, const std::string& text) {
  const std::size_t at = text.find(part);
  if (at == std::string::npos) throw std::runtime_error("the text has no " + part);
  return std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

inline void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// Writes `text` to a file and loads it.
inline Scenario load_text(const std::string& text, const std::vector<std::string>& sets = {}) {
  const ScratchFolder folder;
  const auto path = folder / "example.json";
  write(path, text);
  return load_scenario(path.string(), sets);
}

inline Thrown fault_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  return thrown_by([&] { load_text(text, sets); });
}

inline std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

}  // namespace penfield::test

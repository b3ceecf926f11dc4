#include "host/scenario/describe.hpp"
#include "host/scenario/dump.hpp"

namespace penfield {

std::string init_template(std::string_view name) {
  return R"({
  "//": "A small balanced network. Every key, with unit and default: penfield describe SECTION (start with scenario).",
  "penfield": 1,
  "name": )" +
         json_string(name) + R"(,
  "about": "excitatory and inhibitory neurons on a sheet that fire irregularly at about 8 Hz",
  "seed": 1,
  "dt_ms": 0.1,
  "until": "1 s",

  "areas": {
    "//": "A sheet in mm; every population lies on the sheet of its area, named before the slash.",
    "S1": { "sheet_mm": [1, 1], "edge": "periodic" }
  },

  "populations": {
    "//": "Parameters that are not given have the model's defaults: penfield describe iaf_psc_exp.",
    "S1/E": {
      "model": "iaf_psc_exp", "n": 800, "positions": "jittered_grid",
      "params": { "tau_m_ms": 15, "v_reset_mV": -60 },
      "initial_v_m_mV": { "uniform": [-70, -55] }
    },
    "S1/I": {
      "model": "iaf_psc_exp", "n": 200, "positions": "jittered_grid",
      "params": { "v_reset_mV": -60 },
      "initial_v_m_mV": { "uniform": [-70, -55] }
    }
  },

  "projections": [
    {
      "//": "The unit at the end of the weight's key is that of the port. Excitation reaches near neighbours.",
      "name": "EE", "from": "S1/E", "to": "S1/E", "port": "excitatory",
      "rule": { "distance_in_degree": { "in_degree": 80, "kernel": "gaussian", "sigma_mm": 0.2 } },
      "allow_self": false,
      "weight_pA": { "normal": [20, 2], "min": 0 },
      "delay_ms": { "base": 0.5, "velocity_mm_per_ms": 0.3 }
    },
    {
      "name": "EI", "from": "S1/E", "to": "S1/I", "port": "excitatory",
      "rule": { "fixed_in_degree": 80 },
      "weight_pA": 50,
      "delay_ms": 1
    },
    {
      "name": "IE", "from": "S1/I", "to": "S1/E", "port": "inhibitory",
      "rule": { "fixed_in_degree": 20 },
      "weight_pA": -400,
      "delay_ms": 1
    },
    {
      "name": "II", "from": "S1/I", "to": "S1/I", "port": "inhibitory",
      "rule": { "fixed_in_degree": 20 },
      "allow_self": false,
      "weight_pA": -400,
      "delay_ms": 1
    }
  ],

  "stimuli": [
    { "//": "Few strong spikes: their mean stays below threshold, fluctuations make the neurons fire.",
      "poisson": { "to": "S1/E", "port": "excitatory", "rate_Hz": 600, "weight_pA": 200 } },
    { "poisson": { "to": "S1/I", "port": "excitatory", "rate_Hz": 700, "weight_pA": 200 } }
  ],

  "record": [
    { "what": "spikes", "of": "S1/*" },
    { "what": "rates", "of": "S1/*", "every": "10 ms" }
  ]
}
)";
}

}  // namespace penfield

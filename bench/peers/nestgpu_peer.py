#!/usr/bin/env python3
"""Builds the network of a Penfield scenario in NEST GPU and times it, on one card.

usage: nestgpu_peer.py SCENARIO.json [--seconds T] [--warm-up W] [--rates-from F] [--repetitions N] [--threads N]
                       [--seed N] [--json]

Times nestgpu.Simulate alone, after a warm-up; spikes are counted, not recorded. What NEST GPU has no rule or cell for:
- Delta synapses are those of aeif_psc_delta with its exponential and adaptation switched off. It is integrated by an
  adaptive Runge-Kutta method in single precision (Penfield: exactly), and may fire and be reset within a step.
- Conductance-based cells with exponential synapses are not there (vogels is refused), nor is all-to-all STDP (its own
  pairs nearest neighbours: plastic projections are refused).
- Pairs with a fixed probability, projections without self-connections and distributions that are not normal are drawn
  here by numpy and connected one to one; all else is drawn by NEST GPU.
Poisson sources are parrot neurons. Weights onto the inhibitory port are negative as in the scenario.

Written from NEST GPU's sources and examples; it has not yet run on a card.
"""
import sys
import time

try:
    import numpy as np
    import peer_support as support
    with support.quiet():  # it greets
        import nestgpu
except (ImportError, KeyError, OSError):  # it wants $NESTGPU_LIB, and the library there
    print("NEST GPU is not installed (see nest-gpu.readthedocs.io)", file=sys.stderr)
    sys.exit(77)

CELLS = {"iaf_psc_exp": "iaf_psc_exp", "iaf_psc_delta": "aeif_psc_delta"}
RULES = {"fixed_in_degree": ("fixed_indegree", "indegree"), "fixed_total_number": ("fixed_total_number", "total_num")}
RECEPTOR = {"delta": 0, "excitatory": 0, "inhibitory": 1}


def exp_cell(params, initial):
    rest = params["e_l_mV"]
    return {"tau_m": params["tau_m_ms"], "C_m": params["c_m_pF"], "E_L": rest, "I_e": params["i_e_pA"],
            "Theta_rel": params["v_th_mV"] - rest, "V_reset_rel": params["v_reset_mV"] - rest, "t_ref": params["t_ref_ms"],
            "tau_ex": params["tau_syn_ex_ms"], "tau_in": params["tau_syn_in_ms"], "V_m_rel": {"array": (initial - rest).tolist()}}


def delta_cell(params, initial):
    return {"C_m": params["c_m_pF"], "g_L": params["c_m_pF"] / params["tau_m_ms"], "E_L": params["e_l_mV"], "I_e": params["i_e_pA"],
            "V_th": params["v_th_mV"], "V_peak": params["v_th_mV"], "V_reset": params["v_reset_mV"], "t_ref": params["t_ref_ms"],
            "Delta_T": 0.0, "a": 0.0, "b": 0.0, "V_m": {"array": initial.tolist()}}


def poisson_source(rate_Hz, cells, weight, receptor, dt_ms):
    source = nestgpu.Create("poisson_generator")
    nestgpu.SetStatus(source, "rate", float(rate_Hz))
    nestgpu.Connect(source, cells, {"rule": "all_to_all"}, {"weight": float(weight), "delay": dt_ms, "receptor": receptor})


def make_cells(name, population, network, rng):
    model, n = population["model"], population["n"]
    if model == "relay":
        cells = nestgpu.Create("parrot_neuron", n)
        poisson_source(network["rates"].get(name, 0.0), cells, 1.0, 0, network["dt_ms"])
    elif model in CELLS:
        cells = nestgpu.Create(CELLS[model], n)
        initial = support.draw(rng, population["initial_v_m_mV"], n)
        status = (exp_cell if model == "iaf_psc_exp" else delta_cell)(population["params"], initial)
        nestgpu.SetStatus(cells, {key: x if isinstance(x, dict) else float(x) for key, x in status.items()})
    else:
        support.refuse(f"{name}: NEST GPU has no cell like {model}")
    nestgpu.ActivateSpikeCount(cells)
    return cells


def parameter(d):
    """A distribution as NEST GPU draws it."""
    if "constant" in d:
        return float(d["constant"])
    mean, sd = d["normal"]
    return {"distribution": "normal_clipped", "mu": float(mean), "sigma": float(sd), "low": max(float(d.get("min", -np.inf)), mean - 8.0 * sd),
            "high": min(float(d.get("max", np.inf)), mean + 8.0 * sd)}


def connect(p, cells, network, rng):
    """The number of synapses made."""
    if p["plasticity"] is not None:
        support.refuse(f"{p['from']} -> {p['to']}: NEST GPU's STDP pairs nearest neighbours")
    source, target, receptor = cells[p["from"]], cells[p["to"]], RECEPTOR[p["port"]]
    if p["rule"] in RULES and not p["without_self"] and "lognormal" not in p["weight"]:
        rule, key = RULES[p["rule"]]
        nestgpu.Connect(source, target, {"rule": rule, key: p["value"]},
                        {"weight": parameter(p["weight"]), "delay": parameter(p["delay_ms"]), "receptor": receptor})
        return p["value"] if rule == "fixed_total_number" else p["value"] * len(target)
    sources, targets, weights, steps = support.draw_synapses(rng, p, len(source), len(target), network["dt_ms"])
    if len(sources) > 0:
        nestgpu.Connect((sources + source[0]).tolist(), (targets + target[0]).tolist(), {"rule": "one_to_one"},
                        {"weight": {"array": weights.tolist()}, "delay": {"array": (steps * network["dt_ms"]).tolist()}, "receptor": receptor})
    return len(sources)


def counts_of(cells):
    return {name: np.array(nestgpu.GetStatus(group, "spike_count"), dtype=np.int64).reshape(-1) for name, group in cells.items()}


def timed(seconds):
    began = time.perf_counter()
    nestgpu.Simulate(seconds * 1000.0)
    return time.perf_counter() - began


def run(network, chosen):
    began = time.monotonic()
    nestgpu.SetKernelStatus({"rnd_seed": chosen.seed, "time_resolution": network["dt_ms"], "verbosity_level": 0, "print_time": False})
    rng = np.random.default_rng(chosen.seed)
    cells = {name: make_cells(name, population, network, rng) for name, population in network["populations"].items()}
    synapses = sum(connect(p, cells, network, rng) for p in network["projections"])
    for s in network["poisson"]:
        poisson_source(s["rate_Hz"], cells[s["to"]], s["weight"], RECEPTOR[s["port"]], network["dt_ms"])
    block_s = (chosen.warm_up - chosen.rates_from) / support.NUM_BLOCKS
    timed(chosen.rates_from)
    seen = [counts_of(cells)]
    for _ in range(support.NUM_BLOCKS):
        timed(block_s)
        seen.append(counts_of(cells))
    wall_s = [timed(chosen.seconds) for _ in range(chosen.repetitions)]
    counts = {name: np.diff(np.array([at[name] for at in seen]), axis=0) for name in cells}
    return counts, wall_s, time.monotonic() - began - sum(wall_s), synapses


if __name__ == "__main__":
    sys.exit(support.main("nestgpu", getattr(nestgpu, "__version__", "of unknown version"), __doc__, run, ("cuda",)))

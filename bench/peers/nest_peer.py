#!/usr/bin/env python3
"""Builds the network of a Penfield scenario in NEST 3 and times it.

usage: nest_peer.py SCENARIO.json [--seconds T] [--warm-up W] [--rates-from F] [--repetitions N] [--threads N]
                    [--seed N] [--json]

Times nest.Run alone, after nest.Prepare; spike recorders stop where the warm-up ends. Neurons, delays and order within
a step are Penfield's own (they follow NEST). Poisson sources are parrot neurons. Additive STDP is stdp_synapse_hom with
mu 0, whose delay is dendritic: an axonal one is refused, and so is a w_min other than 0. Left as they are:
- A postsynaptic spike that reaches the synapse in the same step as a presynaptic one is not paired with it; in Penfield
  it is.
- Conductance-based cells are integrated by an adaptive Runge-Kutta method of GSL, to NEST's own tolerance (Penfield:
  second order, one step).
- Where both synaptic time constants are equal, a negative weight onto the excitatory port goes to the inhibitory one.

Has run with NEST 3.10: compared on vogels, brunel and pd14_poisson; brunel_stdp_dendritic for a moment only.
"""
import sys
import time

try:
    import numpy as np
    import peer_support as support
    with support.quiet():  # it greets
        import nest
except ImportError:
    print("NEST is not installed (see nest-simulator.readthedocs.io)", file=sys.stderr)
    sys.exit(77)

NAMES = {"c_m_pF": "C_m", "e_l_mV": "E_L", "v_th_mV": "V_th", "v_reset_mV": "V_reset", "t_ref_ms": "t_ref",
         "i_e_pA": "I_e", "tau_m_ms": "tau_m", "tau_syn_ex_ms": "tau_syn_ex", "tau_syn_in_ms": "tau_syn_in",
         "g_l_nS": "g_L", "e_ex_mV": "E_ex", "e_in_mV": "E_in"}
RULES = {"fixed_in_degree": ("fixed_indegree", "indegree"), "fixed_probability": ("pairwise_bernoulli", "p"),
         "fixed_total_number": ("fixed_total_number", "N")}


def make_cells(population, network, rng):
    if population["model"] == "relay":
        cells = nest.Create("parrot_neuron", population["n"])
        source = nest.Create("poisson_generator", params={"rate": network["rates"].get(population["name"], 0.0)})
        nest.Connect(source, cells, syn_spec={"delay": network["dt_ms"]})
        return cells
    params = {NAMES[key]: float(value) for key, value in population["params"].items()}
    cells = nest.Create(population["model"], population["n"], params=params)
    cells.V_m = support.draw(rng, population["initial_v_m_mV"], population["n"]).tolist()
    return cells


def parameter(d, sign=1.0):
    """A distribution as NEST draws it."""
    if "constant" in d:
        return sign * d["constant"]
    if "normal" in d:
        value = nest.random.normal(mean=d["normal"][0], std=d["normal"][1])
    else:
        mean, sigma = support.lognormal_parameters(d)
        value = (1.0 if d["lognormal"][0] > 0.0 else -1.0) * nest.random.lognormal(mean=mean, std=sigma)
    if "min" in d or "max" in d:
        value = nest.math.redraw(value, min=float(d.get("min", -np.inf)), max=float(d.get("max", np.inf)))
    return sign * value


def sign_for(what, target, port, value):
    """NEST tells excitation from inhibition by the sign of the weight: what to multiply this port's weights by."""
    if target["model"] == "iaf_psc_exp" and target["params"]["tau_syn_ex_ms"] == target["params"]["tau_syn_in_ms"]:
        return 1.0  # either port does the same
    middle = next(value[kind] for kind in ("constant", "normal", "lognormal") if kind in value)
    mean = middle if "constant" in value else middle[0]
    if port == "GABA_A":
        return -1.0
    if (port in ("excitatory", "AMPA") and mean < 0.0) or (port == "inhibitory" and mean > 0.0):
        support.refuse(f"{what}: NEST would put a weight of this sign on the other port")
    return 1.0


def stdp_model(k, p, cells):
    what = f"{p['from']} -> {p['to']}"
    rule = p["plasticity"]
    if not p["dendritic"]:
        support.refuse(f"{what}: NEST's STDP has no axonal delays")
    if rule["w_min"] != 0 or rule["w_max"] <= 0:
        support.refuse(f"{what}: NEST's STDP needs w_min 0 and w_max above it")
    if rule["a_plus"] <= 0:
        support.refuse(f"{what}: NEST's STDP needs a positive a_plus")
    cells[p["to"]].tau_minus = rule["tau_minus_ms"]
    model = f"stdp_{k}"
    nest.CopyModel("stdp_synapse_hom", model, {"tau_plus": rule["tau_plus_ms"], "lambda": rule["a_plus"] / rule["w_max"],
                                               "alpha": rule["a_minus"] / rule["a_plus"], "mu_plus": 0.0,
                                               "mu_minus": 0.0, "Wmax": rule["w_max"]})
    return model


def static_model(p, cells, network, threads):
    """static_synapse, or a copy of it: NEST holds 2^27 - 2 synapses of a model on a thread."""
    n_from, n_to = (len(cells[p[end]]) for end in ("from", "to"))
    times = {"fixed_in_degree": n_to, "fixed_probability": n_from * n_to, "fixed_total_number": 1}[p["rule"]]
    synapses = 1.1 * p["value"] * times / threads  # which differ a little
    model, held = network.get("static_model", ("static_synapse", 0))
    if held + synapses > 2**27 - 2:
        model, held = f"{model}_", 0
        nest.CopyModel("static_synapse", model)
    network["static_model"] = (model, held + synapses)
    return model


def connect(k, p, cells, network, threads):
    rule, key = RULES[p["rule"]]
    sign = sign_for(f"{p['from']} -> {p['to']}", network["populations"][p["to"]], p["port"], p["weight"])
    model = static_model(p, cells, network, threads) if p["plasticity"] is None else stdp_model(k, p, cells)
    nest.Connect(cells[p["from"]], cells[p["to"]],
                 {"rule": rule, key: p["value"], "allow_autapses": not p["without_self"],
                  "allow_multapses": p["rule"] != "fixed_probability"},
                 {"synapse_model": model, "weight": parameter(p["weight"], sign), "delay": parameter(p["delay_ms"])})


def count_spikes(recorders, cells, chosen):
    """{population: counts [block][cell]} of the stretch that rates are measured over."""
    edges_ms = np.linspace(chosen.rates_from, chosen.warm_up, support.NUM_BLOCKS + 1) * 1000.0
    counts = {}
    for name, recorder in recorders.items():
        first, n = cells[name].tolist()[0], len(cells[name])
        events = recorder.get("events")
        blocks = np.clip(np.searchsorted(edges_ms, events["times"]) - 1, 0, support.NUM_BLOCKS - 1)
        flat = np.bincount(blocks * n + events["senders"] - first, minlength=support.NUM_BLOCKS * n)
        counts[name] = flat.reshape(support.NUM_BLOCKS, n)
    return counts


def run(network, chosen):
    began = time.monotonic()
    if hasattr(nest, "VerbosityLevel"):
        nest.verbosity = nest.VerbosityLevel.ERROR
    else:
        nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.SetKernelStatus({"resolution": network["dt_ms"], "local_num_threads": chosen.threads, "rng_seed": chosen.seed})
    rng = np.random.default_rng(chosen.seed)
    cells = {name: make_cells(population, network, rng) for name, population in network["populations"].items()}
    before = nest.GetKernelStatus("num_connections")
    for k, p in enumerate(network["projections"]):
        connect(k, p, cells, network, chosen.threads)
    synapses = nest.GetKernelStatus("num_connections") - before
    for stimulus in network["poisson"]:
        sign = sign_for("stimulus poisson", network["populations"][stimulus["to"]], stimulus["port"],
                        {"constant": stimulus["weight"]})
        source = nest.Create("poisson_generator", params={"rate": float(stimulus["rate_Hz"])})
        nest.Connect(source, cells[stimulus["to"]],
                     syn_spec={"weight": sign * stimulus["weight"], "delay": network["dt_ms"]})
    recorders = {name: nest.Create("spike_recorder", params={"start": chosen.rates_from * 1000.0,
                                                             "stop": chosen.warm_up * 1000.0}) for name in cells}
    for name, recorder in recorders.items():
        nest.Connect(cells[name], recorder)
    wall_s = []
    nest.Prepare()
    nest.Run(chosen.warm_up * 1000.0)
    for _ in range(chosen.repetitions):
        timed = time.perf_counter()
        nest.Run(chosen.seconds * 1000.0)
        wall_s.append(time.perf_counter() - timed)
    nest.Cleanup()
    return count_spikes(recorders, cells, chosen), wall_s, time.monotonic() - began - sum(wall_s), synapses


if __name__ == "__main__":
    sys.exit(support.main("nest", nest.__version__, __doc__, run))

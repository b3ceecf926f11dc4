#!/usr/bin/env python3
"""Builds the network of a Penfield scenario in GeNN 5 (PyGeNN) and times it: one CPU thread, or CUDA.

usage: genn_peer.py SCENARIO.json [--seconds T] [--warm-up W] [--rates-from F] [--repetitions N] [--threads N]
                    [--device cpu|cuda] [--seed N] [--json]

Times a loop over step_time alone: no code generation, compiling, building or warm-up. Single precision, optimised code,
narrow indices, fused postsynaptic models; a spike adds one to a count of its neuron, and nothing is recorded.
Made the same as Penfield (and NEST) where GeNN differs by habit:
- GeNN delivers before it updates neurons, so that a spike of delay 0 comes one step later. Currents and conductances
  that arrive in a step act from the next on in Penfield: their delays are the same numbers here. Delta input makes a
  cell fire in the step that it arrives in: delays are one step shorter here.
- A refractory cell is held for t_ref / dt whole steps, counted as integers.
- Traces of plasticity are variables of the neurons, decayed in every step, with and without that step's spike: GeNN
  hands a postsynaptic spike to the synapses in the step after, behind that step's presynaptic spikes, and each then
  reads the trace that it would have read in turn.
Left as they are: a weight that a postsynaptic spike has raised is sent from the second step after it on (Penfield: the
first); conductances act on the voltage at the start of a step, as in GeNN's own ExpCond with LIF (Penfield: second
order). A Poisson number of a step is drawn with one uniform number each, which is faster than GeNN's own PoissonExp.
Wiring, weights and delays are drawn by numpy from the same distributions. Code is compiled as GeNN does it (-O3
-ffast-math, for any x86-64).

Has run with GeNN 5.4 on the CPU: compared on vogels, brunel, brunel_stdp and pd14_poisson; brunel_stdp_dendritic for a
moment only. On a card it has not yet run.
"""
import math
import sys
import tempfile
import time

try:
    import pygenn
    import numpy as np
except ImportError:
    print("GeNN is not installed (see genn-team.github.io)", file=sys.stderr)
    sys.exit(77)
import peer_support as support

BACKEND = {"cpu": "single_threaded_cpu", "cuda": "cuda"}
TRACES = ("pre_trace", "pre_before", "post_trace", "post_before")  # with and without this step's spike
SIM = """
if (hold > 0) { hold -= 1; }
else { V = rest + (V - rest) * decay + Isyn; }
"""
SIM_TRACES = """
pre_before = pre_trace * pre_decay;
pre_trace = pre_before;
post_before = post_trace * post_decay;
post_trace = post_before;
"""
RESET = "V = v_reset; hold = hold_steps; spikes += 1;"
# Turned round: how many terms of the distribution lie below a uniform number; in single precision they may not reach 1.
POISSON_COUNT = """
const scalar u = gennrand_uniform();
scalar term = none, sum = none;
unsigned int count = 0;
while (u > sum && count < most) { count += 1; term *= mean / (scalar)count; sum += term; }
"""
POISSON_PARAMS = ["none", "mean", ("most", "unsigned int"), "weight"]
READ_ONLY = pygenn.VarAccessMode.READ_ONLY
CELL_PARAMS = ["rest", "decay", "v_th", "v_reset", ("hold_steps", "int")]
CELL_VARS = [("V", "scalar"), ("hold", "int"), ("spikes", "unsigned int")]

# PyGeNN keeps no model alive that is not somebody else's too.
RELAY = pygenn.create_neuron_model(
    "relay", params=["chance"], vars=[("spikes", "unsigned int")], sim_code="const bool fires = gennrand_uniform() < chance;",
    threshold_condition_code="fires", reset_code="spikes += 1;")
CELL = pygenn.create_neuron_model("cell", params=CELL_PARAMS, vars=CELL_VARS, sim_code=SIM, threshold_condition_code="V >= v_th",
                                  reset_code=RESET)
TRACED_CELL = pygenn.create_neuron_model(
    "traced_cell", params=CELL_PARAMS + ["pre_decay", "post_decay"], vars=CELL_VARS + [(trace, "scalar") for trace in TRACES],
    sim_code=SIM + SIM_TRACES, threshold_condition_code="V >= v_th", reset_code=RESET + " pre_trace += 1.0; post_trace += 1.0;")
PSC_EXP = pygenn.create_postsynaptic_model("psc_exp", params=["decay_syn", "gain"],
                                           sim_code="injectCurrent(gain * inSyn);\ninSyn *= decay_syn;")
COND_EXP = pygenn.create_postsynaptic_model(
    "cond_exp", params=["decay_syn", "gain", "e_syn"], neuron_var_refs=[("V", "scalar", READ_ONLY)],
    sim_code="injectCurrent(gain * inSyn * (e_syn - V));\ninSyn *= decay_syn;")
POISSON_DELTA = pygenn.create_current_source_model("poisson_delta", params=POISSON_PARAMS,
                                                   injection_code=POISSON_COUNT + "injectCurrent(weight * (scalar)count);")
POISSON_EXP = pygenn.create_current_source_model(
    "poisson_exp", params=POISSON_PARAMS + ["decay_syn", "gain"], vars=[("current", "scalar")],
    injection_code=POISSON_COUNT + "current += weight * (scalar)count;\ninjectCurrent(gain * current);\ncurrent *= decay_syn;")


def stdp_model(name, send, extra=()):
    return pygenn.create_weight_update_model(
        name, params=["up", "down", "w_min", "w_max", *extra], vars=[("g", "scalar")],
        pre_neuron_var_refs=[("before", "scalar", READ_ONLY)], post_neuron_var_refs=[("after", "scalar", READ_ONLY)],
        pre_spike_syn_code="g = fmin(w_max, fmax(w_min, g - down * after));\n" + send,
        post_spike_syn_code="g = fmin(w_max, fmax(w_min, g + up * before));")


STDP_AXON = stdp_model("stdp_axon", "addToPost(g);")
STDP_DENDRITE = stdp_model("stdp_dendrite", "addToPostDelay(g, slot);", [("slot", "int")])


def propagators(params, dt_ms, port):
    """decay_syn and gain: of a current on a port, and what one unit of it adds to the voltage in a step, exactly."""
    tau_m, tau_syn = params["tau_m_ms"], params["tau_syn_in_ms" if port == "inhibitory" else "tau_syn_ex_ms"]
    decay_m, decay_syn = math.exp(-dt_ms / tau_m), math.exp(-dt_ms / tau_syn)
    if abs(tau_m - tau_syn) < 1e-6 * tau_m:
        return decay_syn, dt_ms / params["c_m_pF"] * decay_m
    return decay_syn, tau_m * tau_syn / (params["c_m_pF"] * (tau_m - tau_syn)) * (decay_m - decay_syn)


def postsynaptic(population, port, dt_ms):
    params = population["params"]
    if population["model"] == "iaf_psc_delta":
        return pygenn.init_postsynaptic("DeltaCurr")
    if population["model"] == "iaf_psc_exp":
        decay_syn, gain = propagators(params, dt_ms, port)
        return pygenn.init_postsynaptic(PSC_EXP, {"decay_syn": decay_syn, "gain": gain})
    kind = "ex" if port == "AMPA" else "in"
    tau_m_ms = params["c_m_pF"] / params["g_l_nS"]
    return pygenn.init_postsynaptic(COND_EXP,
                                    {"decay_syn": math.exp(-dt_ms / params[f"tau_syn_{kind}_ms"]), "e_syn": params[f"e_{kind}_mV"],
                                     "gain": (1.0 - math.exp(-dt_ms / tau_m_ms)) / params["g_l_nS"]},
                                    var_refs={"V": "V"})


def traced(network):
    """{population: (tau_plus_ms, tau_minus_ms)} of the ends of plastic projections."""
    out = {}
    for p in network["projections"]:
        if p["plasticity"] is None:
            continue
        taus = p["plasticity"]["tau_plus_ms"], p["plasticity"]["tau_minus_ms"]
        for end in (p["from"], p["to"]):
            if out.setdefault(end, taus) != taus:
                support.refuse(f"{end}: plastic projections with other time constants are not supported")
    return out


def make_cells(model, name, population, network, rng):
    dt_ms, n = network["dt_ms"], population["n"]
    if population["model"] == "relay":
        # At most one spike a step, with the chance that a Poisson process has of at least one.
        chance = -math.expm1(-network["rates"].get(name, 0.0) * dt_ms * 1e-3)
        return model.add_neuron_population(name.replace("/", "_"), n, RELAY,
                                           {"chance": chance}, {"spikes": 0})
    params, taus = population["params"], traced(network).get(name)
    leak_nS = params["g_l_nS"] if population["model"] == "iaf_cond_exp" else params["c_m_pF"] / params["tau_m_ms"]
    constants = {"rest": params["e_l_mV"] + params["i_e_pA"] / leak_nS, "decay": math.exp(-dt_ms * leak_nS / params["c_m_pF"]),
                 "v_th": params["v_th_mV"], "v_reset": params["v_reset_mV"],
                 "hold_steps": int(support.whole_steps(params["t_ref_ms"], dt_ms))}
    initial = {"V": support.draw(rng, population["initial_v_m_mV"], n), "hold": 0, "spikes": 0}
    if taus is not None:
        constants.update(pre_decay=math.exp(-dt_ms / taus[0]), post_decay=math.exp(-dt_ms / taus[1]))
        initial.update({trace: 0.0 for trace in TRACES})
    return model.add_neuron_population(name.replace("/", "_"), n, CELL if taus is None else TRACED_CELL, constants, initial)


def same_step(population):
    """Steps that a spike's way here is shorter than its delay."""
    return 1 if population["model"] == "iaf_psc_delta" else 0


def static_model(p, weights, slots):
    """Weight update; slots: of each synapse's own delay, or None where an axon's serves all."""
    constant = "constant" in p["weight"]
    if slots is not None:
        return pygenn.init_weight_update("StaticPulseDendriticDelay", {}, {"g": weights, "d": slots.astype(np.uint8)})
    if constant:
        return pygenn.init_weight_update("StaticPulseConstantWeight", {"g": float(p["weight"]["constant"])})
    return pygenn.init_weight_update("StaticPulse", {}, {"g": weights})


def plastic_model(p, weights, step, slot, dt_ms):
    """step: by which an axon is shorter than its delay, and so both spikes of a pair nearer to it."""
    rule = p["plasticity"]
    constants = {"up": rule["a_plus"], "down": rule["a_minus"], "w_min": rule["w_min"], "w_max": rule["w_max"]}
    refs = {"pre_var_refs": {"before": "pre_trace"}, "post_var_refs": {"after": "post_before"}}
    if p["dendritic"]:
        return pygenn.init_weight_update(STDP_DENDRITE, {**constants, "slot": slot}, {"g": weights}, **refs)
    if step > 0:
        refs = {"pre_var_refs": {"before": "pre_before"}, "post_var_refs": {"after": "post_trace"}}
        constants["up"] *= math.exp(dt_ms / rule["tau_plus_ms"])
        constants["down"] *= math.exp(-dt_ms / rule["tau_minus_ms"])
    return pygenn.init_weight_update(STDP_AXON, constants, {"g": weights}, **refs)


def power_of_two_above(steps):
    return 1 << int(steps).bit_length()


def connect(model, k, p, cells, network, rng):
    source, target = network["populations"][p["from"]], network["populations"][p["to"]]
    sources, targets, weights, steps = support.draw_synapses(rng, p, source["n"], target["n"], network["dt_ms"])
    if len(sources) == 0:
        return 0
    what, steps = f"{p['from']} -> {p['to']}", steps - same_step(target)
    if steps.max() > 255:
        support.refuse(f"{what}: a delay is longer than GeNN's 255 steps")
    own_delays = "constant" not in p["delay_ms"]
    if p["plasticity"] is None:
        update = static_model(p, weights, steps if own_delays else None)
    else:
        if own_delays:
            support.refuse(f"{what}: delays of plastic synapses that differ are not supported")
        update = plastic_model(p, weights, same_step(target), int(steps[0]), network["dt_ms"])
    input_model = postsynaptic(target, p["port"], network["dt_ms"])
    group = model.add_synapse_population(f"synapses_{k}", "SPARSE", cells[p["from"]], cells[p["to"]], update, input_model)
    group.set_sparse_connections(sources, targets)
    if own_delays or p["dendritic"] and p["plasticity"] is not None:
        group.max_dendritic_delay_timesteps = power_of_two_above(steps.max())
    else:
        group.axonal_delay_steps = int(steps[0])
    if p["dendritic"] and p["plasticity"] is not None:
        group.back_prop_delay_steps = int(steps[0]) + same_step(target)
    return len(sources)


def poisson_input(model, k, stimulus, cells, network):
    population = network["populations"][stimulus["to"]]
    mean = stimulus["rate_Hz"] * network["dt_ms"] * 1e-3
    constants = {"none": math.exp(-mean), "mean": mean, "most": int(mean + 6.0 * math.sqrt(mean)) + 8, "weight": stimulus["weight"]}
    if population["model"] == "iaf_cond_exp" or mean > 50.0:
        support.refuse("stimulus poisson: conductances, and more than 50 spikes a step, are not supported")
    if population["model"] == "iaf_psc_exp":
        constants["decay_syn"], constants["gain"] = propagators(population["params"], network["dt_ms"], stimulus["port"])
        model.add_current_source(f"poisson_{k}", POISSON_EXP, cells[stimulus["to"]], constants, {"current": 0.0})
    else:
        model.add_current_source(f"poisson_{k}", POISSON_DELTA, cells[stimulus["to"]], constants)


def counts_of(cells):
    for group in cells.values():
        group.vars["spikes"].pull_from_device()
    return {name: group.vars["spikes"].current_view.astype(np.int64) for name, group in cells.items()}


def advance(model, seconds, dt_ms):
    for _ in range(int(support.whole_steps(seconds * 1000.0, dt_ms))):
        model.step_time()


def timed(model, seconds, cells, dt_ms):
    began = time.perf_counter()
    advance(model, seconds, dt_ms)
    counts_of(cells)  # a card may still be at work
    return time.perf_counter() - began


def run(network, chosen):
    if chosen.threads > 1:
        support.refuse("GeNN's CPU backend has one thread")
    began = time.monotonic()
    rng, dt_ms = np.random.default_rng(chosen.seed), network["dt_ms"]
    model = pygenn.GeNNModel("float", "peer", backend=BACKEND[chosen.device], optimize_code=True)
    model.dt, model.seed = dt_ms, chosen.seed
    model.fuse_postsynaptic_models = model.default_narrow_sparse_ind_enabled = True
    cells = {name: make_cells(model, name, population, network, rng) for name, population in network["populations"].items()}
    synapses = sum(connect(model, k, p, cells, network, rng) for k, p in enumerate(network["projections"]))
    for k, stimulus in enumerate(network["poisson"]):
        poisson_input(model, k, stimulus, cells, network)
    with tempfile.TemporaryDirectory(prefix="genn_peer_") as folder:
        model.build(folder)
        model.load()
        advance(model, chosen.rates_from, dt_ms)
        seen = [counts_of(cells)]
        for _ in range(support.NUM_BLOCKS):
            advance(model, (chosen.warm_up - chosen.rates_from) / support.NUM_BLOCKS, dt_ms)
            seen.append(counts_of(cells))
        wall_s = [timed(model, chosen.seconds, cells, dt_ms) for _ in range(chosen.repetitions)]
        model.unload()
    counts = {name: np.diff(np.array([at[name] for at in seen]), axis=0) for name in cells}
    return counts, wall_s, time.monotonic() - began - sum(wall_s), synapses


if __name__ == "__main__":
    sys.exit(support.main("genn", pygenn.__version__, __doc__, run, ("cpu", "cuda")))

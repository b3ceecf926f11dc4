#!/usr/bin/env python3
"""Builds the network of a Penfield scenario in Brian 2 and times it: C++ standalone, OpenMP for more than one thread.

usage: brian2_peer.py SCENARIO.json [--seconds T] [--warm-up W] [--rates-from F] [--repetitions N] [--threads N]
                      [--seed N] [--json]

Times the simulation alone: no code generation, compiling, building or warm-up. Spikes are counted, not recorded, as in
`penfield bench`. Made the same as Penfield (and NEST) where Brian 2 differs by habit:
- Synapses run before the threshold test, so that what arrives in a step can make the cell fire in that step. A spike is
  then handed on one step later, so delays are one step shorter here.
- Penfield holds a refractory cell for t_ref / dt whole steps after the one it fired in, Brian 2 for one fewer.
- With an axonal delay, a postsynaptic spike reaches the synapse a step late: its trace and the one it reads are put
  right by one step's decay. With a dendritic one both sides come a step late, which changes nothing.
Left as they are: conductances are integrated by exponential Euler (Penfield: second order); Poisson input is a binomial
number with at most one chance in a thousand each; with dendritic delays, a spike takes its weight on arrival, not on
leaving. Wiring is drawn here by numpy from the same distributions. Populations of the same cells share a NeuronGroup,
and projections that send alike share a Synapses: that compiles and runs faster than one object each.
"""
import os
import sys
import tempfile
import time

try:
    import brian2 as b2
    import numpy as np
except ImportError:
    print("Brian 2 is not installed (Debian: python3-brian)", file=sys.stderr)
    sys.exit(77)
import peer_support as support

UNIT = {"pA": b2.pA, "nS": b2.nS, "mV": b2.mV, "ms": b2.ms, "pF": b2.pF}
DIMENSION = {"pA": "amp", "nS": "siemens", "mV": "volt"}
TARGET = {"excitatory": "i_ex", "inhibitory": "i_in", "AMPA": "g_ex", "GABA_A": "g_in", "delta": "v"}
MODELS = {
    "iaf_psc_delta": ("exact", "dv/dt = (e_l - v)/tau_m + i_e/c_m : volt (unless refractory)"),
    "iaf_psc_exp": ("exact", """dv/dt = (e_l - v)/tau_m + (i_ex + i_in + i_e)/c_m : volt (unless refractory)
                                di_ex/dt = -i_ex/tau_syn_ex : amp
                                di_in/dt = -i_in/tau_syn_in : amp"""),
    "iaf_cond_exp": ("exponential_euler",
                     """dv/dt = (g_l*(e_l - v) + g_ex*(e_ex - v) + g_in*(e_in - v) + i_e)/c_m : volt (unless refractory)
                        dg_ex/dt = -g_ex/tau_syn_ex : siemens
                        dg_in/dt = -g_in/tau_syn_in : siemens"""),
}
STDP = """w : {dimension}
          dpre_trace/dt = -pre_trace/tau_plus : 1 (event-driven)
          dpost_trace/dt = -post_trace/tau_minus : 1 (event-driven)"""
AT_PRE = "w = clip(w - a_minus*post_trace, w_min, w_max)"
AT_POST = "w = clip(w + a_plus*late_pre*pre_trace, w_min, w_max)\npost_trace += late_post"


def quantities(values):
    """{"tau_m_ms": 20} -> {"tau_m": 20*ms}"""
    return {key.rsplit("_", 1)[0]: value * UNIT[key.rsplit("_", 1)[1]] for key, value in values.items()}


def same_cells(population):
    """Populations with this in common share a group."""
    return population["model"], *sorted((key, x) for key, x in population["params"].items() if key != "i_e_pA")


def make_group(name, populations, network, rng):
    sizes, dt_ms = [p["n"] for p in populations], network["dt_ms"]
    if populations[0]["model"] == "relay":
        # At most one spike a step, with the chance that a Poisson process has of at least one.
        rates_Hz = np.repeat([network["rates"].get(p["name"], 0.0) for p in populations], sizes)
        return b2.PoissonGroup(sum(sizes), -np.expm1(-rates_Hz * dt_ms * 1e-3) / (dt_ms * b2.ms), name=name)
    method, equations = MODELS[populations[0]["model"]]
    params = populations[0]["params"]
    steps = support.whole_steps(params["t_ref_ms"], dt_ms) + 1
    constants = quantities({key: params[key] for key in params if key != "i_e_pA"})
    group = b2.NeuronGroup(sum(sizes), equations + "\ni_e : amp (constant)", threshold="v >= v_th", reset="v = v_reset",
                           refractory=steps * dt_ms * b2.ms, method=method, namespace=constants, name=name)
    group.v = np.concatenate([support.draw(rng, p["initial_v_m_mV"], p["n"]) for p in populations]) * b2.mV
    group.i_e = np.repeat([p["params"]["i_e_pA"] for p in populations], sizes) * b2.pA
    return group


def make_cells(network, rng):
    """Groups of populations that are equal but for input, and {population: (group, its first cell there, n)}."""
    alike = {}
    for population in network["populations"].values():
        alike.setdefault(same_cells(population), []).append(population)
    groups = [make_group(f"cells_{k}", populations, network, rng) for k, populations in enumerate(alike.values())]
    place = {}
    for group, populations in zip(groups, alike.values()):
        firsts = np.cumsum([0] + [p["n"] for p in populations])
        place.update({p["name"]: (group, int(first), p["n"]) for p, first in zip(populations, firsts)})
    return groups, place


def draw_synapses(rng, p, place, dt_ms):
    """Columns: source, target (in their groups), weight, steps of delay."""
    _, first_from, n_from = place[p["from"]]
    _, first_to, n_to = place[p["to"]]
    sources, targets, weights, steps = support.draw_synapses(rng, p, n_from, n_to, dt_ms)
    return sources + np.int32(first_from), targets + np.int32(first_to), weights, steps


def same_synapses(number, p, place):
    """Projections with this in common share a Synapses object."""
    ends = place[p["from"]][0].name, place[p["to"]][0].name
    own = number if p["plasticity"] is not None else None
    return *ends, p["port"], p["unit"], own, p["weight"].get("constant"), p["delay_ms"].get("constant")


def plastic_arguments(p, dt_ms, send, delay_steps):
    rule = {key: p["plasticity"][key] for key in p["plasticity"] if key != "soft"}
    constants = {key: rule[key] * UNIT[p["unit"]] for key in ("a_plus", "a_minus", "w_min", "w_max")}
    constants.update(tau_plus=rule["tau_plus_ms"] * b2.ms, tau_minus=rule["tau_minus_ms"] * b2.ms, late_pre=1.0,
                     late_post=1.0)
    model = STDP.format(dimension=DIMENSION[p["unit"]])
    step = dt_ms * b2.ms
    if p["dendritic"]:
        if delay_steps is None:
            support.refuse("dendritic delays that differ are not supported")
        return dict(model=model, on_pre={"send": send, "learn": AT_PRE + "\npre_trace += 1"}, on_post=AT_POST,
                    delay={"send": (delay_steps - 1) * step, "learn": 0 * b2.ms, "post": delay_steps * step},
                    namespace=constants)
    constants.update(late_pre=np.exp(dt_ms / rule["tau_plus_ms"]), late_post=np.exp(-dt_ms / rule["tau_minus_ms"]))
    return dict(model=model, on_pre=f"{AT_PRE}\n{send}\npre_trace += 1", on_post=AT_POST, namespace=constants)


def connect(name, projections, place, dt_ms, rng):
    """Synapses of projections that are alike, by source, as Brian 2's own rules lay them out."""
    p = projections[0]
    parts = [draw_synapses(rng, q, place, dt_ms) for q in projections]
    sources, targets, weights, steps = (np.concatenate(columns) for columns in zip(*parts))
    if len(sources) == 0:
        return None
    order = np.lexsort((targets, sources))
    same_delay = steps[0] if "constant" in p["delay_ms"] else None
    same_weight = "constant" in p["weight"] and p["plasticity"] is None
    send = TARGET[p["port"]] + "_post += w"
    if p["plasticity"] is not None:
        arguments = plastic_arguments(p, dt_ms, send, same_delay)
    elif same_weight:
        arguments = dict(on_pre=send, namespace={"w": weights[0] * UNIT[p["unit"]]})
    else:
        arguments = dict(model="w : " + DIMENSION[p["unit"]], on_pre=send)
    if same_delay is not None:
        arguments.setdefault("delay", (same_delay - 1.0) * dt_ms * b2.ms)
    synapses = b2.Synapses(place[p["from"]][0], place[p["to"]][0], name=name, **arguments)
    synapses.connect(i=sources[order], j=targets[order])
    if same_delay is None:
        synapses.pre.delay = (steps[order] - 1.0) * dt_ms * b2.ms
    if not same_weight:
        synapses.w = weights[order] * UNIT[p["unit"]]
    if p["plasticity"] is not None:
        # Within a step: axonal, the post spikes of the step before come first; dendritic, the pre spikes do.
        synapses.post.order = 1 if p["dendritic"] else -1
    return synapses, len(sources)


def poisson_input(stimulus, place, dt_ms):
    group, first, n = place[stimulus["to"]]
    target = group if n == group.N else group[first:first + n]
    count = max(1000, int(np.ceil(stimulus["rate_Hz"] * dt_ms)))
    return b2.PoissonInput(target, TARGET[stimulus["port"]], count, stimulus["rate_Hz"] / count * b2.Hz,
                           stimulus["weight"] * UNIT[stimulus["unit"]])


def measuring_code(network_name, monitors, chosen):
    """C++ for main(): the stretch of rates in blocks, then the timed stretches; writes a line each to measured.txt."""
    block_s = (chosen.warm_up - chosen.rates_from) / support.NUM_BLOCKS
    arrays = [b2.device.get_array_name(monitor.variables["count"]) for monitor in monitors]
    count = "".join(f"for (int i = 0; i < {monitor.source.N}; ++i) out << {array}[i] << ' ';\n"
                    for monitor, array in zip(monitors, arrays))
    return f"""{{
    std::ofstream out("measured.txt");
    out.precision(9);
    const auto write_counts = [&] {{ {count} out << std::endl; }};
    write_counts();
    for (int block = 0; block < {support.NUM_BLOCKS}; ++block) {{
      {network_name}.run({block_s!r}, NULL, 10.0);
      write_counts();
    }}
    for (int k = 0; k < {chosen.repetitions}; ++k) {{
      timespec began, ended;
      clock_gettime(CLOCK_MONOTONIC, &began);
      {network_name}.run({chosen.seconds!r}, NULL, 10.0);
      clock_gettime(CLOCK_MONOTONIC, &ended);
      out << (ended.tv_sec - began.tv_sec) + 1e-9 * (ended.tv_nsec - began.tv_nsec) << std::endl;
    }}
    }}"""


def run_in(folder, network, chosen):
    began = time.monotonic()
    b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
    b2.prefs.devices.cpp_standalone.openmp_threads = chosen.threads if chosen.threads > 1 else 0
    b2.prefs.devices.cpp_standalone.extra_make_args_unix = [f"-j{len(os.sched_getaffinity(0))}"]
    b2.defaultclock.dt = network["dt_ms"] * b2.ms
    b2.seed(chosen.seed)
    rng = np.random.default_rng(chosen.seed)
    groups, place = make_cells(network, rng)
    alike = {}
    for number, p in enumerate(network["projections"]):
        alike.setdefault(same_synapses(number, p, place), []).append(p)
    wired = [connect(f"synapses_{k}", projections, place, network["dt_ms"], rng)
             for k, projections in enumerate(alike.values())]
    wired = [pair for pair in wired if pair is not None]
    inputs = [poisson_input(stimulus, place, network["dt_ms"]) for stimulus in network["poisson"]]
    monitors = [b2.SpikeMonitor(group, record=False, name=f"count_{k}") for k, group in enumerate(groups)]
    net = b2.Network(*groups, *(synapses for synapses, _ in wired), *inputs, *monitors)
    net.schedule = ["start", "groups", "synapses", "thresholds", "resets", "end"]
    net.run(chosen.rates_from * b2.second)
    b2.device.insert_code("main", measuring_code(net.name, monitors, chosen))
    b2.device.build(directory=folder, compile=True, run=True, with_output=False)
    with open(os.path.join(folder, "measured.txt"), encoding="utf-8") as stream:
        lines = [[float(word) for word in line.split()] for line in stream]
    spikes = np.diff(np.array(lines[:support.NUM_BLOCKS + 1]), axis=0)
    wall_s = [line[0] for line in lines[support.NUM_BLOCKS + 1:]]
    firsts = dict(zip((group.name for group in groups), np.cumsum([0] + [group.N for group in groups])))
    counts = {name: spikes[:, firsts[group.name] + first:firsts[group.name] + first + n]
              for name, (group, first, n) in place.items()}
    return counts, wall_s, time.monotonic() - began - sum(wall_s), sum(count for _, count in wired)


def run(network, chosen):
    with tempfile.TemporaryDirectory(prefix="brian2_peer_") as folder:
        return run_in(folder, network, chosen)


if __name__ == "__main__":
    sys.exit(support.main("brian2", b2.__version__, __doc__, run))

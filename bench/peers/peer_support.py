"""What the peers share: the command line, the scenario as plain records, and the numbers that they print.

A peer is PEER_peer.py SCENARIO.json [options]; it builds the network that a Penfield scenario describes in another
simulator, measures rates over [--rates-from, --warm-up), and then times --repetitions stretches of --seconds each.
Exit codes: 0 done, 2 usage or something that the peer cannot express, 77 the simulator is not installed."""
import argparse
import contextlib
import json
import math
import os
import statistics
import sys

import numpy as np

NUM_BLOCKS = 10  # of the stretch that rates are measured over; their spread gives the error
UNITS = ("weight_pA", "weight_nS", "weight_mV")
PORTS = {"iaf_psc_exp": ("excitatory", "inhibitory"), "iaf_cond_exp": ("AMPA", "GABA_A"), "iaf_psc_delta": ("delta",),
         "relay": ()}
MEMBRANE = "c_m_pF e_l_mV v_th_mV v_reset_mV t_ref_ms i_e_pA"
PARAMS = {"iaf_psc_delta": MEMBRANE + " tau_m_ms", "iaf_psc_exp": MEMBRANE + " tau_m_ms tau_syn_ex_ms tau_syn_in_ms",
          "iaf_cond_exp": MEMBRANE + " g_l_nS e_ex_mV e_in_mV tau_syn_ex_ms tau_syn_in_ms", "relay": ""}
STDP = ("tau_plus_ms", "tau_minus_ms", "a_plus", "a_minus", "w_min", "w_max", "soft")


def refuse(problem):
    print(f"{os.path.basename(sys.argv[0])}: {problem}", file=sys.stderr)
    sys.exit(2)


@contextlib.contextmanager
def quiet():
    """Standard output, of libraries and compilers too, goes to standard error: a peer prints its record alone."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def options(about, devices):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("scenario", help="as `penfield bench NETWORK --scale S --scenario` prints it")
    parser.add_argument("--seconds", type=float, default=1.0, help="simulated, of each timed stretch")
    parser.add_argument("--warm-up", type=float, default=2.5, help="simulated seconds before the timed stretches")
    parser.add_argument("--rates-from", type=float, default=0.5, help="rates count from here to the warm-up's end")
    parser.add_argument("--repetitions", type=int, default=3, help="timed stretches; the median counts")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=devices, default=devices[0])
    parser.add_argument("--seed", type=int, help="default: the scenario's")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    if not 0.0 <= chosen.rates_from < chosen.warm_up:
        parser.error("--rates-from must lie in [0, --warm-up)")
    if chosen.seconds <= 0.0 or chosen.repetitions < 1 or chosen.threads < 1:
        parser.error("--seconds, --repetitions and --threads must be positive")
    return chosen


def only_known(what, record, known):
    unknown = sorted(set(record) - set(known) - {"//"})
    if unknown:
        refuse(f"{what}: {', '.join(unknown)} is not supported")


def distribution(what, value, kinds):
    """{kind: ..., min: ..., max: ...} of a number or an object."""
    d = {"constant": value} if isinstance(value, (int, float)) else dict(value)
    only_known(what, d, (*kinds, "min", "max"))
    return d


def read_population(name, spec):
    only_known(name, spec, ("model", "n", "params", "initial_v_m_mV"))
    model = spec["model"]
    if model not in PORTS:
        refuse(f"{name}: model {model} is not supported")
    params = {"i_e_pA": 0.0, **spec.get("params", {})} if model != "relay" else {}
    wanted = PARAMS[model].split()
    only_known(f"{name}/params", params, wanted)
    lacking = [key for key in wanted if key not in params]
    if lacking:
        refuse(f"{name}/params: {', '.join(lacking)} is not given, and defaults are not known here")
    initial = distribution(f"{name}/initial_v_m_mV", spec.get("initial_v_m_mV", params.get("e_l_mV", 0.0)),
                           ("constant", "uniform", "normal"))
    return {"name": name, "model": model, "n": spec["n"], "params": params, "initial_v_m_mV": initial}


def read_plasticity(what, spec):
    if spec is None:
        return None
    only_known(f"{what}: plasticity", spec, ("stdp_pair",))
    rule = dict(spec["stdp_pair"])
    lacking = [key for key in STDP if key not in rule]
    if lacking:
        refuse(f"{what}: {', '.join(lacking)} is not given, and defaults are not known here")
    if rule["soft"] != 0:
        refuse(f"{what}: soft bounds are not supported")
    return rule


def weight_of(what, spec, model):
    """(value, unit) of a projection or stimulus; its port has to be one of the target's model."""
    key = next((key for key in UNITS if key in spec), None)
    if key is None or spec["port"] not in PORTS[model]:
        refuse(f"{what}: port {spec['port']} of {model} is not supported")
    return spec[key], key.split("_")[1]


def read_projection(spec, populations):
    what = f"{spec['from']} -> {spec['to']}"
    only_known(what, spec, ("from", "to", "name", "port", "rule", "allow_self", "allow_multapses", "delay_ms",
                            "plasticity", "delay_is", *UNITS))
    for end in ("from", "to"):
        if spec[end] not in populations:
            refuse(f"{what}: {spec[end]} is not the name of one population")
    if not isinstance(spec["rule"], dict):
        refuse(f"{what}: rule {spec['rule']} is not supported")
    (rule, value), = spec["rule"].items()
    if rule not in ("fixed_in_degree", "fixed_probability", "fixed_total_number") or isinstance(value, dict):
        refuse(f"{what}: rule {rule} is not supported")
    weight, unit = weight_of(what, spec, populations[spec["to"]]["model"])
    multapses = spec.get("allow_multapses", True)
    if not multapses and rule != "fixed_probability":
        refuse(f"{what}: {rule} without multapses is not supported")
    return {"from": spec["from"], "to": spec["to"], "port": spec["port"], "rule": rule, "value": value,
            "without_self": spec["from"] == spec["to"] and not spec.get("allow_self", True),
            "weight": distribution(f"{what}: weight", weight, ("constant", "normal", "lognormal")), "unit": unit,
            "delay_ms": distribution(f"{what}: delay_ms", spec["delay_ms"], ("constant", "normal")),
            "plasticity": read_plasticity(what, spec.get("plasticity")),
            "dendritic": spec.get("delay_is", "axonal") == "dendritic"}


def read_network(path):
    """{name, seed, dt_ms, populations: {name: record}, projections: [...], poisson: [...], rates: {relay: Hz}}"""
    with open(path, encoding="utf-8") as stream:
        s = json.load(stream)
    network = {"name": s["name"], "seed": s.get("seed", 1), "dt_ms": s.get("dt_ms", 0.1), "poisson": [], "rates": {}}
    only_known("the scenario", s, ("penfield", "name", "about", "seed", "dt_ms", "until", "clock", "areas",
                                   "populations", "projections", "stimuli", "record"))
    network["populations"] = {name: read_population(name, spec) for name, spec in s["populations"].items()}
    network["projections"] = [read_projection(spec, network["populations"]) for spec in s.get("projections", [])]
    for stimulus in s.get("stimuli", []):
        (kind, spec), = stimulus.items()
        if spec["to"] not in network["populations"]:
            refuse(f"stimulus {kind}: {spec['to']} is not the name of one population")
        model = network["populations"][spec["to"]]["model"]
        if kind == "poisson":
            only_known("stimulus poisson", spec, ("to", "port", "rate_Hz", *UNITS))
            weight, unit = weight_of("stimulus poisson", spec, model)
            network["poisson"].append({"to": spec["to"], "port": spec["port"], "rate_Hz": spec["rate_Hz"],
                                       "weight": weight, "unit": unit})
        elif kind == "rate" and model == "relay":
            only_known("stimulus rate", spec, ("to", "rate_Hz"))
            network["rates"][spec["to"]] = network["rates"].get(spec["to"], 0.0) + spec["rate_Hz"]
        else:
            refuse(f"stimulus {kind} into {model} is not supported")
    return network


def draw(rng, d, n):
    """n values of a distribution; drawn again outside min and max, as in Penfield."""
    low, high = d.get("min", -math.inf), d.get("max", math.inf)

    def some(count):
        if "constant" in d:
            return np.full(count, float(d["constant"]))
        if "uniform" in d:
            return rng.uniform(*d["uniform"], count)
        if "normal" in d:
            return rng.normal(*d["normal"], count)
        mean, sigma = lognormal_parameters(d)
        return math.copysign(1.0, d["lognormal"][0]) * rng.lognormal(mean, sigma, count)

    values = some(n)
    outside = np.flatnonzero((values < low) | (values > high))
    while len(outside) > 0 and "constant" not in d:
        values[outside] = some(len(outside))
        outside = outside[(values[outside] < low) | (values[outside] > high)]
    return values


def whole_steps(milliseconds, dt_ms):
    return np.floor(np.asarray(milliseconds) / dt_ms + 0.5).astype(np.int64)


def chosen_pairs(rng, probability, num_pairs):
    """Indices of the pairs that connect, each with the same chance: gaps between them are geometric."""
    parts, at = [], -1
    while probability > 0.0 and at < num_pairs:
        expected = (num_pairs - at) * probability
        parts.append(at + np.cumsum(rng.geometric(probability, int(expected + 5.0 * np.sqrt(expected)) + 10)))
        at = parts[-1][-1]
    pairs = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
    return pairs[pairs < num_pairs]


def draw_pairs(rng, p, n_from, n_to):
    """Sources and targets of a projection."""
    sources_each = n_from - 1 if p["without_self"] else n_from
    if p["rule"] == "fixed_probability":
        targets, sources = np.divmod(chosen_pairs(rng, p["value"], sources_each * n_to), max(1, sources_each))
    elif p["rule"] == "fixed_in_degree":
        targets = np.repeat(np.arange(n_to), p["value"])
        sources = rng.integers(sources_each, size=len(targets))
    else:
        targets = rng.integers(n_to, size=p["value"])
        sources = rng.integers(sources_each, size=p["value"])
    if p["without_self"]:
        sources += sources >= targets
    return sources, targets


def draw_synapses(rng, p, n_from, n_to, dt_ms):
    """Columns: source, target, weight, steps of delay."""
    sources, targets = draw_pairs(rng, p, n_from, n_to)
    steps = np.maximum(whole_steps(draw(rng, p["delay_ms"], len(sources)), dt_ms), 1)
    return sources.astype(np.int32), targets.astype(np.int32), draw(rng, p["weight"], len(sources)), steps


def lognormal_parameters(d):
    """Mean and SD of the logarithm, from mean and SD of the value."""
    mean, sd = d["lognormal"]
    variance = math.log(1.0 + (sd / mean) ** 2)
    return math.log(abs(mean)) - 0.5 * variance, math.sqrt(variance)


def result(peer, version, network, chosen, counts, wall_s, build_s, synapses):
    """The record of a run; counts: {population: array [NUM_BLOCKS][cell] of spikes}."""
    span_s = chosen.warm_up - chosen.rates_from
    rates = {}
    for name, spikes in counts.items():
        blocks = spikes.mean(axis=1) * NUM_BLOCKS / span_s
        cells = spikes.sum(axis=0) / span_s
        rates[name] = {"rate_Hz": float(cells.mean()), "cells": len(cells),
                       "rate_error_Hz": float(2.0 * blocks.std(ddof=1) / math.sqrt(NUM_BLOCKS)),
                       "cell_sd_Hz": float(cells.std(ddof=1)) if len(cells) > 1 else float(cells.mean())}
    neurons = sum(p["n"] for p in network["populations"].values())
    return {"peer": peer, "version": version, "network": network["name"], "threads": chosen.threads,
            "seed": chosen.seed, "dt_ms": network["dt_ms"], "neurons": neurons, "synapses": synapses,
            "build_s": build_s, "warm_up_s": chosen.warm_up, "rates_from_s": chosen.rates_from,
            "simulated_s": chosen.seconds, "wall_s": wall_s,
            "real_time_factor": statistics.median(wall_s) / chosen.seconds, "rates": rates}


def show(record, as_json):
    if as_json:
        print(json.dumps(record, indent=1))
        return
    print(f"{record['network']}: {record['neurons']} neurons, {record['synapses']} synapses, on {record['peer']} "
          f"{record['version']}, {record['threads']} threads")
    walls = " ".join(f"{wall / record['simulated_s']:.3g}" for wall in record["wall_s"])
    print(f"  real-time factor      {record['real_time_factor']:.4g}  (median of {walls}; "
          f"{record['simulated_s']:g} s each, after {record['warm_up_s']:g} s)")
    for name, r in record["rates"].items():
        print(f"  {name:21s} {r['rate_Hz']:.4g} Hz +- {r['rate_error_Hz']:.2g}")


def main(peer, version, about, run, devices=("cpu",)):
    """run(network, chosen): ({population: counts [block][cell]}, wall seconds of each stretch, seconds of the rest, synapses)"""
    chosen = options(about.split("\n", maxsplit=1)[0], devices)
    network = read_network(chosen.scenario)
    chosen.seed = network["seed"] if chosen.seed is None else chosen.seed
    with quiet():
        counts, wall_s, build_s, synapses = run(network, chosen)
    show(result(peer, version, network, chosen, counts, wall_s, build_s, synapses), chosen.json)
    return 0

"""bench/compare and its peers, where no peer is installed: verdicts on made runs, a whole comparison with a made peer, what
NEST GPU's model asks of its library, and the exit codes. usage: check_compare.py PROGRAM ROOT"""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM, ROOT = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
MODULES = {"brian2": "brian2", "genn": "pygenn", "nest": "nest", "nestgpu": "nestgpu"}

# Spikes at a given rate, without a simulation.
MADE_PEER = """
import sys
sys.path.insert(0, "{peers}")
import numpy as np
import peer_support as support

def run(network, chosen):
    print("what a library or a compiler says")
    rng, block_s = np.random.default_rng(chosen.seed), (chosen.warm_up - chosen.rates_from) / support.NUM_BLOCKS
    counts = {{name: rng.poisson({rate_Hz} * block_s, (support.NUM_BLOCKS, p["n"])) for name, p in network["populations"].items()}}
    return counts, [0.5 * chosen.seconds] * chosen.repetitions, 0.0, 7

sys.exit(support.main("made", "1.0", "A made peer", run))
"""

# Keeps account of what is asked for; every cell fires once in each Simulate.
MADE_NESTGPU = """
print("a greeting")
nodes, connections, kernel, simulated = [], [], {}, []

class NodeSeq(list):
    pass

def Create(model, n=1):
    cells = NodeSeq(range(len(nodes), len(nodes) + n))
    nodes.extend([model] * n)
    return cells

def SetStatus(cells, status, value=None):
    for key, x in (status if value is None else {status: value}).items():
        assert not isinstance(x, dict) or len(x["array"]) == len(cells), key

def SetKernelStatus(status):
    kernel.update(status)

def ActivateSpikeCount(cells):
    assert isinstance(cells, NodeSeq)

def Connect(sources, targets, rule, synapse):
    made = {"all_to_all": len(sources) * len(targets), "one_to_one": len(targets), "fixed_total_number": rule.get("total_num", 0),
            "fixed_indegree": rule.get("indegree", 0) * len(targets)}[rule["rule"]]
    for x in synapse.values():
        assert not isinstance(x, dict) or len(x.get("array", [0] * made)) == made
    assert min(sources) >= 0 and max(targets) < len(nodes)
    connections.append((rule["rule"], made))

def GetStatus(cells, key):
    assert key == "spike_count"
    return [[len(simulated)]] * len(cells)

def Simulate(milliseconds):
    print("a line of progress")
    simulated.append(milliseconds)
"""


def load_compare():
    loader = importlib.machinery.SourceFileLoader("compare", str(ROOT / "bench" / "compare"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("compare", loader))
    loader.exec_module(module)
    module.PROGRAM = PROGRAM
    return module


def faults_of_verdicts(compare):
    def ours(*rates_Hz):
        return [{"checks": [{"population": "E", "rate_Hz": rate, "rate_error_Hz": 0.1}]} for rate in rates_Hz]

    def theirs(*rates_Hz):
        record = {"cells": 1000, "rate_error_Hz": 0.1, "cell_sd_Hz": 1.0}
        return [{"rates": {"E": {"rate_Hz": rate, **record}, "source": {"rate_Hz": 8.0, **record}}} for rate in rates_Hz]

    faults = []
    for what, mine, other, agree in (("the same", (10.0, 10.1), (10.05, 10.0), True), ("9 % apart", (10.0, 10.0), (10.9, 10.9), True),
                                     ("20 % apart", (10.0, 10.0), (12.0, 12.0), False), ("rounds that differ", (6.0, 14.0), (12.0, 12.0), True),
                                     ("both silent", (0.0, 0.0), (0.0, 0.0), True)):
        seen = compare.compare_rates(ours(*mine), theirs(*other))
        if [(r["population"], r["agree"]) for r in seen] != [("E", agree)]:
            faults.append(f"verdict on {what}: {seen}")
    return faults


def compared(compare, folder, rate_Hz):
    """The exit code and the record of a comparison of vogels with a peer that fires at this rate."""
    script, record = os.path.join(folder, f"made_{rate_Hz:g}_peer.py"), os.path.join(folder, f"made_{rate_Hz:g}.json")
    with open(script, "w", encoding="utf-8") as stream:
        stream.write(MADE_PEER.format(peers=ROOT / "bench" / "peers", rate_Hz=rate_Hz))
    compare.PEERS = {"made": script}
    sys.argv = ["compare", "vogels", "--peer", "made", "--seconds", "0.1", "--repetitions", "2", "--rounds", "2", "--json-file", record]
    code = compare.main()
    with open(record, encoding="utf-8") as stream:
        return code, json.load(stream)


def faults_of_run(compare, folder):
    faults = []
    for rate_Hz, wanted in ((17.2, 0), (30.0, 1)):
        code, record = compared(compare, folder, rate_Hz)
        result = record["results"][0]
        if code != wanted or result["peer_real_time_factor"] != 0.5:
            faults.append(f"a peer at {rate_Hz} Hz: exit code {code}, factor {result['peer_real_time_factor']}")
        if abs(result["peer_over_penfield"] - 0.5 / result["penfield_real_time_factor"]) > 1e-9 or len(result["peer_runs"]) != 2:
            faults.append(f"a peer at {rate_Hz} Hz: {result['peer_over_penfield']}")
        if [run["seed"] for run in result["peer_runs"]] != [1, 2]:
            faults.append("rounds have not their own seeds")
    return faults


def with_modules(folder, texts, *command):
    """A command of bench/, run by an interpreter to which these modules are the simulators."""
    for name, text in texts.items():
        with open(os.path.join(folder, name + ".py"), "w", encoding="utf-8") as stream:
            stream.write(text)
    interpreter = os.path.join(folder, "python")
    with open(interpreter, "w", encoding="utf-8") as stream:
        stream.write(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" -B "$@"\n')
    os.chmod(interpreter, 0o755)
    return subprocess.run([interpreter, *command], env={**os.environ, "PENFIELD": PROGRAM, "PEER_PYTHON": interpreter},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def faults_of_absence(folder):
    faults = []
    absent = {module: "raise ImportError" for module in MODULES.values()}
    for peer in MODULES:
        done = with_modules(folder, absent, ROOT / "bench" / "compare", "vogels", "--peer", peer)
        if done.returncode != 77 or "is not installed" not in done.stderr:
            faults.append(f"{peer} not installed: exit code {done.returncode}, {done.stderr}")
    return faults


def faults_of_nestgpu(folder):
    faults = []
    for network, wanted in (("pd14_poisson", 0), ("brunel", 0), ("spice_brunel", 0), ("vogels", 2), ("brunel_stdp", 2)):
        scenario = os.path.join(folder, network + ".json")
        with open(scenario, "w", encoding="utf-8") as stream:
            subprocess.run([PROGRAM, "bench", network, "--scale", "0.01", "--scenario"], stdout=stream, check=True)
        done = with_modules(folder, {"nestgpu": MADE_NESTGPU}, ROOT / "bench" / "peers" / "nestgpu_peer.py", scenario, "--json")
        if done.returncode != wanted:
            faults.append(f"nestgpu, {network}: exit code {done.returncode}, {done.stderr[-1000:]}")
        elif wanted == 0:
            said = json.loads(done.stdout)
            if said["synapses"] < 1000 or any(abs(r["rate_Hz"] - 5.0) > 1e-9 for r in said["rates"].values()):  # 10 blocks in 2 s
                faults.append(f"nestgpu, {network}: {said['synapses']} synapses, {said['rates']}")
    return faults


def main():
    compare = load_compare()
    faults = faults_of_verdicts(compare)
    with tempfile.TemporaryDirectory() as folder:
        faults += faults_of_run(compare, folder) + faults_of_absence(folder) + faults_of_nestgpu(folder)
    for fault in faults:
        print("check_compare:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""bench/growth: its verdicts on made measurements, and one run at small sizes. usage: check_growth.py PROGRAM ROOT"""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

PROGRAM, ROOT = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])


def load_growth():
    loader = importlib.machinery.SourceFileLoader("growth", str(ROOT / "bench" / "growth"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("growth", loader))
    loader.exec_module(module)
    return module


def made(growth, wall_of, bytes_of=lambda n: 5 * n):
    """Verdicts on sizes whose wall time and peak memory are these functions of events and synapses."""
    runs = [{"scale": n / 1e6, "synapses": n, "neurons": n // 1000, "real_time_factor": wall_of(10.0 * n), "setup_s": n * 1e-7,
             "events_per_s": 10.0 * n / wall_of(10.0 * n), "peak_bytes": bytes_of(n), "bytes_per_synapse": 4.0, "bytes_per_neuron": 1000.0}
            for n in (10 ** 6, 10 ** 7, 10 ** 8)]
    judged = growth.judge([growth.point_of(run) for run in runs])
    return [judged[key] for key in growth.VERDICTS], judged


def faults_of_verdicts(growth):
    faults = []
    def expect(what, seen, wanted):
        if seen != wanted:
            faults.append(f"{what}: verdicts {seen}, not {wanted}")
    verdicts, judged = made(growth, lambda events: 1e-9 * events)
    expect("linear", verdicts, [True, True, True])
    if abs(judged["steps"][-1]["ns_per_added_event"] - 1.0) > 1e-9 or abs(judged["steps"][-1]["time_exponent"] - 1.0) > 1e-9:
        faults.append(f"linear: {judged['steps'][-1]}")
    expect("a constant part", made(growth, lambda events: 0.01 + 1e-9 * events)[0], [True, True, True])
    expect("quadratic", made(growth, lambda events: 1e-18 * events ** 2)[0], [False, True, True])
    # Of three sizes only the step from 10^8 on is judged, and that is the last one: a bend below is allowed.
    expect("a bend below 10^8", made(growth, lambda events: 1e-9 * max(events, 6e7))[0], [True, True, True])
    expect("memory", made(growth, lambda events: 1e-9 * events, lambda n: 6 * n)[0], [True, True, False])
    return faults


def growth_run(*options):
    return subprocess.run([sys.executable, "-B", str(ROOT / "bench" / "growth"), *options], env={**os.environ, "PENFIELD": PROGRAM},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def faults_of_run(folder):
    stem = pathlib.Path(folder) / "growth"
    done = growth_run("--quick", "--seconds", "0.05", "--repetitions", "1", "--networks", "brunel", "--out", str(stem))
    print(done.stdout)
    if done.returncode not in (0, 1):  # small networks keep no bounds
        return [f"exit status {done.returncode}"]
    faults = []
    said = json.loads(stem.with_name("growth.json").read_text(encoding="utf-8"))
    if [p["scale"] for p in said["networks"]["brunel"]["points"]] != [0.01, 0.03, 0.1]:
        faults.append("not the sizes of --quick")
    circles = [e for e in xml.etree.ElementTree.parse(stem.with_name("growth.svg")).getroot().iter() if e.tag.endswith("circle")]
    if len(circles) != 2 * (3 + 1):
        faults.append(f"{len(circles)} circles: 3 sizes and a legend in each panel")
    again = growth_run("--from", str(stem.with_name("growth.json")), "--out", str(pathlib.Path(folder) / "again"))
    if again.returncode != done.returncode or stem.with_name("again.svg").read_bytes() != stem.with_name("growth.svg").read_bytes():
        faults.append("--from draws or judges another thing")
    return faults


def main():
    faults = faults_of_verdicts(load_growth())
    with tempfile.TemporaryDirectory() as folder:
        faults += faults_of_run(folder)
    for fault in faults:
        print("check_growth:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

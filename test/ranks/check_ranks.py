#!/usr/bin/env python3
"""One network on several processes: the same bits as on one, whatever the number, stopped, killed and gone on with.
usage: check_ranks.py PROGRAM DIGEST_PROGRAM SOURCE_FOLDER NAME..."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM, DIGEST, SOURCE = (os.path.abspath(p) for p in sys.argv[1:4])
SMALL = os.path.join(SOURCE, "test/cli/small_study.json")
TUTORIAL = os.path.join(SOURCE, "scenarios/tutorial/amputation.json")
MPIRUN = ["mpirun", "--oversubscribe", "--bind-to", "none"] + (["--allow-run-as-root"] if os.geteuid() == 0 else [])
# Sanitizers find leaks in MPI itself.
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
LONG = ["--set", "clock.macro_step=20 min", "--set", "until=6 d"]


def command(ranks, arguments, program=PROGRAM):
    return ([*MPIRUN, "-n", str(ranks)] if ranks else []) + [program, *arguments]


def run(ranks, *arguments, program=PROGRAM, code=0, **options):
    result = subprocess.run(command(ranks, arguments, program), capture_output=True, text=True, timeout=300, env=ENVIRONMENT,
                            **options)
    said = result.stdout + result.stderr
    assert result.returncode == code, f"exit code {result.returncode} of {ranks} ranks where {code} was expected: {said}"
    return said


def digest_of(said):
    found = re.findall(r"^Digest ([0-9a-f]{16})", said, re.M)
    assert len(found) == 1, f"one digest was expected, said once: {said}"
    return found[0]


def expect_equal(first, other):
    said = run(0, "diff", first, other)
    assert "equal, bit for bit" in said, said
    try:
        import h5py
        import numpy as np
    except ImportError:
        return
    def datasets(folder):
        found = {}
        with h5py.File(os.path.join(folder, "results.h5")) as file:
            file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
        return {name: value for name, value in found.items() if "manifest" not in name}
    a, b = datasets(first), datasets(other)
    assert a.keys() == b.keys() and len(a) > 0, (a.keys(), b.keys())
    for name in a:
        x, y = (np.asarray(d[name]) for d in (a, b))
        same = x.tolist() == y.tolist() if x.dtype.hasobject else x.tobytes() == y.tobytes()
        assert x.shape == y.shape and same, f"{name} of results.h5 differs"


def compare_runs(folder, scenario, *arguments):
    """The same run on 1 to 4 ranks: digests, logs and results."""
    one = os.path.join(folder, "one")
    expected = digest_of(run(0, "run", scenario, "-q", "--out", one, *arguments))
    for ranks in (1, 2, 3, 4):
        out = os.path.join(folder, str(ranks))
        threads = "2" if ranks == 2 else "1"
        seen = digest_of(run(ranks, "run", scenario, "-q", "--out", out, "--threads", threads, *arguments))
        assert seen == expected, f"digest {seen} on {ranks} ranks, {expected} on one"
        expect_equal(one, out)
        shutil.rmtree(out)
    return expected


def test_every_model(folder):
    """Every neuron model, connection rule, plasticity rule and delay convention; flushes, homeostats, rewiring."""
    expected = run(0, program=DIGEST)
    assert "formed 0 deleted 0\n" not in expected.splitlines(True)[-1] and expected.count("\n") == 4, expected
    for ranks, threads in ((2, 1), (2, 2), (3, 1), (4, 1)):
        said = run(ranks, "1", "2400", "4", str(threads), program=DIGEST)
        assert said == expected, f"{ranks} ranks:\n{said}one:\n{expected}"


    # Nothing learns: several steps between two exchanges.
    several = ("0.5", "2400", "2", "1", "1")
    expected = run(0, *several, program=DIGEST)
    for ranks in (2, 3):
        assert run(ranks, *several, program=DIGEST) == expected, f"{ranks} ranks, static"


def test_card(folder):
    """Ranks with a card each, or a stand-in for it: the bits of one CPU."""
    card = os.environ["PENFIELD_CARD_DIGEST"]
    for arguments in (("0.2", "100", "2", "1"), ("0.1", "150", "2", "1", "1")):
        expected = run(0, *arguments, program=DIGEST)
        for ranks in (1, 2, 3):
            said = run(ranks, *arguments, program=card)
            assert said == expected, f"{ranks} ranks:\n{said}one, on the CPU:\n{expected}"


def test_raw(folder):
    run(0, "init", "raw", cwd=folder)
    records = ('record=[{"what":"spikes","of":"S1/*"}, {"what":"rates","of":"S1/*","every":"10 ms"},'
               '{"what":"traces","of":"S1/E","every":"7 ms","columns":["v_m_mV"],"first":100,"count":600},'
               '{"what":"weights","of":"EE","every":"50 ms"}]')
    scenario = os.path.join(folder, "raw.json")
    plastic = ('projections[EE].plasticity={"stdp_pair":{"a_plus":0.5,"a_minus":0.3,"w_max":40}}')
    static = compare_runs(folder, scenario, "--set", "until=0.2 s", "--set", records)
    shutil.rmtree(os.path.join(folder, "one"))
    scaling = ('homeostasis=[{"name":"scaling","of":"S1/E","port":"excitatory","tau_s":0.2,"sensor_tau_s":0.1,"every":"20 ms",'
               '"set_point_Hz":4}]')
    learning = compare_runs(folder, scenario, "--set", "until=0.2 s", "--set", records, "--set", plastic, "--set", scaling)
    assert static != learning


def test_study(folder):
    compare_runs(folder, SMALL, "--digests", "--set", 'record=[{"what":"connectivity","of":"*"},{"what":"spikes","of":"S1/E"}]')
    shutil.rmtree(os.path.join(folder, "one"))
    # Steps that are fitted to errors, loop gains that are measured.
    compare_runs(folder, SMALL, "--set", "until=6 h", "--set", "clock.settle=12 h", "--set", "clock.tolerance=0.05", "--set",
                 "homeostasis[scaling].loop_gain_every=6 h")


def test_tutorial(folder):
    compare_runs(folder, TUTORIAL, "--set", "until=1 h", "--set", "clock.settle=1 d", "--set", "clock.short_step=30 min",
                 "--set", "probes[0].at=[\"1 h\"]", "--set", "probes[0].trials=2", "--set", "probes[0].site_spacing_mm=1.2",
                 "--set", "clock.conditions.rest.episode=0.5 s", "--set", "clock.conditions.touch.episode=0.5 s")


def test_memory(folder):
    """Synapses lie on the ranks that own their targets, and nowhere else."""
    run(0, "init", "raw", cwd=folder)
    sets = ["--set", "until=0.001 s", "--set", "projections[EE].rule={\"fixed_in_degree\":30000}", "--set", "record=[]"]
    def peak(ranks):
        said = run(ranks, "run", "raw.json", "-q", "--json", "--force", "--out", "m", "--threads", "1", *sets, cwd=folder)
        return json.loads(said[said.index("{"):said.rindex("}") + 1])["peak_bytes"]
    alone, shared = peak(0), peak(4)
    synapses = 800 * 30000 * 5  # bytes: target, delay, weight
    assert alone - shared > 0.5 * synapses, f"{alone} bytes at the peak on one rank, {shared} on the first of four"


def wait_for(condition, process):
    began = time.time()
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.time() - began < 120, "nothing came"
        time.sleep(0.02)


def ranks_of(mpirun):
    """Process ids of the ranks below an mpirun, in no order."""
    children = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(mpirun.pid)], capture_output=True, text=True).stdout
    return [int(line.split()[0]) for line in children.splitlines() if line.split()[1] == os.path.basename(PROGRAM)]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or read
        return False


def start(folder, ranks, out, *arguments):
    """A run that has begun: it has written a checkpoint."""
    checkpoint = os.path.join(folder, out, "checkpoint/current.pfc")
    age = lambda: os.stat(checkpoint).st_mtime_ns if os.path.exists(checkpoint) else 0
    before = age()
    process = subprocess.Popen(command(ranks, ["run", SMALL, "--out", out, "-q", "--threads", "1", "--checkpoint-every", "0.2 s",
                                               *LONG, *arguments]),
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT, cwd=folder)
    wait_for(lambda: age() != before, process)
    return process


def test_resume(folder):
    """Stopped by signals to one rank or to mpirun, gone on with by other numbers of ranks."""
    expected = digest_of(run(0, "run", SMALL, "--out", "straight", "-q", *LONG, cwd=folder))
    process = start(folder, 2, "a")
    os.kill(max(ranks_of(process)), signal.SIGTERM)  # not the first rank
    said = process.communicate(timeout=100)[0]
    assert process.returncode == 75 and "stopped by a signal to another rank" in said and "goes on from there" in said, said
    process = start(folder, 3, "a")
    process.send_signal(signal.SIGUSR1)  # mpirun hands it on to all
    said = process.communicate(timeout=100)[0]
    assert process.returncode == 75 and "stopped by SIGUSR1" in said, said
    said = run(4, "run", SMALL, "--out", "a", "-q", "--threads", "1", "--walltime", "1 s", *LONG, cwd=folder, code=75)
    assert "stopped by --walltime" in said, said
    run_on_one = run(0, "run", SMALL, "--out", "a", "-q", "--walltime", "0.5 s", *LONG, cwd=folder, code=75)
    assert "stopped by --walltime" in run_on_one, run_on_one
    assert digest_of(run(3, "run", SMALL, "--out", "a", "-q", *LONG, cwd=folder)) == expected
    expect_equal(os.path.join(folder, "straight"), os.path.join(folder, "a"))


def test_death(folder):
    """A rank that is killed ends the others, and what was there by the last checkpoint is good."""
    expected = digest_of(run(0, "run", SMALL, "--out", "straight", "-q", *LONG, cwd=folder))
    process = start(folder, 3, "a")
    ranks = ranks_of(process)
    assert len(ranks) == 3, ranks
    os.kill(max(ranks), signal.SIGKILL)
    said = process.communicate(timeout=60)[0]
    assert process.returncode != 0 and f"(process {max(ranks)}) is gone" in said and "goes on from there" in said, said
    time.sleep(1)
    left = [pid for pid in ranks if alive(pid)]
    assert not left, f"still running: {left}"
    assert digest_of(run(2, "run", SMALL, "--out", "a", "-q", *LONG, cwd=folder)) == expected


def test_refusals(folder):
    said = run(2, "check", SMALL, code=2)
    assert "only `penfield run` takes several" in said, said
    if json.loads(run(0, "doctor", "--json"))["gpu"].startswith("none"):
        said = run(2, "run", SMALL, "--device", "cuda", "-q", "--out", os.path.join(folder, "a"), code=6)
        assert said.count("no GPU (--device cuda)") == 1, said
    assert not os.path.exists(os.path.join(folder, "a")), "a refused run left a folder"
    said = run(2, "run", SMALL, "--set", "populations[S1/E].nn=5", code=3)
    assert said.count("penfield: ") == 1, f"a fault of the scenario is to be said once: {said}"
    said = run(2, "run", SMALL, "-q", "--out", "/proc/none", code=5)
    assert said.count("penfield: ") == 1, f"a fault of the folder is to be said once: {said}"


def mpi_or_why_not():
    if shutil.which("mpirun") is None:
        return "no mpirun here (Debian: openmpi-bin)"
    mpi = json.loads(run(0, "doctor", "--json"))["mpi"]
    return mpi if mpi.startswith("none") else None


if __name__ == "__main__":
    why_not = mpi_or_why_not()
    if why_not:
        print(f"skipped: {why_not}")
        sys.exit(77)
    for name in sys.argv[4:]:
        with tempfile.TemporaryDirectory() as scratch:
            globals()["test_" + name](scratch)
        print(f"{name}: passed")

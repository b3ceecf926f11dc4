#!/usr/bin/env python3
"""Runs the program as a user would and checks exit codes, messages and what is left on disk.
usage: check_program.py PROGRAM SOURCE_FOLDER [NAME...]"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SMALL = os.path.join(SOURCE, "test/cli/small_study.json")
LONG = ["--set", "clock.macro_step=20 min", "--set", "until=6 d"]
OWN = {"manifest.json", "scenario.json", "run.log", "checkpoint", "results.h5", "report.html", "map_before_after.svg"}


def run(*arguments, **options):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=300, **options)


def expect(result, code, *texts):
    said = result.stdout + result.stderr
    assert result.returncode == code, f"exit code {result.returncode} where {code} was expected: {said}"
    for text in texts:
        assert text in said, f'"{text}" is not in: {said}'
    assert "terminate called" not in said and "what():" not in said, said


def test_usage(folder):
    expect(run(), 2, "Usage: penfield VERB")
    expect(run("--help"), 0, "penfield run scenarios")
    expect(run("rum"), 2, 'unknown verb "rum"', "run")
    expect(run("run"), 2, "needs SCENARIO.JSON")
    expect(run("run", SMALL, "--thraeds", "2"), 2, "--threads")
    expect(run("run", SMALL, "--threads", "many"), 2, "--threads many")
    expect(run("run", SMALL, "--walltime", "soon"), 2, "--walltime soon")
    expect(run("run", SMALL, "--device", "gpu"), 2, 'unknown device "gpu"')
    expect(run("run", SMALL, "--kernel", "persistant"), 2, 'unknown kernel "persistant"', "persistent")
    expect(run("bench", "vogels", "--scale", "0.1", "--device", "cpu", "--kernel", "persistent"), 2, "--kernel persistent with --device cpu")
    for verb in ("run", "check", "plan", "describe", "schema", "init", "status", "export", "report", "diff", "doctor", "validate", "bench"):
        expect(run(verb, "--help"), 0, "Example:", f"penfield {verb}")


def test_scenario_faults(folder):
    expect(run("check", os.path.join(folder, "none.json")), 3, "none.json")
    expect(run("check", SMALL, "--set", "populations[S1/E].nn=5"), 3, "populations[S1/E]", "nn")
    expect(run("run", SMALL, "--set", "seed"), 2 if run("check", SMALL, "--set", "seed").returncode == 2 else 3, "seed")
    expect(run("run", SMALL, "--set", "clock.macro_stepp=1 h", "--out", os.path.join(folder, "a")), 3, "macro_step")
    assert not os.path.exists(os.path.join(folder, "a")), "a scenario with faults left a folder"


def test_looking(folder):
    expect(run("check", SMALL), 0, "no faults")
    assert json.loads(run("check", SMALL, "--json").stdout)["neurons"] == 420
    assert json.loads(run("plan", SMALL, "--json").stdout)["synapses"] == 18480
    on_card = json.loads(run("plan", SMALL, "--json", "--synapses", "card").stdout)
    assert on_card["device_bytes"] > on_card["network_bytes"] and on_card["making_on_card"], on_card
    plan = run("plan", SMALL)
    expect(plan, 0, "Assumed: ", "if every population fires", "--measure times the network itself")
    assert "took" in plan.stdout, plan.stdout
    expect(run("describe"), 0, "iaf_psc_exp")
    expect(run("describe", "iaf_psc_expp"), 2, "iaf_psc_exp")
    json.loads(run("schema").stdout)
    doctor = json.loads(run("doctor", "--json").stdout)
    assert doctor["arithmetic"].startswith("as it should be") and doctor["threads"] >= 1
    expect(run("init", "first", cwd=folder), 0, "first.json")
    expect(run("init", "first", cwd=folder), 5, "file exists")
    expect(run("check", "first.json", cwd=folder), 0, "no faults")
    # 1000 samples of ten neurons' 4 bytes and a time; spikes of 200 cells at the 5 Hz assumed, 16 bytes each.
    traces = '{"what":"traces","of":"S1/I","every":"1 ms","columns":["v_m_mV"],"count":10}'
    sets = ["--set", f'record=[{traces}, {{"what":"spikes","of":"S1/I"}}]']
    plan = json.loads(run("plan", "first.json", "--json", *sets, cwd=folder).stdout)
    assert plan["records_bytes"] == 48000 and plan["recorded_spikes_bytes"] == 16000, plan


def test_run_and_outputs(folder):
    out = os.path.join(folder, "a")
    result = run("run", SMALL, "--out", out)
    expect(result, 0, "Digest", "report.html")
    assert OWN == set(os.listdir(out)), os.listdir(out)
    manifest = json.load(open(os.path.join(out, "manifest.json")))
    assert manifest["state"] == "finished" and len(manifest["digests"]) == 4
    expect(run("run", SMALL, "--out", out), 5, "folder exists", "--force")
    for name, verb in (("results.h5", "export"), ("report.html", "report")):
        path = os.path.join(out, name)
        before = open(path, "rb").read()
        os.remove(path)
        expect(run(verb, out), 0, "Wrote")
        if name == "report.html":
            assert open(path, "rb").read() == before, "the rebuilt report differs"
    expect(run("status", out), 0, "finished", "14 macro steps")
    expect(run("run", SMALL, "--out", out, "--force", "--seed", "4", "-q"), 0)
    expect(run("status", folder), 4, "no run")
    other = os.path.join(folder, "b")
    expect(run("run", SMALL, "--out", other, "--threads", "1", "-q"), 0)
    expect(run("diff", out, other), 1, "seed: 4 and 3", "first difference")
    expect(run("run", SMALL, "--out", out, "--force", "-q", "--json"), 0, '"exit_code": 0')
    expect(run("diff", out, other), 0, "equal, bit for bit")


def test_raw_run(folder):
    run("init", "raw", cwd=folder)
    sets = ["--set", "until=0.2 s"]
    expect(run("run", "raw.json", *sets, "--out", "a", "-q", cwd=folder), 0, "spikes")
    expect(run("run", "raw.json", *sets, "--out", "b", "-q", "--threads", "1", cwd=folder), 0)
    expect(run("diff", "a", "b", cwd=folder), 0, "equal, bit for bit")
    expect(run("run", "raw.json", *sets, "--out", "c", "-q", "--set", "projections[EE].weight_pA.normal=[21, 2]", cwd=folder), 0)
    expect(run("diff", "a", "c", cwd=folder), 1, "first difference", "spikes")


def test_sonata_edges(folder):
    """The template with its EI projection from a file by other hands: SONATA and CSV agree, faults end with 4."""
    try:
        import h5py
        import numpy as np
    except ImportError as error:
        print(f"  skipped: {error}")
        return
    run("init", "raw", cwd=folder)
    numbers = np.random.default_rng(1)
    source, target = numbers.integers(0, 800, 4000), numbers.integers(0, 200, 4000)
    weight = numbers.uniform(20, 80, 4000).astype(np.float32)
    delay = np.float32(0.1) * numbers.integers(5, 40, 4000).astype(np.float32)
    with h5py.File(os.path.join(folder, "edges.h5"), "w") as file:
        base = file.create_group("edges/E_to_I")
        base["source_node_id"], base["target_node_id"] = source, target
        base["edge_type_id"] = np.full(4000, 7)
        base["edge_group_id"], base["edge_group_index"] = np.zeros(4000, int), np.arange(4000)
        base.create_dataset("0/syn_weight", data=weight, chunks=(500,), compression="gzip")
        base["0/delay"] = delay
    with open(os.path.join(folder, "edges.csv"), "w") as file:
        file.write("source,target,weight_pA,delay_ms\n")
        file.writelines(f"{s},{t},{w!r},{d!r}\n" for s, t, w, d in zip(source.tolist(), target.tolist(),
                                                                     weight.tolist(), delay.tolist()))

    def sets(file):
        return ["--set", f'projections[EI].rule={{"file":"{file}"}}', "--set", "until=0.2 s"]
    for name in ("edges.h5", "edges.csv"):
        expect(run("check", "raw.json", *sets(name), cwd=folder), 0, "no faults")
        assert json.loads(run("plan", "raw.json", "--json", *sets(name), cwd=folder).stdout)["synapses"] == 88000
        expect(run("run", "raw.json", *sets(name), "--out", name[6:], "-q", cwd=folder), 0, "spikes")
    digests = [json.load(open(os.path.join(folder, name, "manifest.json")))["digests"] for name in ("h5", "csv")]
    assert digests[0] == digests[1], digests
    # A rule would clip them at its first event.
    learns = ["--set", 'projections[EI].plasticity={"stdp_pair":{"w_max":10}}', "--set", "projections[EI].weight_pA=5"]
    expect(run("check", "raw.json", *sets("edges.csv"), *learns, cwd=folder), 4, "edges.csv", "outside the bounds", "w_max 10")
    with h5py.File(os.path.join(folder, "edges.h5"), "r+") as file:
        file["edges/E_to_I/0/delay"][17] = 0.01
    for verb in ("check", "plan", "run"):
        expect(run(verb, "raw.json", *sets("edges.h5"), cwd=folder), 4, "edges.h5", "/edges/E_to_I/0/delay", "row 17",
               "projections[EI].rule.file")
    with h5py.File(os.path.join(folder, "edges.h5"), "r+") as file:
        del file["edges/E_to_I/0/delay"]
        file["edges/E_to_I/0/delay"] = h5py.ExternalLink("edges.h5", "/edges/E_to_I/source_node_id")
    expect(run("check", "raw.json", *sets("edges.h5"), cwd=folder), 4, "/edges/E_to_I/0/delay: a soft or external link")
    expect(run("check", "raw.json", *sets("none.h5"), cwd=folder), 4, "none.h5", "does not exist")


def stop_after_steps(out, how, *more):
    """Starts a long run, stops it once it has logged some steps; returns its exit code."""
    process = subprocess.Popen([PROGRAM, "run", SMALL, *LONG, "--out", out, *more], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    log, start = os.path.join(out, "run.log"), os.path.getsize(os.path.join(out, "run.log")) if os.path.exists(out) else 0
    deadline = time.time() + 120
    while process.poll() is None and time.time() < deadline:
        if os.path.exists(log) and os.path.getsize(log) > start + 20000:
            break
        time.sleep(0.02)
    process.send_signal(how)
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def test_stop_and_resume(folder):
    whole, cut = os.path.join(folder, "whole"), os.path.join(folder, "cut")
    expect(run("run", SMALL, *LONG, "--out", whole, "-q", "--digests"), 0)
    code, said = stop_after_steps(cut, signal.SIGINT, "--digests")
    assert code == 75 and "the same command goes on" in said, (code, said)
    assert "results.h5" not in os.listdir(cut)
    expect(run("status", cut), 0, "stopped", "SIGINT")
    expect(run("report", cut), 0)
    code, said = stop_after_steps(cut, signal.SIGTERM, "--threads", "1", "--digests")
    assert code == 75 and "resuming" in said, (code, said)
    code, said = stop_after_steps(cut, signal.SIGKILL, "--checkpoint-every", "0.2 s", "--digests")
    assert code == -9, (code, said)
    expect(run("run", SMALL, *LONG, "--out", cut, "--digests"), 0, "resuming", "Digest")
    expect(run("diff", whole, cut), 0, "equal, bit for bit")


def test_branches(folder):
    """A settled baseline, branched into a loss, a sham and nonsense; the branch goes on without the baseline."""
    sham = ["--set", "timeline[loss].enabled=false"]
    straight, baseline = os.path.join(folder, "straight"), os.path.join(folder, "baseline")
    expect(run("run", SMALL, "--out", straight, "-q"), 0)
    expect(run("run", SMALL, *sham, "--set", "until=1 h", "--set", "probes=[]", "--out", baseline, "-q"), 0)
    settled = os.path.join(baseline, "checkpoint", "settled.pfc")
    loss = os.path.join(folder, "loss")
    result = run("run", SMALL, "--from", settled, "--out", loss, "--threads", "1")
    expect(result, 0, "branching from", "that is time 0 here")
    digests, origin = {}, json.load(open(os.path.join(baseline, "manifest.json")))
    for out in (straight, loss):
        manifest = json.load(open(os.path.join(out, "manifest.json")))
        digests[out] = manifest["digests"][:3]
    assert digests[straight] == digests[loss], digests
    assert manifest["from"]["path"] == settled and manifest["from"]["run_id"] == origin["run_id"] != manifest["run_id"]
    assert manifest["from"]["biological_s"] == 0 and manifest["from"]["step"] == manifest["first_step"] > 0, manifest["from"]
    assert manifest["from"]["digest"].startswith("0x")
    expect(run("status", loss), 0, "finished", "Branched from", origin["run_id"])
    # The whole folder: its last checkpoint. Stopped, and gone on with when the baseline is gone.
    cut, whole = os.path.join(folder, "cut"), os.path.join(folder, "whole")
    expect(run("run", SMALL, *LONG, "--from", baseline, "--out", whole, "-q"), 0)
    command = [PROGRAM, "run", SMALL, *LONG, "--from", baseline, "--out", cut]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while process.poll() is None and not os.path.exists(os.path.join(cut, "checkpoint", "current.pfc")):
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 75, (process.returncode, said)
    os.rename(baseline, baseline + "-away")
    expect(run("run", SMALL, *LONG, "--out", cut), 5, "unfinished run of this scenario, which branched --from " + baseline, "--force")
    command[command.index(baseline)] = os.path.join(os.path.dirname(baseline), ".", os.path.basename(baseline)) + "/"
    expect(run(*command[1:]), 0, "resuming")
    expect(run("diff", whole, cut), 0, "equal, bit for bit")
    expect(run("run", SMALL, "--from", baseline, "--out", os.path.join(folder, "x")), 4, "--from", "nothing of that name")
    os.rename(baseline + "-away", baseline)
    out = os.path.join(folder, "refused")
    expect(run("run", SMALL, "--from", baseline, "--out", out, "--set", "populations[S1/E].n=200", "--seed", "5"), 3,
           "another network", "populations[S1/E].n: 200 here, 240 in the checkpoint", "seed: 5 here, 3 in the checkpoint")
    expect(run("run", SMALL, "--from", baseline, "--out", out, "--set", "projections[TC].weight_pA.lognormal=[200, 40]"), 3,
           "projections[TC].weight_pA")
    expect(run("run", SMALL, "--from", folder, "--out", out), 4, "the folder holds none")
    assert not os.path.exists(out), "a refused branch left a folder"
    run("init", "raw", cwd=folder)
    expect(run("run", "raw.json", "--from", baseline, "--out", out, cwd=folder), 3, "raw clock")


def test_status_and_partial_report(folder):
    out = os.path.join(folder, "a")
    process = subprocess.Popen([PROGRAM, "run", SMALL, *LONG, "--out", out, "-q", "--threads", "1"], stderr=subprocess.DEVNULL)
    log = os.path.join(out, "run.log")
    while process.poll() is None and not (os.path.exists(log) and os.path.getsize(log) > 20000):
        time.sleep(0.01)
    expect(run("status", out), 0, "small study: running", "Writer: process", "of spiking", "Last checkpoint", "Acceleration so far")
    for verb, name in (("report", "report.html"), ("export", "results.h5")):
        expect(run(verb, out), 0, "Wrote")
        assert os.path.exists(os.path.join(out, name))
    assert "not finished" in open(os.path.join(out, "report.html")).read()
    assert process.poll() is None, "the run ended too soon for this test"
    process.kill()
    process.wait()
    status = json.loads(run("status", out, "--json").stdout)
    assert status["state"] == "killed" and status["has_checkpoint"] and status["log_problem"] == "", status
    assert status["progress"]["speed"] > 0 and status["progress"]["left_s"] > 0, status["progress"]
    with open(log, "ab") as file:  # a frame that was being written
        file.write(b"PFL1\x01\0\0\0" + bytes(20))
    expect(run("status", out), 0, "small study: killed", "It was: process", "Last heard of at", "goes on from the last checkpoint")
    expect(run("report", out), 0, "Wrote")
    expect(run("run", SMALL, *LONG, "--out", out, "-q"), 0)
    expect(run("status", out), 0, "finished")
    assert "progress.json" not in os.listdir(out)


def test_damaged_log(folder):
    out = os.path.join(folder, "a")
    log, results = os.path.join(out, "run.log"), os.path.join(out, "results.h5")

    def flip(position):
        with open(log, "r+b") as file:
            file.seek(position)
            byte = file.read(1)[0]
            file.seek(position)
            file.write(bytes([byte ^ 1]))

    expect(run("run", SMALL, "--out", out, "-q"), 0)
    whole = open(results, "rb").read() if os.path.exists(results) else None
    middle = os.path.getsize(log) // 2
    flip(middle)
    for verb in ("export", "report"):
        expect(run(verb, out), 4, "the log is damaged", "nothing has been written", "put a copy of run.log back")
    assert whole is None or open(results, "rb").read() == whole, "a damaged log has cost the results"
    expect(run("status", out), 0, "run.log is good up to here", "damaged")
    flip(middle)
    expect(run("export", out), 0, "Wrote")

    shutil.rmtree(out)
    expect(run("run", SMALL, *LONG, "--out", out, "-q", "--walltime", "1 s", "--checkpoint-every", "0.1 s"), 75)
    flip(os.path.getsize(log) // 2)
    expect(run("run", SMALL, *LONG, "--out", out, "-q"), 4, "the checkpoint goes on after byte", "the log is damaged", "another --out")
    flip(os.path.getsize(log) // 2)
    os.rename(log, log + ".away")
    expect(run("run", SMALL, *LONG, "--out", out, "-q"), 4, "the checkpoint goes on after byte", "there is none")
    os.rename(log + ".away", log)
    expect(run("run", SMALL, *LONG, "--out", out, "-q"), 0)


def test_watchdog(folder):
    out = os.path.join(folder, "a")
    limits = ["--set", 'watchdog.populations=[{"of":"S1/E","most_rate_Hz":1.5}]']
    result = run("run", SMALL, *limits, "--out", out, "-q")
    expect(result, 9, "population S1/E fires at", "above 1.5 Hz", "at biological time", "any event", "is kept in")
    manifest = json.load(open(os.path.join(out, "manifest.json")))
    assert manifest["exit_code"] == 9 and manifest["state"] == "stopped", manifest
    assert os.path.exists(os.path.join(out, "checkpoint", "current.pfc"))
    again = run("run", SMALL, *limits, "--out", out, "-q")
    expect(again, 9, "population S1/E fires at")
    expect(run("check", SMALL, "--set", 'watchdog.populations=[{"of":"S1/X"}]'), 3, "S1/X", "S1/E")
    expect(run("check", SMALL, "--set", "watchdog.most_rate_Hz=0"), 3, "most_rate_Hz")


def test_walltime(folder):
    out = os.path.join(folder, "a")
    expect(run("run", SMALL, *LONG, "--out", out, "--walltime", "1.5 s"), 75, "--walltime")
    expect(run("status", out), 0, "stopped")


def test_progress(folder):
    process = subprocess.Popen([PROGRAM, "run", SMALL, "--out", os.path.join(folder, "a")], stderr=subprocess.PIPE, text=True)
    began = time.time()
    line = process.stderr.readline()
    assert line and time.time() - began < 1.0, "the first line took too long"
    process.communicate()


def test_output_faults(folder):
    expect(run("run", SMALL, "--out", "/proc/penfield/a"), 5, "/proc")
    path = os.path.join(folder, "file")
    open(path, "w").close()
    expect(run("run", SMALL, "--out", path), 5, "a file of that name")
    holding = os.path.join(folder, "a")
    first = subprocess.Popen([PROGRAM, "run", SMALL, *LONG, "--out", holding, "-q"])
    while not os.path.exists(os.path.join(holding, "run.log")):
        time.sleep(0.01)
    began = time.time()
    expect(run("run", SMALL, *LONG, "--out", holding), 5)
    assert time.time() - began < 2.0
    first.kill()
    first.wait()
    with open("/dev/full", "w") as full:
        result = subprocess.run([PROGRAM, "schema"], stdout=full, stderr=subprocess.PIPE, text=True)
        assert result.returncode == 5, result


def test_no_device(folder):
    expect(run("run", SMALL, "--synapses", "card", "--set", 'projections[0].plasticity={"stdp_pair":{"w_max":1000,"tau_minus_ms":20}}', "--out", os.path.join(folder, "b"), "-q"), 2,
           "--synapses card", "projects on the host", "--synapses host")
    expect(run("run", SMALL, "--device", "cpu", "--synapses", "card", "--out", os.path.join(folder, "b"), "-q"), 6,
           "no GPU to make synapses on (--synapses card)", "--device cpu asks for none", "--synapses host")
    result = run("run", SMALL, "--device", "cuda", "--out", os.path.join(folder, "a"), "-q")
    if result.returncode == 0:
        return  # there is a GPU
    expect(result, 6, "no GPU (--device cuda)", "--device cpu")
    assert not os.path.exists(os.path.join(folder, "a")), "a run without a device left a folder"


def test_bench(folder):
    expect(run("bench", "--list"), 0, "pd14_poisson", "brunel_stdp", "sheet_plastic")
    expect(run("bench", "vogel"), 2, 'unknown network "vogel"', "vogels")
    expect(run("bench", "vogels", "--scale", "0"), 2, "--scale")
    expect(run("bench", "sheet", "--scale", "2", "--plan"), 0, "2000000 neurons, 2000000000 synapses")
    expect(run("bench", "sheet", "--scale", "2", "--plan", "--instances", "2"), 0,
           "2 instances, in all 4000000 neurons, 4000000000 synapses")
    for bad in ("0", "-1", "1001", "4e9", "two", ""):
        expect(run("bench", "pd14_sweep", f"--instances={bad}"), 2, f"--instances {bad} ", "1 to 1000", "4 of pd14_sweep")
    scenario = json.loads(run("bench", "brunel", "--scale", "0.01", "--scenario").stdout)
    assert scenario["populations"]["net/E"]["n"] == 800, scenario["populations"]
    kept = os.path.join(folder, "vogels.json")
    expect(run("bench", "vogels", "--seconds", "0.1", "--json-file", kept), 0, "real-time factor", "digest")
    assert json.load(open(kept))["pass"] is True
    small = ("bench", "vogels", "--scale", "0.25", "--seconds", "0.1", "--json-file", kept)
    expect(run(*small, "--seed", "8"), 0)
    alone = json.load(open(kept))
    expect(run(*small, "--seed", "7", "--instances", "2"), 0, "in 2 instances side by side", "per instance", "; instances ")
    both = json.load(open(kept))
    assert both["neurons"] == 2 * alone["neurons"] == 2000, both
    assert both["instance_digest"][0] != alone["digest"] == both["instance_digest"][1], both["instance_digest"]
    assert abs(2 * both["real_time_factor_per_instance"] - both["real_time_factor"]) < 1e-12, both


def test_memory(folder):
    for verb in ("plan", "run"):
        began = time.time()
        expect(run(verb, SMALL, "--set", "populations[S1/E].n=2000000000", cwd=folder), 7, "not enough memory", "available")
        assert time.time() - began < 2.0
    assert not os.listdir(folder), "a refused run left a folder"


def test_full_disk(folder):
    disk = os.path.join(folder, "disk")
    os.mkdir(disk)
    mounted = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk],
                                                   capture_output=True).returncode == 0
    if not mounted:
        print("  skipped: no right to mount a small disk")
        return
    try:
        out = os.path.join(disk, "a")
        expect(run("run", SMALL, "--out", out, "-q"), 5, "bytes")
        left = [name for _, _, names in os.walk(disk) for name in names]
        assert not [name for name in left if name.endswith(".tmp")], left
        assert json.load(open(os.path.join(out, "manifest.json")))["state"] != "finished"
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        expect(run("run", SMALL, "--out", out, "-q"), 0, "Digest")
        elsewhere = os.path.join(folder, "b")
        expect(run("run", SMALL, "--out", elsewhere, "-q"), 0)
        expect(run("diff", out, elsewhere), 0, "equal, bit for bit")
    finally:
        subprocess.run(["umount", disk], check=True)


def main():
    wanted = sys.argv[3:]
    failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        began = time.time()
        with tempfile.TemporaryDirectory(prefix="penfield-cli-") as folder:
            try:
                test(folder)
                print(f"pass  {name} ({time.time() - began:.1f} s)")
            except (AssertionError, subprocess.SubprocessError, OSError) as fault:
                failed += 1
                print(f"FAIL  {name}: {fault}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

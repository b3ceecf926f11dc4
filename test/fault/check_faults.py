#!/usr/bin/env python3
"""The program killed, failed and signalled at many moments, then run again: the same results, bit for bit.
usage: check_faults.py PROGRAM SOURCE_FOLDER FAULT_LIBRARY kills|calls|signals|sizes [--count N] [--seed S] [--raw]
kills: SIGKILL at random moments. calls: every file call of a run fails, is cut short, or is where it is killed (--count: so
many positions of each kind, spread evenly; 0: all). signals: SIGTERM, SIGINT, SIGUSR1, single and double, at random moments.
sizes: no file may become longer than so much, in so many steps up to the longest that the run makes."""
import argparse
import errno
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SLOW = 3.0 if os.environ.get("PENFIELD_SLOW") else 1.0


class Bench:
    """One scenario, and what an undisturbed run of it leaves."""

    def __init__(self, program, source, folder, raw):
        self.program, self.folder = program, folder
        small = os.path.join(source, "test/cli/small_study.json")
        if raw:
            subprocess.run([program, "init", "raw"], cwd=folder, check=True, capture_output=True)
            self.command = [program, "run", os.path.join(folder, "raw.json"), "--set", "until=0.5 s"]
        else:
            self.command = [program, "run", small, "--set", "until=1 d"]
        self.command += ["-q", "--threads", "1", "--checkpoint-every", "0.02 s"]
        self.whole = os.path.join(folder, "whole")
        began = time.time()
        result = self.run(self.whole)
        self.wall_s = time.time() - began
        assert result.returncode == 0, result.stderr
        self.digests = self.digests_of(self.whole)

    def run(self, out, *more, env=None, most_bytes=None):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

        return subprocess.run([*self.command, "--out", out, *more], capture_output=True, text=True, timeout=600, env=env,
                              preexec_fn=limit if most_bytes is not None else None)

    def start(self, out, *more):
        return subprocess.Popen([*self.command, "--out", out, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    @staticmethod
    def state_of(out):
        try:
            return json.load(open(os.path.join(out, "manifest.json")))["state"]
        except (OSError, ValueError, KeyError):
            return None

    @staticmethod
    def digests_of(out):
        return json.load(open(os.path.join(out, "manifest.json")))["digests"]

    def finish(self, out):
        """Runs to the end; the fault, or None where state, results and log are those of the whole run."""
        # Killed at its very end a run may be whole, and the same command would not touch it.
        finished = self.state_of(out) == "finished"
        result = None if finished else self.run(out)
        if result is not None and result.returncode != 0:
            return f"resuming ended with {result.returncode}: {result.stderr}"
        if self.digests_of(out) != self.digests:
            return "other digests"
        if open(os.path.join(out, "run.log"), "rb").read() != open(os.path.join(self.whole, "run.log"), "rb").read():
            return "another run.log"
        missing = {"results.h5", "report.html"} - set(os.listdir(out)) if os.path.exists(os.path.join(self.whole, "results.h5")) else set()
        leftovers = [name for _, _, names in os.walk(out) for name in names if name.endswith(".tmp") or name == "penfield.lock"]
        return f"missing {missing}" if missing else f"left {leftovers}" if leftovers else None


def checkpoint_step(out):
    try:
        return json.load(open(os.path.join(out, "manifest.json")))["last_step"]
    except (OSError, ValueError, KeyError):
        return 0


def kills(bench, count, numbers):
    """Threads differ from part to part; what a checkpoint held is never lost."""
    failures, killed, runs = [], 0, 0
    while killed < count or runs == 0:
        out = os.path.join(bench.folder, "cut")
        durable = 0
        for _ in range(numbers.randint(1, 12)):
            process = bench.start(out, "--threads", str(numbers.randint(1, 3)))
            try:
                process.communicate(timeout=numbers.uniform(0.0, 0.9 * bench.wall_s))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                killed += 1
            if process.returncode == 0:
                break
            reached = checkpoint_step(out)
            if reached < durable:
                failures.append(f"kill {killed}: step {reached} after step {durable} was durable")
            durable = reached
        if os.path.exists(os.path.join(out, "results.h5")) and json.load(open(os.path.join(out, "manifest.json")))["state"] == "finished":
            fault = None if bench.digests_of(out) == bench.digests else "other digests"
        else:
            fault = bench.finish(out)
        if fault:
            failures.append(f"after kill {killed}: {fault}")
        runs += 1
        shutil.rmtree(out)
    print(f"{killed} kills over {runs} whole runs: {len(failures)} failures")
    return failures, killed >= count


def calls(bench, count, numbers, library):
    def environment(out, kind="", at=-1, tell=""):
        env = dict(os.environ, LD_PRELOAD=library, PENFIELD_FAULT_FOLDER=out)
        if kind:
            env.update(PENFIELD_FAULT_KIND=kind, PENFIELD_FAULT_AT=str(at))
        if tell:
            env["PENFIELD_FAULT_COUNT"] = tell
        return env

    # By time alone, the number of checkpoints would differ from run to run.
    bench.command[bench.command.index("--checkpoint-every") + 1] = "1 ms"
    told, out = os.path.join(bench.folder, "count"), os.path.join(bench.folder, "cut")
    result = bench.run(out, env=environment(out, tell=told))
    assert result.returncode == 0, result.stderr
    positions = int(open(told).read())
    shutil.rmtree(out)
    failures, done, codes = [], 0, {}
    for kind in [str(errno.ENOSPC), str(errno.EDQUOT), str(errno.EIO), str(errno.EINTR), "short", "kill", "kill_after"]:
        chosen = range(positions) if count == 0 else sorted({numbers.randrange(positions) for _ in range(count)})
        for at in chosen:
            result = bench.run(out, env=environment(out, kind, at))
            done += 1
            codes[result.returncode] = codes.get(result.returncode, 0) + 1
            allowed = (-signal.SIGKILL, 0) if kind.startswith("kill") else (0, 5)
            if result.returncode not in allowed:
                failures.append(f"{kind} at call {at}: exit code {result.returncode}: {result.stderr}")
            if result.returncode == 5 and out not in result.stderr:
                failures.append(f"{kind} at call {at}: no file is named: {result.stderr}")
            state = ""
            if os.path.exists(os.path.join(out, "manifest.json")):
                state = json.load(open(os.path.join(out, "manifest.json")))["state"]
            if result.returncode == 5 and state == "finished":
                failures.append(f"{kind} at call {at}: exit code 5, but the manifest says finished")
            fault = None
            if state == "finished":
                if bench.digests_of(out) != bench.digests:
                    fault = "other digests"
            else:
                fault = bench.finish(out)
            if fault:
                failures.append(f"{kind} at call {at}: {fault}")
            shutil.rmtree(out, ignore_errors=True)
    print(f"{positions} file calls, {done} faults of 7 kinds, exit codes {codes}: {len(failures)} failures")
    return failures, positions > 50 and codes.get(5, 0) > 0 and codes.get(-signal.SIGKILL, 0) > 0


def sizes(bench, count, numbers):
    written = {}
    for folder, _, names in os.walk(bench.whole):
        for name in names:
            written[name] = os.path.getsize(os.path.join(folder, name))
    limits = {max(written.values()) * k // (count + 1) for k in range(1, count + 1)}
    # The results are made at the very end, by a library that keeps much of them until it closes the file.
    results = written.get("results.h5", 0)
    limits |= {results * k // 8 for k in range(1, 8)} | {results - 1} if results else set()
    failures, codes, out = [], {}, os.path.join(bench.folder, "cut")
    for most in sorted(limits):
        result = bench.run(out, most_bytes=most)
        codes[result.returncode] = codes.get(result.returncode, 0) + 1
        if result.returncode not in (0, 5):
            failures.append(f"at most {most} bytes: exit code {result.returncode}: {result.stderr}")
        elif result.returncode == 5 and out not in result.stderr:
            failures.append(f"at most {most} bytes: no file is named: {result.stderr}")
        # What could not even be begun leaves nothing to go on from.
        fault = bench.finish(out)
        if fault:
            failures.append(f"at most {most} bytes: {fault}")
        shutil.rmtree(out, ignore_errors=True)
    print(f"{len(limits)} limits of a file's size, exit codes {codes}: {len(failures)} failures")
    return failures, codes.get(5, 0) >= 3


PHASES = ["building", "running", "writing a checkpoint", "writing the results"]


def phase_of(out):
    try:
        return json.load(open(os.path.join(out, "progress.json")))["phase"]
    except (OSError, ValueError):
        if os.path.exists(os.path.join(out, "run.log")):
            return "at the end"
        return "building" if os.path.exists(out) else "before the folder is there"


def signals(bench, count, numbers):
    """At random moments, and as often as soon as the next of the phases begins: each has to be met."""
    failures, codes, phases, longest_s = [], {}, {}, 0.0
    done = tries = 0
    while done < count or (not all(phase in phases for phase in PHASES) and tries < 4 * count + 40):
        out = os.path.join(bench.folder, "cut")
        for _ in range(numbers.randint(1, 6)):
            process = bench.start(out, "--threads", str(numbers.randint(1, 3)))
            tries += 1
            if tries % 2:
                time.sleep(numbers.uniform(0.0, 1.1 * bench.wall_s))
            else:
                wanted = min(PHASES, key=lambda phase: phases.get(phase, 0))
                while process.poll() is None and phase_of(out) != wanted:
                    time.sleep(0.0005)
            phase = phase_of(out)
            how = numbers.choice([signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
            double = numbers.random() < 0.3
            sent = time.time()
            process.send_signal(how)
            if double:  # as launchers do, which tell a process and its group
                time.sleep(numbers.uniform(0.0, 0.05))
                process.send_signal(numbers.choice([signal.SIGTERM, signal.SIGINT]))
            said, errors = process.communicate(timeout=300)
            took_s = time.time() - sent
            done += 1
            code = process.returncode
            codes[code] = codes.get(code, 0) + 1
            phases[phase] = phases.get(phase, 0) + 1
            longest_s = max(longest_s, took_s)
            # A process that has not come to main() yet, or is past its end, has nothing to lose.
            early = code in (-signal.SIGTERM, -signal.SIGINT, -signal.SIGUSR1) and phase in ("before the folder is there", "at the end")
            if code not in (0, 75) and not early:
                failures.append(f"signal {how} while {phase}: exit code {code}: {said} {errors}")
            if took_s > 5.0 * SLOW:
                failures.append(f"signal {how} while {phase}: took {took_s:.1f} s")
            if code == 0 or bench.state_of(out) == "finished":  # it may be past its end when a signal comes
                break
        fault = None
        if code == 0:
            if bench.digests_of(out) != bench.digests:
                fault = "other digests"
        else:
            fault = bench.finish(out)
        if fault:
            failures.append(f"after {done} signals: {fault}")
        shutil.rmtree(out, ignore_errors=True)
    print(f"{done} signals, exit codes {codes}, phases {phases}, longest {longest_s:.2f} s: {len(failures)} failures")
    return failures, codes.get(75, 0) * 4 >= done and all(phase in phases for phase in PHASES)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("source")
    parser.add_argument("library")
    parser.add_argument("kind", choices=["kills", "calls", "signals", "sizes"])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--raw", action="store_true", help="a raw run instead of an episodic study")
    given = parser.parse_args()
    numbers = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="penfield-fault-") as folder:
        bench = Bench(os.path.abspath(given.program), os.path.abspath(given.source), folder, given.raw)
        if given.kind == "calls":
            failures, enough = calls(bench, given.count, numbers, os.path.abspath(given.library))
        else:
            check = {"kills": kills, "signals": signals, "sizes": sizes}[given.kind]
            failures, enough = check(bench, given.count, numbers)
    for line in failures[:20]:
        print("FAIL ", line)
    if not enough:
        print("FAIL  too few of the faults took place to prove anything")
    sys.exit(1 if failures or not enough else 0)


if __name__ == "__main__":
    main()

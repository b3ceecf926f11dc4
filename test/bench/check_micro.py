"""Runs one micro-benchmark at tiny size: exit status 0, every check passed, JSON with the keys that readers look for.
usage: check_micro.py PROGRAM"""
import json
import os
import subprocess
import sys
import tempfile


def run(program, *arguments):
    return subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def faults_of(program, folder):
    """What is wrong, a line each."""
    file = os.path.join(folder, "micro.json")
    done = run(program, "--tiny", "--json", file)
    print(done.stdout)
    if done.returncode != 0:
        return [f"exit status {done.returncode}"]
    with open(file, encoding="utf-8") as stream:
        said = json.load(stream)
    faults = [f"no {key}" for key in ("micro", "machine", "tiny", "repetitions", "passed", "checks", "results") if key not in said]
    if faults:
        return faults
    if said["micro"] != os.path.basename(program):
        faults.append(f"calls itself {said['micro']}")
    if said["tiny"] is not True or said["passed"] is not True:
        faults.append("tiny and passed should be true")
    if not said["checks"] or not all(said["checks"].values()):
        faults.append("no checks, or not all passed")
    if not said["results"]:
        faults.append("no results")
    for row in said["results"]:
        for key, kind in (("name", str), ("value", (int, float)), ("unit", str)):
            if not isinstance(row.get(key), kind):
                faults.append(f"{row.get('name')}: {key} is {row.get(key)}")
        if isinstance(row.get("value"), (int, float)) and not row["value"] > 0.0:
            faults.append(f"{row['name']}: {row['value']} {row['unit']}")
    if not any("roof_bytes_per_s" in row for row in said["results"]):
        faults.append("no row has a roof")
    if run(program, "--nonsense").returncode != 2 or run(program, "--help").returncode != 0:
        faults.append("--nonsense should end with 2, --help with 0")
    return faults


def main():
    with tempfile.TemporaryDirectory() as folder:
        faults = faults_of(os.path.abspath(sys.argv[1]), folder)
    for fault in faults:
        print("check_micro:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

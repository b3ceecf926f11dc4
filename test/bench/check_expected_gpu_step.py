"""bench/expected_gpu_step.md is what the script prints, and measured rates replace assumed ones.
usage: check_expected_gpu_step.py ROOT"""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(sys.argv[1])


def printed(*options):
    return subprocess.run([sys.executable, "-B", str(ROOT / "bench" / "expected_gpu_step"), *options], stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def main():
    faults = []
    if printed() != (ROOT / "bench" / "expected_gpu_step.md").read_text(encoding="utf-8"):
        faults.append("bench/expected_gpu_step.md is out of date: bench/expected_gpu_step --out bench/expected_gpu_step.md")
    with tempfile.TemporaryDirectory() as folder:
        rates = pathlib.Path(folder) / "gpu_check.json"
        row = {"name": "graph, chain of nodes of 1 blocks", "value": 10.0, "unit": "us per node"}
        rates.write_text(json.dumps({"micro": {"gpu_latency": {"results": [row]}}}), encoding="utf-8")
        said = printed("--rates", str(rates))
    if "| `node` | 1e-05 s |" not in said or "measured, `gpu_latency`" not in said or "measured, `gpu_copy`" in said:
        faults.append("a measured rate did not replace the assumed one")
    for source in (ROOT / "bench" / "expected_gpu_step").read_text(encoding="utf-8").split("\n"):
        if source.startswith('    "') and '("gpu_' in source:  # rows that the programs still name so
            program, name = source.split('("gpu_')[1].split('"')[0], source.split('", "')[-1].split('"')[0]
            text = (ROOT / "bench" / "micro" / f"gpu_{program}.cu").read_text(encoding="utf-8")
            if name.split(" of ")[0].rstrip("0123456789, MiB") [:12] not in text:
                faults.append(f"gpu_{program} has no row like {name}")
    for fault in faults:
        print("check_expected_gpu_step:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

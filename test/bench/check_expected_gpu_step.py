"""bench/NAME.md is what the script bench/NAME prints, and measured rates replace assumed ones.
usage: check_expected_gpu_step.py ROOT expected_gpu_step|expected_gpu_build"""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT, NAME = pathlib.Path(sys.argv[1]), sys.argv[2]
# A program of bench/micro, its row, and what the page says of the rate that the row's value of 10 gives.
PLANTED = {"expected_gpu_step": ("gpu_latency", "graph, chain of nodes of 1 blocks", "| `node` | 1e-05 s |", "gpu_copy"),
           "expected_gpu_build": ("gpu_copy", "driver's copy, 8192 MiB", "| `bw` | 1e+10 B/s |", "gpu_gather")}[NAME]


def printed(*options):
    return subprocess.run([sys.executable, "-B", str(ROOT / "bench" / NAME), *options], stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def main():
    faults = []
    program, measured, said_of_it, unmeasured = PLANTED
    if printed() != (ROOT / "bench" / f"{NAME}.md").read_text(encoding="utf-8"):
        faults.append(f"bench/{NAME}.md is out of date: bench/{NAME} --out bench/{NAME}.md")
    with tempfile.TemporaryDirectory() as folder:
        rates = pathlib.Path(folder) / "gpu_check.json"
        row = {"name": measured, "value": 10.0, "unit": "?"}
        rates.write_text(json.dumps({"micro": {program: {"results": [row]}}}), encoding="utf-8")
        said = printed("--rates", str(rates))
    if said_of_it not in said or f"measured, `{program}`" not in said or f"measured, `{unmeasured}`" in said:
        faults.append("a measured rate did not replace the assumed one")
    for source in (ROOT / "bench" / NAME).read_text(encoding="utf-8").split("\n"):
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

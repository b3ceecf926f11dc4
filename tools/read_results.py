#!/usr/bin/env python3
"""Prints what is in a run's results.h5: each data set with shape, unit and meaning, and the spikes.

usage: read_results.py RUN_FOLDER|results.h5 [PATH]

With a PATH inside the file (such as /maps/S1/area) its values are printed too. Needs h5py and numpy only,
and serves as an example of reading the file in a script of your own:

    with h5py.File("runs/NAME/results.h5") as file:
        area = file["maps/S1/area"]         # an array; area.attrs["unit"], area.attrs["axes"]
        times = file["spikes/S1_E/timestamps"][:]   # ms, sorted; node_ids beside it
"""
import pathlib
import sys

import h5py
import numpy as np


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def shape_of(dataset):
    return " x ".join(str(extent) for extent in dataset.shape) if dataset.shape else "scalar"


def describe(dataset):
    unit = text(dataset.attrs.get("unit", dataset.attrs.get("units", "")))
    unit = "" if unit == "1" else unit
    axes = ", ".join(text(axis) for axis in dataset.attrs.get("axes", []))
    line = f"{dataset.name:40s} {shape_of(dataset):16s} {unit:8s} {text(dataset.attrs.get('meaning', ''))}"
    return line + (f"  [{axes}]" if axes else "")


def print_tree(file):
    def visit(name, item):
        if isinstance(item, h5py.Dataset) and not name.startswith("spikes/"):
            print(describe(item))

    file.visititems(visit)
    for population, group in file.get("spikes", {}).items():
        times = group["timestamps"]
        span = f", {times[0]:g} to {times[-1]:g} ms" if len(times) else ""
        print(f"{group.name:40s} {len(times)} spikes of {len(np.unique(group['node_ids'][:]))} neurons{span}")


def print_values(dataset):
    print(describe(dataset))
    is_text = h5py.check_string_dtype(dataset.dtype) is not None
    values = dataset.asstr()[()] if is_text else dataset[()]
    print(np.array2string(values, threshold=200) if isinstance(values, np.ndarray) else values)


def main(arguments):
    if len(arguments) not in (1, 2) or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments and arguments[0] in ("-h", "--help") else 2
    path = pathlib.Path(arguments[0])
    if path.is_dir():
        path = path / "results.h5"
    if not path.is_file():
        problem = f"no results ({path}): the run has not ended; `penfield export` builds them from run.log"
        print(problem, file=sys.stderr)
        return 4
    with h5py.File(path, "r") as file:
        if len(arguments) == 1:
            print_tree(file)
        elif isinstance(file.get(arguments[1]), h5py.Dataset):
            print_values(file[arguments[1]])
        else:
            problem = f"no such data set ({arguments[1]} in {path}): leave it out to see the list"
            print(problem, file=sys.stderr)
            return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Opens Penfield's files with other people's readers (bmtk, h5py).

usage: check_sonata.py PATH_OF_PENFIELD_SONATA_EXAMPLE
Exit status: 0 passed, 1 failed, 77 a reader is not installed or the program has no HDF5 (skipped).
"""
import json
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77

try:
    import h5py
    import numpy as np
    from bmtk.utils import sonata
    from bmtk.utils.reports.spike_trains import SpikeTrains
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(SKIPPED)


def check_results(path):
    with h5py.File(path, "r") as file:
        assert file.attrs["magic"] == 0x0A7A
        assert list(file.attrs["version"]) == [0, 1]
        groups = {"maps", "readouts", "traces", "rates", "weights", "settings", "spikes", "clock", "energy", "growth", "astrocytes", "injury"}
        assert set(file) == groups, set(file) ^ groups
        area = file["maps/S1/D1"]
        assert area.shape == (2, 3) and area.dtype == np.float32 and area[1, 2] == 6
        assert area.attrs["unit"] == "mm^2" and area.attrs["meaning"] == "area of D1"
        assert list(area.attrs["axes"]) == ["time (d)", "sheet"]
        assert json.loads(file["settings/scenario"].asstr()[()])["name"] == "example"
        spikes = file["spikes/S1_E"]
        assert spikes.attrs["sorting"] == "by_time"
        assert spikes["timestamps"].attrs["units"] == "milliseconds"
        assert spikes["node_ids"].dtype == np.uint64 and spikes["timestamps"].dtype == np.float64


def check_spikes(path):
    trains = SpikeTrains.from_sonata(str(path))
    assert sorted(trains.populations) == ["S1_E", "S1_PV"], trains.populations
    assert list(trains.get_times(1, population="S1_E")) == [0.5, 12.25]
    assert list(trains.get_times(0, population="S1_PV")) == [7.5]
    table = trains.to_dataframe(populations="S1_E")
    assert list(table["timestamps"]) == [0.5, 0.5, 3.0, 12.25]
    assert list(table["node_ids"]) == [0, 1, 2, 1]


def open_sonata(folder, kind):
    types = str(folder / f"{kind}_types.csv")
    return sonata.File(data_files=str(folder / f"{kind}s.h5"), data_type_files=types)


def check_circuit(folder):
    nodes = open_sonata(folder, "node").nodes
    assert sorted(nodes.population_names) == ["S1_E", "S1_PV"]
    excitatory = nodes.get_population("S1_E")
    assert len(excitatory) == 3
    node = excitatory.get_node_id(2)
    assert abs(node["x"] - 300) < 1e-9 and abs(node["y"] - 1000) < 1e-9  # um
    assert node["model_type"] == "point_neuron" and node["model_template"] == "penfield:iaf_psc_exp"

    edges = open_sonata(folder, "edge").edges
    to_pv = edges.get_population("S1_E_to_S1_PV")
    assert to_pv.source_population == "S1_E" and to_pv.target_population == "S1_PV"
    rows = [(e.source_node_id, round(float(e["syn_weight"]), 6), e["delay"]) for e in to_pv.get_target(0)]
    assert rows == [(0, 0.1, 1.0), (1, 0.2, 1.25), (2, 0.3, 1.5)], rows
    to_e = edges.get_population("S1_PV_to_S1_E")
    assert [len(list(to_e.get_target(i))) for i in range(3)] == [1, 0, 1]


def main():
    with tempfile.TemporaryDirectory() as name:
        status = subprocess.run([sys.argv[1], name], check=False).returncode
        if status == SKIPPED:
            print("skipped: the program has no HDF5")
            return SKIPPED
        assert status == 0, f"the example program failed with {status}"
        folder = pathlib.Path(name)
        check_results(folder / "results.h5")
        check_spikes(folder / "results.h5")
        check_circuit(folder)
        reader = pathlib.Path(__file__).resolve().parents[2] / "tools" / "read_results.py"
        command = [sys.executable, str(reader), str(folder)]
        shown = subprocess.run(command, check=True, capture_output=True, text=True)
        for part in ("/maps/S1/D1", "2 x 3", "mm^2", "area of D1", "time (d)", "S1_E", "4 spikes"):
            assert part in shown.stdout, f"{part!r} is not in:\n{shown.stdout}"
    print("bmtk and h5py read what Penfield writes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

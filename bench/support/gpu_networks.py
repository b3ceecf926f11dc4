"""The networks of bench/expected_gpu_step, as far as its formulas need them: sizes from `penfield bench NAME --scale S --plan`,
rates as stated."""
import math

PD14_CELLS = {"L23E": 20683, "L23I": 5834, "L4E": 21915, "L4I": 5479, "L5E": 4850, "L5I": 1065, "L6E": 14395, "L6I": 2948}
PD14_HZ = {"L23E": 0.903, "L23I": 2.965, "L4E": 4.414, "L4I": 5.876, "L5E": 7.569, "L5I": 8.633, "L6E": 1.105, "L6I": 7.829}
PD14_PROBABILITY = [  # [target][source], as host/bench/networks.cpp
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0, 0.0076, 0], [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0, 0.0042, 0],
    [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0], [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0, 0.1057, 0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0], [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252], [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443]]


def population(model, n, rate_Hz, columns, ports, blocks, drawn=False):
    """columns: of the model's state; blocks: that fit onto a multiprocessor (bench/results/cuda_resources_sm90.txt); drawn: random
    words or gains are in its input."""
    return {"model": model, "n": n, "rate_Hz": rate_Hz, "columns": columns, "ports": ports, "blocks": blocks, "drawn": drawn}


def projection(source, target, synapses, uniform=False, pieces=1, plastic=False, heard=1.0, delays=0, heard_delays=1.0):
    """pieces: that a row is cut into by delay, 15 steps each; heard: share of the segments (source tile, piece) that lead a tile
    anything. delays: at which learning visits synapses, if they have calendars; heard_delays: share of (source tile, delay)."""
    return {"from": source, "to": target, "synapses": synapses, "uniform": uniform, "pieces": pieces, "plastic": plastic, "heard": heard,
            "delays": delays, "heard_delays": heard_delays}


def pd14():
    names = list(PD14_CELLS)
    projections = []
    for t, to in enumerate(names):
        for f, source in enumerate(names):
            if PD14_PROBABILITY[t][f] > 0:
                pairs = PD14_CELLS[to] * PD14_CELLS[source]
                projections.append(projection(source, to, math.log1p(-PD14_PROBABILITY[t][f]) / math.log1p(-1.0 / pairs),
                                              pieces=5 if f % 2 == 0 else 3))
    return {"what": "0.299 G synapses", "aim": 0.15, "dt_ms": 0.1, "batch": 1, "ring_slots": 16, "instances": 1, "hot_bytes": 7e6, "fastest_Hz": 0.0, "projections": projections,
            "populations": {name: population("iaf_psc_exp", n, PD14_HZ[name], 4, 1, 4) for name, n in PD14_CELLS.items()},
            "source": "constant drive, published rates; rings of 16 steps hold 5.4 MB"}


def spice_brunel(what, n, rate_Hz, plastic, aim):
    p, e, i = round(0.5 * n), round(0.4 * n), round(0.1 * n)
    cells = {"P": (p, 20.0), "E": (e, rate_Hz), "I": (i, rate_Hz)}
    return {"what": what, "aim": aim, "dt_ms": 0.1, "batch": 1 if plastic else 15, "ring_slots": 16, "instances": 1, "hot_bytes": 10e6, "fastest_Hz": 60.0,
            "populations": {"P": population("relay", p, 20.0, 1, 1, 4, drawn=True), "E": population("iaf_psc_delta", e, rate_Hz, 2, 1, 4), "I": population("iaf_psc_delta", i, rate_Hz, 2, 1, 4)},
            "projections": [projection(f, t, 0.1 * cells[f][0] * cells[t][0], uniform=not (plastic and f + t == "EE"), plastic=plastic and f + t == "EE")
                            for t in "EI" for f in "EIP"],
            "source": f"{n:,} cells; sources at 20 Hz, cells taken to fire at {rate_Hz:g} Hz (seen on the CPU at a hundredth of the synapses)"
                      + ("; the fastest target at 60 Hz calls for a flush" if plastic else "")}


def spice_vogels():
    e, i, rate_Hz = 178886, 44721, 3.3
    return {"what": "1 G synapses", "aim": 0.25, "dt_ms": 0.1, "batch": 8, "ring_slots": 8, "instances": 1, "hot_bytes": 32e6, "fastest_Hz": 0.0,
            "populations": {"E": population("iaf_cond_exp", e, rate_Hz, 4, 2, 4), "I": population("iaf_cond_exp", i, rate_Hz, 4, 2, 4)},
            "projections": [projection(f, t, 0.02 * a * b, uniform=True) for t, b in (("E", e), ("I", i)) for f, a in (("E", e), ("I", i))],
            "source": "223,607 cells, taken to fire at 3.3 Hz (seen on the CPU at a hundredth of the synapses)"}


def side_by_side(network, instances, aim):
    """So many of it in one engine."""
    return {**network, "what": f"{instances} side by side", "aim": aim, "instances": instances, "hot_bytes": network["hot_bytes"] * instances,
            "populations": {f"{name}{k}": p for k in range(instances) for name, p in network["populations"].items()},
            "projections": [{**q, "from": f"{q['from']}{k}", "to": f"{q['to']}{k}"} for k in range(instances) for q in network["projections"]],
            "source": "as `pd14`; 20 biological seconds a second are aimed at"}


def sheet(dt_ms, plastic, aim):
    e, i, rate_Hz = 800000, 200000, 5.0
    cells, in_degree = {"E": e, "I": i}, {"E": 800, "I": 200}
    # Pieces of rows, and of (tile of sources, piece) those that a tile hears: from, to; of drawn partners, in tiles along the curve
    # of positions.hpp. A plastic row is visited delay by delay.
    pieces, heard, delays, heard_delays = (6, {"EE": 0.34, "EI": 0.37, "IE": 0.16, "II": 0.17}, 90, 0.2) if dt_ms == 0.1 else (
        1, {"EE": 1.0, "EI": 1.0, "IE": 0.5, "II": 0.5}, 10, 0.34)
    projections = []
    for t in cells:
        for f in cells:
            learns = plastic and f + t == "EE"
            projections.append(projection(f, t, in_degree[f] * cells[t], pieces=pieces, heard=heard[f + t], plastic=learns,
                                          delays=delays if learns else 0, heard_delays=heard_delays))
    return {"what": f"1 M cells, {'STDP on E to E, ' if plastic else ''}dt {dt_ms:g} ms", "aim": aim, "dt_ms": dt_ms,
            "batch": 10 if dt_ms == 0.1 and not plastic else 1, "ring_slots": 32, "instances": 1, "hot_bytes": 150e6, "fastest_Hz": 30.0,
            "populations": {name: population("iaf_psc_exp", n, rate_Hz, 4, 1, 4, drawn=True) for name, n in cells.items()},
            "projections": projections,
            "source": "Poisson drive, 5 Hz; cells are numbered by place, so a tile hears most tiles of sources, but each at a delay or two;"
                      " rings of one port hold 0.13 GB" + ("; the fastest target at 30 Hz calls for a flush; of (tile of sources, delay) a fifth is heard at"
                                               " 0.1 ms and a third at 1 ms, by drawn partners" if plastic else "")}


NETWORKS = {"pd14": pd14(), "pd14_sweep": side_by_side(pd14(), 16, 0.05),
            "spice_brunel": spice_brunel("--scale 2, 1 G synapses", 141421, 20.0, False, 0.25),
            "spice_brunel_3G": spice_brunel("--scale 6, 3 G synapses", 244950, 20.0, False, 0.5), "spice_vogels": spice_vogels(),
            "spice_brunel_plus": spice_brunel("--scale 1, 0.5 G synapses, 0.16 G plastic", 100000, 20.0, True, 0.8),
            "sheet": sheet(0.1, False, 0.4), "sheet_plastic": sheet(0.1, True, 0.4), "sheet_plastic_1ms": sheet(1.0, True, 0.15)}

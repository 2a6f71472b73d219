"""What Brian2 does in the benchmarks and cross-checks. Run by the Python of Brian2's environment: JSON in, JSON out.

This file stands alone: it imports nothing of isocortex. The benchmark uses Brian2's fastest mode, a C++ program.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import brian2 as b
import numpy as np

LIF = """
dv/dt = (E_L - v)/tau_m + I/C_m : volt (unless refractory)
dI/dt = -I/tau_syn : amp
"""
NEURON_TRACES = """
dx/dt = -x/tau_plus : 1
dy/dt = -y/tau_minus : 1
"""
SYNAPSE_TRACES = """
w : 1
dx/dt = -x/tau_plus : 1 (event-driven)
dy/dt = -y/tau_minus : 1 (event-driven)
"""


def plastic(p: dict[str, Any]) -> dict[str, Any]:
    """The recurrent network with plastic E to E synapses; `p` is `isocortex.bench.plastic.NETWORK`.

    ``p["traces"]``: ``synapse`` is the form of Brian2's manual (event-driven traces), ``neuron`` moves the traces into the
    neurons by hand. Both place the delay before the synapse. The C++ program is kept and run again when nothing changed.
    """
    key = hashlib.sha256((Path(__file__).read_text() + json.dumps({k: v for k, v in p.items() if k != "work"})).encode())
    folder = Path(p["work"]) / f"brian2-{key.hexdigest()[:16]}"
    began = time.perf_counter()
    program = folder / "main"
    if not (folder / "built").exists():
        _describe_plastic(p, folder)
        (folder / "built").write_text("")
    compiled, began = time.perf_counter() - began, time.perf_counter()
    subprocess.run([str(program)], cwd=folder, check=True, capture_output=True)
    total = time.perf_counter() - began
    wall = float((folder / "results" / "last_run_info.txt").read_text().split()[0])
    times, ids = _result(folder, "spikes", "t", np.float64) * 1e3, _result(folder, "spikes", "i", np.int32)
    ids = ids[times >= p["warm_up"] - 1e-6]
    synapses = sum(len(_result(folder, s, "_synaptic_pre", np.int32)) for s in ("ee", "ei", "inhibition"))
    seconds, n_e = p["duration"] / 1e3, p["n_E"]
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 if compiled < 5 else None
    return dict(version=b.__version__, wall=wall, build_s=compiled + total - wall, spikes=len(ids), synapses=synapses,
                rate_E=float(np.sum(ids < n_e) / n_e / seconds), rate_I=float(np.sum(ids >= n_e) / p["n_I"] / seconds),
                bytes_per_synapse=memory / synapses if memory else None)  # fmt: skip


def _describe_plastic(p: dict[str, Any], folder: Path) -> None:
    b.set_device("cpp_standalone", build_on_run=False)
    b.defaultclock.dt = p["dt"] * b.ms
    b.seed(p["seed"])
    names = _names(p) | dict(J=p["weight"] * b.pA, gJ=p["g"] * p["weight"] * b.pA)
    in_neurons = p["traces"] == "neuron"
    n_e, delay = p["n_E"], p["delay"] * b.ms
    cells = b.NeuronGroup(n_e + p["n_I"], LIF + NEURON_TRACES * in_neurons, threshold="v >= V_th", method="exact",
                          reset="v = V_reset" + "\ny += 1" * in_neurons, namespace=names,
                          refractory=p["t_ref"] * b.ms)  # fmt: skip
    cells.v = "E_L + (V_th - E_L) * rand()"
    e, i = cells[:n_e], cells[n_e:]
    on_pre = "I_post += w * J\n" + ("w = clip(w - A_minus * y_post, 0, w_max)" if in_neurons else
                                    "x += 1\nw = clip(w - A_minus * y, 0, w_max)")  # fmt: skip
    on_post = "w = clip(w + A_plus * x_pre, 0, w_max)" if in_neurons else "y += 1\nw = clip(w + A_plus * x, 0, w_max)"
    ee = b.Synapses(e, e, "w : 1" if in_neurons else SYNAPSE_TRACES, on_pre=on_pre, on_post=on_post, namespace=names, name="ee")
    ee.connect(p=p["probability"])
    ee.w = 1
    ee.pre.delay = delay
    ei = b.Synapses(e, i, on_pre="I_post += J", delay=delay, namespace=names, name="ei")
    ei.connect(p=p["probability"])
    inhibition = b.Synapses(i, cells, on_pre="I_post -= gJ", delay=delay, namespace=names, name="inhibition")
    inhibition.connect(p=p["probability"])
    noise = b.PoissonInput(cells, "I", p["sources"], p["source_rate"] * b.Hz, p["weight"] * b.pA)
    objects = [cells, ee, ei, inhibition, noise, b.SpikeMonitor(cells, name="spikes")]
    if in_neurons:  # the spike reaches the trace of its own terminals after the delay
        terminals = b.Synapses(e, e, on_pre="x_post += 1", delay=delay, name="terminals")
        terminals.connect(j="i")
        objects.append(terminals)
    network = b.Network(objects)
    network.run(p["warm_up"] * b.ms)
    network.run(p["duration"] * b.ms)
    b.device.build(directory=str(folder), compile=True, run=False)


def adex(p: dict[str, Any]) -> dict[str, Any]:
    """Adaptive exponential cells under constant currents, Runge-Kutta at a fine step; answers spikes and one voltage.

    The exponent is capped at 10, where the potential rises 5 V/ms and the spike is over: without the cap the last step
    overshoots by hundreds of volts, which the adaptation then integrates.
    """
    b.prefs.codegen.target = "cython"
    b.defaultclock.dt = p["dt"] * b.ms
    equations = """
    dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp(clip((v - V_th)/Delta_T, -100, 10)) - w_ad + I)/C_m : volt (unless refractory)
    dw_ad/dt = (a*(v - E_L) - w_ad)/tau_w : amp
    I : amp
    """
    names = dict(C_m=p["C_m"] * b.pF, g_L=p["g_L"] * b.nS, E_L=p["E_L"] * b.mV, V_th=p["V_th"] * b.mV, a=p["a"] * b.nS,
                 Delta_T=p["Delta_T"] * b.mV, tau_w=p["tau_w"] * b.ms, b_ad=p["b"] * b.pA, V_reset=p["V_reset"] * b.mV,
                 V_peak=p["V_peak"] * b.mV)  # fmt: skip
    cells = b.NeuronGroup(len(p["currents"]), equations, threshold="v > V_peak", reset="v = V_reset; w_ad += b_ad",
                          refractory=p["t_ref"] * b.ms if p["t_ref"] else False, method="rk4", namespace=names)  # fmt: skip
    cells.v, cells.I = p["E_L"] * b.mV, np.asarray(p["currents"]) * b.pA
    spikes, voltage = b.SpikeMonitor(cells), b.StateMonitor(cells, "v", record=[0], dt=1 * b.ms)
    b.run(p["duration"] * b.ms)
    return dict(version=b.__version__, times=(np.asarray(spikes.t) * 1e3).tolist(), ids=np.asarray(spikes.i).tolist(),
                v=(np.asarray(voltage.v[0]) * 1e3).tolist())  # fmt: skip


def pair(p: dict[str, Any]) -> dict[str, Any]:
    """One plastic synapse a pair of given trains; the delay stands before the synapse.

    Answers the weights after a closing presynaptic spike at `p["close"]`.
    """
    b.prefs.codegen.target = "numpy"
    b.defaultclock.dt = p["dt"] * b.ms
    groups = [_trains(t) for t in ([[*t, p["close"]] for t in p["pre"]], p["post"])]
    s = b.Synapses(*groups, SYNAPSE_TRACES, on_pre="w = clip(w - A_minus * y, 0, w_max)\nx += 1",
                   on_post="w = clip(w + A_plus * x, 0, w_max)\ny += 1", namespace=_names(p))  # fmt: skip
    s.connect(j="i")
    s.w = 1
    s.pre.delay = p["delay"] * b.ms
    b.Network(*groups, s).run((p["close"] + 5 + p["delay"]) * b.ms)
    return dict(version=b.__version__, weights=np.asarray(s.w).tolist())


def _trains(trains: list[list[float]]) -> b.SpikeGeneratorGroup:
    ids = np.repeat(np.arange(len(trains)), [len(t) for t in trains])
    return b.SpikeGeneratorGroup(len(trains), ids, np.concatenate([np.asarray(t, float) for t in trains]) * b.ms)


def _names(p: dict[str, Any]) -> dict[str, Any]:
    units = dict(C_m=b.pF, tau_m=b.ms, E_L=b.mV, V_th=b.mV, V_reset=b.mV, tau_syn=b.ms, tau_plus=b.ms, tau_minus=b.ms,
                 A_plus=1, A_minus=1, w_max=1)  # fmt: skip
    return {k: p[k] * unit for k, unit in units.items() if k in p}


def _result(folder: Path, owner: str, name: str, kind: type) -> np.ndarray:
    """An array that the program wrote; its file's name ends with a number that depends on the place of the build."""
    pattern = re.compile(rf"_dynamic_array_{owner}_{name}(_\d+)?$")
    found = [f for f in (folder / "results").iterdir() if pattern.match(f.name)]
    return np.fromfile(found[0], kind)


if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    if "core" in given:
        os.sched_setaffinity(0, {given.pop("core")})
    print(json.dumps(dict(plastic=plastic, adex=adex, pair=pair)[given["task"]](given)))

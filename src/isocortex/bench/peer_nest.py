"""What NEST does in the benchmarks and cross-checks. Run by the Python of NEST's environment: JSON in, JSON out.

This file stands alone: it imports nothing of isocortex.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any

import nest
import numpy as np

SYNAPSE = "stdp_synapse_hom"  # the fastest of NEST's pair rules here: its parameters are shared


def plastic(p: dict[str, Any]) -> dict[str, Any]:
    """The recurrent network with plastic E to E synapses; `p` is `isocortex.bench.plastic.NETWORK`."""
    _start(p)
    n_e, n_i = p["n_E"], p["n_I"]
    e, i = (nest.Create("iaf_psc_exp", n, _cell(p)) for n in (n_e, n_i))
    cells = e + i
    cells.V_m = nest.random.uniform(p["E_L"], p["V_th"])
    noise = nest.Create("poisson_generator", params=dict(rate=p["sources"] * p["source_rate"]))
    w, delay = p["weight"], p["delay"]
    nest.CopyModel("static_synapse", "exciting", dict(weight=w, delay=delay))
    nest.CopyModel("static_synapse", "inhibiting", dict(weight=-p["g"] * w, delay=delay))
    nest.CopyModel(SYNAPSE, "learning", {"Wmax": p["w_max"] * w, "lambda": p["A_plus"] / p["w_max"], "mu_plus": 0.0,
                   "mu_minus": 0.0, "alpha": p["A_minus"] / p["A_plus"], "tau_plus": p["tau_plus"]})  # fmt: skip
    nest.SetDefaults("learning", dict(weight=w, delay=delay))
    before, began = _memory(), time.perf_counter()
    rule = dict(rule="pairwise_bernoulli", p=p["probability"])
    nest.Connect(noise, cells, syn_spec="exciting")
    nest.Connect(e, e, rule, "learning")
    nest.Connect(e, i, rule, "exciting")
    nest.Connect(i, cells, rule, "inhibiting")
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    nest.Prepare()
    nest.Run(p["warm_up"])
    build = time.perf_counter() - began
    start = nest.biological_time
    began, used = time.perf_counter(), time.process_time()
    nest.Run(p["duration"])
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    synapses = nest.num_connections - len(cells) * 2
    events = recorder.events
    senders = events["senders"][events["times"] > start]
    seconds = p["duration"] / 1e3
    return dict(version=nest.__version__, wall=wall, cpu=cpu, build_s=build, spikes=len(senders), synapses=synapses,
                rate_E=float(np.sum(senders <= n_e) / n_e / seconds), rate_I=float(np.sum(senders > n_e) / n_i / seconds),
                bytes_per_synapse=(_memory() - before) / synapses)  # fmt: skip


def static(p: dict[str, Any]) -> dict[str, Any]:
    """A static network given synapse by synapse, driven by given spike trains; answers all spikes.

    Synapses in `p` (lists pre, post, weight with its sign, delay in ms); cells 0 .. n-1, inputs n .. n+m-1.
    """
    _start(p)
    n, trains = p["n"], p["trains"]
    cells = nest.Create("iaf_psc_exp", n, _cell(p))
    cells.V_m = np.asarray(p["V_0"]).tolist()
    sources = nest.Create("spike_generator", len(trains), [dict(spike_times=t) for t in trains])
    ids = np.concatenate([np.asarray(cells.tolist()), np.asarray(sources.tolist())])
    one = np.ones(len(p["pre"]))
    spec = dict(weight=np.asarray(p["weight"]), delay=np.asarray(p["delay"]) * one)
    nest.Connect(ids[np.asarray(p["pre"])], ids[np.asarray(p["post"])], "one_to_one", spec)
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    nest.Simulate(p["duration"])
    events = recorder.events
    return dict(version=nest.__version__, times=np.round(events["times"], 6).tolist(), ids=(events["senders"] - 1).tolist())


def layers(p: dict[str, Any]) -> dict[str, Any]:
    """Populations and projections by their statistics, drawn by NEST's own rules; answers the spikes of each population."""
    _start(p)
    cells = {}
    for q in p["populations"]:
        made = nest.Create("iaf_psc_exp", q["n"], _cell(p) | dict(I_e=q["I_e"]))
        made.V_m = nest.random.normal(q["V_0"], q["V_0_sd"])
        noise = nest.Create("poisson_generator", params=dict(rate=q["rate"]))
        nest.Connect(noise, made, syn_spec=dict(weight=q["weight"], delay=p["dt"]))
        cells[q["name"]] = made
    for c in p["projections"]:
        w, sd, d = c["weight"], abs(c["weight"]) * c["weight_sd"], c["delay"]
        low, high = (0.0, 1e9) if w > 0 else (-1e9, 0.0)
        weight = nest.math.redraw(nest.random.normal(w, sd), min=low, max=high)
        delay = nest.math.redraw(nest.random.normal(d, c["delay_sd"]), min=p["dt"] / 2, max=1e9)
        nest.Connect(cells[c["pre"]], cells[c["post"]], dict(rule="fixed_total_number", N=c["synapses"]),
                     dict(weight=weight, delay=delay))  # fmt: skip
    recorders = {}
    for name, made in cells.items():
        recorders[name] = nest.Create("spike_recorder", params=dict(start=p["warm_up"]))
        nest.Connect(made, recorders[name])
    nest.Simulate(p["warm_up"] + p["duration"])
    spikes = {}
    for name, recorder in recorders.items():
        events = recorder.events
        first = cells[name][0].global_id
        spikes[name] = dict(times=np.round(events["times"], 1).tolist(), ids=(events["senders"] - first).tolist())
    return dict(version=nest.__version__, spikes=spikes)


def pair(p: dict[str, Any]) -> dict[str, Any]:
    """One plastic synapse between two cells that repeat given trains; NEST places the delay in the dendrite.

    Answers the weights after a closing presynaptic spike at `p["close"]`, which NEST needs to take all changes in.
    """
    _start(p)
    model = {"Wmax": p["w_max"], "lambda": p["A_plus"] / p["w_max"], "mu_plus": 0.0, "mu_minus": 0.0,
             "alpha": p["A_minus"] / p["A_plus"], "tau_plus": p["tau_plus"], "weight": 1.0, "delay": p["delay"]}  # fmt: skip
    links = []
    for pre, post in zip(p["pre"], p["post"], strict=True):
        a, b = nest.Create("parrot_neuron"), nest.Create("parrot_neuron", params=dict(tau_minus=p["tau_minus"]))
        drive = [nest.Create("spike_generator", params=dict(spike_times=t)) for t in ([*pre, p["close"]], post)]
        # a parrot repeats after its input's delay; the trains are shifted back by it
        for source, cell, times in zip(drive, (a, b), ([*pre, p["close"]], post), strict=True):
            source.spike_times = np.round(np.asarray(times) - p["dt"], 6).tolist()
            nest.Connect(source, cell, syn_spec=dict(delay=p["dt"]))
        nest.Connect(a, b, syn_spec=dict(synapse_model="stdp_synapse", receptor_type=1, **model))
        links.append(nest.GetConnections(a, b))
    nest.Simulate(p["close"] + 5 + p["delay"])
    return dict(version=nest.__version__, weights=[float(link.weight) for link in links])


def _start(p: dict[str, Any]) -> None:
    nest.ResetKernel()
    nest.resolution = p["dt"]
    nest.local_num_threads = 1
    nest.rng_seed = p.get("seed", 0) + 1


def _cell(p: dict[str, Any]) -> dict[str, float]:
    same = {k: p[k] for k in ("C_m", "tau_m", "E_L", "V_th", "V_reset", "t_ref")}
    return same | dict(tau_syn_ex=p["tau_syn"], tau_syn_in=p["tau_syn"], V_m=p["E_L"], tau_minus=p.get("tau_minus", 20.0))


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    if "core" in given:
        os.sched_setaffinity(0, {given.pop("core")})
    print(json.dumps(dict(plastic=plastic, static=static, pair=pair, layers=layers)[given["task"]](given)))

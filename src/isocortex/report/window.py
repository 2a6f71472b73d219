"""The spike-timing window of a rule: what one pair of spikes does to a synapse, run in the engine itself."""

from __future__ import annotations

import pathlib

import numpy as np

from isocortex.anatomy.circuit import Area, Cortex, Population, Projection
from isocortex.cells.forced import Forced
from isocortex.cells.sources import SpikeTrain
from isocortex.errors import DescriptionError
from isocortex.plasticity.rule import Additive, Part, Rule
from isocortex.plasticity.stack import Stack
from isocortex.report.files import check_format, save
from isocortex.report.theme import LAYER_COLOURS, figure


def stdp_window(rule: Rule, lags: np.ndarray, *, pairs: int = 3, every: float = 800.0, dt: float = 0.1) -> np.ndarray:
    """The change a pair, as a fraction of the reference weight, shape of `lags`.

    A presynaptic and a forced postsynaptic cell for each lag fire `pairs` times, `every` ms apart; the weight dependence is
    additive and the bounds are far away.

    Parameters
    ----------
    lags : post minus pre spike time (ms). Beyond half of `every` a spike is nearer to the next pair than to its own.
    """
    from isocortex.engine.simulation import Simulation

    lags = np.asarray(lags, float)
    n, start = len(lags), 10.0
    ends = dict(axonal_delay=dt, dendritic_delay=dt)  # equal, so that the synapse sees the lag as it is
    projection = Projection("pre", "E", weight=100.0, probability=1.0, **ends)  # type: ignore[arg-type]
    populations = (Population("pre", n, SpikeTrain()), Population("E", n, Forced()))
    cortex = Cortex((Area("A", populations, (projection,)),))
    stack = Stack(rules=(rule,), weight=Additive(w_min=0.0, w_max=1e3))
    sim = Simulation(cortex, {"A.pre->A.E": stack}, dt=dt, seed=0)
    first = start + max(0.0, -float(lags.min())) + every * np.arange(pairs)
    cells = np.tile(np.arange(n), pairs)
    sim.set_spikes("A.pre", np.repeat(first, n), cells)
    sim.set_spikes("A.E", np.repeat(first, n) + np.tile(lags, pairs), cells)
    before = _diagonal(sim.weights("A.pre->A.E"), n)
    sim.run(float(first[-1] + max(float(lags.max()), 0.0) + 100.0))
    after = _diagonal(sim.weights("A.pre->A.E"), n)
    return (after - before) / 100.0 / pairs


def _diagonal(synapses: object, n: int) -> np.ndarray:
    """Weights of the synapses from cell i to cell i."""
    pre, post, w = (np.asarray(getattr(synapses, k)) for k in ("pre", "post", "w"))
    same = pre == post
    out = np.zeros(n)
    out[pre[same]] = w[same]
    return out


def draw_window(rule: Part, path: str | pathlib.Path, reach: float = 100.0, step: float = 2.5) -> None:
    """Draw the window of a spike-based rule to an SVG, PNG or PDF file: for single pairs, and within a train of 20 Hz.

    Raises
    ------
    DescriptionError : no rule of induction, one that reads more than spikes, or an unknown ending of the file.
    DataError : the file cannot be written.
    """
    path = pathlib.Path(path)
    if not isinstance(rule, Rule) or set(rule.reads) != {"spike"}:
        reads = f"reads {', '.join(rule.reads)}" if isinstance(rule, Rule) else "is no rule of induction"
        raise DescriptionError(f"{rule.title}: {reads}; a spike-timing window needs a rule that reads spikes alone")
    check_format(path)
    lags = np.arange(-reach, reach + step / 2, step)
    change = 100 * stdp_window(rule, lags)
    near = lags[np.abs(lags) < 25]
    in_train = 100 * stdp_window(rule, near, pairs=20, every=50.0)
    with figure(6.4, 4.0, standalone=True) as (made, axes):
        ax = axes[0, 0]
        for side, colour in ((lags < 0, LAYER_COLOURS["L5"]), (lags > 0, LAYER_COLOURS["L23"])):
            ax.plot(lags[side], change[side], color=colour, marker="o", markersize=3.5, label="single pairs")
        ax.plot(lags[lags == 0], change[lags == 0], "o", color="#333333", markersize=3.5)
        ax.plot(
            near,
            in_train,
            color="#555555",
            linewidth=1.2,
            marker="s",
            markersize=3.5,
            fillstyle="none",
            label="20 pairs at 20 Hz",
        )
        handles, labels = ax.get_legend_handles_labels()
        ax.legend(handles[1:], labels[1:])
        ax.axhline(0, color="#999999", linewidth=0.8)
        ax.axvline(0, color="#999999", linewidth=0.8)
        ax.set_xlabel("post minus pre spike time (ms)")
        ax.set_ylabel("change a pair (% of the reference weight)")
        ax.set_title(rule.title)
        save(made, path, dpi=160)

"""Synaptic tagging and capture, and what parts pool over a cell."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from isocortex import Area, Forced, Population, Projection, Simulation, SpikeTrain, Stack
from isocortex.plasticity.rule import MODULATORS, Additive, Array, SlowPart
from isocortex.plasticity.rules.consolidation import Relaxation
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.tagging import TagAndCapture

REST = {m: jnp.float32(1) for m in MODULATORS}
QUICK = dict(tau_tag=20_000.0, tau_rise=2000.0, tau_p=20_000.0, tau_c=2000.0)
"""An hour as 20 s."""


def run(
    parts: Sequence[SlowPart], w: Sequence[float], seconds: float, tick: float = 100.0, protein: float = 0.0, **levels: float
) -> dict[str, np.ndarray]:
    """The synapses of one cell that begin with these weights, a slow weight of 1 and these proteins, after some time."""
    now = dict(w=jnp.asarray(w, jnp.float32), w_slow=jnp.ones(len(w)), captured=jnp.zeros(len(w)))
    now["protein"] = jnp.full(len(w), protein, jnp.float32)
    modulators = REST | {k: jnp.float32(v) for k, v in levels.items()}
    for _ in range(round(seconds * 1e3 / tick)):
        start = now
        for part in parts:
            c = SimpleNamespace(**{k: jnp.float32(v) for k, v in part.constants(tick).items()})
            means = {k: jnp.full(len(w), v.mean()) for k, v in part.pool(c, start).items()} if part.pooled else {}
            now = now | part.tick(c, now | means, modulators)
    return {k: np.asarray(v) for k, v in now.items()}


def test_it_follows_its_equations() -> None:
    """Four synapses, one of them not tagged and one depressed; the mean of the tags crosses the threshold on the way down."""
    part, decay = TagAndCapture(**QUICK, theta_p=0.25), Relaxation(tau=20_000.0)
    w = np.array([2.0, 1.5, 1.05, 0.6])

    def change(_: float, y: np.ndarray) -> np.ndarray:
        w, slow, c, (p, *_) = np.split(y, 4)
        tag = w - slow + c
        captured = p * (np.abs(tag) > 0.1) * (w - slow) / 2000.0
        protein = (np.abs(tag).mean() > 0.25) * (1 - p) / 2000.0 - p / 20_000.0
        return np.concatenate([-(w - slow) / 20_000.0, captured, captured - c / 20_000.0, np.full(4, protein)])

    exact = solve_ivp(change, (0, 30_000), np.concatenate([w, np.ones(4), np.zeros(8)]), max_step=20.0).y[:, -1]
    found = run((part, decay), w, 30.0, tick=50.0)
    for name, values in zip(("w", "w_slow", "captured", "protein"), np.split(exact, 4), strict=True):
        assert found[name] == pytest.approx(values, abs=0.01), name
    assert found["w_slow"][2] == 1  # never tagged
    assert found["w_slow"][3] < 0.75  # depression lasts as well


def test_capture_does_not_use_the_tag_up() -> None:
    """With proteins and without, |T| falls as exp(-t / tau_tag)."""
    for protein in (0.0, 1.0):
        s = run((TagAndCapture(**QUICK, theta_p=9.0), Relaxation(tau=20_000.0)), [1.6], 20.0, protein=protein)
        assert s["w"] - s["w_slow"] + s["captured"] == pytest.approx(0.6 * np.exp(-1), rel=0.02)


def test_without_proteins_nothing_is_captured() -> None:
    s = run((TagAndCapture(**QUICK, synthesis=0.0), Relaxation(tau=20_000.0)), [2.0, 2.0], 100.0)
    assert (s["w_slow"] == 1).all()
    assert s["w"] == pytest.approx(1 + np.exp(-5), rel=1e-3)


def test_with_lasting_proteins_and_no_threshold_it_is_a_low_pass() -> None:
    part = TagAndCapture(tau_c=2000.0, tau_p=1e12, theta_tag=0.0)
    assert run((part,), [1.5], 3.0, protein=1.0)["w_slow"] == pytest.approx(1 + 0.5 * (1 - np.exp(-1.5)), rel=1e-4)


def test_a_neuromodulator_lowers_the_threshold_of_the_proteins() -> None:
    """A mean of 0.2 is below 0.3 and above 0.3 (1 - 0.5); another modulator does nothing."""
    part = TagAndCapture(**QUICK)
    assert run((part,), [1.2, 1.2], 1.0)["protein"].max() == 0
    assert run((part,), [1.2, 1.2], 1.0, NE=2.0)["protein"].max() == 0
    assert run((part,), [1.2, 1.2], 1.0, DA=2.0)["protein"].min() > 0.3


def two_pathways(weight: float = 1.0, kernel: str = "numba", spikes: Sequence[str] = ("a", "b")) -> Simulation:
    """Two cells; pathways a and b end on both, and the first cell alone follows the spikes of either."""
    ends = dict(axonal_delay=0.1, dendritic_delay=0.1, probability=1.0)
    area = Area(
        "P",
        (Population("a", 2, SpikeTrain()), Population("b", 2, SpikeTrain()), Population("E", 2, Forced())),
        tuple(Projection(s, "E", w, **ends) for s, w in (("a", weight), ("b", 3 * weight))),  # type: ignore[arg-type]
    )
    stack = Stack(rules=PairSTDP(A_plus=0.1, A_minus=0.0), slow=TagAndCapture(**QUICK))
    sim = Simulation(area, {"P.a->P.E": stack, "P.b->P.E": stack}, kernel=kernel)
    times = 10.0 + 20.0 * np.arange(5)
    for s in spikes:
        sim.set_spikes(f"P.{s}", np.tile(times, 2), np.repeat([0, 1], 5))
    sim.set_spikes("P.E", times + 5.0, 0)
    sim.run("2 s")
    return sim


def proteins(sim: Simulation) -> dict[str, np.ndarray]:
    """Pathway -> the proteins of each of the two cells, as its synapses hold them."""
    out = {}
    for s in ("a", "b"):
        found = sim.weights(f"P.{s}->P.E")
        out[s] = np.array([found.slow["protein"][found.post == cell] for cell in (0, 1)])
    return out


def test_what_makes_proteins_is_the_mean_over_all_pathways_of_a_cell() -> None:
    """One pathway adds 0.5 to a half of the synapses, which is below the threshold of 0.3; both are above it."""
    alone, both = proteins(two_pathways(spikes=["a"])), proteins(two_pathways())
    assert alone["a"].max() == alone["b"].max() == 0
    assert both["a"][0].min() > 0.3
    assert both["a"][0] == pytest.approx(both["b"][0], abs=1e-6)  # every synapse of a cell holds the cell's
    assert both["a"][1].max() == both["b"][1].max() == 0  # the other cell has its own


def test_proteins_are_a_number_whatever_the_unit_of_the_weight() -> None:
    one, other = proteins(two_pathways(1.0)), proteins(two_pathways(40.0))
    assert one["a"] == pytest.approx(other["a"], rel=1e-5)


def test_the_twin_agrees() -> None:
    one, other = two_pathways(), two_pathways(kernel="jax")
    for s in ("a", "b"):
        found, twin = one.weights(f"P.{s}->P.E"), other.weights(f"P.{s}->P.E")
        assert found.w == pytest.approx(twin.w, rel=1e-5)
        assert {k: pytest.approx(v, rel=1e-4) for k, v in twin.slow.items()} == dict(found.slow)


class Normalised(SlowPart):
    """A part of one's own: the mean weight of a cell's synapses is held at 1."""

    pooled: ClassVar[tuple[str, ...]] = ("mean_w",)

    @staticmethod
    def pool(c: SimpleNamespace, syn: dict[str, Array]) -> dict[str, Array]:
        return dict(mean_w=syn["w"])

    @staticmethod
    def tick(c: SimpleNamespace, syn: dict[str, Array], modulators: dict[str, Array]) -> dict[str, Array]:
        return dict(w=syn["w"] / syn["mean_w"])


def test_a_part_of_ones_own_may_pool() -> None:
    """Pathway b has twice as many synapses as a onto each cell, and weights of another unit."""
    ends = dict(axonal_delay=0.1, dendritic_delay=0.1, probability=1.0)
    area = Area(
        "P",
        (Population("a", 3, SpikeTrain()), Population("b", 6, SpikeTrain()), Population("E", 4, Forced())),
        (Projection("a", "E", 2.0, weight_sd=0.5, **ends), Projection("b", "E", 5.0, weight_sd=2.0, **ends)),  # type: ignore[arg-type]
    )
    sim = Simulation(
        area, {name: Stack(weight=Additive(w_max=99.0), slow=Normalised()) for name in ("P.a->P.E", "P.b->P.E")}, seed=3
    )
    before = {s: sim.weights(f"P.{s}->P.E") for s in ("a", "b")}
    sim.run("100 ms")
    for cell in range(4):
        was = {s: w.w[w.post == cell] / unit for (s, w), unit in zip(before.items(), (2.0, 5.0), strict=True)}
        mean = np.concatenate(list(was.values())).mean()
        for s, unit in (("a", 2.0), ("b", 5.0)):
            now = sim.weights(f"P.{s}->P.E")
            assert now.w[now.post == cell] / unit == pytest.approx(was[s] / mean, rel=1e-5)

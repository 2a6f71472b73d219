"""Drawing the synapses of a projection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isocortex.anatomy.circuit import Delay, Projection
from isocortex.engine.random import generator
from isocortex.errors import DescriptionError

MAX_DELAY_STEPS = 4096


@dataclass(frozen=True)
class Drawn:
    """Synapses of one projection, sorted by presynaptic cell, axonal delay, dendritic delay, postsynaptic cell.

    pre, post : int32 (m,), indices within the populations. w : float32 (m,). axonal, dendritic : int32 (m,) in steps, or a
    single number where all are equal.
    """

    pre: np.ndarray
    post: np.ndarray
    w: np.ndarray
    axonal: np.ndarray | int
    dendritic: np.ndarray | int


def connect(p: Projection, n_pre: int, n_post: int, dt: float, seed: int) -> Drawn:
    """Draw the synapses of `p`; each projection has its own random streams, so that none depends on another."""
    rng = generator(seed, f"connect {p.name}")
    same = p.pre == p.post
    pre, post = _pairs(p, n_pre, n_post, rng)
    if same and not p.autapses:
        keep = pre != post
        pre, post = pre[keep], post[keep]
    w = _weights(p, len(pre), generator(seed, f"weights {p.name}"))
    axonal = _steps(p, "axonal_delay", len(pre), dt, seed)
    dendritic = _steps(p, "dendritic_delay", len(pre), dt, seed)
    if isinstance(axonal, int) and isinstance(dendritic, int):
        if axonal + dendritic < 1:
            raise p.error("axonal_delay", f"the delays add up to less than dt ({dt:g} ms); make their sum at least dt")
        return Drawn(pre, post, w, axonal, dendritic)
    a, d = np.broadcast_to(axonal, pre.shape), np.broadcast_to(dendritic, pre.shape)
    d = np.where(a + d < 1, 1, d)  # a drawn delay may round to nothing; the mean was checked
    order = np.lexsort((post, d, a, pre))
    shared = (isinstance(axonal, int), isinstance(dendritic, int) and bool(np.all(d == dendritic)))
    return Drawn(
        pre[order],
        post[order],
        w[order],
        axonal if shared[0] else a[order].astype(np.int32),
        dendritic if shared[1] else d[order].astype(np.int32),
    )


def _pairs(p: Projection, n_pre: int, n_post: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    if p.one_to_one:
        return np.arange(n_pre, dtype=np.int32), np.arange(n_post, dtype=np.int32)
    if p.probability is not None:
        flat = _bernoulli(p.probability, n_pre * n_post, rng)
        pre = (flat // n_post).astype(np.int32)
        return pre, (flat - pre.astype(np.int64) * n_post).astype(np.int32)
    if p.indegree is not None:
        # a broken in-degree is shared out: some targets get one more
        per_target = np.full(n_post, int(p.indegree)) + (rng.random(n_post) < p.indegree - int(p.indegree))
        post = np.repeat(np.arange(n_post, dtype=np.int32), per_target)
        pre = rng.integers(0, n_pre, len(post), dtype=np.int32)
    else:
        total = round(p.synapses or 0)
        pre, post = (rng.integers(0, n, total, dtype=np.int32) for n in (n_pre, n_post))
    order = np.argsort(pre.astype(np.int64) * n_post + post, kind="stable")
    return pre[order], post[order]


def _bernoulli(probability: float, total: int, rng: np.random.Generator) -> np.ndarray:
    """Sorted positions of the successes among `total` trials, by drawing the gaps."""
    if probability <= 0:
        return np.zeros(0, np.int64)
    if probability >= 1:
        return np.arange(total, dtype=np.int64)
    found, at = [], -1
    while at < total:
        expected = (total - at) * probability
        gaps = rng.geometric(probability, int(expected + 5 * np.sqrt(expected) + 16))
        positions = at + np.cumsum(gaps)
        found.append(positions)
        at = int(positions[-1])
    flat = np.concatenate(found)
    return flat[: np.searchsorted(flat, total)]


def _weights(p: Projection, m: int, rng: np.random.Generator) -> np.ndarray:
    if p.weight_distribution == "uniform":
        return (2 * p.weight * rng.random(m)).astype(np.float32)
    if p.weight_sd == 0 or p.weight == 0:
        return np.full(m, p.weight, np.float32)
    if p.weight_distribution == "lognormal":
        sigma = np.sqrt(np.log1p(p.weight_sd**2))
        return rng.lognormal(np.log(p.weight) - sigma**2 / 2, sigma, m).astype(np.float32)
    return np.maximum(rng.normal(p.weight, p.weight_sd * p.weight, m), 0).astype(np.float32)


def _steps(p: Projection, field: str, m: int, dt: float, seed: int) -> np.ndarray | int:
    delay: Delay = getattr(p, field)
    if delay.sd == 0:
        steps: np.ndarray | int = round(max(delay.mean, delay.least) / dt)
    else:
        values = _delays(delay, m, generator(seed, f"{field} {p.name}"))
        grid = max(delay.resolution or dt, dt)
        values = np.maximum(np.round(values / grid) * grid, delay.least)
        steps = np.round(np.maximum(values, 0) / dt).astype(np.int32)
    longest = int(np.max(steps, initial=0))
    if longest > MAX_DELAY_STEPS:
        raise DescriptionError(
            f"{p.title}.{field}: {longest * dt:g} ms is {longest} steps of {dt:g} ms; at most "
            f"{MAX_DELAY_STEPS} steps are allowed"
        )
    return steps


def _delays(d: Delay, m: int, rng: np.random.Generator) -> np.ndarray:
    if d.distribution == "uniform":
        return d.mean + np.sqrt(3) * d.sd * (2 * rng.random(m) - 1)
    if d.distribution == "lognormal":
        sigma = np.sqrt(np.log1p((d.sd / d.mean) ** 2))
        return rng.lognormal(np.log(d.mean) - sigma**2 / 2, sigma, m)
    values = rng.normal(d.mean, d.sd, m)
    below = values < d.least
    while below.any():  # a truncated normal: draw again what falls below
        values[below] = rng.normal(d.mean, d.sd, int(below.sum()))
        below = values < d.least
    return values

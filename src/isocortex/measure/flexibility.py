"""How fast tuning changes, how far it reverts and returns (flexibility), and what is kept (stability).

Everything here is a function of inner products between checkpoints: the mean of `tuning_covariance` over neurons, G (in
which a change of gain counts), or its `shape`, R (in which it does not). With tuning vectors T, ``<T_s, T_t> = G_st``.
Phases: *start*, after learning *a*, after the altered statistics *b*, after the return *back*; the probes are always a's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from sklearn.isotonic import IsotonicRegression

from isocortex.errors import DescriptionError
from isocortex.measure.tuning import reliable, shape


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A value with its standard error and its 95 % interval, both from a bootstrap over neurons. NaN: not defined."""

    value: float
    se: float
    low: float
    high: float


UNKNOWN = Estimate(np.nan, np.nan, np.nan, np.nan)


def squared_distance(gram: np.ndarray, s: int, t: int) -> float:
    """``|T_s - T_t|^2 = G_ss + G_tt - 2 G_st``; noise may bring it below 0."""
    return float(gram[s, s] + gram[t, t] - 2 * gram[s, t])


def fraction_undone(gram: np.ndarray, origin: int, moved: int, then: int) -> float:
    """How much of the change from `origin` to `moved` is undone at `then`.

    ``<T_moved - T_then, T_moved - T_origin> / |T_moved - T_origin|^2``: 1 where `then` is `origin` again (full
    reversal), 0 where it is `moved` still or went off at a right angle, above 1 beyond the origin. NaN where nothing changed.
    """
    total = squared_distance(gram, origin, moved)
    if not total > 0:
        return np.nan
    inner = gram[moved, moved] - gram[moved, origin] - gram[then, moved] + gram[then, origin]
    return float(inner / total)


def relative_move(gram: np.ndarray, origin: int, moved: int, then: int) -> float:
    """Length of the move from `moved` to `then`, in any direction, in units of the change from `origin` to `moved`.

    ``sqrt(|T_then - T_moved|^2 / |T_moved - T_origin|^2)``: 0 where nothing moved, 1 on full reversal. NaN where the first
    change is none; a square below 0 (noise) gives 0.
    """
    total = squared_distance(gram, origin, moved)
    return float(np.sqrt(max(squared_distance(gram, moved, then), 0.0) / total)) if total > 0 else np.nan


@dataclasses.dataclass(frozen=True)
class Flexibility:
    """What became of the tuning; see `flexibility` for each."""

    change_a: Estimate
    change_b: Estimate
    reverted: Estimate
    moved: Estimate
    returned: Estimate
    retained: Estimate


def flexibility(covariance: np.ndarray, *, start: int = 0, a: int = 1, b: int = 2, back: int = 3, gain: bool = False,
                draws: int = 200, seed: int = 0) -> Flexibility:  # fmt: skip
    """Summarise tuning to a's probes at four checkpoints, from `tuning_covariance` (neurons, checkpoints, checkpoints).

    - change_a = 1 - R[start, a]; change_b = 1 - R[a, b].
    - reverted = `fraction_undone` (start, a, b): how much of what a taught is undone under b; 1 is full reversal.
    - moved = `relative_move` (start, a, b): how far tuning went from a's under b, in any direction, relative to a's change.
    - returned = `fraction_undone` (a, b, back): how much of what b changed is undone after the return; 1 is a full return.
    - retained = R[a, b]: correlation of the tuning after a and after b, corrected for reliability; 1 is nothing lost.

    With `gain`, `reverted`, `moved` and `returned` are taken from G instead of R, so that a change of the population's gain
    counts; they are then defined also where there was no tuning at the start. All are NaN where a phase they need has no
    reliable tuning; reverted and moved also where the change from start to a is not three standard errors above 0,
    returned where that from a to b is not.
    """
    known = reliable(covariance)
    space = (lambda g: g) if gain else shape

    def estimate(statistic: Callable[[np.ndarray], float], *needs: int) -> Estimate:
        return bootstrap(covariance, statistic, draws, seed) if known[list(needs)].all() else UNKNOWN

    change_a = estimate(lambda g: 1 - shape(g)[start, a], start, a)
    change_b = estimate(lambda g: 1 - shape(g)[a, b], a, b)
    first = _squared(covariance, space, start, a, draws, seed) if gain else change_a
    second = _squared(covariance, space, a, b, draws, seed) if gain else change_b
    needed = (a,) if gain else (start, a, b)
    reverted = estimate(lambda g: fraction_undone(space(g), start, a, b), *needed) if _is_change(first) else UNKNOWN
    moved = estimate(lambda g: relative_move(space(g), start, a, b), *needed) if _is_change(first) else UNKNOWN
    needed = (a,) if gain else (a, b, back)
    returned = estimate(lambda g: fraction_undone(space(g), a, b, back), *needed) if _is_change(second) else UNKNOWN
    retained = estimate(lambda g: shape(g)[a, b], a, b)
    return Flexibility(change_a, change_b, reverted, moved, returned, retained)


def _is_change(e: Estimate, z: float = 3.0) -> bool:
    """Whether a squared distance is reliably above 0: there is something of which a fraction can be taken."""
    return e.value > z * e.se


def _squared(
    covariance: np.ndarray, space: Callable[[np.ndarray], np.ndarray], s: int, t: int, draws: int, seed: int
) -> Estimate:
    return bootstrap(covariance, lambda g: squared_distance(space(g), s, t), draws, seed)


def bootstrap(covariance: np.ndarray, statistic: Callable[[np.ndarray], float], draws: int = 200, seed: int = 0) -> Estimate:
    """Estimate a function of the mean inner products; its spread comes from drawing neurons with replacement.

    Neurons are taken as independent. Variability that they share is not in the error: compare several seeds for that.
    The error is NaN where more than a tenth of the draws leave the statistic undefined.
    """
    n, t, _ = covariance.shape
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws) / n
    grams = (weights @ covariance.reshape(n, t * t)).reshape(draws, t, t)
    values = np.array([statistic(g) for g in grams])
    values, value = values[np.isfinite(values)], float(statistic(covariance.mean(0)))
    if len(values) < max(2, 0.9 * draws):
        return Estimate(value, np.nan, np.nan, np.nan)
    low, high = np.quantile(values, [0.025, 0.975])
    return Estimate(value, float(values.std(ddof=1)), float(low), float(high))


def tuning_change(covariance: np.ndarray, start: int = 0, draws: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """How far tuning is from that at `start`, at each checkpoint: ``1 - R[start, t]``, corrected for noise, and its error.

    0 at `start`; 0 on average where nothing changes however noisy the counts; 1 where tuning has become unrelated. All NaN
    where there is no reliable tuning at `start`; NaN at a checkpoint that has none.

    Returns
    -------
    change, se : (checkpoints,) float64 each.
    """
    n, t, _ = covariance.shape
    known = reliable(covariance)
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws) / n
    grams = (weights @ covariance.reshape(n, t * t)).reshape(draws, t, t)
    drawn = np.stack([1 - shape(g)[start] for g in grams])
    usable = known & known[start]
    counted = usable & (np.isfinite(drawn).mean(0) >= 0.9)
    se = np.full(t, np.nan)
    se[counted] = np.nanstd(drawn[:, counted], axis=0, ddof=1)
    return np.where(usable, 1 - shape(covariance.mean(0))[start], np.nan), se


def presentations_to(fraction: float, presentations: np.ndarray, change: np.ndarray, se: np.ndarray | None = None,
                     z: float = 3.0) -> float | None:  # fmt: skip
    """Presentations until a fraction of the total change is reached, interpolated linearly; counted from the first checkpoint.

    The course is first made to rise only (isotonic regression: neighbours that fall are averaged), which keeps one
    checkpoint's noise from crossing the mark; the total is what that reaches at the end less where it begins.

    Parameters
    ----------
    fraction : of the total change, above 0 and at most 1; 0.9 for tau90.
    presentations, change : (checkpoints,); checkpoints whose change is NaN are passed over.
    se : standard errors of `change`; without them any rise counts.
    z : the total must be this many standard errors of the last checkpoint.

    Returns
    -------
    None where there is no reliable change.
    """
    if not 0 < fraction <= 1:
        raise DescriptionError(f"presentations_to.fraction: is {fraction:g}; above 0 and at most 1 is needed")
    x, y = np.asarray(presentations, np.float64), np.asarray(change, np.float64)
    if x.shape != y.shape or x.ndim != 1 or (np.diff(x) <= 0).any():
        raise DescriptionError("presentations_to.presentations: must ascend, one for each value of change")
    keep = np.isfinite(y)
    if keep.sum() < 2 or not keep[0]:
        return None
    error = 0.0 if se is None else float(np.asarray(se, np.float64)[keep][-1])
    x, y = x[keep], y[keep]
    rising = IsotonicRegression(y_min=y[0]).fit_transform(x, y)
    rising[0] = y[0]  # the start is known: every change is measured from it
    total = rising[-1] - rising[0]
    if not total > max(z * error, 1e-9):
        return None
    mark = rising[0] + fraction * total
    after = int(np.argmax(rising >= mark - 1e-12 * total))
    low, high = rising[after - 1], rising[after]
    return float(x[after - 1] + (mark - low) / (high - low) * (x[after] - x[after - 1]) - x[0])


def tau90(presentations: np.ndarray, change: np.ndarray, se: np.ndarray | None = None) -> float | None:
    """Presentations to 90 % of the tuning change; see `presentations_to`."""
    return presentations_to(0.9, presentations, change, se)


def tau90_spread(covariance: np.ndarray, presentations: np.ndarray, draws: int = 200, seed: int = 0) -> Estimate:
    """tau90 of the change from the first checkpoint with its interval, in which any rise counts.

    Parameters
    ----------
    covariance : (neurons, checkpoints, checkpoints). presentations : (checkpoints,).
    """

    def fast(gram: np.ndarray) -> float:
        found = tau90(presentations, 1 - shape(gram)[0])
        return np.nan if found is None else found

    return bootstrap(covariance, fast, draws, seed)


def savings(first: float | None, again: float | None) -> float | None:
    """What is saved at relearning: ``1 - again / first`` (presentations to the same mark); None where either is unknown."""
    return 1 - again / first if first and again is not None else None

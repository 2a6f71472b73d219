"""Fitting a pathway's parameters to its points, by weighted least squares from many starts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from scipy.optimize import least_squares

from isocortex.errors import DescriptionError
from isocortex.invitro import apical_fit, days, forward, modulated
from isocortex.invitro.holdout import SEED, held_out
from isocortex.invitro.intervals import RISE, Residuals, profiled
from isocortex.invitro.pathway import Pathway, lineage, pathways, targets_of
from isocortex.invitro.profile import Profile, known_profiles, values_of
from isocortex.invitro.slice import DT
from isocortex.invitro.table import Point, points

STARTS = 16
Ratios = Callable[[Mapping[str, float]], np.ndarray]
"""Parameters by name to the ratios of some points."""


@dataclasses.dataclass(frozen=True)
class Fitted:
    """Optimum in the logarithms of the parameters: values, 95 % intervals, chi2 of the points that were fitted."""

    values: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    chi2: float
    n: int


def points_for(pathway: Pathway, seed: int = SEED, without: Sequence[str] = ()) -> tuple[list[Point], list[Point]]:
    """The points that a pathway is fitted to, and those held out. Where none gates, those from memory are all there is.

    On the cell with a trunk, points stand again that gate elsewhere: all of them count there, and none is drawn to be held out.
    without : studies that are held out whole.
    """
    every = points()
    own = [p for p in every if p.pathway == pathway.name]
    gating = [p for p in own if p.gates]
    wanted, drawn = (own, frozenset()) if pathway.cell == "trunk" else (gating or own, held_out(every, seed))
    fitted = [p for p in wanted if p.name not in drawn and p.study not in without]
    return fitted, [p for p in wanted if p not in fitted]


def model(pathway: Pathway, chosen: Sequence[Point], base: Mapping[str, float]) -> Ratios:
    """The fast model of some points of a pathway: free parameters to ratios."""
    if pathway.cell == "trunk":
        return apical_fit.model(pathway, chosen, base)
    if pathway.scales:
        return days.model(pathway, chosen, base)
    if pathway.slow:
        return modulated.model(pathway, chosen, base)
    trains = forward.Trains.of([p.protocol_of().trains(p.frequency, p.lag) for p in chosen], DT)
    changes = [tuple(pathway.under(targets_of(p.drug)).items()) for p in chosen]
    kinds = list(dict.fromkeys(changes))
    kind = np.array([kinds.index(c) for c in changes])

    def ratios(values: Mapping[str, float]) -> np.ndarray:
        full = dict(base) | pathway.complete(values)
        sets = np.stack([forward.parameters(pathway.rule, full | dict(c)) for c in kinds])
        return forward.ratios(trains, sets[kind], DT)

    return ratios


def minimise(
    residuals: Residuals,
    bounds: Sequence[tuple[float, float]],
    *,
    seed: int = SEED,
    starts: int = STARTS,
) -> tuple[np.ndarray, float]:
    """Best of many bounded least-squares runs in the logarithms: short ones from many starts, the three best to their end.

    Returns the logarithms and chi2.
    """
    low, high = np.log(np.array(bounds)).T
    rng = np.random.default_rng(seed)
    draws = low + (high - low) * rng.random((8 * starts, len(low)))
    cost = np.array([np.sum(residuals(d) ** 2) for d in draws])
    run = lambda start, most: least_squares(residuals, start, bounds=(low, high), x_scale="jac", max_nfev=most)  # noqa: E731
    short = sorted((run(start, 12) for start in draws[np.argsort(cost)[:starts]]), key=lambda found: found.cost)
    best = min((run(found.x, 80) for found in short[:3]), key=lambda found: found.cost)
    return best.x, 2 * float(best.cost)


def distances(ratios: Ratios, names: Sequence[str], chosen: Sequence[Point]) -> Residuals:
    """How far simulated ratios are from published ones, in SEM, by the logarithms of the named parameters."""
    measured, error = np.array([p.ratio for p in chosen]), np.array([p.error for p in chosen])
    return lambda logs: (ratios(dict(zip(names, np.exp(logs), strict=True))) - measured) / error


def least_distance(
    ratios: Ratios,
    bounds: Mapping[str, tuple[float, float]],
    chosen: Sequence[Point],
    *,
    seed: int = SEED,
    starts: int = STARTS,
) -> tuple[np.ndarray, float]:
    """What `minimise` finds for the distances of simulated from published ratios. ratios : of parameters by name."""
    return minimise(distances(ratios, list(bounds), chosen), list(bounds.values()), seed=seed, starts=starts)


def fit(
    pathway: Pathway,
    profiles: Mapping[str, Profile],
    *,
    seed: int = SEED,
    starts: int = STARTS,
    without: Sequence[str] = (),
) -> Fitted:
    """Fit the free parameters of a pathway to the points that are not held out.

    Raises
    ------
    DescriptionError : there are no points or no parameters to fit, or what the pathway inherits has no profile.
    """
    if not pathway.free:
        raise DescriptionError(f"{pathway.name}: has nothing to fit; name a parameter and its bounds in its table free")
    chosen, _ = points_for(pathway, seed, without)
    if not chosen:
        raise DescriptionError(f"{pathway.name}: has no points to fit")
    base = dict(values_of(pathways()[pathway.inherits], profiles)) if pathway.inherits else {}
    ratios = model(pathway, chosen, base)
    logs, chi2 = least_distance(ratios, pathway.free, chosen, seed=seed, starts=starts)
    values = dict(zip(pathway.free, np.exp(logs).tolist(), strict=True))
    return Fitted(values, _intervals(pathway, ratios, logs, chi2, chosen), chi2, len(chosen))


def _intervals(
    pathway: Pathway, ratios: Ratios, logs: np.ndarray, chi2: float, chosen: Sequence[Point]
) -> dict[str, tuple[float, float]]:
    """95 % intervals by profile likelihood within the bounds, wider where chi2 is above its degrees of freedom."""
    low, high = np.log(np.array(list(pathway.free.values()))).T
    rise = RISE * max(1.0, chi2 / max(len(chosen) - len(logs), 1))
    found = np.exp(profiled(distances(ratios, list(pathway.free), chosen), logs, low, high, rise))
    return {name: (float(a), float(b)) for name, (a, b) in zip(pathway.free, found, strict=True)}


def fit_profiles(
    names: Sequence[str], *, seed: int = SEED, starts: int = STARTS, without: Sequence[str] = ()
) -> Iterator[Profile]:
    """Fit pathways, those that others inherit from first; their profiles one by one, without the slice's numbers."""
    known = dict(known_profiles(tuple(names)))
    for name in sorted(names, key=lambda n: len(lineage(pathways()[n], pathways()))):
        pathway = pathways()[name]
        found = fit(pathway, known, seed=seed, starts=starts, without=without)
        chosen, aside = points_for(pathway, seed, without)
        record = dict(
            pathway=name, rule=pathway.rule, free=len(pathway.free), points=len(chosen), seed=seed, starts=starts,
            studies=list(dict.fromkeys(p.study for p in chosen)), chi2=round(found.chi2, 3),
            held_out=sorted(p.name for p in aside), from_memory=all(p.provenance == "memory" or p.by_sign for p in chosen),
        )  # fmt: skip
        known[name] = Profile(name, found.values, found.intervals, record)
        yield known[name]

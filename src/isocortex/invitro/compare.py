"""Two questions answered with numbers, on excitatory pathways: does one parameter set explain all, and which form which best?

Both are answered on the points that gate and are not held out, with the fast model; AIC is chi2 plus twice the number of free
parameters, and AICc what it is for few points (Hurvich & Tsai 1989, doi:10.1093/biomet/76.2.297). Parameters set by hand do not
count. Every form acts through the bounds that the pathway's own rule has, and fits those that it fits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isocortex.errors import DescriptionError
from isocortex.invitro import forms
from isocortex.invitro.fit import least_distance, model, points_for
from isocortex.invitro.forms import Model
from isocortex.invitro.holdout import SEED
from isocortex.invitro.pathway import INHIBITORY, WEIGHT, Pathway, pathways
from isocortex.invitro.profile import Profile, known_profiles, values_of
from isocortex.invitro.sources import sources

SHARED = {
    "A_pair": (1e-5, 0.1), "A_burst": (1e-5, 0.3), "D_post": (1e-5, 0.1), "D_pre": (1e-5, 0.1), "D_alone": (1e-6, 0.05),
    "power": (0.5, 4.0), "tau_plus": (3.0, 60.0), "tau_o": (5.0, 600.0), "tau_y": (5.0, 200.0), "tau_c": (0.1, 20.0),
    "K": (0.1, 10.0), "h": (1.0, 8.0), "w_min": (0.4, 0.8), "w_max": (1.2, 5.0),
}  # fmt: skip
"""What the shared set may choose: all of the rule of four branches, and its bounds."""

_WINDOW = {"A_pair": (1e-5, 0.1), "D_pre": (1e-5, 0.1), "tau_plus": (3.0, 60.0), "tau_y": (3.0, 200.0)}
_PAIR = {"A_burst": 0.0, "K": 1e6, "h": 1.0}
FORMS: dict[str, tuple[dict[str, float], dict[str, tuple[float, float]]]] = {
    "pair": (_PAIR, _WINDOW),
    "triplet": ({k: v for k, v in _PAIR.items() if k != "A_burst"},
                _WINDOW | {"A_burst": (1e-5, 0.3), "tau_o": (5.0, 600.0)}),
    "four branches": ({}, {k: v for k, v in SHARED.items() if k != "D_alone"}),
}  # fmt: skip
"""Form -> fixed parameters, and bounds of the free ones; all are limits of `Branches`."""


ON_TRUNK: dict[str, tuple[dict[str, float], dict[str, tuple[float, float]]]] = {
    "voltage": ({"A_post": 0.0, "tau_rise": 0.0, "theta_plus": forms.GAP, "K": 1e4, "h": 1.0},
                {"A_LTP": (1e-7, 0.1), "D_pre": (1e-3, 1e3), "tau_x": (3.0, 60.0), "tau_plus": (1.0, 100.0),
                 "tau_minus": (2.0, 100.0)}),
}  # fmt: skip
"""The same for the cell with a trunk, where they are limits of `DendriticVoltage`: the rule of Clopath et al. 2010."""


def gating() -> list[Pathway]:
    """The excitatory pathways with gating points, on the forced cell and without slow parts: what forms are compared on."""
    plain = (
        p for p in pathways().values() if p.cell == "forced" and not (p.slow or p.scales) and p.pre_class not in INHIBITORY
    )
    return [p for p in plain if any(q.gates for q in points_for(p)[0])]


def weight_bounds(pathway: Pathway) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """The bounds of the weight as the pathway has them: fixed or taken over, and fitted; no upper one where w_max is 0."""
    free = {k: pathway.free[k] for k in WEIGHT if k in pathway.free}
    known = dict.fromkeys(WEIGHT, 0.0) | values_of(pathway)
    return {k: known[k] for k in WEIGHT if k not in free}, free


def _form(pathway: Pathway, fixed: Mapping[str, float], free: Mapping[str, tuple[float, float]]) -> Pathway:
    """A pathway with the general rule of its cell and other free parameters, its points and its pharmacology as they are."""
    made = dataclasses.replace(pathway, inherits="", fixed=dict(fixed), free=dict(free), ties={})
    return made if pathway.cell == "trunk" else dataclasses.replace(made, rule="branches", needs=_needs(pathway))


def _needs(pathway: Pathway) -> dict[str, tuple[str, ...]]:
    """What every amplitude needs: one that the pathway's own rule has not, what its others of the same sign need."""
    out = dict(pathway.needs)
    for amplitude in (k for k in SHARED if k[:2] in ("A_", "D_") and k not in out):
        alike = [needed for own, needed in pathway.needs.items() if own[0] == amplitude[0]]
        out[amplitude] = tuple(dict.fromkeys(need for needed in alike for need in needed))
    return out


def one_for_all(
    separate: Mapping[str, tuple[float, int]], *, neocortical: bool = False, seed: int = SEED, starts: int = 12
) -> dict[str, Any]:
    """Fit one set to all of `gating`, or to the `neocortical` ones. separate : pathway -> (chi2, parameters) of its own fit."""
    wanted = [p for p in gating() if p.neocortical or not neocortical]
    separate = {p.name: separate[p.name] for p in wanted}
    chosen = [(_form(p, {}, SHARED), points_for(p, seed)[0]) for p in wanted]
    models = [model(p, own, {}) for p, own in chosen]
    every = [q for _, own in chosen for q in own]
    logs, chi2 = least_distance(
        lambda values: np.concatenate([m(values) for m in models]), SHARED, every, seed=seed, starts=starts
    )
    own_chi2, own_free = (sum(v[i] for v in separate.values()) for i in (0, 1))
    delta = chi2 + 2 * len(SHARED) - (own_chi2 + 2 * own_free)
    values = {k: float(f"{v:.5g}") for k, v in zip(SHARED, np.exp(logs), strict=True)}
    return dict(chi2=round(chi2, 1), delta_aic=round(delta, 1), points=len(every), free=len(SHARED),
                separate_chi2=round(own_chi2, 1), separate_free=own_free, seed=seed, starts=starts, values=values)  # fmt: skip


def by_form(names: Sequence[str], *, seed: int = SEED, starts: int = 12) -> dict[str, dict[str, Any]]:
    """Pathway -> form -> chi2 and AIC; only forms with fewer parameters than points."""
    out: dict[str, dict[str, Any]] = {}
    for name in names:
        out[name] = {}
        pathway = pathways()[name]
        chosen, _ = points_for(pathway, seed)
        apical = pathway.cell == "trunk"
        set_bounds, free_bounds = weight_bounds(pathway)
        for form, (fixed, own_free) in (ON_TRUNK if apical else FORMS).items():
            free = free_bounds | own_free
            if len(free) < len(chosen):
                made = _form(pathway, {k: v for k, v in set_bounds.items() if k not in free} | fixed, free)
                chi2 = least_distance(model(made, chosen, {}), free, chosen, seed=seed, starts=starts)[1]
                out[name][form] = _scored(chi2, len(free), len(chosen))
        for form, (make, bounds) in ({} if apical else forms.MODELS).items():
            free = free_bounds | bounds
            if len(free) < len(chosen):
                ratios = _with(make(pathway, chosen), set_bounds)
                chi2 = least_distance(ratios, free, chosen, seed=seed, starts=starts)[1]
                out[name][form] = _scored(chi2, len(free), len(chosen))
        known = known_profiles()[name].fit
        out[name]["own"] = _scored(float(known["chi2"]), len(pathway.free), int(known["points"]))
    return out


def _with(ratios: Model, fixed: Mapping[str, float]) -> Model:
    """A model some of whose parameters are set."""
    return lambda values: ratios({**fixed, **values})


def _scored(chi2: float, free: int, points: int) -> dict[str, Any]:
    """AICc is left out where there are too few points for it."""
    aic, left = chi2 + 2 * free, points - free - 1
    found = dict(chi2=round(chi2, 1), free=free, aic=round(aic, 1))
    return found | (dict(aicc=round(aic + 2 * free * (free + 1) / left, 1)) if left > 0 else {})


def on_trunk(profiles: Mapping[str, Profile]) -> list[str]:
    """The pathways on the cell with a trunk that have enough points to compare forms on."""
    most = max(len(free) for _, free in ON_TRUNK.values())
    return [p.name for p in pathways().values() if p.cell == "trunk" and p.name in profiles and len(points_for(p)[0]) > most]


def own(profiles: Mapping[str, Profile]) -> dict[str, tuple[float, int]]:
    """(chi2, free parameters) of the pathways' own fits, of those that have gating points.

    Raises
    ------
    DescriptionError : one of them has no profile.
    """
    for name in (p.name for p in gating() if p.name not in profiles):
        raise DescriptionError(f"{name}: has no profile; run {sources().fit_command(name)}")
    return {p.name: (float(profiles[p.name].fit["chi2"]), len(p.free)) for p in gating()}

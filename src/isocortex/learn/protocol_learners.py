"""Which learners stand in a table: the cortical one with its arms, if it is there, and the baselines made equal to it."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Sequence
from typing import Any

from isocortex.checks import is_number
from isocortex.errors import DescriptionError, nearest
from isocortex.learn.baselines.local import LocalFilters
from isocortex.learn.baselines.registry import BASELINES, Room, make_baseline
from isocortex.learn.baselines.sizes import taken
from isocortex.learn.streams.data import Data
from isocortex.learn.streams.registry import parse_spec
from isocortex.plasticity.registry import part_name

CORTICAL, FULL = "cortical", "full"
_MODULE, _CLASS = "isocortex.learn.classifier", "CorticalClassifier"
_SHEETS, _UNITS, _WITHOUT = ("uniform", "swapped"), ("imprinted", "random"), "without:"
ALL = "all"
OPTIONS = {"random_state": "--seeds", "seed": "--seeds", "features": "--set features"}
"""What the comparison gives to learners, and the option that sets it for all of them: a seed of its own would make runs of
different seeds one run."""
ARMS = (FULL, ALL, *_SHEETS, f"{_WITHOUT}PART", *_UNITS)


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A row of the table.

    key : as options and JSON name it. title : as tables do. make : seed -> a fresh learner. baseline, ceiling : what it is.
    arm : of the cortical learner; "" for others.
    """

    key: str
    title: str
    make: Callable[[int], Any]
    baseline: bool = True
    ceiling: bool = False
    arm: str = ""


def has_cortical() -> bool:
    """Whether the cortical learner is part of this installation."""
    return importlib.util.find_spec(_MODULE) is not None


def cortical(arm: str = FULL, **settings: Any) -> Callable[[int], Any]:
    """Seed -> a cortical learner at an arm of the experiment.

    Raises
    ------
    DescriptionError : it is not there, has no such arm, or no such setting.
    """
    if not has_cortical():
        raise DescriptionError(f"learners: '{CORTICAL}' is not part of this installation; {nearest(CORTICAL, BASELINES)}")
    made = getattr(importlib.import_module(_MODULE), _CLASS)
    for key in settings:
        if key not in made().get_params():
            raise DescriptionError(f"{CORTICAL}.{key}: no such parameter; {nearest(key, made().get_params())}")
        _check_free(CORTICAL, key)
        if key in arm_settings(arm):
            raise DescriptionError(f"{CORTICAL}.{key}: the arm {arm!r} sets it too; give the one or the other")
    settings = settings | arm_settings(arm)
    return lambda seed: made(random_state=seed, **settings)


def arm_settings(arm: str) -> dict[str, Any]:
    """What the cortical learner's constructor is given at an arm.

    ``full``: nothing. ``uniform``, ``swapped``, ``without:PART``: a lesion of its sheet. ``imprinted``, ``random``: filters
    that stay as they began, or random ones, in place of learned ones.
    """
    if arm == FULL:
        return {}
    if arm in _SHEETS:
        return {"sheet": arm}
    if arm in _UNITS:
        return {"units": arm}
    if arm.startswith(_WITHOUT) and arm != _WITHOUT:
        return {"sheet": f"without {arm.removeprefix(_WITHOUT)}"}
    raise DescriptionError(f"arms: {arm!r} is not known; {nearest(arm, ARMS)}")


def settings_of(name: str) -> dict[str, str]:
    """The settings that a learner takes after a colon, with their defaults; what the comparison sets is left out."""
    if name == CORTICAL:
        params = getattr(importlib.import_module(_MODULE), _CLASS)().get_params(deep=False)
    else:
        params = make_baseline(name, Room(450, 10**6, (8, 8), 10)).get_params(deep=False)
    return {k: str(v) for k, v in params.items() if k not in ("seed", "random_state", "features", "bytes")}


def every_arm() -> tuple[str, ...]:
    """What ``all`` stands for: uniform, swapped, each part of the default sheet away, and units that do not learn."""
    sheet = importlib.import_module("isocortex.learn.rates").default_sheet()
    names = dict.fromkeys(part_name(p) for e in sheet.entries for p in e.parts)
    return (*_SHEETS, *(f"{_WITHOUT}{name}" for name in names), *_UNITS)


def line_up(names: Sequence[str], arms: Sequence[str], room: Room) -> list[Candidate]:
    """The rows of a table, in order.

    Parameters
    ----------
    names : keys of `BASELINES` and "cortical", with settings after a colon: "knn:neighbours=1". Empty: all that can be.
    arms : of the cortical learner, which they bring in where `names` has it not; the full one is always there with it. "all"
        stands for `every_arm`.
    room : what the baselines are made equal to.
    """
    if not names:
        names = [CORTICAL] * has_cortical() + [k for k, e in BASELINES.items() if not e.images or len(room.shape) > 1]
    if ALL in arms:
        arms = tuple(dict.fromkeys(a for arm in arms for a in (every_arm() if arm == ALL else (arm,))))
    found: list[Candidate] = []
    if arms and not any(parse_spec(text)[0] == CORTICAL for text in names):
        names = [CORTICAL, *names]  # arms ask for it
    for text in names:
        name, settings = parse_spec(text)
        if name == CORTICAL:
            found += [_arm(text, arm, settings) for arm in dict.fromkeys((FULL, *arms))]
        else:
            found.append(_baseline(text, name, settings, room))
    if len({c.key for c in found}) < len(found):
        raise DescriptionError(f"learners: {', '.join(names)}: one is there twice; give each once")
    return found


def _arm(text: str, arm: str, settings: dict[str, Any]) -> Candidate:
    key = text if arm == FULL else f"{text}/{arm}"
    title = CORTICAL if arm == FULL else f"{CORTICAL}, {arm}"
    return Candidate(key, title, cortical(arm, **settings), baseline=False, arm=arm)


def _baseline(text: str, name: str, settings: dict[str, Any], room: Room) -> Candidate:
    if name not in BASELINES:
        raise DescriptionError(f"learners: {name!r} is not known; {nearest(name, [CORTICAL, *BASELINES])}")
    first = make_baseline(name, room)
    params = first.get_params(deep=False)
    for key, value in settings.items():
        if key not in params:
            raise DescriptionError(f"{name}.{key}: no such parameter; {nearest(key, params)}")
        _check_free(name, key)
        _check_kind(f"{name}.{key}", value, params[key])
    title = BASELINES[name].title + "".join(f", {k} {v}" for k, v in settings.items())
    return Candidate(text, title, lambda seed: make_baseline(name, room, seed).set_params(**settings), ceiling=first.ceiling)


def _check_free(name: str, key: str) -> None:
    if key in OPTIONS:
        raise DescriptionError(f"{name}.{key}: is given by the comparison to all learners; use {OPTIONS[key]}")


def _check_kind(where: str, given: Any, default: Any) -> None:
    """A setting whose default is a number is a number, and a whole one where that is."""
    if is_number(default) and not is_number(given):
        raise DescriptionError(f"{where}: is {given!r}; a number is needed")
    if isinstance(default, int) and not isinstance(default, bool) and not float(given).is_integer():
        raise DescriptionError(f"{where}: is {given!r}; a whole number is needed")


def usual_room(data: Data, features: int | None = None, bytes: int | None = None) -> Room:
    """Room without a model to be equal to: 450 features for small data, 1800 from 10,000 samples on, and the bytes that
    random local filters (for vectors: random features) take with them."""
    shape = data.x.shape[1:]
    features = features or (450 if len(data.x) < 10_000 else 1800)
    if bytes is None:
        kind: Any = LocalFilters(features) if data.is_images else make_baseline("relu", Room(features, 0, shape, 1)).features
        bytes = taken(kind, shape, len(data.classes))
    return Room(features, bytes, shape, len(data.classes))

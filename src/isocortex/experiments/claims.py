"""Claims about what layers do for learning, judged over seeds: an effect, and what it loses at every other arm.

An effect is a difference between layers of one run. Over seeds it has a mean and a 95 % interval (Student's t); what an arm
is worth is the difference of the effects of the full sheet and of that arm, paired by seed. A claim passes if its effect is
above zero, and above that of every control, with intervals clear of zero. All claims are judged and shown, without a
correction for their number.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from isocortex.errors import DataError
from isocortex.experiments.controls import CONTROLS, FULL
from isocortex.experiments.estimate import Estimate, plain
from isocortex.jsonable import jsonable
from isocortex.measure.learned import DEEP, OF_LEARNERS, SUPERFICIAL, by_layer, learned, noise_of, number

MAY_DIFFER = ("seed", "arms", "out")
"""What runs that are judged together may differ in."""
Values = Mapping[str, Any]
Arms = Mapping[str, Values]


def _gain(values: Values) -> float | None:
    """By how much more images are read after the first phase than before."""
    before, after = number(values.get("decode_start")), number(values.get("decode_digits"))
    return None if before is None or after is None else after - before


def _of(measure: str) -> Callable[[Values], float | None]:
    return lambda values: number(values.get(measure))


@dataclasses.dataclass(frozen=True)
class Claim:
    """What is claimed, and the effect that shows it: the mean of a measure over some layers less that over others.

    unit : of the effect, and which layers are taken from which.
    learners : whether only layers that learned are asked.
    """

    name: str
    text: str
    unit: str
    measure: Callable[[Values], float | None]
    more: tuple[str, ...]
    less: tuple[str, ...] = ()
    learners: bool = False

    @classmethod
    def between(cls, name: str, text: str, unit: str, measure: str, more: tuple[str, ...], less: tuple[str, ...]) -> Claim:
        """A claim that one measure is larger in some layers than in others."""
        return cls(name, text, unit, _of(measure), more, less, measure in OF_LEARNERS)

    def effect(self, arm: Values, noise: float) -> float | None:
        """The effect at one arm of one run; None where one of the sides has no layer.

        noise : a layer whose tuning changed by no more has not learned.
        """
        layers = {k: v for k, v in by_layer(arm).items() if not self.learners or learned(v, noise)}
        sides = [
            [x for k in side if k in layers and (x := self.measure(layers[k])) is not None] for side in (self.more, self.less)
        ]
        if not sides[0] or (self.less and not sides[1]):
            return None
        return statistics.fmean(sides[0]) - (statistics.fmean(sides[1]) if self.less else 0.0)


CLAIMS = (
    Claim.between("faster", "L2/3 learns faster than the deep layers", "presentations to 90 % of the change, deep less L2/3",
                  "tau90", DEEP, SUPERFICIAL),
    Claim.between("changes", "L2/3 changes more than the deep layers", "change of tuning, L2/3 less deep",
                  "changed", SUPERFICIAL, DEEP),
    Claim.between("keeps", "Deep layers keep more of what they had learned", "retained tuning, deep less L2/3",
                  "retained", DEEP, SUPERFICIAL),
    Claim.between("holds", "Deep layers give less of their change back", "share reverted, L2/3 less deep",
                  "reverted", SUPERFICIAL, DEEP),
    Claim("reads", "Learning makes the images easier to read", "share read after less before, mean of all layers",
          _gain, (*SUPERFICIAL, "L4", *DEEP)),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Judged:
    """A claim and what the runs say of it.

    effects : arm -> seed -> effect, where there is one. alone : at the full sheet. less : arm -> full less that arm, paired
    by seed. why : why it does not pass; empty where it does.
    """

    claim: Claim
    effects: Mapping[str, Mapping[int, float]]
    alone: Estimate | None
    less: Mapping[str, Estimate | None]
    why: str

    @property
    def passes(self) -> bool:
        """Whether the effect is there, and is not there with the controls."""
        return not self.why


def joined(runs: Mapping[str, Values]) -> dict[int, Arms]:
    """Runs by name to seed -> arms, as far as all seeds have them; several runs of a seed are put together.

    Raises
    ------
    DataError : no runs, settings that differ in more than `MAY_DIFFER`, no full sheet, or one arm with two outcomes.
    """
    if not runs:
        raise DataError("claims: there are no runs; give the folders of finished runs")
    first, reference = next(iter(runs.items()))
    arms: dict[int, dict[str, Values]] = {}
    for name, summary in runs.items():
        same_settings(first, reference.get("config") or {}, name, summary.get("config") or {})
        mine = arms.setdefault(int(summary["seed"]), {})
        for arm, values in summary["arms"].items():
            if arm in mine and mine[arm].get("checksum") != values.get("checksum"):
                raise DataError(f"claims: {name}: the arm {arm!r} of seed {summary['seed']} ended otherwise in another "
                                "of these runs; give runs of one version and machine")  # fmt: skip
            mine[arm] = values
    common = [arm for arm in arms[int(reference["seed"])] if all(arm in mine for mine in arms.values())]
    if FULL not in common:
        raise DataError(f"claims: a run of some seed has no arm {FULL!r}; run it with --arms {FULL},{','.join(CONTROLS)},off")
    return {seed: {arm: mine[arm] for arm in common} for seed, mine in sorted(arms.items())}


def same_settings(name: str, one: Values, other_name: str, other: Values) -> None:
    """Raise a DataError that says what differs, unless only `MAY_DIFFER` does."""
    one, other = jsonable(one), jsonable(other)  # one may come from a file
    for key in dict.fromkeys([*one, *other]):
        if key not in MAY_DIFFER and one.get(key) != other.get(key):
            raise DataError(f"claims: {key} is {one.get(key)!r} in {name} and {other.get(key)!r} in {other_name}; runs that "
                            f"are judged together may differ in {', '.join(MAY_DIFFER)} alone")  # fmt: skip


def judge(runs: Mapping[int, Arms], claims: Sequence[Claim] = CLAIMS) -> list[Judged]:
    """Judge claims by what `joined` returned."""
    arms = list(next(iter(runs.values())))
    noise = {seed: noise_of(found) for seed, found in runs.items()}
    out = []
    for claim in claims:
        effects = {
            arm: {seed: e for seed, found in runs.items() if (e := claim.effect(found[arm], noise[seed])) is not None}
            for arm in arms
        }
        full = effects[FULL]
        alone = Estimate.of(full.values())
        less = {
            arm: Estimate.of(full[seed] - e for seed, e in its.items() if seed in full)
            for arm, its in effects.items()
            if arm != FULL
        }
        out.append(Judged(claim, effects, alone, less, _why(alone, less)))
    return out


def _why(alone: Estimate | None, less: Mapping[str, Estimate | None]) -> str:
    """The first reason for which a claim does not pass."""
    if alone is None:
        return "was measured in no run"
    if not alone.spread:
        return "one seed only"
    if alone.high < 0:
        return "it is the other way round"
    if alone.low <= 0:
        return "cannot be told from no effect"
    for control in CONTROLS:
        if control not in less:
            return f"there is no arm '{control}' to compare with"
        difference = less[control]
        if difference is None or not difference.spread:
            return f"'{control}' has too few seeds with an effect"
        if difference.low <= 0:
            return f"cannot be told from '{control}'"
    return ""


def document(judged: Sequence[Judged]) -> dict[str, Any]:
    """What was found, as plain values."""
    return dict(
        claims=[
            dict(name=j.claim.name, text=j.claim.text, unit=j.claim.unit, passes=j.passes, why=j.why, full=plain(j.alone),
                 less={arm: plain(e) for arm, e in j.less.items()}, effects=j.effects)
            for j in judged
        ]
    )  # fmt: skip

"""What a sheet can say about layers at the level of rates."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

from isocortex.describe import quantity
from isocortex.errors import DescriptionError
from isocortex.learn.views import CLOSELY, SAMPLES
from isocortex.plasticity.registry import part_name, register_rate
from isocortex.plasticity.rule import Rule, SlowPart, Term

UNIT = "1"


class RateRule(Rule):
    """Base of the rules of learners: a sheet describes them, the learner carries them out; they have no terms over spikes."""

    def terms(self) -> tuple[Term, ...]:
        raise _not_of_spikes(self)


class RateState(SlowPart):
    """Base of what a learner's layer keeps and follows beside its weights; nothing happens to single synapses."""

    @staticmethod
    def tick(c: SimpleNamespace, syn: dict[str, Any], modulators: dict[str, Any]) -> dict[str, Any]:
        raise DescriptionError("sheet: has parts of a learner, which the simulator cannot carry out; use rules over spikes")


def _not_of_spikes(part: Rule) -> DescriptionError:
    return DescriptionError(
        f"{part_name(part)}: is a part of learners at the level of rates, which the simulator cannot carry out; "
        "use a rule over spikes (`isocortex rules` lists them)"
    )


@register_rate
class Decorrelation(RateRule):
    r"""Lateral inhibition that decorrelates (Foldiak 1990): its fixed point whitens what the cells receive.

    Without it, components keep their variances. Meant for lateral synapses in L4 and between association cells.
    """

    name: ClassVar[str] = "decorrelation"
    reads: ClassVar[tuple[str, ...]] = ("rate",)
    equation: ClassVar[str] = "dw_ij ~ -(y_i y_j - delta_ij), at its fixed point"
    reference: ClassVar[str] = "Foldiak 1990, doi:10.1007/BF02331346"
    meant_for: ClassVar[str] = "lateral synapses of L4 and of the association layer"


@register_rate
class HebbianStep(RateRule):
    r"""A cell that fires learns its input: dw = max(eta / n, floor) (x - w), n the number of times it did.

    In L2/3 the best-matching unit fires (competition); an association cell fires under an apical plateau, which is the label
    or a reward. Limits: eta = 1, floor = 0 is the mean of what the cell fired for (online k-means in L2/3, MacQueen 1967);
    eta = floor = 0 learns nothing.
    """

    name: ClassVar[str] = "hebbian_step"
    reads: ClassVar[tuple[str, ...]] = ("rate",)
    equation: ClassVar[str] = "dw = max(eta / n, floor) (x - w) for the winner, or under a plateau"
    reference: ClassVar[str] = (
        "Rumelhart & Zipser 1985, doi:10.1207/s15516709cog0901_5; Bittner et al. 2017, doi:10.1126/science.aan3846"
    )
    meant_for: ClassVar[str] = "feedforward synapses onto L2/3 and onto association cells"
    eta: float = quantity(1.0, UNIT, least=0, most=1, role="rate", doc="step, times 1/n")
    floor: float = quantity(0.0, UNIT, least=0, most=1, doc="least step")


@register_rate
class Following(RateState):
    r"""The layer follows what is shown without a label, at `strength` of the way."""

    name: ClassVar[str] = "following"
    kind: ClassVar[str] = "adaptation"
    equation: ClassVar[str] = "gain -> gain + strength (gain that fits the new world - gain)"
    reference: ClassVar[str] = "Laughlin 1981, doi:10.1515/znc-1981-9-1040; Atick & Redlich 1992, doi:10.1162/neco.1992.4.2.196"
    meant_for: ClassVar[str] = "superficial layers and L4"
    strength: float = quantity(1.0, UNIT, least=0, most=1, role="rate", doc="how far it follows")


@register_rate
class Reversal(RateState):
    r"""What a layer follows is held in a fast component; the slow one stays, and whichever fits better is used."""

    name: ClassVar[str] = "reversal"
    kind: ClassVar[str] = "reversibility"
    equation: ClassVar[str] = "w = w_slow + (fast component if it fits better)"
    meant_for: ClassVar[str] = "superficial layers"
    span: float = quantity(200.0, UNIT, above=0, doc="inputs that settle a fast component")


@register_rate
class SurpriseGate(RateState):
    r"""A label is not believed where the input is familiar and its posterior under `doubt`, once the class is not young.

    A class is gated only where such labels are more than a lasting share of its own: below it the expectation errs.
    """

    name: ClassVar[str] = "surprise_gate"
    kind: ClassVar[str] = "doubt"
    equation: ClassVar[str] = "weight = 0 if p(label | x) < doubt, x familiar, n(label) >= young, share of such labels high"
    meant_for: ClassVar[str] = "synapses onto association cells"
    young: float = quantity(200.0, UNIT, least=0, doc="samples of a class that are always believed")
    doubt: float = quantity(0.2, UNIT, above=0, most=1, doc="posterior of the label below which it is at odds")
    far: float = quantity(3.0, UNIT, above=0, doc="standard deviations beyond which an input is new, not contradictory")
    share: float = quantity(0.2, UNIT, least=0, most=1, doc="lasting share of such labels from which a class is gated at all")


@register_rate
class Reopening(RateState):
    r"""A class whose labels are suddenly at odds with familiar inputs learns anew: its n falls to `restart`."""

    name: ClassVar[str] = "reopening"
    kind: ClassVar[str] = "metaplasticity"
    equation: ClassVar[str] = "n = restart if (recent - lasting share of contradictions) > excess"
    meant_for: ClassVar[str] = "synapses onto association cells"
    excess: float = quantity(0.5, UNIT, above=0, most=1, doc="recent share of contradictions minus the lasting one")
    restart: float = quantity(5.0, UNIT, above=0, doc="samples that the old mean still counts for")


@register_rate
class Fixation(RateState):
    r"""The first `samples` of a class are looked at several times, a pixel displaced and tilted, and the very first
    (`closely`) from nearer, farther, aside and aslant too; together the views of a sample count as one."""

    name: ClassVar[str] = "fixation"
    kind: ClassVar[str] = "exploration"
    equation: ClassVar[str] = "x = mean over views; their spread is learned as within-class variability"
    meant_for: ClassVar[str] = "synapses onto association cells"
    samples: float = quantity(float(SAMPLES), UNIT, least=0, doc="samples of a class that are looked at several times")
    closely: float = quantity(float(CLOSELY), UNIT, least=0, doc="samples of a class that are looked at from all sides")


@register_rate
class Turning(RateState):
    r"""Units learn from early images turned in all directions, so that they do not depend on which classes come first.

    Only images that are not taken for natural, of at least 20 pixels: the first classes of drawings or letters may hold few of
    the strokes that others are made of.
    """

    name: ClassVar[str] = "turning"
    kind: ClassVar[str] = "exploration"
    equation: ClassVar[str] = "x = patches of R(phi) image, phi uniform in 0 to 360 degrees"
    meant_for: ClassVar[str] = "synapses onto L2/3"

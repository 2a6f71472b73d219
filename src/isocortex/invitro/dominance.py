"""Which pair of a triplet decides: Froemke and Dan (2002) found the first one, in layer 2/3."""

from __future__ import annotations

from isocortex.invitro import slice as slices
from isocortex.invitro.profile import UNBOUNDED
from isocortex.invitro.protocol import protocols
from isocortex.plasticity.rule import Additive, Rule
from isocortex.plasticity.rules.suppression import Suppression
from isocortex.plasticity.stack import Stack

FOUND = Suppression(**Suppression.sets["froemke_dan2002"][0])
TRIPLETS = ("froemke_dan_ppp", "froemke_dan_opo")
"""The protocols of pre-post-pre and of post-pre-post."""


def triplets(rule: Rule = FOUND) -> tuple[float, float]:
    """The weight after over before of `TRIPLETS`, in the virtual slice."""
    stack, chosen = Stack(rules=(rule,), weight=Additive(w_max=UNBOUNDED)), [protocols()[name] for name in TRIPLETS]
    found = slices.run([slices.Case(stack, *p.trains(), p.duration) for p in chosen])
    return float(found[0]), float(found[1])


def first_spike(rule: Rule = FOUND) -> float:
    """By how much the first pair of a triplet decides: the smaller of the potentiation by pre-post-pre and the depression by
    post-pre-post; below 0 where one of them goes the other way."""
    pre_post_pre, post_pre_post = triplets(rule)
    return min(pre_post_pre - 1, 1 - post_pre_post)

"""Which pair of a triplet decides: Froemke and Dan (2002) found the first one, in layer 2/3."""

from __future__ import annotations

import numpy as np

from isocortex.invitro import slice as slices
from isocortex.invitro.protocol import START
from isocortex.plasticity.rule import Additive, Rule
from isocortex.plasticity.rules.suppression import Suppression
from isocortex.plasticity.stack import Stack

FOUND = Suppression(**Suppression.sets["froemke_dan2002"][0])
BETWEEN, REPETITIONS, EVERY = 10.0, 60, 5000.0
"""Between the spikes of a triplet (ms), how many triplets, and how far apart (ms): 60 to 80 at 0.2 Hz, from memory."""


def triplets(rule: Rule = FOUND) -> tuple[float, float]:
    """The weight after over before of pre-post-pre and of post-pre-post, in the virtual slice."""
    begins = START + EVERY * np.arange(REPETITIONS)
    two, one = np.sort(np.concatenate([begins, begins + 2 * BETWEEN])), begins + BETWEEN
    stack, end = Stack(rules=(rule,), weight=Additive(w_max=1e3)), float(begins[-1] + EVERY)
    found = slices.run([slices.Case(stack, two, one, end), slices.Case(stack, one, two, end)])
    return float(found[0]), float(found[1])


def first_spike(rule: Rule = FOUND) -> float:
    """By how much the first pair of a triplet decides: the smaller of the potentiation by pre-post-pre and the depression by
    post-pre-post; below 0 where one of them goes the other way."""
    pre_post_pre, post_pre_post = triplets(rule)
    return min(pre_post_pre - 1, 1 - post_pre_post)

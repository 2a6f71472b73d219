"""What is simulated for a point: points of one condition get one and the same ratio, whatever the parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable

from isocortex.invitro.pathway import pathways, targets_of
from isocortex.invitro.table import Point, studies


def condition(p: Point) -> Hashable:
    """Pathway, spikes, currents, modulators, what a drug does to the rule, and beside a slow part when the weight is read."""
    pathway, protocol = pathways()[p.pathway], p.protocol_of()
    trains = tuple(tuple(times.tolist()) for times in protocol.train(p.frequency, p.lag))
    said = {f.name: getattr(protocol, f.name) for f in dataclasses.fields(protocol)}
    for key in ("name", "doc", "source", "pre", "post", "frequency", "post_frequency", "lag", "lag_to"):  # told by the trains
        del said[key]
    under, read = sorted(pathway.under(targets_of(p.drug)).items()), studies()[p.study].readout if pathway.slow else None
    return p.pathway, trains, tuple(said.items()), tuple(under), read


def alone(some: Iterable[Point], others: Iterable[Point]) -> list[Point]:
    """Those of `some` whose condition none of `others` has."""
    taken = {condition(p) for p in others}
    return [p for p in some if condition(p) not in taken]

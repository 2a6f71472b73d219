"""A stack: all that makes one projection plastic, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

from isocortex.describe import Description, several
from isocortex.errors import DescriptionError
from isocortex.plasticity.rule import Additive, Gate, Part, Rule, ShortTerm, SlowPart, WeightDependence


class Stack(Description):
    """Parts on one synapse, in the order in which they act.

    At a presynaptic spike and at every tick: the leaks of `rules`; then the sum of their integrals and jumps, each times the
    `gates`, passes the `weight` dependence and its bounds (what an integral gathered has leaked since it did). At a tick,
    after that, the `slow` parts in order.
    `short_term` scales what is transmitted and never the weight.
    """

    rules: tuple[Rule, ...] = ()
    weight: WeightDependence = Additive()
    gates: tuple[Gate, ...] = ()
    slow: tuple[SlowPart, ...] = ()
    short_term: ShortTerm | None = None

    def validate(self) -> None:
        for field, kind in (("rules", Rule), ("gates", Gate), ("slow", SlowPart)):
            object.__setattr__(self, field, several(self, field, kind))
        self._check_variables()
        if not isinstance(self.weight, WeightDependence):
            raise self.error("weight", f"is {self.weight!r}; a weight dependence such as Soft() is needed")
        if not isinstance(self.short_term, ShortTerm | None):
            raise self.error("short_term", f"is {self.short_term!r}; ShortTerm() or None is needed")

    def _check_variables(self) -> None:
        """Two parts of a class would keep one variable; two that capture induction would share it."""
        for part in self.slow:
            twice = [p for p in self.slow if type(p) is type(part) and part.variables]
            if len(twice) > 1:
                names = ", ".join(part.variables)
                raise self.error(
                    "slow", f"{len(twice)} parts are {part.title}, which would share {names}; at most one is allowed"
                )
        if len(capturing := [p.title for p in self.slow if p.captures]) > 1:
            raise self.error("slow", f"{' and '.join(capturing)} both take what is induced; at most one is allowed")

    @classmethod
    def of(cls, parts: Sequence[Part], where: str = "stack") -> Stack:
        """Sort parts into a stack; two parts of a kind that stands once are an error."""

        def single(kind: type) -> Part | None:
            found = [p for p in parts if isinstance(p, kind)]
            if len(found) > 1:
                raise DescriptionError(f"{where}: {len(found)} parts of the kind {kind.__name__}; at most one is allowed")
            return found[0] if found else None

        for p in parts:
            if not isinstance(p, Part):
                raise DescriptionError(f"{where}: {p!r} is no part; give rules, weight dependences and slow parts")
        return cls(
            rules=tuple(p for p in parts if isinstance(p, Rule)),
            weight=single(WeightDependence) or Additive(),  # type: ignore[arg-type]
            gates=tuple(p for p in parts if isinstance(p, Gate)),
            slow=tuple(p for p in parts if isinstance(p, SlowPart)),
            short_term=single(ShortTerm),  # type: ignore[arg-type]
        )

    @property
    def plastic(self) -> bool:
        """Whether weights change."""
        return bool(self.rules or self.slow)

    @property
    def captures(self) -> str:
        """The slow variable that takes in what is induced, in place of the weight; empty: none does."""
        return next((part.captures for part in self.slow if part.captures), "")

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts, in order."""
        weight = (self.weight,) if self.plastic else ()
        return (*self.rules, *weight, *self.gates, *self.slow, *((self.short_term,) if self.short_term else ()))

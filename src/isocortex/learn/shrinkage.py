"""How far a covariance is drawn towards a multiple of the identity."""

from __future__ import annotations

import dataclasses

LEAST = 3e-3  # the estimate is for Gaussian data; with tens of thousands of samples of sparse features it is too small


@dataclasses.dataclass(frozen=True)
class Shrinkage:
    """The weight of the identity: what is given, or the oracle approximating estimate from n samples within limits."""

    given: float | None
    least: float
    most: float
    n: float

    def weight(self, trace: float, squares: float, d: int) -> float:
        """For a covariance with this trace and sum of squares."""
        if self.given is not None:
            return self.given
        return min(self.most, max(oracle_shrinkage(trace, squares, d, max(self.n, 1.0)), self.least))


def shrink(trace: float, squares: float, d: int, weight: float, how: Shrinkage) -> tuple[float, float, float]:
    """(s, scale, ridge): the shrunk covariance is scale * scatter + ridge * I; trace and squares are the scatter's."""
    trace, squares = trace / max(weight, 1e-12), squares / max(weight, 1e-12) ** 2
    if trace <= 0:  # no variability at all: all that is left is the distance
        return 1.0, 1e-12, 1.0
    s = how.weight(trace, squares, d)
    return s, max((1 - s) / max(weight, 1e-12), 1e-12), s * trace / d


def oracle_shrinkage(trace: float, squares: float, d: int, n: float) -> float:
    """The OAS weight of the identity for a sample covariance with this trace and sum of squares."""
    spread = (n + 1 - 2 / d) * (squares - trace**2 / d)
    return float(min(1.0, max(1e-6, ((1 - 2 / d) * squares + trace**2) / spread if spread > 0 else 1.0)))

"""The front end of inputs without image structure: every unit sees the whole vector."""

from __future__ import annotations

import dataclasses

import numpy as np

from isocortex.engine.random import generator
from isocortex.errors import DescriptionError, nearest
from isocortex.learn.bank import Learning, learned_units
from isocortex.learn.decorrelation import Components, decorrelate

F = np.float32
FARTHEST = 1e6  # spreads: beside one such square, float32 rounds away what tens of thousands of samples said


@dataclasses.dataclass(frozen=True)
class VectorFront:
    """Standardised features beside rectified units; float32."""

    centre: np.ndarray
    spread: np.ndarray
    components: Components
    units: np.ndarray  # (units, components)
    inhibition: float
    mean: np.ndarray
    scale: np.ndarray

    @property
    def d(self) -> int:
        """Number of features."""
        return len(self.mean)

    def check(self, vectors: np.ndarray) -> None:
        """Refuse to learn what is so far from all early vectors that it would drown what was learned."""
        away = np.abs((vectors.astype(np.float64) - self.centre) / self.spread)
        if away.max(initial=0) > FARTHEST:
            row, feature = np.unravel_index(away.argmax(), away.shape)
            raise DescriptionError(
                f"CorticalClassifier.X: feature {feature} of sample {row} is {vectors[row, feature]:g}, {away.max():.0e} "
                f"standard deviations from the early ones; at most {FARTHEST:.0e} is allowed (does it mark a missing value?)"
            )

    def features(self, vectors: np.ndarray) -> np.ndarray:
        """What the association layer receives; (n, d)."""
        return np.asarray((self.raw(vectors) - self.mean) / self.scale)

    def raw(self, vectors: np.ndarray) -> np.ndarray:
        """L4 beside L5, before scaling."""
        x = (vectors.astype(np.float64) - self.centre) / self.spread  # so that no score depends on the batch
        return np.concatenate([x, self.rectified(x)], axis=1)

    def rectified(self, x: np.ndarray) -> np.ndarray:
        """L2/3: relu(s - mean - c sd) over the units, of standardised vectors."""
        s = self.components(x) @ self.units.T
        return np.maximum(s - s.mean(1, keepdims=True) - F(self.inhibition) * s.std(1, keepdims=True), F(0))

    def responses(self, vectors: np.ndarray, layer: str) -> np.ndarray:
        """The activity of one layer: ``L4`` (decorrelated components), ``L23`` or ``L5`` (rectified units)."""
        if layer not in ("L4", "L23", "L5"):
            raise DescriptionError(
                f"CorticalClassifier.transform.layer: no layer {layer!r}; {nearest(str(layer), ('A', 'L4', 'L23', 'L5'))}"
            )
        x = (vectors - self.centre) / self.spread
        return self.components(x) if layer == "L4" else self.rectified(x)

    def nbytes(self) -> int:
        """Bytes of everything learned."""
        c = self.components
        arrays = [self.centre, self.spread, c.projection, c.offset, self.units, self.mean, self.scale]
        return sum(a.nbytes for a in arrays)


def learn_vector_front(vectors: np.ndarray, learning: Learning, seed: int, *, units: int = 200, q: int = 256) -> VectorFront:
    """Learn from early vectors (n, features), in one pass."""
    rng = generator(seed, "learn V1")
    centre = vectors.mean(0, dtype=np.float64).astype(F)
    spread = vectors.std(0, dtype=np.float64).astype(F)
    spread = np.where(spread > 1e-6 * (1 + np.abs(centre)), spread, F(1))
    x = (vectors - centre) / spread
    components = decorrelate(x, q, 0.1, whiten=learning.whiten)
    codes = components(x)[rng.permutation(len(x))]  # classes may come one after the other
    count = max(1, min(units, len(codes) // 2))
    weights, _ = learned_units(codes, components.n_even, count, learning, rng)
    blank = VectorFront(centre, spread, components, weights, 0.5, np.zeros(0, F), np.zeros(0, F))
    raw = blank.raw(vectors)
    scale = raw.std(0)
    scale = np.where(scale > 1e-6, scale, 1.0)
    return dataclasses.replace(blank, mean=raw.mean(0).astype(F), scale=scale.astype(F))

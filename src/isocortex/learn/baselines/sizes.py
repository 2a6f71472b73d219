"""How large a baseline may be to take no more than a number of bytes."""

from __future__ import annotations

from isocortex.errors import DescriptionError
from isocortex.learn.baselines.features import FeatureMap
from isocortex.learn.baselines.lda import lda_bytes
from isocortex.learn.baselines.local import LocalFilters


def features_within(kind: FeatureMap, budget: int, shape: tuple[int, ...], classes: int) -> FeatureMap:
    """The most features of a kind with which `StreamingLDA` takes at most `budget` bytes.

    Parameters
    ----------
    kind : its number of features does not matter.
    budget : bytes, of filters, moments and solution together.
    shape : of a sample. classes : that will come, a hint from whoever knows the data.

    Raises
    ------
    DescriptionError : not even the smallest number fits.
    """
    step = kind.grid**2 if isinstance(kind, LocalFilters) else 1  # filters come in whole

    def fits(steps: int) -> bool:
        return taken(kind.resized(steps * step), shape, classes) <= budget

    if not fits(1):
        least = taken(kind.resized(step), shape, classes)
        raise DescriptionError(f"{type(kind).__name__}: {budget} bytes are too few; the smallest takes {least}")
    low, high = 1, 2
    while fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return kind.resized(low * step)


def taken(kind: FeatureMap, shape: tuple[int, ...], classes: int) -> int:
    """Bytes that `StreamingLDA` takes on such features, after so many classes."""
    return kind.bytes(shape) + lda_bytes(kind.features, classes)

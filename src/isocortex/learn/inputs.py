"""What goes into a learner: checked once, brought to one form."""

from __future__ import annotations

import dataclasses
import operator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from isocortex.errors import DescriptionError

WIDEST = 10.0  # images in [0, 1] stay well within this even with noise added
LARGEST = 1e18  # of vectors: the sum of 300 squares of it is the largest number of float32


@dataclasses.dataclass(frozen=True)
class Shape:
    """The shape of one input: an image (height, width, channels), or a vector of features."""

    dimensions: tuple[int, ...]

    @property
    def image(self) -> bool:
        return len(self.dimensions) == 3

    @property
    def size(self) -> int:
        return int(np.prod(self.dimensions))


def check_inputs(
    estimator: BaseEstimator, X: Any, image_shape: tuple[int, ...] | None, known: Shape | None
) -> tuple[np.ndarray, Shape]:
    """Inputs as float32, (n, height, width, channels) or (n, features), and their shape.

    Parameters
    ----------
    X : (n, h, w), (n, h, w, c) or (n, features), or a list of such; floats, images in [0, 1]; uint8 images are divided by
        255, uint8 vectors are taken as they are.
    image_shape : (h, w) or (h, w, c): what a row of features is, and what images must be.
    known : the shape learned so far; None before anything was learned.

    Raises
    ------
    ValueError : a shape that does not fit, NaN or infinity, too few dimensions, images not in [0, 1], vectors whose squares
        float32 does not hold.
    """
    shape = given = _row_shape(image_shape)
    X = _stacked(X)
    bytes_ = _holds_bytes(X)
    if getattr(X, "ndim", 2) > 2:
        X = np.asarray(X)
        if X.ndim > 4:
            raise DescriptionError(
                f"CorticalClassifier.X: has shape {X.shape}; (n, h, w), (n, h, w, c) or (n, features) is needed"
            )
        shape = Shape(tuple(X.shape[1:]) + ((1,) if X.ndim == 3 else ()))
        if given not in (None, shape):
            raise DescriptionError(f"CorticalClassifier.image_shape: is {image_shape}; the images of X have {X.shape[1:]}")
        X = X.reshape(len(X), shape.size)
    X = validate_data(estimator, X, reset=known is None, dtype=[np.float32, np.float64])
    if shape is None:
        shape = known if known is not None and known.size == X.shape[1] else Shape((X.shape[1],))
    if X.shape[1] != shape.size:
        raise DescriptionError(
            f"CorticalClassifier.image_shape: {image_shape} has {shape.size} values; a row of X has {X.shape[1]}"
        )
    if known is not None and shape != known:
        raise DescriptionError(
            f"CorticalClassifier.X: inputs are of shape {shape.dimensions}; {known.dimensions} is what was learned"
        )
    bytes_ = bytes_ and shape.image
    if not bytes_:
        _check_range(X, shape)  # before the cast: float32 may not hold what float64 does
    x = X.astype(np.float32).reshape(len(X), *shape.dimensions)
    if bytes_:
        x /= np.float32(255)
    return np.ascontiguousarray(x), shape


def _holds_bytes(X: Any) -> bool:
    """Whether an array is of bytes, or each column of a data frame."""
    types = getattr(X, "dtypes", None)  # of a pandas data frame one a column
    kinds = [getattr(X, "dtype", None)] if types is None else list(types)
    return len(kinds) > 0 and all(kind == np.uint8 for kind in kinds)


def _stacked(X: Any) -> Any:
    """A list as an array, where it makes one; what does not is told later, as of any other."""
    try:
        return np.asarray(X) if isinstance(X, list | tuple) else X
    except ValueError:
        return X


def _check_range(X: np.ndarray, shape: Shape) -> None:
    low, high = float(X.min(initial=0)), float(X.max(initial=0))
    if max(-low, high) <= (WIDEST if shape.image else LARGEST):
        return
    if shape.image:
        raise DescriptionError(
            f"CorticalClassifier.X: pixels range from {low:g} to {high:g}; floats in [0, 1] or uint8 are allowed "
            f"(divide by {'255' if high > 16 else '16'}?)"
        )
    raise DescriptionError(
        f"CorticalClassifier.X: features range from {low:g} to {high:g}; at most {LARGEST:g} either way is allowed (scale them)"
    )


def _row_shape(image_shape: Any) -> Shape | None:
    if image_shape is None:
        return None
    try:
        dimensions = tuple(operator.index(n) for n in image_shape)
    except TypeError:
        dimensions = ()
    if len(dimensions) not in (2, 3) or min(dimensions) < 1:
        raise DescriptionError(
            f"CorticalClassifier.image_shape: is {image_shape!r}; (height, width) or (height, width, channels) is needed"
        )
    return Shape(dimensions + ((1,) if len(dimensions) == 2 else ()))


def check_labels(y: Any, n: int, known: np.ndarray | None = None) -> np.ndarray:
    """Labels of shape (n,), of any type that classes may have; text and numbers are not mixed.

    known : the classes learned so far.
    """
    labels = _unwrapped(column_or_1d(y, warn=True))
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise DescriptionError("CorticalClassifier.y: contains NaN or infinity; leave y out for unlabelled samples")
    check_classification_targets(labels)
    if len(labels) != n:
        raise DescriptionError(f"CorticalClassifier.y: has {len(labels)} labels; X has {n} samples")
    if known is not None and len(known) and _is_text(labels) != _is_text(known):
        kinds = ("numbers", "text") if _is_text(labels) else ("text", "numbers")
        raise DescriptionError(f"CorticalClassifier.y: labels so far are {kinds[0]}, these are {kinds[1]}; one kind is needed")
    return labels


def _unwrapped(labels: np.ndarray) -> np.ndarray:
    """An array of objects as one of numbers where all of them are; none may be missing, and kinds may not be mixed."""
    if labels.dtype != object:
        return labels
    values = labels.tolist()
    missing = sum(v is None or type(v).__name__ == "NAType" or (isinstance(v, float) and np.isnan(v)) for v in values)
    if missing:
        raise DescriptionError(
            f"CorticalClassifier.y: {missing} of {len(values)} labels are missing (None or NaN); "
            "give these samples to partial_fit on their own, without y"
        )
    text = [isinstance(v, str) for v in values]
    if any(text) and not all(text):
        odd = values[text.index(False)]
        raise DescriptionError(f"CorticalClassifier.y: has text and {odd!r}, which is none; labels of one kind are needed")
    if all(isinstance(v, int | float | np.number | np.bool_) for v in values):
        return np.array(values)
    return labels


def _is_text(labels: np.ndarray) -> bool:
    return labels.dtype.kind in "US" or (labels.dtype == object and any(isinstance(v, str) for v in labels.tolist()))

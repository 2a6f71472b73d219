"""What goes into a learner: checked once, brought to one form."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from isocortex.errors import DescriptionError

WIDEST = 10.0  # images in [0, 1] stay well within this even with noise added


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
    X : (n, h, w), (n, h, w, c) or (n, features); floats, images in [0, 1]; uint8 images are divided by 255.
    image_shape : (h, w) or (h, w, c): what a row of features is.
    known : the shape learned so far; None before anything was learned.

    Raises
    ------
    ValueError : a shape that does not fit, NaN or infinity, too few dimensions, images not in [0, 1].
    """
    shape: Shape | None
    bytes_ = getattr(X, "dtype", None) == np.uint8
    if getattr(X, "ndim", 2) in (3, 4):
        X = np.asarray(X)
        shape = Shape(tuple(X.shape[1:]) + ((1,) if X.ndim == 3 else ()))
        X = X.reshape(len(X), shape.size)
    else:
        shape = _row_shape(image_shape)
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
    x = X.astype(np.float32).reshape(len(X), *shape.dimensions)
    if bytes_ and shape.image:
        x /= np.float32(255)
    if shape.image and np.abs(x).max(initial=0) > WIDEST:
        low, high = float(x.min()), float(x.max())
        raise DescriptionError(
            f"CorticalClassifier.X: pixels range from {low:g} to {high:g}; floats in [0, 1] or uint8 are allowed "
            f"(divide by {'255' if high > 16 else '16'}?)"
        )
    return np.ascontiguousarray(x), shape


def _row_shape(image_shape: tuple[int, ...] | None) -> Shape | None:
    if image_shape is None:
        return None
    dimensions = tuple(int(n) for n in image_shape)
    if len(dimensions) not in (2, 3) or min(dimensions) < 1:
        raise DescriptionError(f"CorticalClassifier.image_shape: {image_shape!r}; (height, width) or (height, width, channels)")
    return Shape(dimensions + ((1,) if len(dimensions) == 2 else ()))


def check_labels(y: Any, n: int, known: np.ndarray | None = None) -> np.ndarray:
    """Labels of shape (n,), of any type that classes may have; text and numbers are not mixed.

    known : the classes learned so far.
    """
    check_classification_targets(y)
    labels = column_or_1d(y, warn=True)
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise DescriptionError("CorticalClassifier.y: contains NaN or infinity; leave y out for unlabelled samples")
    if len(labels) != n:
        raise DescriptionError(f"CorticalClassifier.y: has {len(labels)} labels; X has {n} samples")
    if known is not None and len(known) and _is_text(labels) != _is_text(known):
        kinds = ("numbers", "text") if _is_text(labels) else ("text", "numbers")
        raise DescriptionError(f"CorticalClassifier.y: labels so far are {kinds[0]}, these are {kinds[1]}; one kind is needed")
    return labels


def _is_text(labels: np.ndarray) -> bool:
    return labels.dtype.kind in "US" or (labels.dtype == object and any(isinstance(v, str) for v in labels.tolist()))

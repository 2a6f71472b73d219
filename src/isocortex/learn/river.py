"""The classifier in the manner of River: one sample at a time, features by name. Needs ``pip install isocortex[river]``."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from isocortex.errors import DataError
from isocortex.learn.classifier import CorticalClassifier
from isocortex.learn.inputs import check_inputs
from isocortex.learn.mature import Mature
from isocortex.learn.modulators import check_modulators
from isocortex.learn.streams.experience import SALIENCE

try:
    from river import base
except ImportError as e:
    raise ImportError("isocortex.learn.river: River is not installed; pip install 'isocortex[river]'") from e

WAIT = 1.1
"""While the critical period lasts, what was seen is learned when it has grown by this factor, since every answer in between
would need a new draft of all layers."""
REFRESH = 0.01


class RiverClassifier(base.MiniBatchClassifier):
    """`CorticalClassifier` with `learn_one`, `predict_one`, `predict_proba_one`, `learn_many`, `predict_many`.

    The features of the first sample are the inputs (pixels in their order); absent ones count as 0 later, as River has
    it, and ones that were not there are passed over. Labels of any hashable kind may come at any time; `None` is no label.
    During the critical period up to a tenth of the samples wait to be learned; how samples are cut into batches is all one.

    Parameters
    ----------
    size, sheet, critical_period : see `CorticalClassifier`; a critical period of None is "auto".
    image_shape : (height, width) or (height, width, channels) where features are pixels, row by row; None: a vector.
    seed : of every draw.
    refresh : after the critical period a solution answers until this share of all samples was learned since, as a new one
        takes the time of many samples; 0: the newest always. A sample of salience w counts w times. A new class is solved
        for at once.

    A call that raises has taught nothing, and its samples are dropped.

    Attributes
    ----------
    classifier : the `CorticalClassifier`; its classes are the places of labels in `labels`, which are in order of appearance.
    """

    def __init__(
        self,
        size: str = "large",
        sheet: str | None = None,
        critical_period: int | None = None,
        image_shape: tuple[int, ...] | None = None,
        seed: int = 0,
        refresh: float = REFRESH,
    ) -> None:
        self.size = size
        self.sheet = sheet
        self.critical_period = critical_period
        self.image_shape = image_shape
        self.seed = seed
        self.refresh = refresh
        period = "auto" if critical_period is None else critical_period
        self.classifier = CorticalClassifier(
            size=size, sheet=sheet, critical_period=period, image_shape=image_shape, random_state=seed
        )
        self.labels: list[Hashable] = []
        self._names: list[Hashable] = []
        self._held: list[tuple[np.ndarray, int, float]] = []
        self._learned = 0

    @property
    def _multiclass(self) -> bool:
        return True

    def learn_one(self, x: Mapping[Any, Any], y: Any = None, w: float = 1.0) -> None:
        """Learn a sample. y : its label; None: it teaches the superficial layers only. w : its salience (dopamine)."""
        names = self._names or self._named(x)
        self._learn(names, _row(x, names)[None], [y], [w])

    def learn_many(self, X: Any, y: Any = None, w: float | Any = 1.0) -> None:
        """Learn the rows of a data frame in their order. y : a series of labels, or None. w : their salience."""
        labels = [None] * len(X) if y is None else list(y)
        names = self._names or self._named(X.columns)
        self._learn(names, _rows(X, names), labels, np.broadcast_to(np.asarray(w, float), len(X)).tolist())

    def predict_proba_one(self, x: Mapping[Any, Any], **kwargs: Any) -> dict[Any, float]:
        """Probability of each label seen so far; empty before any."""
        found = self._probabilities(_row(x, self._names)[None] if self._names else np.zeros((1, 0)))
        return dict(zip(self.labels, found[0].tolist(), strict=True))

    def predict_proba_many(self, X: Any) -> Any:
        """The same for the rows of a data frame (pandas), one column a label."""
        import pandas as pd  # noqa: PLC0415  (comes with River)

        found = self._probabilities(_rows(X, self._names) if self._names else np.zeros((len(X), 0)))
        return pd.DataFrame(found, index=getattr(X, "index", None), columns=self.labels)

    def _learn(self, names: list[Hashable], rows: np.ndarray, labels: list[Any], weights: list[float]) -> None:
        self._check(rows, weights)
        waiting, learned, known = [*self._held], self._learned, len(self.labels)
        try:
            for row, label, weight in zip(rows, labels, weights, strict=True):
                self._held.append((row, self._number(label), weight))
                if self._due():
                    self._teach()
        except BaseException:
            self._held = [h for h in self._held if any(h is w for w in waiting)]
            if self._learned == learned:
                del self.labels[known:]
            raise
        self._names = names

    def _check(self, rows: np.ndarray, weights: list[float]) -> None:
        """Refuse all rows of a call before one of them is kept."""
        x, _ = check_inputs(self.classifier, rows, self.image_shape, getattr(self.classifier, "shape_", None))
        check_modulators({SALIENCE: weights}, (), len(rows))
        if self._mature is not None:
            self._mature.front.check(x)

    @property
    def _mature(self) -> Mature | None:
        return getattr(self.classifier, "_mature", None)

    def _due(self) -> bool:
        """Whether it is time to learn what is held: after the critical period always."""
        return self._mature is not None or self._learned + len(self._held) >= WAIT * self._learned

    def _teach(self) -> None:
        while self._held:
            labelled = self._held[0][1] >= 0
            group = [*itertools.takewhile(lambda h: (h[1] >= 0) == labelled, self._held)]  # noqa: B023  (used at once)
            rows, numbers, weights = zip(*group, strict=True)
            y = np.array(numbers) if labelled else None
            self.classifier.partial_fit(np.stack(rows), y, modulators={SALIENCE: np.array(weights)})
            del self._held[: len(group)]
            self._learned += len(group)
        if self._mature is not None:
            self._mature.refresh = self.refresh

    def _number(self, label: Any) -> int:
        if label is None:
            return -1
        if label not in self.labels:
            self.labels.append(label)
        return self.labels.index(label)

    def _probabilities(self, rows: np.ndarray) -> np.ndarray:
        """(n, labels): 0 for labels whose samples wait to be learned, alike before anything was learned."""
        known = getattr(self.classifier, "classes_", np.zeros(0)).astype(int)
        out = np.zeros((len(rows), len(self.labels)))
        if len(known):
            out[:, known] = self.classifier.predict_proba(rows)
        elif self.labels:
            out[:] = 1 / len(self.labels)
        return out

    def _named(self, features: Iterable[Any]) -> list[Hashable]:
        """The order in which features are inputs: pixels as they come, others by name."""
        return list(features) if self.image_shape else sorted(features, key=str)

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"critical_period": 190}


def _rows(X: Any, names: list[Hashable]) -> np.ndarray:
    columns = {name: X[name] for name in X.columns}
    each = [{k: v.iloc[i] if hasattr(v, "iloc") else v[i] for k, v in columns.items()} for i in range(len(X))]
    return np.stack([_row(x, names) for x in each])


def _row(x: Mapping[Any, Any], names: list[Hashable]) -> np.ndarray:
    try:
        return np.array([float(x.get(name, 0.0)) for name in names])
    except (TypeError, ValueError):
        bad = next(k for k in names if not isinstance(x.get(k, 0.0), int | float | np.number))
        raise DataError(f"RiverClassifier.x: {bad!r} is {x[bad]!r}; numbers are needed (encode words first)") from None

"""`CorticalClassifier`: areas of layers that learn at their own pace, as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import Tags

from isocortex.describe import checks_arguments
from isocortex.errors import DescriptionError
from isocortex.learn.association import BLOCK
from isocortex.learn.early import Early, early_inputs
from isocortex.learn.growth import Plan, draft, grow, plan, taught
from isocortex.learn.inputs import Shape, check_inputs, check_labels
from isocortex.learn.mature import Mature
from isocortex.learn.modulators import check_modulators
from isocortex.learn.receptive_fields import receptive_fields
from isocortex.learn.store import read, write
from isocortex.plasticity.sheet import Sheet


class CorticalClassifier(ClassifierMixin, TransformerMixin, BaseEstimator):
    """Learn classes one after the other, in one pass, without stored examples beyond the first few.

    Parameters
    ----------
    size : "large", or "small" (faster, a tenth of the memory).
    sheet : how each layer learns: a `Sheet`, the path of a TOML file, or a word: "full" (the default sheet), "uniform",
        "swapped", "without NAME" (see docs/learn.md).
    image_shape : (height, width) or (height, width, channels), where X comes as rows; None: rows are vectors.
    mirror : whether a thing and its mirror image are the same; "auto": for colour images.
    critical_period : inputs from which the superficial layers learn and which are held until then; "auto": 2,000 images,
        300 of fewer than 400 values, 1,000 vectors.
    units : "learned"; as controls "imprinted" (units stay as they began) or "random" (Gaussian).
    shrinkage : weight of the identity in the within-class covariance, 0 to 1; None: estimated.
    random_state : seed; None is 0. The same seed and inputs give the same layers for any number of threads, and the same
        answers up to rounding in the solution (LAPACK's).

    Attributes
    ----------
    classes_ : labels seen, sorted. n_features_in_ : values of one input.

    Raises
    ------
    DescriptionError (a ValueError) : a parameter that there is not; from `fit` and `partial_fit`, a value of a parameter or
        inputs that are not allowed.
    """

    shape_: Shape
    classes_: np.ndarray
    _plan: Plan
    _by_number: np.ndarray  # classes by first appearance
    _early: Early | None
    _mature: Mature | None

    @checks_arguments
    def __init__(
        self,
        *,
        size: str = "large",
        sheet: Any = None,
        image_shape: tuple[int, ...] | None = None,
        mirror: bool | str = "auto",
        critical_period: int | str = "auto",
        units: str = "learned",
        shrinkage: float | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.size = size
        self.sheet = sheet
        self.image_shape = image_shape
        self.mirror = mirror
        self.critical_period = critical_period
        self.units = units
        self.shrinkage = shrinkage
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Forget everything and learn (X, y) once, in the order given."""
        if y is None:
            raise DescriptionError(
                "CorticalClassifier.fit: requires y to be passed, but the target y is None; partial_fit takes unlabelled inputs"
            )
        before = vars(self).copy()
        for name in ("shape_", "classes_", "n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
        try:
            return self.partial_fit(X, y)
        except BaseException:  # what was learned before stands
            self.__dict__.update(before)
            raise

    def partial_fit(self, X: Any, y: Any = None, classes: Any = None, *, modulators: Mapping[str, Any] | None = None) -> Self:
        """Go on learning; a class never seen may come at any call, and inputs without labels teach the superficial layers.

        A call that raises has taught nothing: not even the shape of inputs is fixed by it. (Ctrl-C in a call of fewer than 128
        samples after the critical period may come when some of them were learned.)
        """
        x, shape = check_inputs(self, X, self.image_shape, getattr(self, "shape_", None))
        labels = None if y is None else check_labels(y, len(x), getattr(self, "classes_", None))
        started = hasattr(self, "shape_")
        planned = self._plan if started else self._planned(shape)
        weights = check_modulators(modulators, planned.rates.modulators, len(x))
        early = self._early if started else Early(early_inputs(self.critical_period, shape))
        mature, known = (self._mature, self._by_number) if started else (None, np.zeros(0))
        numbers, known = (np.full(len(x), -1), known) if labels is None else _numbered(labels, known)
        early, mature = taught(planned, early, mature, x, numbers, weights)
        learned = dict(_plan=planned, shape_=shape, _early=early, _mature=mature, _by_number=known, classes_=np.sort(known))
        self.__dict__.update(learned)  # all at once
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The most likely class of each input, shape (n,)."""
        best = self._scores(X).argmax(1)
        return np.asarray(self.classes_[best])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Posterior of each class in the order of `classes_`, equal priors; (n, classes).

        The softmax of `decision_function` over one temperature, which is learned from the answers that the judge gave to each
        sample before it learned its label. While no two classes have ten samples it is 4, and probabilities are too sure; see
        docs/learn.md for how well they are calibrated.
        """
        scores = self._scores(X)
        return softmax(scores / self._stands().discriminants().temperature, axis=1)

    def decision_function(self, X: Any) -> np.ndarray:
        """Discriminants: log posteriors up to a constant if inputs were Gaussian and their covariance known, (n, classes); with
        two classes their difference, (n,)."""
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def transform(self, X: Any, layer: str = "A") -> np.ndarray:
        """The activity of a layer, (n, features): ``L4``, ``L23``, ``L5``, of one area (``V2.L5``), or what the association
        layer receives (``A``)."""
        stands = self._stands()
        x = self._checked(X)
        return stands.received(x) if layer == "A" else stands.front.responses(x, layer)

    def surprise(self, X: Any) -> np.ndarray:
        """How unlike anything learned each input is, in standard deviations of familiar inputs; shape (n,).

        It is by how much the evidence for the best class over the mean of all classes falls short; NaN while fewer than two
        classes are known, since then there is nothing to compare with.
        """
        stands = self._stands()
        return stands.surprise(self._checked(X))

    def receptive_fields(self, most: int = 48) -> dict[str, np.ndarray]:
        """What the units of each area learned, as images in the range -1 to 1: area -> (units, height, width, channels), those
        that won most often first; of vectors (units, features)."""
        return receptive_fields(self._stands().front, min(self.shape_.dimensions[:2]), most)

    def consolidate(self) -> Self:
        """End the critical period now: the superficial layers keep what they have learned, and early inputs are dropped."""
        self._check_begun()
        if self._early is not None:
            self.__dict__.update(_mature=grow(self._plan, self._early, BLOCK), _early=None)
        return self

    def memory_bytes(self) -> int:
        """Bytes of everything kept: weights, statistics, early inputs, the solution in use."""
        kept = [p for p in (getattr(self, "_early", None), getattr(self, "_mature", None)) if p is not None]
        return sum(p.nbytes() for p in kept)

    def save(self, path: str | Path) -> None:
        """Write everything to one file (npz with JSON inside, nothing pickled)."""
        self._check_begun()
        params = self.get_params(deep=False)
        if isinstance(params["sheet"], Sheet):
            params["sheet"] = params["sheet"].to_toml()
        elif isinstance(params["sheet"], Path):
            params["sheet"] = str(params["sheet"])
        state = {k: v for k, v in vars(self).items() if k not in params}
        write(path, {"params": params, "state": state})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote; it predicts the same and goes on learning the same."""
        held = read(path)
        params = dict(held["params"])
        if isinstance(params["sheet"], str) and "\n" in params["sheet"]:  # a sheet's text has lines, a word or a path has not
            params["sheet"] = Sheet.from_toml(params["sheet"], str(path))
        made = cls(**params)
        made.__dict__.update(held["state"])
        return made

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # activity is float32
        return tags

    def _planned(self, shape: Shape) -> Plan:
        return plan(
            shape,
            size=self.size,
            mirror=self.mirror,
            sheet=self.sheet,
            units=self.units,
            shrinkage=self.shrinkage,
            random_state=self.random_state,
        )

    def _check_begun(self) -> None:
        if not hasattr(self, "shape_"):
            raise NotFittedError("CorticalClassifier: nothing was learned yet; call fit or partial_fit first")

    def _stands(self) -> Mature:
        """What answers now: the mature learner, or a draft from the early inputs."""
        self._check_begun()
        if self._mature is not None:
            return self._mature
        early = self._early
        assert early is not None
        if early.draft is None:
            early.draft = draft(self._plan, early)
        return early.draft

    def _checked(self, X: Any) -> np.ndarray:
        return check_inputs(self, X, self.image_shape, self.shape_)[0]

    def _scores(self, X: Any) -> np.ndarray:
        """Columns in the order of `classes_`."""
        self._check_begun()
        if not len(self.classes_):
            raise NotFittedError("CorticalClassifier: no label was seen yet; call partial_fit with y")
        x = self._checked(X)
        scores = self._stands().scores(x)
        if np.isneginf(scores[0]).all():
            raise NotFittedError("CorticalClassifier: every label so far came with a weight of 0 (modulators)")
        return scores[:, np.argsort(self._by_number)]


def _numbered(labels: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of each label's class, and the classes by first appearance, those of `known` first."""
    found, first = np.unique(labels, return_index=True)
    new = found[~np.isin(found, known)]
    if len(new):
        order = np.argsort(first[np.isin(found, new)])
        known = np.concatenate([known, new[order]]) if len(known) else new[order]
    sorter = np.argsort(known)
    return np.asarray(sorter[np.searchsorted(known, labels, sorter=sorter)]), known

"""Which class was shown, read from spike counts of held-out images by linear readouts; chance and raw pixels beside."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.stats import binomtest
from sklearn.linear_model import RidgeCV

from isocortex.errors import DescriptionError
from isocortex.measure.trials import checked

ALPHAS = tuple(float(a) for a in np.logspace(-1, 5, 13))


@dataclasses.dataclass(frozen=True, eq=False)
class Readout:
    """A linear readout: the class of the largest ``((x - mean) / scale) @ coef + bias``; plain arrays, kept and used again.

    mean, scale : (features,). coef : (features, classes). bias : (classes,). alpha : the regulariser chosen; NaN if none.
    """

    classes: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    coef: np.ndarray
    bias: np.ndarray
    alpha: float = np.nan

    def predict(self, features: np.ndarray) -> np.ndarray:
        """The class of each row of features (presentations, features)."""
        x = np.asarray(features, np.float64)
        if x.ndim != 2 or x.shape[1] != len(self.mean):
            raise DescriptionError(f"Readout.features: have shape {x.shape}; (presentations, {len(self.mean)}) is needed")
        return self.classes[np.argmax((x - self.mean) / self.scale @ self.coef + self.bias, axis=1)]

    def accuracy(self, features: np.ndarray, labels: np.ndarray) -> float:
        """Fraction of the rows whose class is right."""
        features, labels = checked(features, labels, "Readout")
        return float(np.mean(self.predict(features) == labels))


def fit_ridge(features: np.ndarray, labels: np.ndarray, alphas: tuple[float, ...] = ALPHAS) -> Readout:
    """Ridge regression of the class indicators (-1, 1) on standardised features.

    The regulariser is the one of `alphas` with the least squared error when each training presentation is left out in turn.
    """
    x, classes, mean, scale, labels = _standardised(features, labels, "fit_ridge")
    target = np.where(labels[:, None] == classes, 1.0, -1.0)
    model = RidgeCV(alphas=alphas).fit(x, target)
    return Readout(
        classes, mean, scale, np.reshape(model.coef_, (len(classes), -1)).T, np.ravel(model.intercept_), float(model.alpha_)
    )


def fit_nearest_mean(features: np.ndarray, labels: np.ndarray) -> Readout:
    """The class whose mean is nearest (Euclidean) among standardised features; linear: ``x . m - |m|^2 / 2``."""
    x, classes, mean, scale, labels = _standardised(features, labels, "fit_nearest_mean")
    means = np.stack([x[labels == c].mean(0) for c in classes])
    return Readout(classes, mean, scale, means.T, -0.5 * (means**2).sum(1))


def chance(train_labels: np.ndarray, test_labels: np.ndarray) -> float:
    """Accuracy without looking: always the class most frequent in training (the first, on ties)."""
    classes, shown = np.unique(train_labels, return_counts=True)
    return float(np.mean(np.asarray(test_labels) == classes[np.argmax(shown)]))


@dataclasses.dataclass(frozen=True, eq=False)
class Decoding:
    """Accuracy (0 to 1) on held-out presentations; `se` is the binomial standard error of the ridge row.

    right : (presentations,) bool, those that ridge read right.
    """

    ridge: float
    nearest_mean: float
    chance: float
    se: float
    right: np.ndarray


def decode(train: np.ndarray, train_labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray) -> Decoding:
    """Fit both readouts on training presentations (presentations, features) and test them on held-out ones.

    For the raw-pixel row give images as features: ``images.reshape(len(images), -1)``.
    """
    right = fit_ridge(train, train_labels).predict(test) == checked(test, test_labels, "decode")[1]
    ridge = float(right.mean())
    nearest = fit_nearest_mean(train, train_labels).accuracy(test, test_labels)
    se = float(np.sqrt(ridge * (1 - ridge) / len(test_labels)))
    return Decoding(ridge, nearest, chance(train_labels, test_labels), se, right)


def decode_folds(features: np.ndarray, labels: np.ndarray, folds: int = 5) -> Decoding:
    """Read each presentation by readouts that were fitted without its fold: every one is tested once.

    The presentations of a class go to the folds in turn, so no chance is in it. For features see `decode`.

    Raises
    ------
    DescriptionError : a class that was shown only once, so that it cannot be both learned and tested.
    """
    features, labels = checked(features, labels, "decode_folds")
    classes, shown = np.unique(labels, return_counts=True)
    if len(classes) < 2 or shown.min() < 2 or folds < 2:
        raise DescriptionError(
            f"decode_folds.labels: {len(classes)} classes, the rarest shown {shown.min()} times, in {folds} folds; "
            "at least 2 of each are needed"
        )
    fold = np.zeros(len(labels), np.int64)
    for c in classes:
        fold[labels == c] = np.arange((labels == c).sum()) % folds
    each, tested, right = [], [], np.zeros(len(labels), bool)
    for f in range(min(folds, int(shown.max()))):
        inside = fold == f
        each.append(decode(features[~inside], labels[~inside], features[inside], labels[inside]))
        tested.append(int(inside.sum()))
        right[inside] = each[-1].right
    ridge, nearest, by_chance = (
        float(np.average([getattr(d, k) for d in each], weights=tested)) for k in ("ridge", "nearest_mean", "chance")
    )
    return Decoding(ridge, nearest, by_chance, float(np.sqrt(ridge * (1 - ridge) / len(labels))), right)


def mcnemar(before: np.ndarray, after: np.ndarray) -> float:
    """p, two-sided and exact, of as many presentations gained as lost: McNemar 1947, https://doi.org/10.1007/BF02295996.

    before, after : (presentations,) bool, whether the same presentations were read right. 1 where none was read differently.
    """
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def retained_accuracy(before: float, after: float, by_chance: float, tested: int, z: float = 3.0) -> float:
    """What an old readout still reads: ``(after - chance) / (before - chance)``; 1 is all of it, 0 is chance.

    Parameters
    ----------
    before, after : accuracy of the same `Readout` when it was fitted and later, on the same held-out images.
    tested : presentations behind `before`.

    Returns
    -------
    NaN where `before` is not `z` binomial standard errors above chance: there was nothing to keep.
    """
    if not before - by_chance > z * np.sqrt(by_chance * (1 - by_chance) / tested):
        return np.nan
    return (after - by_chance) / (before - by_chance)


def _standardised(
    features: np.ndarray, labels: np.ndarray, what: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Standardised features, classes, mean and scale; a feature that never changes (a silent neuron) becomes 0."""
    features, labels = checked(features, labels, what)
    classes = np.unique(labels)
    if len(classes) < 2:
        raise DescriptionError(f"{what}.labels: hold one class; at least two are needed")
    mean, sd = features.mean(0), features.std(0)
    scale = np.where(sd > 1e-9 * (1 + np.abs(mean)), sd, 1.0)
    return (features - mean) / scale, classes, mean, scale, labels

"""How selective each neuron is, free of the bias that counting noise brings. All take counts (presentations, neurons)."""

from __future__ import annotations

import numpy as np

from isocortex.errors import DescriptionError
from isocortex.measure.trials import checked, class_means, half_of


def lifetime_sparseness(counts: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Lifetime sparseness over conditions: ``S = (1 - a) / (1 - 1/C)``, ``a = mean(r)^2 / mean(r^2)``.

    0 where the response is the same to all C conditions, 1 where it is to one only. The squares are taken over pairs of
    different presentations (``r_c^2`` is the mean product of two different presentations of c), so that noise adds
    nothing on average; single values may therefore lie outside 0 to 1. NaN for silent neurons.

    Treves & Rolls 1991, Network 2:371; Vinje & Gallant 2000,
    https://doi.org/10.1126/science.287.5456.1273.

    Parameters
    ----------
    labels : (presentations,) condition; at least two of them, each shown at least twice.

    Returns
    -------
    (neurons,) float64.
    """
    counts, labels = checked(counts, labels, "lifetime_sparseness")
    sums, shown = _sums(counts, labels, "lifetime_sparseness")
    squares, _ = _sums(counts**2, labels, "lifetime_sparseness")
    means = sums / shown
    squared = (sums**2 - squares) / (shown * (shown - 1))  # mean product of two different presentations
    conditions = len(shown)
    square_of_mean = (means.sum(0) ** 2 - (means**2).sum(0) + squared.sum(0)) / conditions**2
    mean_of_square = squared.mean(0)
    a = np.divide(square_of_mean, mean_of_square, out=np.full(len(mean_of_square), np.nan), where=mean_of_square > 0)
    return (1 - a) / (1 - 1 / conditions)


def class_variance(counts: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Fraction of a neuron's variance that the class explains: ``omega^2``, eta squared less its bias.

    ``omega^2 = (SS_between - (C - 1) MS_within) / (SS_total + MS_within)``: 0 on average where the class has no effect
    (single values may be below), 1 where the class says all. NaN for neurons whose count never changes. Hays 1963, as in
    Olejnik & Algina 2003, https://doi.org/10.1037/1082-989X.8.4.434.

    Returns
    -------
    (neurons,) float64.
    """
    counts, labels = checked(counts, labels, "class_variance")
    sums, shown = _sums(counts, labels, "class_variance")
    grand = counts.mean(0)
    between = (shown * (sums / shown - grand) ** 2).sum(0)
    total = ((counts - grand) ** 2).sum(0)
    within = np.maximum(total - between, 0) / (len(counts) - len(shown))
    varies = total > 1e-12 * (1 + grand**2)
    explained = between - (len(shown) - 1) * within
    return np.divide(explained, total + within, out=np.full(len(total), np.nan), where=varies)


def class_dprime(counts: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Cross-validated d' between a neuron's preferred class and all others.

    The preferred class is that of the largest mean count in one half of the presentations; in the other half
    ``d' = (mean_preferred - mean_others) / sqrt((var_preferred + var_others) / 2)``; the two ways round are averaged. 0 on
    average where the class has no effect. NaN for neurons whose counts never vary.

    Returns
    -------
    (neurons,) float64.
    """
    counts, labels = checked(counts, labels, "class_dprime")
    _sums(counts, labels, "class_dprime", least=4)  # each half needs two of a class for a variance
    classes, half = np.unique(labels), half_of(labels)
    one = _dprime(counts, labels, classes, half == 0)
    other = _dprime(counts, labels, classes, half == 1)
    return (one + other) / 2


def _dprime(counts: np.ndarray, labels: np.ndarray, classes: np.ndarray, choose: np.ndarray) -> np.ndarray:
    """d' of the class preferred among the presentations `choose`, measured among the rest."""
    preferred = classes[np.argmax(class_means(counts[choose], labels[choose], classes), axis=1)]
    tested, label = counts[~choose], labels[~choose]
    is_preferred = label[:, None] == preferred[None, :]
    (mean_in, var_in), (mean_out, var_out) = _moments(tested, is_preferred), _moments(tested, ~is_preferred)
    spread = np.sqrt((var_in + var_out) / 2)
    return np.divide(mean_in - mean_out, spread, out=np.full(len(spread), np.nan), where=spread > 0)


def _moments(x: np.ndarray, member: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and unbiased variance of each column over its members."""
    n = member.sum(0)
    mean = (x * member).sum(0) / n
    return mean, (((x - mean) ** 2) * member).sum(0) / (n - 1)


def _sums(counts: np.ndarray, labels: np.ndarray, what: str, least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Sums (conditions, neurons) over the presentations of each condition, and their numbers (conditions, 1)."""
    classes, shown = np.unique(labels, return_counts=True)
    if len(classes) < 2 or shown.min() < least:
        raise DescriptionError(
            f"{what}.labels: {len(classes)} conditions, the rarest shown {shown.min()} times; "
            f"at least 2, each {least} times, are needed"
        )
    member = (labels[None, :] == classes[:, None]).astype(np.float64)
    return member @ counts, shown[:, None].astype(np.float64)

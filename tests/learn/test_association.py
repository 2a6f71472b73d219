"""The association layer against scikit-learn's LDA and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import oas
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from isocortex.learn.association import Association
from isocortex.learn.discriminants import excitability
from isocortex.learn.prototypes import Prototypes
from isocortex.learn.scatter import Scatter
from isocortex.learn.shrinkage import oracle_shrinkage


def samples(n: int, d: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    mixing = rng.standard_normal((d, d)) / np.sqrt(d)
    return (rng.standard_normal((n, d)) @ mixing + rng.standard_normal((classes, d))[y]).astype(np.float32), y


def absorbed(x: np.ndarray, y: np.ndarray, block: int = 32) -> Association:
    layer = Association(x.shape[1], block)
    layer.absorb(x, y, np.ones(len(x)))
    return layer


@pytest.mark.parametrize("n", [30, 400])
@pytest.mark.parametrize("d", [7, 20])
def test_discriminants_are_those_of_lda_with_the_same_shrinkage(n: int, d: int) -> None:
    """scikit-learn shrinks the within-class covariance towards tr(S)/d I too; equal priors."""
    x, y = samples(n, d, 3)
    solved = absorbed(x, y).solve(0.2)
    reference = LinearDiscriminantAnalysis(solver="lsqr", priors=np.full(3, 1 / 3))
    # scikit-learn scales features before it shrinks; without scaling its covariance is this one
    within = sum(np.cov(x[y == c].T, bias=True) * (y == c).sum() for c in range(3)) / n
    reference.set_params(covariance_estimator=_Given(0.8 * within + 0.2 * np.trace(within) / d * np.eye(d)))
    reference.fit(x.astype(np.float64), y)
    # a class's length is corrected for the noise in its mean: tr(A^-1 S) / n
    freedom = np.trace(np.linalg.solve(0.8 * within + 0.2 * np.trace(within) / d * np.eye(d), 0.8 * within))
    ours, theirs = solved(x) - 0.5 * freedom / np.bincount(y), reference.decision_function(x.astype(np.float64))
    np.testing.assert_allclose(ours - ours.mean(1, keepdims=True), theirs - theirs.mean(1, keepdims=True), rtol=1e-3, atol=1e-3)


class _Given:
    """A covariance estimator that has made up its mind: LDA asks it once a class, and weighs by the priors."""

    def __init__(self, covariance: np.ndarray) -> None:
        self.covariance_ = covariance

    def fit(self, x: np.ndarray) -> _Given:
        return self


def test_few_samples_and_many_go_through_the_same_formula() -> None:
    """The Gram matrix of 40 rows and the covariance of 60 features give the same discriminants."""
    x, y = samples(40, 60, 4)
    by_gram, by_covariance = absorbed(x, y, block=64).solve(), absorbed(x, y, block=8).solve()
    assert by_gram.shrinkage == pytest.approx(by_covariance.shrinkage, rel=1e-4)
    np.testing.assert_allclose(by_gram(x), by_covariance(x), rtol=2e-3, atol=2e-3)


def test_order_does_not_matter() -> None:
    x, y = samples(500, 12, 5)
    order = np.argsort(y, kind="stable")
    np.testing.assert_allclose(absorbed(x, y).solve()(x), absorbed(x[order], y[order]).solve()(x), rtol=1e-3, atol=1e-3)


def test_a_weight_of_two_is_two_samples() -> None:
    x, y = samples(90, 6, 3)
    twice, weighted = Association(6, 16), Association(6, 16)
    twice.absorb(np.concatenate([x, x[:30]]), np.concatenate([y, y[:30]]), np.ones(120))
    weighted.absorb(x, y, np.where(np.arange(90) < 30, 2.0, 1.0))
    np.testing.assert_allclose(twice.solve(0.1).coefficients, weighted.solve(0.1).coefficients, rtol=1e-3, atol=1e-3)


def test_asking_changes_nothing() -> None:
    x, y = samples(100, 6, 3)
    a, b = Association(6, 32), Association(6, 32)
    for i in range(0, 100, 10):
        a.absorb(x[i : i + 10], y[i : i + 10], np.ones(10))
        a.solve()
        b.absorb(x[i : i + 10], y[i : i + 10], np.ones(10))
    np.testing.assert_array_equal(a.solve()(x), b.solve()(x))


def test_shrinkage_is_the_oracle_approximating_one() -> None:
    x = samples(50, 30, 1)[0].astype(np.float64)
    x -= x.mean(0)
    s = x.T @ x / 50
    assert oracle_shrinkage(np.trace(s), (s**2).sum(), 30, 50) == pytest.approx(oas(x, assume_centered=True)[1], rel=0.05)


def test_within_class_scatter_grows_by_the_exact_recursion() -> None:
    x, y = samples(200, 5, 3)
    prototypes, scatter = Prototypes.none(5), np.zeros((5, 5))
    prototypes.grow(3)
    for i in range(0, 200, 17):
        r = prototypes.learn(x[i : i + 17], y[i : i + 17], np.ones(len(x[i : i + 17]))).astype(np.float64)
        scatter += r.T @ r
    within = sum(np.cov(x[y == c].astype(np.float64).T, bias=True) * (y == c).sum() for c in range(3))
    np.testing.assert_allclose(scatter, within, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("d", [1, 2, 5, 8])
def test_packed_scatter_is_the_matrix(d: int) -> None:
    x = np.random.default_rng(1).standard_normal((20, d)).astype(np.float32)
    packed, full = Scatter(d), x.T.astype(np.float64) @ x
    packed.add(x)
    assert packed.nbytes() == 4 * d * (d + 1) // 2
    assert packed.trace() == pytest.approx(np.trace(full), rel=1e-5)
    assert packed.squares() == pytest.approx((full**2).sum(), rel=1e-4)
    np.testing.assert_allclose(packed.copy().solve_in_place(0.5, np.eye(d)), np.linalg.inv(full + 0.5 * np.eye(d)), atol=1e-4)


def test_a_class_of_few_samples_takes_little_from_its_neighbours() -> None:
    """Noise in a mean of five samples in 200 dimensions is worth a threshold lower by 20; a neighbour bears less of that."""
    rng = np.random.default_rng(3)
    d, centres = 200, np.zeros((3, 200))
    centres[1, 0], centres[2, :2] = 12.0, (0.0, 6.0)  # the new class 2 is the neighbour of class 0
    y = np.concatenate([np.repeat([0, 1], 2000), np.full(5, 2)])
    x = (centres[y] + rng.standard_normal((len(y), d))).astype(np.float32)
    scores = absorbed(x, y).solve(0.0)
    test = rng.integers(0, 3, 3000)
    found = scores((centres[test] + rng.standard_normal((3000, d))).astype(np.float32)).argmax(1)
    corrected = excitability(absorbed(x, y).prototypes, np.eye(3) * 1e6, np.array([0.0, 0.0, 20.0]))
    assert (found[test == 0] != 0).mean() < 0.005  # 0.02 with all of the correction
    assert (found[test == 2] == 2).mean() > 0.35
    np.testing.assert_allclose(corrected, [0.0, 0.0, 20.0])  # far from all others it gets all of it

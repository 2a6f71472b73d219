"""Each baseline against its closed form, scikit-learn, or a computation by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.covariance import OAS
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from isocortex.errors import DescriptionError
from isocortex.learn.baselines import (
    Blind,
    FlyModel,
    Joint,
    LocalFilters,
    NearestMean,
    NearestNeighbours,
    OnlineEWC,
    OnlineSoftmax,
    RandomFourier,
    RandomReLU,
    Replay,
    StreamingLDA,
)
from isocortex.learn.baselines.local import regions
from isocortex.learn.baselines.moments import Scatter
from isocortex.learn.baselines.reservoir import Reservoir
from isocortex.learn.baselines.shrinkage import condition, oas, shrunk
from isocortex.learn.streams import load_data, make
from isocortex.learn.views import ALL, GLANCES, views


@pytest.fixture(scope="module")
def digits():
    return load_data("digits")


def blobs(n, d, classes, seed=0, equal=False):
    """Classes, of unequal sizes unless `equal`, with one covariance that is not round."""
    rng = np.random.default_rng(seed)
    sizes = None if equal else np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()
    y = rng.permutation(np.arange(n) % classes) if equal else rng.choice(classes, n, p=sizes)
    mixing = rng.normal(size=(d, d))
    return (rng.normal(size=(n, d)) @ mixing + 2 * rng.normal(size=(classes, d))[y]).astype(np.float32), y


def test_blind_is_the_majority():
    learner = Blind().partial_fit(np.zeros((6, 2)), list("abbbca"))
    assert set(learner.predict(np.ones((4, 2)))) == {"b"}
    np.testing.assert_allclose(learner.predict_proba(np.ones((1, 2)))[0], [2 / 6, 3 / 6, 1 / 6])


def test_nearest_mean_is_sklearns():
    x, y = blobs(200, 5, 4)
    learner = NearestMean().partial_fit(x[:90], y[:90]).partial_fit(x[90:], y[90:])
    np.testing.assert_array_equal(learner.predict(x), NearestCentroid().fit(x, y).predict(x))


@pytest.mark.parametrize("shrinkage", [0.0, 0.1, 0.7, 1.0])
@pytest.mark.parametrize("priors", ["uniform", "empirical"])
def test_streaming_lda_is_sklearns(shrinkage, priors):
    # with priors that are given, scikit-learn weighs the classes by them in the covariance too: the same in classes of one size
    x, y = blobs(300, 6, 4, equal=priors == "uniform")
    learner = StreamingLDA(shrinkage=shrinkage, priors=priors)
    for start in range(0, len(x), 17):
        learner.partial_fit(x[start : start + 17], y[start : start + 17])
    reference = LinearDiscriminantAnalysis(
        solver="lsqr", shrinkage=shrinkage or None, priors=np.full(4, 0.25) if priors == "uniform" else None
    ).fit(x.astype(float), y)
    columns = [list(learner.classes_).index(c) for c in reference.classes_]
    # 1e-6 of the mean variance is always added here, so that the covariance can be inverted
    np.testing.assert_allclose(learner.predict_proba(x)[:, columns], reference.predict_proba(x.astype(float)), atol=2e-4)


@pytest.mark.parametrize("shots", [1, 2, 3])
def test_streaming_lda_is_right_in_few_shot(shots):
    """The pooled covariance is that around the classes' own means; one sample a class adds nothing, and means decide."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(5 * shots, 4)) + 50, np.tile(np.arange(5), shots)
    learner = StreamingLDA(shrinkage=0.3)
    for i in rng.permutation(len(x)):
        learner.partial_fit(x[i : i + 1], y[i : i + 1])
    x = x.astype(np.float32).astype(float)
    means = np.stack([x[y == k].mean(0) for k in range(5)])
    np.testing.assert_allclose(learner.covariance(), (x - means[y]).T @ (x - means[y]) / len(x), atol=1e-9)
    if shots == 1:
        np.testing.assert_array_equal(learner.scatter_.packed, 0)
        z = rng.normal(size=(50, 4)) + 50
        np.testing.assert_array_equal(learner.predict(z), NearestMean().partial_fit(x, y).predict(z))


def test_oas_is_sklearns():
    x = np.random.default_rng(0).normal(size=(30, 12)) @ np.diag(np.arange(1.0, 13))
    centred = x - x.mean(0)
    c = centred.T @ centred / len(x)
    reference = OAS(assume_centered=True).fit(centred)
    amount = oas(float((c**2).sum()), float(np.trace(c)), 12, 30)
    assert amount == pytest.approx(reference.shrinkage_)
    np.testing.assert_allclose(shrunk(c, amount), reference.covariance_)
    assert np.linalg.cond(shrunk(c, amount)) <= condition(12, amount)
    np.testing.assert_array_equal(shrunk(np.zeros((3, 3)), 0.5), np.eye(3))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 6, 7])
def test_packed_scatter_is_the_sum_of_outer_products(dtype, size):
    rng = np.random.default_rng(0)
    scatter, rows = Scatter.zero(size, dtype), rng.normal(size=(9, size)).astype(dtype)
    scatter.add(rows[:1])
    scatter.add(rows[1:])
    scatter.add(rows[:0])
    np.testing.assert_allclose(scatter.full(), rows.T @ rows, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.triu(scatter.upper()), np.triu(rows.T @ rows), rtol=1e-4, atol=1e-5)
    assert scatter.trace() == pytest.approx(np.trace(rows.T @ rows), rel=1e-5)
    assert scatter.square() == pytest.approx(((rows.T @ rows) ** 2).sum(), rel=1e-5)
    assert scatter.packed.shape == (size * (size + 1) // 2,)


def test_lda_on_features_is_sklearns_on_those_features(digits):
    for kind in (RandomReLU(60), RandomFourier(60), LocalFilters(90)):
        learner = StreamingLDA(kind, shrinkage=0.1).partial_fit(digits.x, digits.y)
        z = learner.transform(digits.x).astype(float)
        reference = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1).fit(z, digits.y)  # classes are of about one size
        expected = reference.predict(learner.transform(digits.x_test).astype(float))
        assert np.mean(learner.predict(digits.x_test) == expected) > 0.995


def test_relu_features_by_hand():
    x = np.random.default_rng(0).random((40, 3, 3)).astype(np.float32)
    features = RandomReLU(2000).fitted(x, seed=3)
    z = features(x)
    assert z.shape == (40, 2000) and z.min() == 0
    # before rectification: w.(x - m)/s of variance near 1 (one for each value of x), plus b of variance 1
    raw = x.reshape(40, -1) @ features.weights + features.offset
    np.testing.assert_allclose(z, np.maximum(raw, 0), atol=1e-5)
    assert raw.mean() == pytest.approx(0, abs=0.1)
    assert raw.std() == pytest.approx(np.sqrt(2), rel=0.1)
    np.testing.assert_array_equal(z, RandomReLU(2000).fitted(x, seed=3)(x))
    assert not np.array_equal(z, RandomReLU(2000).fitted(x, seed=4)(x))


def test_fourier_features_give_the_gaussian_kernel():
    x = np.random.default_rng(0).random((30, 5)).astype(np.float32)
    z = RandomFourier(40_000, gamma=0.8).fitted(x, 0)(x)
    distance = ((x[:, None] - x[None]) ** 2).sum(-1)
    np.testing.assert_allclose(z @ z.T, np.exp(-0.8 * distance), atol=0.03)


@pytest.mark.parametrize("shape", [(8, 8), (9, 7), (8, 8, 3)])
def test_local_filters_by_hand(shape):
    x = np.random.default_rng(0).random((2, *shape)).astype(np.float32)
    x[1] = 0.4  # an even image: nothing but rounding
    features = LocalFilters(5 * 4, patch=3, grid=2, threshold=0.5).fitted(x, seed=1)
    w = features.weights.astype(float)
    rows, columns = shape[0] - 2, shape[1] - 2
    image = x.astype(float).reshape(2, shape[0], shape[1], -1)
    expected = np.zeros((2, 2, 2, 5))
    for i in range(2):
        for r in range(rows):
            for c in range(columns):
                patch = np.moveaxis(image[i, r : r + 3, c : c + 3], 2, 0).ravel()  # one colour after the other
                patch = (patch - patch.mean()) / np.sqrt(patch.var() + 1e-4)
                s = patch @ w
                expected[i, r * 2 // rows, c * 2 // columns] += np.maximum(0, s - s.mean() - 0.5 * s.std())
    np.testing.assert_allclose(features(x), np.sqrt(expected).reshape(2, -1), rtol=1e-3, atol=2e-3)
    np.testing.assert_allclose(w.mean(0), 0, atol=1e-6)


def test_regions_are_about_equal():
    np.testing.assert_array_equal(regions(7, 3), [0, 0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(np.bincount(regions(22, 3)), [8, 7, 7])


def test_local_filters_that_do_not_fit_are_named():
    for kind, shape, said in [
        (LocalFilters(90), (64,), "no neighbours"),
        (LocalFilters(90, patch=7), (8, 8), "1 to 6 is needed"),
    ]:
        with pytest.raises(DescriptionError, match=said):
            kind.fitted(np.zeros((1, *shape), np.float32), 0)
    with pytest.raises(DescriptionError, match="for 3 by 3 regions"):
        LocalFilters(5)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_neighbours_are_sklearns_where_all_fit(digits, k):
    learner = NearestNeighbours(10**7, neighbours=k)
    for start in range(0, len(digits.y), 100):
        learner.partial_fit(digits.x[start : start + 100], digits.y[start : start + 100])
    assert len(learner.stored_) == len(digits.y)
    stored = learner.stored_.values(slice(None))
    np.testing.assert_allclose(stored, digits.x.reshape(-1, 64), atol=0.5 / 255 + 1e-6)
    reference = KNeighborsClassifier(k).fit(stored, digits.y)
    same = learner.predict(digits.x_test) == reference.predict(digits.x_test.reshape(-1, 64))
    assert same.mean() > 0.99  # ties are decided by the nearest one here, by the number of the class there


def test_ties_go_to_the_nearest():
    x = np.array([[0.0], [0.3], [0.9]])
    learner = NearestNeighbours(10**4, neighbours=3).partial_fit(x, ["far", "near", "other"])
    np.testing.assert_array_equal(learner.predict([[0.35], [0.05], [0.8]]), ["near", "far", "other"])


def test_neighbours_vote_with_their_weights():
    x, y = np.array([[0.5], [0.52], [0.6]]), ["a", "a", "b"]
    plain = NearestNeighbours(10**4).partial_fit(x, y)
    marked = NearestNeighbours(10**4).partial_fit(x, y, modulators={"DA": [1, 1, 5]})
    assert (plain.predict([[0.5]])[0], marked.predict([[0.5]])[0]) == ("a", "b")


def test_a_reservoir_keeps_every_sample_with_the_same_chance():
    n, room, times = 40, 8, 1000
    kept = np.zeros(n)
    samples = (np.arange(n) / 255)[:, None].astype(np.float32)
    for seed in range(times):
        reservoir = Reservoir(1, room * 3, seed, "test")
        reservoir.add(samples, np.arange(n), np.ones(n, np.float32))
        kept[reservoir.y] += 1
    expected = times * room / n
    assert kept.sum() == times * room
    assert np.abs(kept - expected).max() < 4.5 * np.sqrt(expected * (1 - room / n))


def test_a_reservoir_does_not_depend_on_batches_and_keeps_marked_samples_more_often():
    samples, index = np.zeros((60, 2), np.float32), np.arange(60)
    whole, pieces = Reservoir(2, 40, 0, "test"), Reservoir(2, 40, 0, "test")
    whole.add(samples, index, np.ones(60, np.float32))
    for i in range(0, 60, 7):
        pieces.add(samples[i : i + 7], index[i : i + 7], np.ones(len(index[i : i + 7]), np.float32))
    np.testing.assert_array_equal(whole.y, pieces.y)
    marks = np.where(index == 30, 5.0, 1.0).astype(np.float32)
    kept = 0
    for seed in range(400):
        r = Reservoir(2, 40, seed, "test")
        r.add(samples, index, marks)
        kept += 30 in r.y
    # taken in with chance 10 * 5 / 35 > 1, then survives 29 more with chance 1 - 1/total each: 35/64
    assert abs(kept / 400 - 35 / 64) < 0.1


def test_fly_by_hand():
    rng = np.random.default_rng(0)
    x, y = rng.random((12, 20)).astype(np.float32), np.arange(12) % 3
    fly = FlyModel(cells=50, inputs=6, active=0.1, rate=0.3).partial_fit(x, y)
    projection = fly.expansion_.toarray()
    np.testing.assert_array_equal(projection.sum(1), 6)
    v = np.zeros((3, 50))
    for xi, yi in zip(x, y, strict=True):
        h = projection @ (xi - xi.mean())
        h[np.argsort(h)[:-5]] = 0  # five winners of fifty
        v[yi] = np.minimum(1, v[yi] + 0.3 * h / h.max())
    np.testing.assert_allclose(fly.weights_, v, atol=1e-5)
    assert fly.weights_.max() <= 1
    others = fly.weights_[[0, 2]].copy()
    fly.partial_fit(x, np.ones(12, int))
    np.testing.assert_array_equal(fly.weights_[[0, 2]], others)  # only the class's own synapses learn


def loss(w, z, y, weights):
    p = softmax(z @ w.T, axis=1)
    return float(np.mean(-weights * np.log(p[np.arange(len(y)), y])))


def test_softmax_descends_the_gradient_of_the_cross_entropy():
    rng = np.random.default_rng(0)
    x, y, weights = rng.random((6, 4)).astype(np.float32), np.array([0, 1, 2, 0, 1, 2]), np.array([1, 2, 1, 1, 1, 3.0])
    learner = OnlineSoftmax(rate=2.0, minibatch=6).partial_fit(x, y)  # a first step away from zero
    before = learner.weights_.astype(float).copy()
    learner.partial_fit(x, y, modulators={"DA": weights})
    z = np.concatenate([x, np.ones((6, 1))], axis=1)
    gradient = np.zeros_like(before)
    for i in np.ndindex(before.shape):
        up, down = before.copy(), before.copy()
        up[i] += 1e-5
        down[i] -= 1e-5
        gradient[i] = (loss(up, z, y, weights) - loss(down, z, y, weights)) / 2e-5
    np.testing.assert_allclose(learner.weights_ - before, -learner.step_ * gradient, atol=1e-6)


def test_softmax_learns_mixed_and_forgets_in_class_order(digits):
    mixed, ordered = OnlineSoftmax(), OnlineSoftmax()
    for batch in make("imbalanced", digits, ratio=1):
        mixed.partial_fit(batch.X, batch.y)
    for batch in make("class-incremental", digits):
        ordered.partial_fit(batch.X, batch.y)
    assert mixed.score(digits.x_test, digits.y_test) > 0.85
    assert ordered.score(digits.x_test, digits.y_test) < 0.2


def test_ewc_steps_to_the_minimum_of_loss_and_penalty():
    """After a gradient step to V, W minimises |W - V|^2 / (2 s) + strength / 2 sum F (W - A)^2."""
    rng = np.random.default_rng(0)
    x, y = rng.random((40, 3)).astype(np.float32), np.arange(40) % 2
    learner = OnlineEWC(rate=3.0, minibatch=10, strength=50.0, every=20)
    learner.partial_fit(x[:20], y[:20])
    assert learner.fisher_.max() > 0 and learner.since_ == 0
    np.testing.assert_array_equal(learner.anchor_, learner.weights_)
    before, anchor, fisher = learner.weights_.copy(), learner.anchor_.copy(), learner.fisher_.copy()
    learner.partial_fit(x[20:30], y[20:30])
    z = np.concatenate([x[20:30], np.ones((10, 1), np.float32)], axis=1)
    errors = softmax(z @ before.T, axis=1) - np.eye(2)[y[20:30]]
    stepped = before - learner.step_ * errors.T @ z / 10
    slope = (learner.weights_ - stepped) / learner.step_ + 50.0 * fisher * (learner.weights_ - anchor)
    np.testing.assert_allclose(slope, 0, atol=1e-4)


def test_ewc_takes_the_diagonal_of_the_fisher_information():
    x = np.random.default_rng(0).random((10, 3)).astype(np.float32)
    learner = OnlineEWC(minibatch=10, every=10).partial_fit(x, np.arange(10) % 2)
    z = np.concatenate([x, np.ones((10, 1))], axis=1)
    # weights were zero, so both classes had a probability of one half: squared error 1/4
    np.testing.assert_allclose(learner.fisher_, np.tile(0.25 * (z**2).mean(0), (2, 1)), rtol=1e-5)


def test_without_strength_ewc_is_plain_softmax(digits):
    plain, held = (learner.partial_fit(digits.x, digits.y) for learner in (OnlineSoftmax(), OnlineEWC(strength=0.0)))
    np.testing.assert_allclose(held.weights_, plain.weights_, atol=1e-5)


def test_replay_remembers_what_plain_softmax_forgets(digits):
    learner = Replay(40_000)
    for batch in make("class-incremental", digits):
        learner.partial_fit(batch.X, batch.y)
    assert learner.score(digits.x_test, digits.y_test) > 0.7
    assert learner.memory_bytes() <= 40_000
    without = Replay(40_000, replays=0).partial_fit(digits.x, digits.y)
    np.testing.assert_allclose(without.weights_, OnlineSoftmax().partial_fit(digits.x, digits.y).weights_, atol=1e-6)


def test_joint_is_a_ceiling(digits):
    joint = Joint(hidden=64)
    for batch in make("class-incremental", digits, batch=200):
        joint.partial_fit(batch.X, batch.y)
    assert joint.ceiling and joint.score(digits.x_test, digits.y_test) > 0.94
    assert joint.memory_bytes() > digits.x.nbytes  # it keeps everything


def test_strong_baselines_are_strong_on_digits(digits):
    """The order that published tables have: raw LDA above means, random features above it, local ones best or equal."""
    accuracy = {}
    for name, learner in {
        "ncm": NearestMean(),
        "lda": StreamingLDA(),
        "relu": StreamingLDA(RandomReLU(450)),
        "fourier": StreamingLDA(RandomFourier(450)),
        "local": StreamingLDA(LocalFilters(450)),
    }.items():
        for batch in make("class-incremental", digits):
            learner.partial_fit(batch.X, batch.y)
        accuracy[name] = learner.score(digits.x_test, digits.y_test)
    assert 0.85 < accuracy["ncm"] < accuracy["lda"] < min(accuracy["relu"], accuracy["fourier"], accuracy["local"])
    assert min(accuracy["relu"], accuracy["fourier"], accuracy["local"]) > 0.96


def test_lda_with_views_is_lda_on_the_views():
    """All views of the first 10 images of a class, fewer up to the 50th, then each as it is; in batches of any size."""
    rng = np.random.default_rng(4)
    x, y = rng.random((110, 20, 21), np.float32), np.arange(110) % 2
    parts = ((0, 20, ALL), (20, 100, GLANCES), (100, 110, 1))
    shown = np.concatenate([views(x[a:b, ..., None], n)[..., 0].reshape(-1, 20, 21) for a, b, n in parts])
    told = np.concatenate([np.tile(y[:20], ALL), np.tile(y[20:100], GLANCES), y[100:]])
    expected = StreamingLDA(LocalFilters(90), seed=1).fit(shown, told)
    found = StreamingLDA(LocalFilters(90), views=True, seed=1)
    for part in np.array_split(np.arange(110), 9):
        found.partial_fit(x[part], y[part])
    np.testing.assert_allclose(found.decision_function(x), expected.decision_function(x), rtol=2e-3, atol=2e-2)


def test_views_are_for_images_that_have_room_for_them():
    for x in (np.zeros((4, 400)), np.zeros((4, 8, 8))):
        with pytest.raises(DescriptionError, match=r"StreamingLDA\.views: samples of shape .* images of 20 pixels"):
            StreamingLDA(views=True).fit(x, [0, 1, 0, 1])

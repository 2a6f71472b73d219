"""Synthetic populations of known tuning, for the tests of the measures."""

import numpy as np


def poisson(rng, means, trials):
    """Poisson counts (presentations, neurons) and labels of a population of mean counts (neurons, classes)."""
    labels = np.tile(np.arange(means.shape[1]), trials)
    return rng.poisson(means.T[labels]), labels


def random_tuning(rng, neurons=150, classes=10, mean=2.0):
    """Exponentially distributed mean counts (neurons, classes)."""
    return rng.exponential(mean, (neurons, classes))


def true_gram(*means):
    """Inner products of the true tuning, per neuron: what `tuning_covariance` estimates, averaged over neurons."""
    centred = np.stack([(m - m.mean(1, keepdims=True)).ravel() for m in means])
    return centred @ centred.T / (means[0].shape[0] * (means[0].shape[1] - 1))

"""Streams to learn from: class-incremental, shifts of domain and covariates, drift, recurrence, imbalance, noise, few shots.

``make(name, data, seed=...)`` gives a `Stream`: iterate over its batches. What the learner may see stands in the batch, what
it may not (the boundaries between experiences) in ``batch.hidden``.
"""

from isocortex.learn.streams.data import Data, load_data
from isocortex.learn.streams.experience import SALIENCE, Batch, Experience, Hidden
from isocortex.learn.streams.registry import STREAMS, make
from isocortex.learn.streams.stream import Recipe, Stream

__all__ = ["SALIENCE", "STREAMS", "Batch", "Data", "Experience", "Hidden", "Recipe", "Stream", "load_data", "make"]

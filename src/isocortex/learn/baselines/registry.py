"""Baselines by name, as they stand in every table."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from isocortex.errors import DescriptionError, nearest
from isocortex.learn.baselines.base import Baseline
from isocortex.learn.baselines.blind import Blind
from isocortex.learn.baselines.ewc import OnlineEWC
from isocortex.learn.baselines.features import FeatureMap, RandomFourier, RandomReLU
from isocortex.learn.baselines.fly import FlyModel
from isocortex.learn.baselines.joint import Joint
from isocortex.learn.baselines.lda import StreamingLDA
from isocortex.learn.baselines.local import LocalFilters
from isocortex.learn.baselines.nearest_mean import NearestMean
from isocortex.learn.baselines.nearest_neighbours import NearestNeighbours
from isocortex.learn.baselines.replay import Replay
from isocortex.learn.baselines.sizes import features_within
from isocortex.learn.baselines.softmax import OnlineSoftmax


@dataclasses.dataclass(frozen=True)
class Room:
    """What the baselines are made equal to.

    features : of the model that they are compared with. bytes : that it takes. shape : of a sample. classes : of the data.
    """

    features: int
    bytes: int
    shape: tuple[int, ...]
    classes: int


def _equal_features(kind: type[FeatureMap]) -> Callable[[Room, int], Baseline]:
    return lambda room, seed: StreamingLDA(kind(room.features), seed=seed)  # type: ignore[call-arg]


def _equal_bytes(kind: type[FeatureMap]) -> Callable[[Room, int], Baseline]:
    return lambda room, seed: StreamingLDA(features_within(kind(), room.bytes, room.shape, room.classes), seed=seed)


@dataclasses.dataclass(frozen=True)
class Entry:
    """title : as tables say it. make : (room, seed) -> learner. images : whether it needs rows and columns."""

    title: str
    make: Callable[[Room, int], Baseline]
    images: bool = False


def _fly(room: Room, seed: int) -> Baseline:
    """Fewer cells, more of them active, for samples of few values; it is as good there."""
    small = math.prod(room.shape) < 256
    return FlyModel(3000, 16, 0.03, seed=seed) if small else FlyModel(seed=seed)


BASELINES: Mapping[str, Entry] = MappingProxyType(
    {
        "blind": Entry("blind (majority)", lambda room, seed: Blind()),
        "ncm": Entry("nearest class mean", lambda room, seed: NearestMean()),
        "lda": Entry("streaming LDA", lambda room, seed: StreamingLDA()),
        "knn": Entry("kNN, equal bytes", lambda room, seed: NearestNeighbours(room.bytes, seed=seed)),
        "relu": Entry("random ReLU + LDA, equal features", _equal_features(RandomReLU)),
        "relu-bytes": Entry("random ReLU + LDA, equal bytes", _equal_bytes(RandomReLU)),
        "fourier": Entry("random Fourier + LDA, equal features", _equal_features(RandomFourier)),
        "fourier-bytes": Entry("random Fourier + LDA, equal bytes", _equal_bytes(RandomFourier)),
        "local": Entry("random local filters + LDA, equal features", _equal_features(LocalFilters), images=True),
        "local-bytes": Entry("random local filters + LDA, equal bytes", _equal_bytes(LocalFilters), images=True),
        "fly": Entry("FlyModel", _fly),
        "softmax": Entry("online softmax", lambda room, seed: OnlineSoftmax()),
        "ewc": Entry("online softmax, EWC", lambda room, seed: OnlineEWC()),
        "replay": Entry("online softmax, replay, equal bytes", lambda room, seed: Replay(room.bytes, seed=seed)),
        "joint": Entry("joint network (ceiling)", lambda room, seed: Joint(seed=seed)),
    }
)


def make_baseline(name: str, room: Room, seed: int = 0) -> Baseline:
    """A baseline made equal to a model.

    Raises
    ------
    DescriptionError : an unknown name (the message gives the nearest), local filters for vectors, too few bytes.
    """
    if name not in BASELINES:
        raise DescriptionError(f"learners: {name!r} is not known; {nearest(name, BASELINES)}")
    entry = BASELINES[name]
    if entry.images and len(room.shape) < 2:
        raise DescriptionError(f"learners: '{name}' needs images; the samples are vectors of {room.shape[0]} features")
    return entry.make(room, seed)

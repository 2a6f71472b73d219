"""The simple strong baselines that stand in every table, each one class with `partial_fit`, `predict` and `memory_bytes`."""

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
from isocortex.learn.baselines.registry import BASELINES, Room, make_baseline
from isocortex.learn.baselines.replay import Replay
from isocortex.learn.baselines.sizes import features_within
from isocortex.learn.baselines.softmax import OnlineSoftmax

__all__ = [
    "BASELINES",
    "Baseline",
    "Blind",
    "FeatureMap",
    "FlyModel",
    "Joint",
    "LocalFilters",
    "NearestMean",
    "NearestNeighbours",
    "OnlineEWC",
    "OnlineSoftmax",
    "RandomFourier",
    "RandomReLU",
    "Replay",
    "Room",
    "StreamingLDA",
    "features_within",
    "make_baseline",
]

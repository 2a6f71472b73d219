"""The measures of a run as they stand in tables: name, unit, definition."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType


@dataclasses.dataclass(frozen=True)
class Measure:
    """heading : of its column. unit : "share", "samples", "bytes" or "s". meaning : its definition. more : is more better."""

    heading: str
    unit: str
    meaning: str
    more: bool = True


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "accuracy": Measure("final", "share", "accuracy on all experiences after the last one, mean_j R[T, j]"),
        "average_accuracy": Measure("average", "share", "mean over experiences i of mean_{j <= i} R[i, j]"),
        "anytime_accuracy": Measure("anytime", "share", "mean over the stream of the accuracy on all seen so far"),
        "learning_accuracy": Measure("learned", "share", "accuracy on each experience right after it, mean_j R[j, j]"),
        "forgetting": Measure(
            "forgot", "share", "mean_{j < T} (max_{j <= i <= T} R[i, j] - R[T, j]): best less last", False
        ),
        "backward_transfer": Measure("backward", "share", "mean_{j < T} (R[T, j] - R[j, j])"),
        "forward_transfer": Measure("forward", "share", "mean_{j > 0} R[j - 1, j], less guessing"),
        "newest_accuracy": Measure("newest", "share", "accuracy on the last experience after it, R[T, T]"),
        "worst_class": Measure("worst class", "share", "accuracy after the stream on the class that is worst off"),
        "dip": Measure("dip", "share", "mean fall of the accuracy on the current experience after a change", False),
        "recovery": Measure(
            "recovery", "samples", "median samples after a change until 95 % of the accuracy before is reached and held", False
        ),
        "regained": Measure("regained", "share", "share of what a change cost at once that came back within the experience"),
        "shots": Measure("few shots", "share", "mean over the n-shot curve, each doubling of n alike"),
        "bytes": Measure("bytes", "bytes", "everything that the learner keeps, at most over the stream", False),
        "seconds": Measure("learn s/1000", "s", "seconds to learn 1,000 samples, mean over the stream", False),
        "predict_seconds": Measure(
            "predict s/1000", "s", "seconds to predict 1,000 in all checks, with what learners put off until then", False
        ),
    }
)  # fmt: skip

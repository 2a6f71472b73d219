"""Metrics of continual learning, each with its definition; R[i, j] is the accuracy on experience j after experience i."""

from isocortex.learn.metrics.accuracy import (
    anytime_accuracy,
    average_accuracy,
    final_accuracy,
    learning_accuracy,
    newest_accuracy,
)
from isocortex.learn.metrics.adaptation import Change, changes, dip, recovery, regained
from isocortex.learn.metrics.forgetting import backward_transfer, forgetting, forward_transfer
from isocortex.learn.metrics.interval import Mean, mean_interval, paired_difference
from isocortex.learn.metrics.measures import MEASURES, Measure
from isocortex.learn.metrics.shots import SHOTS, shots_area

__all__ = [
    "MEASURES",
    "SHOTS",
    "Change",
    "Mean",
    "Measure",
    "anytime_accuracy",
    "average_accuracy",
    "backward_transfer",
    "changes",
    "dip",
    "final_accuracy",
    "forgetting",
    "forward_transfer",
    "learning_accuracy",
    "mean_interval",
    "newest_accuracy",
    "paired_difference",
    "recovery",
    "regained",
    "shots_area",
]

"""Learners that learn continually, the streams they learn from, the baselines beside them, and the metrics."""

from __future__ import annotations

from isocortex.learn.classifier import CorticalClassifier

__all__ = ["CorticalClassifier"]

"""Learners: the cortex at the level of rates, as scikit-learn estimators."""

from __future__ import annotations

from isocortex.learn.classifier import CorticalClassifier

__all__ = ["CorticalClassifier"]

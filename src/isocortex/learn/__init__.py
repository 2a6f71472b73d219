"""Learners that learn continually, the streams they learn from, the baselines beside them, and the metrics."""

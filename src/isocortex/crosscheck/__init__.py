"""Comparisons with other simulators and with published results: ``python -m isocortex.crosscheck [NAME]``."""

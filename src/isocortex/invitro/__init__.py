"""The slice laboratory: published plasticity experiments, their protocols, and the same in a virtual slice."""

"""A running sum whose time constant is very long compared with a step."""

from __future__ import annotations

import math

import jax.numpy as jnp

from isocortex.plasticity.rule import Array


def loss(tau: float, dt: float) -> float:
    """What a trace loses in a step, 1 - exp(-dt / tau), without cancellation."""
    return -math.expm1(-dt / tau)


def leaky_sum(value: Array, carry: Array, lost: Array, added: Array) -> tuple[Array, Array]:
    """value (1 - lost) + added, and what float32 could not hold of the change, to be given as `carry` at the next step.

    Without the carry a constant of minutes stands still: at dt = 0.1 ms the change of a step is less than half a unit in the
    last place.
    """
    change = added - lost * value + carry
    after = value + change
    return after, change - (after - value)


def like(number: Array, spike: Array) -> Array:
    """A constant as an array of the neurons' shape (n,)."""
    return number + jnp.zeros_like(spike)

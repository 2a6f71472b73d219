"""Plasticity rules from the equations of the papers, spike by spike in float64. They know nothing of the library's rules.

All take spike times in steps (sorted, distinct), the number of steps, dt (ms) and both delays in steps: the synapse sees the
presynaptic spike at t + axonal, the postsynaptic spike and potential at t + dendritic; of two that meet neither sees the
other. Only what reaches the synapse before `n_steps` counts. All return (the change of the weight, the sum of |changes|).
Amplitudes are in units of the weight at the start, which is 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.signal import lfilter

Result = tuple[float, float]


def _arrivals(pre: np.ndarray, post: np.ndarray, n_steps: int, axonal: int, dendritic: int) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(pre, int) + axonal, np.asarray(post, int) + dendritic
    return a[a < n_steps], b[b < n_steps]


def _events(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[int, bool, bool]]:
    """(step, whether pre, whether post) in order."""
    in_a, in_b = set(a.tolist()), set(b.tolist())
    for t in sorted(in_a | in_b):
        yield t, t in in_a, t in in_b


class _Kernel:
    """A sum (or the last) of exponentials since spikes, evaluated at any later time."""

    def __init__(self, tau: float, dt: float, nearest: bool = False) -> None:
        self.per_step, self.nearest = dt / tau, nearest
        self.value, self.at = 0.0, 0

    def before(self, t: int) -> float:
        return self.value * math.exp(-(t - self.at) * self.per_step)

    def spike(self, t: int, size: float = 1.0) -> None:
        self.value, self.at = (size if self.nearest else self.before(t) + size), t


def _sum(changes: list[float]) -> Result:
    return math.fsum(changes), math.fsum(map(abs, changes))


def pair_reference(
    pre: np.ndarray, post: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0,
    *, A_plus: float, A_minus: float, tau_plus: float, tau_minus: float, pairing: str = "all", eta: float = 1.0,
) -> Result:  # fmt: skip
    """Sum of the STDP window over pairs of spikes (all, or each spike with the last one of the other side)."""
    a, b = _arrivals(pre, post, n_steps, axonal, dendritic)
    total = size = 0.0
    for ours, others, amplitude, tau in ((b, a, A_plus, tau_plus), (a, b, -A_minus, tau_minus)):
        earlier = np.searchsorted(others, ours, side="left")  # how many came strictly before
        for t, n in zip(ours, earlier, strict=True):
            used = others[max(n - 1, 0) : n] if pairing == "nearest" else others[:n]
            lags = (t - used) * dt
            change = eta * amplitude * np.exp(-lags[lags < 50 * tau] / tau).sum()
            total, size = total + change, size + abs(change)
    return float(total), float(size)


def triplet_reference(
    pre: np.ndarray, post: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0,
    *, A2_plus: float, A3_plus: float, A2_minus: float, A3_minus: float, tau_plus: float, tau_minus: float, tau_x: float,
    tau_y: float, pairing: str = "all", eta: float = 1.0,
) -> Result:  # fmt: skip
    """Pfister & Gerstner 2006, equations 3 and 4."""
    nearest, changes = pairing == "nearest", []
    r1, r2, o1, o2 = (_Kernel(tau, dt, nearest) for tau in (tau_plus, tau_x, tau_minus, tau_y))
    for t, is_pre, is_post in _events(*_arrivals(pre, post, n_steps, axonal, dendritic)):
        if is_pre:
            changes += [-eta * o1.before(t) * A2_minus, -eta * o1.before(t) * A3_minus * r2.before(t)]
        if is_post:
            changes.append(eta * r1.before(t) * (A2_plus + A3_plus * o2.before(t)))
        for happened, traces in ((is_pre, (r1, r2)), (is_post, (o1, o2))):
            if happened:
                for trace in traces:
                    trace.spike(t)
    return _sum(changes)


def suppression_reference(
    pre: np.ndarray, post: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0,
    *, A_plus: float, A_minus: float, tau_plus: float, tau_minus: float, tau_pre: float, tau_post: float, eta: float = 1.0,
) -> Result:  # fmt: skip
    """Froemke & Dan 2002: the window times the efficacies of both spikes, summed over all pairs."""
    a, b = _arrivals(pre, post, n_steps, axonal, dendritic)

    def efficacy(t: np.ndarray, tau: float) -> np.ndarray:
        return 1 - np.exp(-np.diff(t, prepend=-np.inf) * dt / tau)

    e_pre, e_post = efficacy(a, tau_pre), efficacy(b, tau_post)
    total = size = 0.0
    for i, t in enumerate(a):
        lags = (b - t) * dt
        window = np.where(lags > 0, A_plus * np.exp(-np.abs(lags) / tau_plus), -A_minus * np.exp(-np.abs(lags) / tau_minus))
        changes = eta * e_pre[i] * e_post * np.where(lags == 0, 0.0, window)
        total, size = total + changes.sum(), size + np.abs(changes).sum()
    return float(total), float(size)


def inhibitory_reference(
    pre: np.ndarray, post: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0,
    *, eta: float, tau: float, rho_0: float,
) -> Result:  # fmt: skip
    """Vogels et al. 2011; the depression of a presynaptic spike counts as one change with its potentiation."""
    x, y, changes = _Kernel(tau, dt), _Kernel(tau, dt), []
    alpha = 2 * (rho_0 / 1000) * tau
    for t, is_pre, is_post in _events(*_arrivals(pre, post, n_steps, axonal, dendritic)):
        if is_pre:
            changes.append(eta * (y.before(t) - alpha))
        if is_post:
            changes.append(eta * x.before(t))
        if is_pre:
            x.spike(t)
        if is_post:
            y.spike(t)
    return _sum(changes)


def transmitter_reference(
    pre: np.ndarray, post: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0, *, delta: float
) -> Result:
    """Zenke et al. 2015, fourth term."""
    a, _ = _arrivals(pre, post, n_steps, axonal, dendritic)
    return delta * len(a), delta * len(a)


def heterosynaptic_reference(
    pre: np.ndarray, post: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0,
    *, beta: float, tau_minus: float, rest: float = 0.0,
) -> Result:  # fmt: skip
    """Zenke et al. 2015, third term: the solution of dw/dt = -beta z^3 (w - rest) delta(t) at every postsynaptic spike."""
    _, b = _arrivals(pre, post, n_steps, axonal, dendritic)
    w, changes, z = 1.0, [], _Kernel(tau_minus, dt)
    for t in b.tolist():
        after = rest + (w - rest) * math.exp(-beta * z.before(t) ** 3)
        changes.append(after - w)
        w = after
        z.spike(t)
    return _sum(changes)


def _events_and_bursts(spikes: np.ndarray, dt: float, window: float) -> tuple[np.ndarray, np.ndarray]:
    """Steps of events (first spikes) and of bursts (second spikes), from the intervals."""
    if len(spikes) == 0:
        return spikes, spikes
    close = np.concatenate([[False], np.diff(spikes) * dt < window - 1e-9])
    second = close & ~np.concatenate([[False], close[:-1]])
    return spikes[~close], spikes[second]


def burst_reference(
    pre: np.ndarray, post: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0,
    *, eta: float, tau_pre: float, tau_average: float, window: float, P_0: float, E_0: float,
) -> Result:  # fmt: skip
    """Payeur et al. 2021: running averages B and E as sums of exponentials over the spikes so far."""
    pre_at, post_at = np.asarray(pre, int) + axonal, np.asarray(post, int) + dendritic
    pre_events, _ = _events_and_bursts(pre_at, dt, window)
    events, bursts = _events_and_bursts(post_at, dt, window)
    changes = []
    start = E_0 / 1000 * tau_average

    def averages(t: int) -> tuple[float, float]:
        """Both as they were after the last step; they start before the first step that the synapse sees."""
        initial = start * math.exp(-(t + 1 - dendritic) * dt / tau_average)
        e, b = (float(np.exp(-(t - s[s < t]) * dt / tau_average).sum()) for s in (events, bursts))
        return initial + e, P_0 * initial + b

    for t in np.sort(np.concatenate([events, bursts])).tolist():
        if t >= n_steps:
            continue
        seen = pre_events[pre_events < t]
        x = float(np.exp(-(t - seen) * dt / tau_pre).sum())
        e, b = averages(t)
        changes.append(eta * x * (1.0 if t in bursts else -b / e))
    return _sum(changes)


def _train(spikes: np.ndarray, n_steps: int) -> np.ndarray:
    out = np.zeros(n_steps)
    out[spikes[spikes < n_steps]] = 1
    return out


def _later(a: np.ndarray, steps: int, fill: float) -> np.ndarray:
    """The array `steps` later, with `fill` before."""
    return np.concatenate([np.full(min(steps, len(a)), fill), a[: max(len(a) - steps, 0)]])


def _filtered(train: np.ndarray, tau: float, dt: float) -> np.ndarray:
    """Sum of exponentials of all spikes strictly before each step."""
    decay = math.exp(-dt / tau)
    return _later(lfilter([decay], [1, -decay], train), 1, 0.0)


def _low_pass(u: np.ndarray, tau: float, dt: float, start: float) -> np.ndarray:
    """tau dz/dt = u - z with u constant in each step: z from all u strictly before each step."""
    decay = math.exp(-dt / tau)
    z, _ = lfilter([1 - decay], [1, -decay], u, zi=[decay * start])
    return _later(z, 1, start)


def voltage_reference(
    pre: np.ndarray, v: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0,
    *, A_LTD: float, A_LTP: float, theta_minus: float, theta_plus: float, tau_x: float, tau_minus: float, tau_plus: float,
    u_ref2: float | None = None, tau_bar: float = 1200.0, E_L: float = -70.6, trace_delay: float = 0.0, eta: float = 1.0,
) -> Result:  # fmt: skip
    """Clopath et al. 2010, equations 1 to 3, summed over steps; `v` is the potential (mV), shape (n_steps,)."""
    late = round(trace_delay / dt)
    u_minus, u_plus = (_later(_low_pass(v, tau, dt, E_L), late, E_L) for tau in (tau_minus, tau_plus))
    factor = 1.0 if u_ref2 is None else _low_pass((v - E_L) ** 2, tau_bar, dt, u_ref2) / u_ref2
    above = lambda a, b: np.where(a > b, a - b, 0.0)  # noqa: E731
    arrived = _train(np.asarray(pre, int) + axonal, n_steps)
    ltd = -A_LTD * arrived * _later(factor * above(u_minus, theta_minus), dendritic, 0.0)
    x = _filtered(arrived, tau_x, dt) / tau_x
    ltp = A_LTP * x * _later(above(v, theta_plus) * above(u_plus, theta_minus), dendritic, 0.0) * dt
    return float(eta * (ltd.sum() + ltp.sum())), float(eta * (np.abs(ltd).sum() + np.abs(ltp).sum()))


def dendritic_prediction_reference(
    pre: np.ndarray, post: np.ndarray, v: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0,
    *, eta: float, phi_max: float, k: float, beta: float, theta: float, g_D: float, g_L: float, E_L: float, tau_L: float,
    tau_s: float,
) -> Result:  # fmt: skip
    """Urbanczik & Senn 2014, equation 6 without the low-pass; `v` is the dendritic potential (mV), shape (n_steps,)."""
    predicted = (g_L * E_L + g_D * v) / (g_L + g_D)
    phi = phi_max / (1 + k * np.exp(beta * (theta - predicted)))
    h = beta * (1 - phi / phi_max)  # d log phi / d predicted
    arrived = _train(np.asarray(pre, int) + axonal, n_steps)
    psp = _filtered(arrived, tau_L, dt) - _filtered(arrived, tau_s, dt)
    spikes = _train(np.asarray(post, int), n_steps)
    changes = eta * psp * _later((spikes - phi * dt) * h, dendritic, 0.0)
    return float(changes.sum()), float(np.abs(changes).sum())


def _rates(
    pre: np.ndarray, post: np.ndarray, n: int, dt: float, axonal: int, taus: tuple[float, float], y_0: float
) -> tuple[np.ndarray, np.ndarray]:
    """Rates in units of y_0, the presynaptic as it arrives; a trace of 1 / tau (1/ms) a spike is a rate in kHz."""
    x = _filtered(_train(np.asarray(pre, int) + axonal, n), taus[0], dt) / taus[0] * 1000 / y_0
    y = _filtered(_train(np.asarray(post, int), n), taus[1], dt) / taus[1] * 1000 / y_0
    return x, y


def bcm_reference(
    pre: np.ndarray, post: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0,
    *, eta: float, y_0: float, tau_pre: float, tau_y: float, tau_theta: float,
) -> Result:  # fmt: skip
    """BCM with a threshold that is a low-pass of y^2; eta in 1/s."""
    x, y = _rates(pre, post, n_steps, dt, axonal, (tau_pre, tau_y), y_0)
    theta = _low_pass(y**2, tau_theta, dt, 1.0)
    changes = eta / 1000 * dt * x * _later(y * (y - theta), dendritic, 0.0)
    return float(changes.sum()), float(np.abs(changes).sum())


def oja_reference(
    pre: np.ndarray, post: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0,
    *, eta: float, alpha: float, y_0: float, tau_pre: float, tau_y: float,
) -> Result:  # fmt: skip
    """Oja 1982 for one weight: growth, then decay over the step, from w = 1; eta in 1/s."""
    x, y = _rates(pre, post, n_steps, dt, axonal, (tau_pre, tau_y), y_0)
    y = _later(y, dendritic, 0.0)
    grow, keep = eta / 1000 * dt * x * y, np.exp(-eta / 1000 * alpha * y**2 * dt)
    return _growth_and_decay(grow, keep)


def oja_and_pair_reference(
    pre: np.ndarray, post: np.ndarray, n_steps: int, dt: float, axonal: int, dendritic: int, oja: dict[str, float],
    *, A_plus: float, A_minus: float, tau_plus: float, tau_minus: float,
) -> Result:  # fmt: skip
    """Oja 1982 and pair STDP on one weight, step by step: all growth, then decay over the step."""
    x, y = _rates(pre, post, n_steps, dt, axonal, (oja["tau_pre"], oja["tau_y"]), oja["y_0"])
    y, eta = _later(y, dendritic, 0.0), oja["eta"] / 1000 * dt
    before, after = _train(np.asarray(pre, int) + axonal, n_steps), _train(np.asarray(post, int) + dendritic, n_steps)
    stdp = A_plus * after * _filtered(before, tau_plus, dt) - A_minus * before * _filtered(after, tau_minus, dt)
    return _growth_and_decay(eta * x * y + stdp, np.exp(-eta * oja["alpha"] * y**2))


def scaling_reference(
    pre: np.ndarray, post: np.ndarray, n_steps: int, dt: float, axonal: int = 0, dendritic: int = 0,
    *, rho_0: float, tau: float, tau_rate: float, strength: float = 1.0,
) -> Result:  # fmt: skip
    """Multiplicative scaling by the running rate (Hz), which starts at rho_0; a negative strength is that of inhibition."""
    spikes = _train(np.asarray(post, int), n_steps)
    start = rho_0 * np.exp(-(np.arange(n_steps) + 1) * dt / tau_rate)
    rho = start + _filtered(spikes, tau_rate, dt) / tau_rate * 1000
    factor = np.exp(strength * _later((rho_0 - rho) / rho_0, dendritic, 0.0) * dt / tau)
    return _growth_and_decay(np.zeros(n_steps), factor)


def _growth_and_decay(grow: np.ndarray, keep: np.ndarray) -> Result:
    w, size = 1.0, 0.0
    for g, k in zip(grow.tolist(), keep.tolist(), strict=True):
        lost = (w + g) * (k - 1)
        w, size = w + g + lost, size + abs(g) + abs(lost)
    return w - 1.0, size

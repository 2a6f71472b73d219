"""AdEx against scipy, its firing patterns, and the variant of Clopath et al."""

import numpy as np
import pytest
from cell_bench import constant, pulse, run, spike_times
from scipy.integrate import solve_ivp

from isocortex.cells.adex import AdEx, ClopathAdEx
from isocortex.errors import DescriptionError

REST = AdEx(V_spread=0.0)


def reference(cell, duration):
    """Spike times in continuous time, with the reset at the crossing of V_peak."""

    def rhs(t, y):
        v, w = min(y[0], cell.V_peak + 1), y[1]
        up = cell.g_L * cell.Delta_T * np.exp((v - cell.V_T) / cell.Delta_T)
        return [(cell.g_L * (cell.E_L - v) + up - w + cell.I_e) / cell.C_m, (cell.a * (v - cell.E_L) - w) / cell.tau_w]

    def peak(t, y):
        return y[0] - cell.V_peak

    peak.terminal = True
    t, y, times = 0.0, [cell.E_L, 0.0], []
    while t < duration:
        sol = solve_ivp(rhs, (t, duration), y, events=peak, method="LSODA", rtol=1e-9, atol=1e-9)
        t = sol.t[-1]
        if not sol.t_events[0].size:
            break
        times.append(t)
        y = [cell.V_reset, sol.y[1, -1] + cell.b]
    return np.array(times)


def fire(cell, duration, dt=0.1):
    return spike_times(run(cell, dt, {"soma:AMPA": constant(0, duration, dt)}), dt)


@pytest.mark.parametrize("cell", [REST.replace(I_e=1000.0), REST.replace(I_e=800.0, a=0, b=0)])
def test_spike_times_converge_to_the_exact_ones(cell):
    expected = reference(cell, 300.0)
    assert len(expected) >= 8
    worst = {}
    for dt in (0.2, 0.1, 0.05, 0.025):
        times = fire(cell, 300.0, dt)
        shared = min(len(times), len(expected))
        assert shared >= len(expected) - 1
        worst[dt] = times[:shared] - expected[:shared]
        # the grid makes each interval later by 0 to 1 step; the scheme may add a tenth of a step
        intervals = np.arange(shared) + 1
        assert (worst[dt] >= -0.1 * dt * intervals).all()
        assert (worst[dt] <= 1.1 * dt * intervals).all()
    assert np.abs(worst[0.025]).max() < np.abs(worst[0.2]).max() / 4


def test_subthreshold_response_has_second_order():
    cell = REST.replace(I_e=400.0)
    rhs = lambda t, y: [  # noqa: E731
        (30 * (-70.6 - y[0]) + 60 * np.exp((y[0] + 50.4) / 2) - y[1] + 400) / 281,
        (4 * (y[0] + 70.6) - y[1]) / 144,
    ]
    t = np.arange(1, 51) * 2.0
    expected = solve_ivp(rhs, (0, 100), [-70.6, 0], t_eval=t, method="DOP853", rtol=1e-10, atol=1e-10).y[0]
    worst = []
    for dt in (2.0, 1.0, 0.5):
        v = run(cell, dt, {"soma:AMPA": constant(0, 100, dt)})["v"][:, 0]
        worst.append(np.abs(v[round(2 / dt) - 1 :: round(2 / dt)] - expected).max())
    assert worst[2] < 0.02
    assert worst[0] / worst[1] > 2.8
    assert worst[1] / worst[2] > 2.8


def test_tonic_adapting_and_bursting_by_parameters():
    tonic = np.diff(fire(REST.replace(I_e=800.0, a=0, b=0), 500))
    assert len(tonic) > 10
    assert np.ptp(tonic) <= 0.1001

    adapting = np.diff(fire(REST.replace(I_e=1000.0), 500))
    assert adapting[-1] > 1.5 * adapting[0]
    assert (np.diff(adapting) > -0.15).all()

    # Brette & Gerstner's bursting cell: fast, strong spike-triggered adaptation, reset above V_T
    bursting = np.diff(fire(REST.replace(I_e=800.0, tau_w=20.0, b=500.0, V_reset=-45.4), 500))
    assert (bursting < 6).sum() >= 3
    assert (bursting > 15).sum() >= 3


@pytest.mark.parametrize("dt", [0.1, 0.5])
@pytest.mark.parametrize("Delta_T", [0.3, 2.0])
def test_the_upswing_never_overflows(dt, Delta_T):
    rng = np.random.default_rng(0)
    cell = AdEx(Delta_T=Delta_T, I_e=500.0)
    drive = {"soma:AMPA": rng.poisson(0.2, (4000, 20)) * 15.0, "soma:current": rng.normal(0, 500, (4000, 20))}
    signals, states, _ = run(cell, dt, drive, n=20, full=True)
    assert signals["spike"].mean() > 0.001
    assert all(np.isfinite(x).all() for x in states.values())
    assert signals["v"].max() <= cell.V_peak
    assert (signals["v"][signals["spike"]] == cell.V_peak).all()
    assert states["V"].max() < cell.V_peak


def test_rate_hardly_depends_on_dt():
    counts = [len(fire(REST.replace(I_e=1000.0), 1000, dt)) for dt in (0.05, 0.5)]
    assert abs(counts[0] - counts[1]) <= 0.03 * counts[0] + 1


def test_strong_adaptation_pulls_back_from_beyond_the_threshold():
    state = REST.initial(1, [], lambda name, n: np.zeros(n))
    state["V"][:], state["w"][:] = -44.0, 5000.0
    signals = run(REST, 0.5, {"soma:AMPA": constant(0, 20, 0.5)}, state=state | {"soma:AMPA": np.zeros(1, np.float32)})
    assert not signals["spike"].any()


def test_refractory_time():
    times = fire(REST.replace(I_e=1e5, t_ref=1.5), 20)
    assert np.diff(times).min() >= 1.6 - 1e-6


def test_clopath_spike_is_held_and_followed_by_after_current_and_lifted_threshold():
    dt, cell = 0.1, ClopathAdEx()
    signals, states, _ = run(cell, dt, {"soma:current": np.r_[constant(1e4, 1, dt), constant(0, 119, dt)]}, full=True)
    k = np.flatnonzero(signals["spike"][:, 0])
    assert len(k) == 1
    at, v = k[0], signals["v"][:, 0]
    assert (v[at : at + 20] == 33.0).all()  # 2 ms
    assert v[at + 20] == -60.0
    z, lift, w = (states[x][:, 0] for x in ("z", "lift", "w"))
    assert z[at] == 400.0
    assert lift[at] == pytest.approx(80.8, abs=1e-4)
    assert z[at + 400] == pytest.approx(400 * np.exp(-1), rel=1e-3)
    assert lift[at + 500] == pytest.approx(80.8 * np.exp(-1), rel=1e-3)
    assert np.ptp(w[at : at + 20]) == 0
    assert w[at] - w[at - 1] == pytest.approx(80.5, abs=1e-3)
    without = run(cell.replace(I_sp=0.0), dt, {"soma:current": np.r_[constant(1e4, 1, dt), constant(0, 119, dt)]})["v"][:, 0]
    assert v[at + 60] - without[at + 60] > 2.0  # the after-current: 400 pA over 4 ms on 281 pF
    assert v[at + 60 : at + 200].max() < cell.V_T


def test_clopath_without_clamp_resets_at_once():
    signals, states, _ = run(ClopathAdEx(t_clamp=0.0), 0.1, {"soma:current": pulse(1e5, 0.0, 5, 0.1)}, full=True)
    at = np.flatnonzero(signals["spike"][:, 0])[0]
    assert states["V"][at, 0] == -60.0


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (dict(Delta_T=0), "AdEx.Delta_T"),
        (dict(V_reset=1), "AdEx.V_reset"),
        (dict(V_T=5), "AdEx.V_T"),
        (dict(tau_w="4 nS"), "AdEx.tau_w"),
    ],
)
def test_bad_parameters_are_named(bad, words):
    with pytest.raises(DescriptionError, match=words):
        AdEx(**bad)

"""LIF: the exact propagator, and the order of events of NEST's iaf_psc_exp."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from cell_bench import constant, float32_constants, half, pulse, run, spike_times
from scipy.integrate import quad

from isocortex.cells.lif import LIF
from isocortex.errors import DescriptionError

DT = 0.1


@pytest.mark.parametrize("tau_s", [0.5, 2.0, 9.9, 10.0 - 1e-7, 10.0, 10.0 + 1e-5, 100.0])
@pytest.mark.parametrize("dt", [0.1, 1.0])
def test_propagator_is_the_convolution_integral(tau_s, dt):
    cell = LIF(tau_AMPA=tau_s, tau_m=10.0, C_m=250.0)
    expected, _ = quad(lambda s: math.exp(-(dt - s) / 10.0) * math.exp(-s / tau_s) / 250.0, 0, dt, epsabs=0, epsrel=1e-12)
    assert cell.constants(dt)["to_v_AMPA"] == pytest.approx(expected, rel=1e-9)


def test_postsynaptic_potential_is_the_closed_form_at_every_step():
    cell = LIF()
    v = run(cell, DT, {"soma:AMPA": pulse(87.8, 1.0, 40.0, DT)})["v"][:, 0]
    t = (np.arange(len(v)) + 1) * DT - 1.0
    tm, ts = cell.tau_m, cell.tau_AMPA
    expected = np.where(t > 0, 87.8 * tm * ts / (cell.C_m * (tm - ts)) * (np.exp(-t / tm) - np.exp(-t / ts)), 0.0)
    np.testing.assert_allclose(v - cell.E_L, expected, atol=2e-5)
    assert expected.max() == pytest.approx(0.15, abs=0.003)  # Potjans & Diesmann 2014: 87.8 pA makes 0.15 mV


def nest_style(cell, dt, exc, inh):
    """An independent float64 loop in the order of iaf_psc_exp: evolve or count down, decay, add arrivals, compare."""
    steps, n = exc.shape
    p22, p11e, p11i = math.exp(-dt / cell.tau_m), math.exp(-dt / cell.tau_AMPA), math.exp(-dt / cell.tau_GABA_A)
    p20 = cell.tau_m / cell.C_m * (1 - p22)
    p21 = lambda ts: cell.tau_m * ts / (cell.C_m * (cell.tau_m - ts)) * (p22 - math.exp(-dt / ts))  # noqa: E731
    p21e, p21i = p21(cell.tau_AMPA), p21(cell.tau_GABA_A)
    theta, reset = cell.V_th - cell.E_L, cell.V_reset - cell.E_L
    v, ref = np.zeros(n), np.zeros(n, int)
    ie, ii = exc[0].copy(), -inh[0].copy()
    spikes = np.zeros((steps, n), bool)
    for k in range(steps):
        free = ref == 0
        v = np.where(free, v * p22 + ie * p21e + ii * p21i + cell.I_e * p20, v)
        ref = np.where(free, 0, ref - 1)
        ie, ii = ie * p11e, ii * p11i
        if k + 1 < steps:  # what arrives at the end of this step acts from the next
            ie, ii = ie + exc[k + 1], ii - inh[k + 1]
        spikes[k] = v >= theta
        v = np.where(spikes[k], reset, v)
        ref = np.where(spikes[k], math.ceil(round(cell.t_ref * 1000) / round(dt * 1000)), ref)
    return spikes


def test_spike_for_spike_with_the_nest_loop():
    rng = np.random.default_rng(3)
    steps, n = 10_000, 40
    exc = (rng.poisson(2.0, (steps, n)) * np.float32(87.8)).astype(np.float64)
    inh = (rng.poisson(0.33, (steps, n)) * np.float32(351.2)).astype(np.float64)
    cell = LIF(t_ref=2.0)
    expected = nest_style(cell, DT, exc, inh)
    got = run(cell, DT, {"soma:AMPA": exc, "soma:GABA_A": inh}, n=n)["spike"]
    assert expected.sum() > 500
    assert np.array_equal(got, expected)


def test_fi_curve_is_the_analytic_one():
    cell = LIF()
    for current in (400.0, 500.0, 800.0):
        infinite = current * cell.tau_m / cell.C_m
        interval = cell.tau_m * math.log(infinite / (infinite - 15.0))
        expected = cell.t_ref + math.ceil(interval / DT - 1e-9) * DT  # the grid rounds a crossing up
        times = spike_times(run(cell.replace(I_e=current), DT, {"soma:AMPA": constant(0, 200, DT)}), DT)
        np.testing.assert_allclose(np.diff(times), expected, atol=1e-6)


def test_no_spike_below_rheobase_and_the_limit_is_ohms():
    v = run(LIF(I_e=370.0), DT, {"soma:AMPA": constant(0, 200, DT)})
    assert not v["spike"].any()
    # float32 stops moving half a last bit short: 4.8e-7 mV over a loss of 0.00995 a step
    assert v["v"][-1, 0] == pytest.approx(-65 + 370 * 10 / 250, abs=6e-5)


@pytest.mark.parametrize(("t_ref", "count"), [(0.0, 0), (0.1, 1), (0.25, 3), (0.3, 3), (2.0, 20)])
def test_refractory_time_in_steps_rounds_up_and_clamps(t_ref, count):
    # 1e5 pA crosses the threshold within one step, so that the interval is the refractory steps and one more
    times = spike_times(run(LIF(t_ref=t_ref, I_e=1e5), DT, {"soma:AMPA": constant(0, 20, DT)}), DT)
    np.testing.assert_allclose(np.diff(times), (count + 1) * DT, atol=1e-6)


def test_current_that_arrives_in_the_refractory_time_decays_and_acts_after_it():
    cell = LIF(tau_AMPA=5.0)
    state = cell.initial(1, ["soma:AMPA"], half)
    state["refractory"][:] = 20
    v = run(cell, DT, {"soma:AMPA": pulse(100.0, 0.5, 10.0, DT)}, state=state)["v"][:, 0]
    assert (v[:20] == cell.V_reset).all()
    left = 100.0 * math.exp(-1.5 / 5.0)
    expected = left * 10 * 5 / (250 * 5) * (math.exp(-1 / 10) - math.exp(-1 / 5))  # 1 ms later
    assert v[29] + 65 == pytest.approx(expected, rel=1e-4)


def test_threshold_is_reached_when_equal():
    cell = LIF()
    c = SimpleNamespace(**vars(float32_constants(cell, DT)) | {"loss": np.float32(0)})
    at = {"U": np.array([15.0, np.nextafter(np.float32(15), np.float32(0))], np.float32), "refractory": np.zeros(2, np.float32)}
    assert cell.step(c, at, {})[1]["spike"].tolist() == [True, False]


def test_receptors_have_their_sign_and_injected_current_acts_in_its_step():
    def after(channel):
        return run(LIF(), DT, {channel: pulse(50.0, 0.0, 1.0, DT)})["v"][0, 0] + 65

    assert after("soma:AMPA") > 0
    assert after("soma:NMDA") > 0
    assert after("soma:GABA_A") == pytest.approx(-after("soma:AMPA"), rel=1e-5)
    assert after("soma:GABA_B") == pytest.approx(-after("soma:NMDA"), rel=1e-5)
    assert after("soma:current") == pytest.approx(50 * 10 / 250 * (1 - math.exp(-0.01)), abs=8e-6)  # a last bit of 65 mV


def test_initial_potentials_have_the_asked_mean_and_spread():
    rng = np.random.default_rng(0)
    u = LIF(V_0=-58.0, V_0_sd=10.0).initial(20_000, [], lambda name, n: rng.random(n))["U"] - 7.0
    assert u.max() < 8.0
    assert np.median(u) == pytest.approx(0, abs=0.3)
    assert np.quantile(u, 0.1587) == pytest.approx(-10, abs=0.4)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (dict(tau_m=0), "LIF.tau_m"),
        (dict(V_reset=-50), "LIF.V_reset"),
        (dict(t_ref="-1 ms"), "LIF.t_ref"),
        (dict(C_m="1 mV"), "C_m"),
    ],
)
def test_bad_parameters_are_named(bad, words):
    with pytest.raises(DescriptionError, match=words):
        LIF(**bad)

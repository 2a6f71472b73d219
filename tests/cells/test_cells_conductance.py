"""Conductances: sums, steady states, magnesium, order of the scheme; and the cell with one compartment."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from cell_bench import constant, half, pulse, run, spike_times
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from isocortex.cells.conductance import ConductanceLIF
from isocortex.cells.receptors import magnesium, relax, steps
from isocortex.errors import DescriptionError

PASSIVE = ConductanceLIF(V_th=1000.0, V_spread=0.0)


def block(v, mg=1.0):
    return 1 / (1 + mg / 3.57 * math.exp(-0.062 * v))


def test_magnesium_block_is_jahr_and_stevens():
    v = np.linspace(-90, 40, 27)
    expected = [block(u) for u in v]
    np.testing.assert_allclose(magnesium(jnp.asarray(v, jnp.float32), 1 / 3.57), expected, rtol=1e-5)
    assert magnesium(jnp.float32(-70.0), 1 / 3.57) == pytest.approx(0.0444, abs=1e-4)
    assert magnesium(jnp.float32(0.0), 1 / 3.57) == pytest.approx(3.57 / 4.57, abs=1e-6)
    assert magnesium(jnp.float32(-70.0), 0.0) == 1.0


def test_relax_is_the_exponential_step_of_a_linear_membrane():
    z = np.array([1e-4, 0.01, 0.1, 0.5, 1.0])
    got = np.asarray(relax(jnp.zeros(5), jnp.asarray(z, jnp.float32), jnp.asarray(z, jnp.float32), 1.0))
    assert (np.abs(got - (1 - np.exp(-z))) <= z**5 / 720 + 1e-7).all()
    stiff = np.asarray(relax(jnp.zeros(3), jnp.array([3.0, 30.0, 300.0]), jnp.array([3.0, 30.0, 300.0]), 1.0))
    assert ((stiff > 0) & (stiff < 1)).all()


@pytest.mark.parametrize("dt", [0.1, 0.5])
@pytest.mark.parametrize(
    "rates",
    [{"AMPA": 20.0}, {"NMDA": 40.0}, {"AMPA": 15.0, "GABA_A": 10.0}, {"AMPA": 8.0, "NMDA": 20.0, "GABA_A": 4.0, "GABA_B": 3.0}],
)
def test_steady_state_is_the_algebraic_one(rates, dt):
    # a steady arrival of g dt / tau a step makes the mean conductance g (Campbell), whatever dt
    tau = dict(AMPA=5.0, NMDA=100.0, GABA_A=10.0, GABA_B=100.0)
    reversal = dict(AMPA=0.0, NMDA=0.0, GABA_A=-80.0, GABA_B=-95.0)
    drive = {f"soma:{r}": constant(g * dt / tau[r], 1500, dt) for r, g in rates.items()}

    def current(v):
        synaptic = sum(g * (block(v) if r == "NMDA" else 1) * (reversal[r] - v) for r, g in rates.items())
        return 16.6667 * (-70 - v) + synaptic

    assert run(PASSIVE, dt, drive)["v"][-1, 0] == pytest.approx(brentq(current, -100, 50), abs=2e-3)


def reference_epsp(t):
    """20 nS of AMPA and 10 nS of NMDA on the passive cell, by scipy."""

    def rhs(t, y):
        v, ga, gn = y
        return [(16.6667 * (-70 - v) - (ga + gn * block(v)) * v) / 250, -ga / 5, -gn / 100]

    return solve_ivp(rhs, (0, t[-1]), [-70.0, 20.0, 10.0], t_eval=t, method="DOP853", rtol=1e-10, atol=1e-10).y[0]


def test_epsp_converges_with_second_order():
    expected = reference_epsp(np.arange(1, 26) * 2.0)
    worst = []
    for dt in (1.0, 0.5, 0.25):
        v = run(PASSIVE, dt, {"soma:AMPA": pulse(20, 0, 50, dt), "soma:NMDA": pulse(10, 0, 50, dt)})["v"][:, 0]
        worst.append(np.abs(v[round(2 / dt) - 1 :: round(2 / dt)] - expected).max())
    assert worst[0] < 0.3
    assert worst[0] / worst[1] > 3.3
    assert worst[1] / worst[2] > 3.3


def test_channels_not_used_have_no_state_and_current_is_ohmic():
    state = ConductanceLIF().initial(3, ["soma:NMDA", "soma:current"], half)
    assert set(state) == {"V", "refractory", "soma:NMDA"}
    v = run(PASSIVE, 0.1, {"soma:current": constant(100.0, 300, 0.1)})["v"][-1, 0]
    assert v == pytest.approx(-70 + 100 / 16.6667, abs=1e-3)


def test_inhibition_stops_at_its_reversal_even_when_stiff():
    v = run(PASSIVE, 0.5, {"soma:GABA_A": constant(500.0, 50, 0.5)})["v"]
    assert v.min() >= -80.001
    assert v[-1, 0] == pytest.approx(-80, abs=0.1)


def test_refractory_time_and_rate():
    cell = ConductanceLIF(V_spread=0.0, V_reset=-70.0)
    tau, limit = 250 / 16.6667, 400 / 16.6667
    times = spike_times(run(cell.replace(I_e=400.0), 0.1, {"soma:AMPA": constant(0, 300, 0.1)}), 0.1)
    expected = 2.0 + math.ceil(tau * math.log(limit / (limit - 15)) / 0.1) * 0.1
    np.testing.assert_allclose(np.diff(times), expected, atol=1e-6)
    fast = spike_times(run(cell.replace(I_e=1e6), 0.1, {"soma:AMPA": constant(0, 20, 0.1)}), 0.1)
    np.testing.assert_allclose(np.diff(fast), 2.1, atol=1e-6)


def test_steps_round_up():
    assert [steps(t, 0.1) for t in (0.0, 0.3, 2.0, 0.25)] == [0, 3, 20, 3]


def test_initial_potentials_spread_below_threshold():
    rng = np.random.default_rng(0)
    v = ConductanceLIF(V_spread=0.8).initial(5000, [], lambda name, n: rng.random(n))["V"]
    assert -70 <= v.min() < -69.9
    assert -58.1 < v.max() <= -58


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (dict(g_L=0), "ConductanceLIF.g_L"),
        (dict(V_reset=-55), "ConductanceLIF.V_reset"),
        (dict(Mg=-1), "ConductanceLIF.Mg"),
        (dict(V_spread=1.5), "ConductanceLIF.V_spread"),
        (dict(tau_NMDA="100 mV"), "ConductanceLIF.tau_NMDA"),
    ],
)
def test_bad_parameters_are_named(bad, words):
    with pytest.raises(DescriptionError, match=words):
        ConductanceLIF(**bad)

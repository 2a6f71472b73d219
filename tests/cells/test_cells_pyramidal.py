"""The two-compartment pyramidal cell: equations against scipy, back-propagation, plateaus, bursts."""

import numpy as np
import pytest
from cell_bench import constant, half, run, spike_times
from scipy.integrate import solve_ivp

from isocortex.cells.pyramidal import Pyramidal
from isocortex.errors import DescriptionError

DT = 0.1
REST = Pyramidal(V_spread=0.0)


def steps_of(*pieces, dt=DT):
    """A current in pieces (pA, ms)."""
    return np.concatenate([np.full(round(duration / dt), float(value)) for value, duration in pieces])


def settled(cell, soma, dendrite, dt=DT):
    return run(cell, dt, {"soma:current": soma, "apical:current": dendrite}, full=True)


def f(v, cell=REST):
    return 1 / (1 + np.exp((cell.E_d - v) / cell.D))


def test_subthreshold_equations_converge_to_scipy_with_second_order():
    cell, soma, dendrite = REST, 150.0, 350.0

    def rhs(t, y):
        v, u, w = y
        return [
            -(v + 70) / 16 + (1300 * f(u) + soma) / 370,
            -(u + 70) / 7 + (1200 * f(u) + w + dendrite) / 170,
            (-13 * (u + 70) - w) / 30,
        ]

    t = np.arange(1, 41) * 2.0
    expected = solve_ivp(rhs, (0, 80), [-70, -70, 0], t_eval=t, method="DOP853", rtol=1e-10, atol=1e-10).y
    assert expected[0].max() < -52  # no spike
    worst = []
    for dt in (1.0, 0.5, 0.25):
        got = run(cell, dt, {"soma:current": constant(soma, 80, dt), "apical:current": constant(dendrite, 80, dt)})
        every = slice(round(2 / dt) - 1, None, round(2 / dt))
        errors = [np.abs(got["v"][every, 0] - expected[0]).max(), np.abs(got["v_dendrite"][every, 0] - expected[1]).max()]
        worst.append(max(errors))
    assert worst[2] < 0.05
    assert worst[0] / worst[1] > 2.8
    assert worst[1] / worst[2] > 2.8


@pytest.mark.parametrize("dt", [0.1, 0.25, 0.4, 1.0])
def test_back_propagating_spike_starts_half_a_millisecond_late_and_brings_its_charge(dt):
    # without leak, plateau and adaptation the dendrite integrates the box: 2600 pA x 2 ms / 170 pF
    cell = REST.replace(g_d=0, a=0, g_s=0, tau_d=1e6)
    signals = run(cell, dt, {"soma:current": steps_of((1e4, 1), (0, 9), dt=dt)})
    times = spike_times(signals, dt)
    assert len(times) == 1
    rise = signals["v_dendrite"][:, 0] + 70
    t = (np.arange(len(rise)) + 1) * dt - times[0]
    expected = 2600 / 170 * np.clip(t - 0.5, 0, 2)
    np.testing.assert_allclose(rise, expected, atol=1e-3)


def test_bap_arrives_after_half_a_millisecond_in_the_full_cell():
    signals = run(REST, DT, {"soma:current": steps_of((2000, 5), (0, 15))})
    at = np.flatnonzero(signals["spike"][:, 0])[0]
    u = signals["v_dendrite"][:, 0]
    assert np.ptp(u[: at + 6]) < 1.0  # until 0.5 ms after the spike
    assert u[at + 7] - u[at + 5] > 2.0  # 15 mV/ms from there
    assert np.argmax(u[at : at + 60]) in range(23, 30)  # 2.5 ms after the spike


def test_somatic_input_alone_gives_single_spikes():
    signals = run(REST, DT, {"soma:current": steps_of((0, 50), (2000, 5), (0, 145))})
    assert signals["spike"].sum() == 1
    assert not signals["burst"].any()


def test_dendritic_input_alone_gives_neither_spike_nor_burst():
    signals = run(REST, DT, {"apical:current": steps_of((0, 50), (400, 60), (0, 90))})
    assert not signals["spike"].any()
    assert not signals["burst"].any()
    assert signals["plateau"].max() < 0.5


def test_coincidence_makes_a_plateau_and_one_burst():
    alone = run(REST, DT, {"soma:current": steps_of((0, 80), (2000, 5), (0, 115))})
    both = run(
        REST,
        DT,
        {"soma:current": steps_of((0, 80), (2000, 5), (0, 115)), "apical:current": steps_of((0, 50), (400, 60), (0, 90))},
    )
    times = spike_times(both, DT)
    assert len(times) >= 2
    assert np.diff(times).min() < 16
    assert both["burst"].sum() == 1
    assert (np.flatnonzero(both["burst"][:, 0]) + 1) * DT == pytest.approx(times[1])

    def held(signals):
        return (signals["plateau"] > 0.5).sum() * DT

    assert held(both) > 10
    assert held(alone) < 5


def spikes_forced(intervals, cell=REST):
    """Bursts flagged for spikes at given intervals, made by overwhelming pulses of current."""
    pieces = [(0, 20.0)]
    for interval in intervals:
        pieces += [(3e5, DT), (0, interval - DT)]
    strong = cell.replace(I_bap=0, t_ref=0, b=0, V_th_jump=0, g_s=0)
    signals = run(strong, DT, {"soma:current": steps_of(*pieces, (3e5, DT), (0, 5))})
    assert signals["spike"].sum() == len(intervals) + 1
    return signals["burst"][signals["spike"]].tolist()


def test_burst_is_the_second_of_spikes_less_than_16_ms_apart_once_a_burst():
    assert spikes_forced([15.9]) == [False, True]
    assert spikes_forced([16.0]) == [False, False]
    assert spikes_forced([5, 5, 5]) == [False, True, False, False]
    assert spikes_forced([5, 30, 10, 10, 40]) == [False, True, False, True, False, False]


def test_refractory_time_moving_threshold_and_adaptation():
    fast = spike_times(run(REST.replace(I_e=1e6, V_th_jump=0), DT, {"soma:AMPA": constant(0, 20, DT)}), DT)
    np.testing.assert_allclose(np.diff(fast), 3.1, atol=1e-6)

    signals, states, _ = settled(REST.replace(g_s=0), steps_of((3e5, DT), (0, 50)), steps_of((0, 50 + DT)))
    assert signals["spike"].sum() == 1
    assert signals["spike"][0, 0]
    assert states["lift"][0, 0] == 2.0
    assert states["lift"][270, 0] == pytest.approx(2 * np.exp(-1), rel=1e-4)
    assert states["w_s"][500, 0] == pytest.approx(200 * np.exp(-0.5), rel=1e-4)

    times = spike_times(run(REST.replace(I_e=700.0), DT, {"soma:AMPA": constant(0, 600, DT)}), DT)
    intervals = np.diff(times)
    assert intervals[-1] > 1.3 * intervals[0]


def test_basal_is_electrically_the_soma():
    arrivals = np.random.default_rng(1).poisson(0.2, 2000) * 4.0
    soma = run(REST, DT, {"soma:AMPA": arrivals, "soma:NMDA": arrivals / 20})
    basal = run(REST, DT, {"basal:AMPA": arrivals, "basal:NMDA": arrivals / 20})
    split = run(REST, DT, {"soma:AMPA": arrivals, "basal:NMDA": arrivals / 20})
    assert soma["spike"].any()
    for other in (basal, split):
        np.testing.assert_allclose(other["v"], soma["v"], atol=1e-3)


def test_synapses_act_on_their_compartment_with_their_driving_force():
    # small conductance for a short time: dV = g (E - V) dt / C; NMDA is open
    for channel, reversal, capacitance, signal in [
        ("basal:AMPA", 0, 370, "v"),
        ("soma:GABA_A", -80, 370, "v"),
        ("apical:NMDA", 0, 170, "v_dendrite"),
        ("apical:GABA_B", -95, 170, "v_dendrite"),
    ]:
        got = run(REST.replace(g_s=0, g_d=0), 0.01, {channel: np.array([1.0])})[signal][0, 0] + 70
        assert got == pytest.approx((reversal + 70) * 0.01 / capacitance, abs=8e-6)  # a last bit of 70 mV
    v = run(REST, DT, {"apical:AMPA": constant(3.0, 5, DT)})
    assert v["v_dendrite"][5, 0] - -70 > 20 * (v["v"][5, 0] - -70)


def test_halving_dt_keeps_the_spike_train():
    rng = np.random.default_rng(5)
    soma, dendrite = rng.normal(600, 300, 100), rng.normal(150, 200, 100)  # steps of 5 ms

    def train(dt):
        repeat = round(5 / dt)
        return spike_times(run(REST, dt, {"soma:current": soma.repeat(repeat), "apical:current": dendrite.repeat(repeat)}), dt)

    fine, middle, coarse = train(0.025), train(0.05), train(0.1)
    assert len(fine) >= 8
    assert len(fine) == len(middle) == len(coarse)
    assert np.abs(middle - fine).max() < np.abs(coarse - fine).max() + 1e-9
    assert np.abs(coarse - fine).max() < 1.0


def test_initial_state_is_rest_but_for_the_somatic_spread():
    rng = np.random.default_rng(0)
    state = Pyramidal().initial(2000, ["apical:NMDA", "apical:current"], lambda name, n: rng.random(n))
    assert state["V"].min() >= -70
    assert -60.1 < state["V"].max() <= -60
    assert (state["V_d"] == -70).all()
    assert "apical:NMDA" in state
    assert "apical:current" not in state
    quiet = run(REST, DT, {"soma:AMPA": constant(0, 300, DT)}, uniform=half)
    assert not quiet["spike"].any()
    assert quiet["v"][-1, 0] == pytest.approx(-70 + 16 / 370 * 1300 * quiet["plateau"][-1, 0], abs=1e-3)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (dict(D=0), "Pyramidal.D"),
        (dict(V_reset=-40), "Pyramidal.V_reset"),
        (dict(bap_delay="-1 ms"), "Pyramidal.bap_delay"),
        (dict(g_s="1 nS"), "Pyramidal.g_s"),
    ],
)
def test_bad_parameters_are_named(bad, words):
    with pytest.raises(DescriptionError, match=words):
        Pyramidal(**bad)

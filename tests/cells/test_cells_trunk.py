"""The cell with an apical trunk: attenuation, calcium spikes, critical frequency, and its equations against scipy."""

import numpy as np
import pytest
from cell_bench import constant, run
from scipy.integrate import solve_ivp

from isocortex.cells.trunk import AMPLITUDES, POSITIONS, Trunk
from isocortex.errors import DescriptionError

DT = 0.1
REST = Trunk()
PASSIVE = REST.replace(g_Ca=0.0, g_Na=0.0, g_K=0.0)
BEGIN = 60.0


def fired(cell, count, frequency, *, dt=DT, duration=320.0, weight=0.0):
    """Signals and states of a cell that is forced to fire; with `weight`, a synapse acts 10 ms before each spike."""
    given, synapse = np.zeros(round(duration / dt)), np.zeros(round(duration / dt))
    times = BEGIN + np.arange(count) * 1e3 / frequency
    given[np.round(times / dt).astype(int)] = 1
    synapse[np.round((times - 10) / dt).astype(int)] = weight
    return run(cell, dt, {"given": given, "apical:AMPA": synapse}, full=True)[:2]


def depolarisation(states):
    return np.stack([states[f"V{i}"][:, 0] for i in range(6)], 1) - REST.E_L


def test_the_spike_fades_with_distance_as_measured_and_widens():
    """Letzkus et al. 2006, fig. 6D; the model's heights are those up to what the short pulse does not reach."""
    v = depolarisation(fired(REST, 1, 100)[1])
    np.testing.assert_allclose(v.max(0)[1:], AMPLITUDES[1:], rtol=0.05)
    assert 0.45 <= v.max(0)[4] / v.max(0)[1] <= 0.65  # row: distal over proximal
    width = (v > v.max(0) / 2).sum(0) * DT
    assert (np.diff(width[1:]) > 0).all()
    peak = v.argmax(0) * DT
    np.testing.assert_allclose(np.diff(peak)[1:], 150 / REST.speed, atol=0.15)


def test_one_spike_makes_no_calcium_spike_and_a_burst_makes_one():
    assert fired(REST, 1, 100)[0]["calcium"].sum() == 0
    signals, states = fired(REST, 3, 200)
    assert signals["calcium"].sum() == 1
    at = np.flatnonzero(signals["calcium"][:, 0])[0] * DT
    assert BEGIN + 10 < at < BEGIN + 15  # after the third spike
    v, without = depolarisation(states), depolarisation(fired(REST.replace(g_Ca=0.0), 3, 200)[1])
    assert v[:, 4].argmax() * DT > at  # the highest depolarisation follows the third spike (Letzkus, fig. 6A)
    ratio = v.sum(0) / without.sum(0)  # fig. 6C: 1.0 near the soma, some 1.5 at 450 to 660 um
    assert 1.0 <= ratio[1] < 1.2
    assert 1.3 < ratio[4] < 1.9


def test_the_critical_frequency_is_larkums():
    spikes = {f: fired(REST, 5, f)[0]["calcium"].sum() for f in (50, 80, 120, 200)}
    assert spikes[50] == spikes[80] == 0
    assert spikes[120] > 0
    assert spikes[200] > 0


def test_other_inputs_on_the_dendrite_let_slow_spikes_make_a_calcium_spike():
    """Sjöström and Häusser 2006: at 50 Hz a distal dendrite needs to be depolarised."""
    assert fired(REST, 5, 50)[0]["calcium"].sum() == 0
    boosted = fired(REST, 5, 50, weight=60.0)[0]
    assert boosted["calcium"].sum() > 0
    assert boosted["spike"].sum() == 5  # the soma fires no more than it is made to


def test_without_active_currents_it_is_a_cable():
    cell = PASSIVE.replace(site=600.0)
    leak = np.array([cell.C_s / cell.tau_s, *[cell.C_d / cell.tau_d] * 5])
    capacity = np.array([cell.C_s, *[cell.C_d] * 5])
    current = np.array([0.0, 0, 0, 0, 200.0, 0])

    def rhs(t, u):
        flow = np.zeros(6)
        flow[:-1] += cell.g_c * (u[1:] - u[:-1])
        flow[1:] += cell.g_c * (u[:-1] - u[1:])
        return (flow - leak * u + current) / capacity

    t = np.arange(1, 21) * 2.0
    expected = solve_ivp(rhs, (0, 40), np.zeros(6), t_eval=t, rtol=1e-10, atol=1e-10).y.T
    worst = []
    for dt in (0.2, 0.1):
        states = run(cell, dt, {"apical:current": constant(200, 40, dt), "given": constant(0, 40, dt)}, full=True)[1]
        worst.append(np.abs(depolarisation(states)[round(2 / dt) - 1 :: round(2 / dt)] - expected).max())
    assert worst[1] < 0.15
    assert worst[0] / worst[1] > 1.7  # the coupling is of first order


def test_the_step_hardly_matters():
    fine, coarse = fired(REST, 3, 200, dt=0.05), fired(REST, 3, 200, dt=0.2)
    a, b = (depolarisation(s).sum(0) * dt for (_, s), dt in ((fine, 0.05), (coarse, 0.2)))
    np.testing.assert_allclose(b, a, rtol=0.05)
    assert fine[0]["calcium"].sum() == coarse[0]["calcium"].sum() == 1


@pytest.mark.parametrize("site", [0.0, 150.0, 200.0, 610.0, 750.0])
def test_a_site_is_shared_by_its_two_neighbours(site):
    shares = REST.replace(site=site).shares()
    assert shares.sum() == pytest.approx(1.0)
    assert (shares * POSITIONS).sum() == pytest.approx(site)
    assert (shares > 0).sum() <= 2


def test_a_site_beyond_the_trunk_is_refused():
    with pytest.raises(DescriptionError, match="site"):
        Trunk(site=900.0)


def test_the_current_for_a_potential_holds_the_soma_there():
    current = REST.current_for(-55.0)
    _, states = run(REST, DT, {"soma:current": np.full(4000, current), "given": np.zeros(4000)}, full=True)[:2]
    assert states["V0"][-1, 0] == pytest.approx(-55.0, abs=0.01)
    assert REST.current_for(REST.E_L) == 0
    alone = REST.replace(g_c=0.0)
    assert alone.current_for(-55.0) == pytest.approx(15 * alone.C_s / alone.tau_s)

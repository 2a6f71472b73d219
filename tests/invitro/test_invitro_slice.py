"""The virtual slice: it is the engine, it reads out what the paper reads out, and a cortical area gives the same answer."""

from __future__ import annotations

import math

import numpy as np
import pytest

from isocortex.anatomy.circuit import Area, Background, Cortex, Population, Projection
from isocortex.anatomy.laminar import laminar_area
from isocortex.cells.lif import LIF
from isocortex.engine.simulation import Simulation
from isocortex.invitro import forward
from isocortex.invitro import slice as slices
from isocortex.invitro.lab import case_of
from isocortex.invitro.laminar import laminar_sheet
from isocortex.invitro.pathway import pathways, targets_of
from isocortex.invitro.profile import known_profiles, stack_of, values_of
from isocortex.invitro.table import points
from isocortex.plasticity.rule import Additive
from isocortex.plasticity.rules.consolidation import Relaxation
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.tagging import TagAndCapture
from isocortex.plasticity.sheet import Sheet
from isocortex.plasticity.stack import Stack

PAIR = PairSTDP(A_plus=0.01, A_minus=0.005, tau_plus=20.0, tau_minus=40.0)


def pairs(lag: float, n: int = 30, every: float = 1000.0) -> tuple[np.ndarray, np.ndarray]:
    at = 200.0 + every * np.arange(n)
    return at, at + lag


def case(lag: float, **changes: object) -> slices.Case:
    pre, post = pairs(lag)
    stack = Stack(rules=(PAIR,), weight=Additive(w_max=100.0))
    return slices.Case(**(dict(stack=stack, pre=pre, post=post, duration=31_000.0) | changes))  # type: ignore[arg-type]


def test_single_pairs_give_the_window_of_the_rule() -> None:
    """Thirty pairs a second apart: 1 + 30 A exp(-|lag| / tau); a spike that is not there changes nothing."""
    lags = [10.0, 25.0, -10.0, -25.0]
    silent = case(10.0, post=np.zeros(0))
    found = slices.run([*(case(lag) for lag in lags), silent])
    expected = [1 + 30 * (0.01 * math.exp(-lag / 20) if lag > 0 else -0.005 * math.exp(lag / 40)) for lag in lags]
    np.testing.assert_allclose(found, [*expected, 1.0], atol=2e-5)


def test_cases_do_not_mind_their_neighbours_or_their_order() -> None:
    cases = [case(10.0), case(-10.0), case(10.0, stack=Stack(rules=(PAIR.replace(A_plus=0.02),), weight=Additive(w_max=100.0)))]
    together, apart = slices.run(cases), [float(slices.run([c])[0]) for c in cases]
    np.testing.assert_array_equal(together, np.float32(apart))
    np.testing.assert_array_equal(slices.run(cases[::-1])[::-1], together)


def test_the_read_out_averages_what_decays() -> None:
    """With a decay of 60 s the mean over 20 to 60 s after induction is the integral of the exponential."""
    tau, window = 60_000.0, (20_000.0, 60_000.0)
    plain = case(10.0)
    decaying = case(10.0, stack=Stack(rules=(PAIR,), weight=Additive(w_max=100.0), slow=(Relaxation(tau=tau),)), readout=window)
    # each pair's change decays from its own time on until the read-out
    ages = plain.duration - plain.pre
    change = (slices.run([plain])[0] - 1) / 30
    left = sum(change * math.exp(-age / tau) for age in ages)
    begin, end = window
    mean = tau / (end - begin) * (math.exp(-begin / tau) - math.exp(-end / tau))
    assert slices.run([decaying])[0] == pytest.approx(1 + left * mean, abs=1e-3)
    assert left * mean > 0.05


@pytest.fixture(scope="module")
def short() -> list[object]:
    """Points whose protocols are short, so that the test is."""
    forced = {name for name, p in pathways().items() if p.cell == "forced" and not p.scales}
    there = [p for p in points() if p.pathway in known_profiles() and p.pathway in forced]
    return [p for p in there if p.protocol_of().duration <= 101_000]


def test_the_fast_model_of_the_fits_is_the_engine(short: list) -> None:  # type: ignore[type-arg]
    """The optimiser's model, spike by spike in float64, against the slice, with the profiles of the package.

    The engine applies the soft bounds at its visits, to the sum of what is pending; the fast model at each spike. They differ
    in the second order of what falls between two visits.
    """
    cases, expected = [], []
    for p in short:
        pathway = pathways()[p.pathway]
        values, targets = values_of(pathway), targets_of(p.drug)
        cases.append(case_of(p, pathway, values))
        parameters = forward.parameters(pathway.rule, values | pathway.under(targets))
        trains = forward.Trains.of([p.protocol_of().trains(p.frequency, p.lag)], slices.DT)
        expected.append(forward.ratios(trains, parameters[None], slices.DT)[0])
    found = slices.run(cases)
    assert len(found) > 30
    assert np.ptp(found) > 0.5
    np.testing.assert_allclose(found, expected, atol=0.02)
    assert np.quantile(np.abs(found - expected), 0.9) < 0.003


def test_a_profile_gives_the_same_in_an_area_and_in_the_slice() -> None:
    """Layer 5 in an area that fires by itself; the spikes of its pairs, replayed in the slice, give the same weights."""
    stack = stack_of(pathways()["l5-l5"], values_of(pathways()["l5-l5"]))
    populations = (Population("L5E", 40, LIF(V_0_sd=5.0)), Population("L5PV", 10, LIF(V_0_sd=5.0)))
    link = Projection("L5E", "L5E", 40.0, probability=0.3, axonal_delay=1.5, dendritic_delay=0.5)
    others = tuple(Projection("L5PV", post, 300.0, probability=0.3, axonal_delay=1.0) for post in ("L5E", "L5PV"))
    noise = tuple(Background(name, 87.8, rate=8.0, sources=1100) for name in ("L5E", "L5PV"))
    sim = Simulation(Area("V1", populations, (link, *others), noise), {"V1.L5E->V1.L5E": stack}, dt=0.5, seed=3)
    sim.run(4000.0)
    times, cells = sim.spikes("V1.L5E")
    synapses = sim.weights("V1.L5E->V1.L5E")
    chosen = np.linspace(0, len(synapses.w) - 1, 25).astype(int)
    # the synapse sees the presynaptic spike 1.5 ms late and the postsynaptic one 0.5 ms late; in the slice both are alike
    cases = [
        slices.Case(stack, np.sort(times[cells == synapses.pre[i]]) + 1.5, np.sort(times[cells == synapses.post[i]]) + 0.5,
                    4002.0, post_name="L5E", compartment="soma")
        for i in chosen
    ]  # fmt: skip
    found = slices.run(cases) * 40.0
    assert np.ptp(synapses.w[chosen]) > 2.0
    # ticks fall elsewhere relative to the spikes, and the soft bounds act there; the jumps are large
    np.testing.assert_allclose(found, synapses.w[chosen], atol=0.6)
    assert np.median(np.abs(found - synapses.w[chosen])) < 2e-3


def test_a_silence_without_memory_is_cut_short_and_changes_nothing() -> None:
    cases = [case(lag) for lag in (10.0, -25.0)]
    assert slices.squeezed(cases[0], 0.5).duration < 0.65 * cases[0].duration
    np.testing.assert_allclose(slices.run(cases), slices.run(cases, squeeze=False), atol=2e-6)
    slow = case(10.0, stack=Stack(rules=(PAIR,), slow=(Relaxation(),)))
    assert slices.squeezed(slow, 0.5) is slow


def test_the_laminar_sheet_fits_an_area_and_comes_back_from_toml() -> None:
    sheet = laminar_sheet()
    assert Sheet.from_toml(sheet.to_toml()).to_toml() == sheet.to_toml()
    area = laminar_area(neurons=300)
    stacks = sheet.resolve(Cortex((area,)))
    within = [s for name, s in stacks.items() if name.startswith("V1.L5E->V1.L5E")]
    assert within
    assert within[0] == stack_of(pathways()["l5-l5"], values_of(pathways()["l5-l5"]))
    assert all("slices: " in e.doc for e in sheet.entries)


def test_a_part_that_pools_sees_the_synapse_of_its_pair_alone() -> None:
    """Beside silent pairs a tag is what it is alone: no cell has synapses of other pairs."""
    quick = TagAndCapture(tau_tag=20e3, tau_rise=2e3, tau_p=20e3, tau_c=2e3)
    stack = Stack(rules=(PairSTDP(A_plus=0.1, A_minus=0.0),), slow=(quick, Relaxation(tau=20e3)))
    pre, none = 100.0 + 20.0 * np.arange(10), np.zeros(0)
    paired = slices.Case(stack, pre, pre + 5.0, 400.0, (5e3, 8e3))
    silent = slices.Case(stack, none, none, 400.0, (5e3, 8e3))
    assert slices.run([paired, silent, silent, silent])[0] == slices.run([paired])[0] > 1.8

"""The areas at work: rates against the published ones, and no population bursts."""

import numpy as np
import pytest

from isocortex.anatomy.laminar import laminar_area
from isocortex.anatomy.potjans import full_rates, potjans_area
from isocortex.engine.simulation import Simulation


@pytest.fixture(scope="module")
def laminar() -> Simulation:
    sim = Simulation(laminar_area(neurons=2000), dt=0.1, seed=2)
    sim.run("1.3 s")
    return sim


def rates(sim: Simulation, skip: float = 300.0) -> dict[str, float]:
    """Mean rate (Hz) of each population after `skip` ms, by short name."""
    span = (sim.time - skip) * 1e-3
    return {k[3:]: np.count_nonzero(sim.spikes(k)[0] > skip) / p.n / span for k, p in sim.cortex.populations().items()}


def test_laminar_rates(laminar: Simulation) -> None:
    found = rates(laminar)
    assert found["L5E"] > found["L4E"] > found["L6E"]
    assert found["L4E"] > found["L23E"]
    for layer in ("L23", "L4", "L5", "L6"):
        assert 0.3 < found[f"{layer}E"] < 10
        assert found[f"{layer}PV"] > found[f"{layer}E"]
    assert max(found.values()) < 20


@pytest.mark.parametrize("name", ["L23E", "L4E", "L5E", "L6E"])
def test_laminar_activity_is_asynchronous(laminar: Simulation, name: str) -> None:
    times, _ = laminar.spikes(f"V1.{name}")
    counts = np.histogram(times, np.arange(300, 1300.1, 50))[0]
    # in a population burst a 50 ms bin holds most of the spikes of a second; without, counts scatter around their mean
    assert counts.max() < 3 * counts.mean()


def test_a_scaled_canonical_area_fires_near_the_published_rates() -> None:
    sim = Simulation(potjans_area(neurons=0.1), dt=0.1, seed=3)
    sim.run("1.3 s")
    found, published = rates(sim), full_rates()
    assert found["L5E"] > found["L4E"] > max(found["L6E"], found["L23E"])
    for name, rate in published.items():
        assert found[name] == pytest.approx(rate, rel=0.35, abs=0.6), name

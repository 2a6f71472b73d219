"""What every cell model must do, whoever wrote it."""

import functools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_bench import float32_constants

from isocortex.cells.forced import Forced
from isocortex.cells.registry import cell_models
from isocortex.describe import Description

N = 7
MODELS = sorted(cell_models())


def uniform(name, n):
    return np.random.default_rng(len(name)).random(n)


def all_channels(cell):
    return [f"{compartment}:{r}" for compartment in cell.compartments for r in (*cell.receptors, "current")]


def drive_of(cell, channels, rng, weight=1.0):
    arrays = {k: (weight * rng.poisson(0.3, N)).astype(np.float32) for k in channels} | cell.initial_inputs(N)
    if cell.draws:
        arrays["uniform"] = rng.random(N, np.float32)
    return arrays


@functools.partial(jax.jit, static_argnums=0)
def compiled(model, constants, s, d):
    return model.step(SimpleNamespace(**constants), s, d)


def advance(cell, channels, *, dt=0.1, steps=300, weight=1.0, per_cell=False):
    rng = np.random.default_rng(2)
    c = vars(float32_constants(cell, dt))
    if per_cell:
        c = {k: np.full(N, v) for k, v in c.items()}
    s = cell.initial(N, channels, uniform)
    trace = []
    for _ in range(steps):
        s, signals = compiled(type(cell), c, s, drive_of(cell, channels, rng, weight))
        trace.append({k: np.asarray(v) for k, v in signals.items()})
    return {k: np.asarray(v) for k, v in s.items()}, trace


@pytest.fixture(params=MODELS)
def cell(request):
    return cell_models()[request.param]()


def test_the_list_is_complete():
    wanted = {"LIF", "ConductanceLIF", "AdEx", "ClopathAdEx", "Pyramidal", "Trunk", "Forced", "PoissonSource", "SpikeTrain"}
    assert wanted <= set(MODELS)


def test_state_and_signals_keep_names_shapes_and_types(cell):
    channels = all_channels(cell)
    before = cell.initial(N, channels, uniform)
    after, trace = advance(cell, channels, steps=2)
    assert set(after) == set(before)
    assert set(trace[0]) == set(cell.signals)
    for group in (before, after):
        assert all(x.shape == (N,) and x.dtype == np.float32 for x in group.values())
    for name, x in trace[-1].items():
        assert x.shape == (N,)
        assert x.dtype == (np.bool_ if name in ("spike", "burst") else np.float32)


@pytest.mark.parametrize("weight", [1.0, 300.0])
@pytest.mark.parametrize("dt", [0.1, 0.5])
def test_stays_finite(cell, dt, weight):
    state, trace = advance(cell, all_channels(cell), dt=dt, weight=weight)
    assert all(np.isfinite(x).all() for x in state.values())
    assert all(np.isfinite(x).all() for signals in trace for x in signals.values())


def test_is_deterministic_and_the_same_for_scalar_and_per_cell_constants(cell):
    first, again = advance(cell, all_channels(cell)), advance(cell, all_channels(cell))
    for k, x in first[0].items():
        assert np.array_equal(x, again[0][k])
    apart = advance(cell, all_channels(cell), per_cell=True, steps=50)
    together = advance(cell, all_channels(cell), steps=50)
    for k, x in together[0].items():
        np.testing.assert_allclose(apart[0][k], x, rtol=1e-4, atol=1e-3)


def test_any_one_channel_is_enough(cell):
    constants = float32_constants(cell, 0.1)
    for channel in all_channels(cell):
        state = cell.initial(N, [channel], uniform)
        drive = drive_of(cell, [channel], np.random.default_rng(0))
        new, signals = jax.eval_shape(lambda s, d: cell.step(constants, s, d), state, drive)  # traces as jit does
        assert {k: (N,) for k in state} == {k: x.shape for k, x in new.items()}
        assert set(signals) == set(cell.signals)
        # channels that are not used have no state, and a current has none
        assert {k for k in state if ":" in k} <= {channel} - {f"{x}:current" for x in cell.compartments}


def test_no_channel_at_all_is_silence_or_what_the_source_says(cell):
    _, trace = advance(cell, [], steps=100)
    assert not any(signals["spike"].any() for signals in trace)


def test_excitation_raises_and_inhibition_lowers_the_potential(cell):
    if isinstance(cell, Forced) or "v" not in cell.signals:
        pytest.skip("no membrane")
    at_rest = cell.replace(V_spread=0.0) if "V_spread" in cell.field_names() else cell
    constants, none = vars(float32_constants(cell, 0.1)), {k: np.zeros(N, np.float32) for k in all_channels(cell)}
    given = cell.initial_inputs(N)
    for compartment in cell.compartments:
        for receptor, sign in dict(AMPA=1, NMDA=1, GABA_A=-1, GABA_B=-1, current=1).items():
            s = at_rest.initial(N, list(none), uniform)
            for _ in range(20):
                s, signals = compiled(
                    type(cell), constants, s, none | given | {f"{compartment}:{receptor}": np.full(N, 0.5, np.float32)}
                )
            moved = np.asarray(signals["v_dendrite" if compartment == "apical" else "v"]) - cell.E_L
            assert (sign * moved > 1e-3).all(), (compartment, receptor)


def test_is_a_description_that_rebuilds_from_its_values(cell):
    assert isinstance(cell, Description)
    assert type(cell).make(cell.values()) == cell


def test_forced_cell_fires_when_told_and_shows_the_given_potential():
    given = {"given": jnp.array([0.0, 1.0, 0.0]), "v": jnp.array([-70.0, 20.0, -55.0]), "apical:NMDA": jnp.full(3, 1e3)}
    state, signals = Forced.step(SimpleNamespace(), {}, given)
    assert state == {}
    assert signals["spike"].tolist() == [False, True, False]
    assert signals["v"].tolist() == signals["v_dendrite"].tolist() == [-70.0, 20.0, -55.0]
    assert Forced(v_rest=-65.0).initial_inputs(2)["v"].tolist() == [-65.0, -65.0]

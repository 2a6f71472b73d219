"""A rule of one's own that breaks the contract is refused when the simulation is made, by its name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
import pytest

from engine.support import forced, matrix
from isocortex.anatomy.circuit import Area, Population, Projection
from isocortex.cells.forced import Forced
from isocortex.cells.lif import LIF
from isocortex.describe import quantity
from isocortex.engine.simulation import Simulation
from isocortex.errors import DescriptionError, RunError
from isocortex.plasticity.rule import Integral, Jump, Rule, SlowPart, Trace
from isocortex.plasticity.stack import Stack


class Mine(Rule):
    """Two terms: each postsynaptic spike potentiates by 0.1 of the presynaptic trace, each presynaptic one takes 0.01."""

    state = ("y",)

    def terms(self) -> Any:
        return Integral(Trace(20.0)), Jump()

    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        return dict(y=s["y"] + post.spike), (0.1 * post.spike, -0.01)


class Bare(Mine):
    def terms(self) -> Any:
        return (Jump(),)

    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        return s, -0.01 * jnp.ones_like(post.spike)


class Few(Mine):
    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        return s, (post.spike,)


class Many(Mine):
    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        return s, (post.spike, post.spike, post.spike)


class ValuesAlone(Mine):
    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        return (post.spike, post.spike)


class Forgetful(Mine):
    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        return {}, (post.spike, 0.0)


class Inventive(Mine):
    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        return s | dict(yy=post.spike), (post.spike, 0.0)


class Flat(Mine):
    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        return dict(y=s["y"].sum()), (post.spike, 0.0)


class Deciding(Mine):
    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        return s, (0.1 if post.spike[0] > 0 else 0.0, 0.0)


class Misspelt(Mine):
    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        return s, (post.spikes, 0.0)


class WrongShape(Mine):
    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        return s, (jnp.ones(5), 0.0)


class NoTuple(Mine):
    def terms(self) -> Any:
        return Jump()


def made(rule: Rule) -> Any:
    return forced([np.array([10, 40])], [np.array([12])] * 3, {("r", 1, 0): Stack(rules=(rule,))}, 1.0)


def test_a_rule_that_keeps_the_contract_runs() -> None:
    """One pair, 1 ms apart at the synapse: 0.1 exp(-1/20); two presynaptic spikes: -0.02."""
    sim = made(Mine())
    sim.run(60)
    np.testing.assert_allclose(matrix(sim, "r", 1, 0), 1 + 0.1 * np.exp(-1 / 20) - 0.02, rtol=1e-5)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Bare, r"Bare\.step: returns its values as .*; a tuple of 1.*\(value,\)"),
        (Few, r"Few\.step: returns 1 values; `terms` names 2"),
        (Many, r"Many\.step: returns 3 values; `terms` names 2"),
        (ValuesAlone, r"ValuesAlone\.step: does not return a pair"),
        (Forgetful, r"Forgetful\.step: does not return the variable 'y'"),
        (Inventive, r"Inventive\.step: returns the variable 'yy'.*did you mean 'y'"),
        (Flat, r"Flat\.step: returns the variable 'y' as float32 \(\); float32 \(3,\)"),
        (Deciding, r"Deciding\.step: asks for the value of an array.*jnp\.where"),
        (Misspelt, r"Misspelt\.step: cannot run: AttributeError: .*spikes"),
        (WrongShape, r"WrongShape\.step: gives term 1 the shape \(5,\); \(3,\)"),
        (NoTuple, r"NoTuple\.terms: gives .*; a tuple of Integral, Jump and Leak"),
    ],
)
def test_a_rule_that_breaks_it_is_named(rule: type[Rule], said: str) -> None:
    with pytest.raises(DescriptionError, match=said):
        made(rule())


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (dict(tau=-20.0), r"Trace\.tau: is -20 ms; must be more than 0"),
        (dict(tau=0.0), r"Trace\.tau: is 0 ms; must be more than 0"),
        (dict(tau="20 mV"), r"Trace\.tau: .*voltage"),
        (dict(tau=20.0, pairing="al"), r"Trace\.pairing: 'al' is not known.*did you mean 'all'"),
        (dict(tau=20.0, pairing="event", window=-1.0), r"Trace\.window: is -1 ms"),
        (dict(tau=20.0, pairing="suppressed"), r"Trace\.window: is 0 ms; the pairing 'suppressed' needs"),
    ],
)
def test_a_trace_that_cannot_be_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(DescriptionError, match=said):
        Trace(**values)


def test_a_trace_takes_a_unit() -> None:
    assert Trace("0.02 s") == Trace(20.0)  # type: ignore[arg-type]
    assert hash(Trace(20)) == hash(Trace(20.0, "all"))


class Nan(Mine):
    """A term that is 0 / 0 until the cell has fired."""

    @staticmethod
    def step(c: SimpleNamespace, s: Any, post: SimpleNamespace) -> Any:
        y = s["y"] + post.spike
        return dict(y=y), (0.1 * post.spike / y, 0.0)


@pytest.mark.parametrize("duration", [60.0, 137.0, 200.0])
def test_weights_that_are_no_numbers_end_a_run_with_the_name_of_the_projection(duration: float) -> None:
    """Forced cells have no state of their own: the weights tell it, within a tick and at its end."""
    sim = made(Nan())
    with pytest.raises(RunError, match=r"V\.A->V\.B#r_1_0: weights are not finite at .* ms; look for a rule"):
        sim.run(duration)


def test_with_cells_that_the_weights_reach_both_are_named() -> None:
    populations = (Population("A", 1, Forced(), "E"), Population("B", 2, LIF(), "E"))
    area = Area("V", populations, (Projection("A", "B", 10.0, probability=1.0),))
    sim = Simulation(area, {"V.A->V.B": Stack(rules=(Nan(),))}, dt=1.0, tick=20.0)
    sim.set_spikes("V.A", [5, 10, 15], 0)
    with pytest.raises(RunError, match=r"V\.B: state; V\.A->V\.B: weights are not finite at 20 ms; look for a rule"):
        sim.run(100)


class Fades(SlowPart):
    """Weights decay to nothing."""

    tau_fade: float = quantity(1000.0, "ms", above=0)

    @staticmethod
    def tick(c: SimpleNamespace, syn: Any, modulators: Any) -> Any:
        return dict(w=syn["w"] * c.decay_fade)


class Misspelt(Fades):
    @staticmethod
    def tick(c: SimpleNamespace, syn: Any, modulators: Any) -> Any:
        return dict(w=syn["w"] * c.decay_fad)


class Undeclared(Fades):
    @staticmethod
    def tick(c: SimpleNamespace, syn: Any, modulators: Any) -> Any:
        return dict(w=syn["w"], w_slow=syn["w"])


class NoDict(Fades):
    @staticmethod
    def tick(c: SimpleNamespace, syn: Any, modulators: Any) -> Any:
        return syn["w"] * c.decay_fade


class Asks(Fades):
    @staticmethod
    def tick(c: SimpleNamespace, syn: Any, modulators: Any) -> Any:
        return dict(w=syn["w"] if modulators["DA"] > 1 else 0.0 * syn["w"])


class Summed(Fades):
    @staticmethod
    def tick(c: SimpleNamespace, syn: Any, modulators: Any) -> Any:
        return dict(w=syn["w"][:2])


class OtherPool(Fades):
    pooled: ClassVar[tuple[str, ...]] = ("mean_w",)

    @staticmethod
    def pool(c: SimpleNamespace, syn: Any) -> Any:
        return dict(mean=syn["w"])


class WholePool(OtherPool):
    @staticmethod
    def pool(c: SimpleNamespace, syn: Any) -> Any:
        return dict(mean_w=syn["w"][:2])


class HidesWeights(OtherPool):
    pooled: ClassVar[tuple[str, ...]] = ("w",)

    @staticmethod
    def pool(c: SimpleNamespace, syn: Any) -> Any:
        return dict(w=syn["w"])


class Mean(OtherPool):
    @staticmethod
    def pool(c: SimpleNamespace, syn: Any) -> Any:
        return dict(mean_w=syn["w"])


class MeanToo(Mean):
    """Its mean would be over other synapses, and counts for both parts."""


def with_slow(*parts: SlowPart) -> Simulation:
    area = Area("V", (Population("A", 1, Forced(), "E"), Population("B", 2, Forced(), "E")),
                (Projection("A", "B", 10.0, probability=1.0),))  # fmt: skip
    return Simulation(area, {"V.A->V.B": Stack(slow=parts)}, dt=1.0, tick=100.0)


def test_a_slow_part_of_ones_own_runs() -> None:
    sim = with_slow(Fades())
    sim.run("1 s")
    np.testing.assert_allclose(sim.weights("V.A->V.B").w, 10 * np.exp(-1), rtol=1e-5)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Misspelt(), r"Misspelt\.tick: cannot run: AttributeError: .*'decay_fad'.*did you mean 'decay_fade'"),
        (Undeclared(), r"Undeclared\.tick: returns 'w_slow', which `variables` does not list"),
        (NoDict(), r"NoDict\.tick: returns .*; a dict of the variables that change"),
        (Asks(), r"Asks\.tick: asks for the value of an array.*jnp\.where"),
        (OtherPool(), r"OtherPool\.pool: does not return 'mean_w', which `pooled` lists"),
        (WholePool(), r"WholePool\.pool: returns 'mean_w' in the shape \(2,\); one value a synapse"),
        (HidesWeights(), r"HidesWeights\.pool: gives 'w', which is a variable of the stack too"),
        (Summed(), r"Summed\.tick: returns 'w' in the shape \(2,\); one value a synapse"),
    ],
)
def test_a_slow_part_that_breaks_the_contract_is_refused_when_the_simulation_is_made(part: SlowPart, said: str) -> None:
    with pytest.raises(DescriptionError, match=said):
        with_slow(part)


def test_two_parts_that_pool_by_one_name_are_refused() -> None:
    with_slow(Mean(), Mean())
    with pytest.raises(DescriptionError, match=r"MeanToo\.pool: gives 'mean_w', which is pooled by Mean too"):
        with_slow(Mean(), MeanToo())

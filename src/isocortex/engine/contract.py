"""What is tried once, on shapes alone, before anything runs: whether parts keep the contract of `step` and `tick`; and what
misleads."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from isocortex.engine.layout import Network, Wired
from isocortex.engine.signals import RuleGroup
from isocortex.errors import DescriptionError, nearest
from isocortex.plasticity.rule import MODULATORS, Part, Rule, SlowPart

SYNAPSES = 5
"""Of so many synapses slow parts are tried."""
STANDS = 0.03
"""From so large a part of the reference weight on it is told that float32 rounds away what is left of a decay."""


def check_rules(net: Network, constants: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
    """Refuse a rule whose `step` cannot run, or returns other than its variables and one value a term.

    constants, variables : by rule group, as the program gets them.
    """
    for group in net.rules:
        _check(group, constants[group.name], variables[group.name])


def check_slow_parts(net: Network) -> None:
    """Refuse a slow part whose `tick`, `idle` or `pool` cannot run, or gives what is not of its stack or hides what is."""
    tried: list[tuple[SlowPart, tuple[str, ...]]] = []  # a part of one's own may have fields that make no set
    for w in net.wired.values():
        _check_names(w)
        for part in w.stack.slow:
            case = part, tuple(w.slow)
            if case not in tried:
                tried.append(case)
                pooled = [name for other in w.stack.slow for name in other.pooled]
                _check_slow(part, case[1], pooled, net.dt * net.steps)


def _check_names(w: Wired) -> None:
    """What is pooled must not hide a variable, or what another part of the stack pools, which would take its place."""
    taken: dict[str, str] = {name: "a variable of the stack" for name in ("w", *w.slow)}
    for part in {type(p): p for p in w.stack.slow}.values():
        for name in part.pooled:
            if name in taken:
                raise wrong(part, f"gives {name!r}, which is {taken[name]} too; choose another name", "pool")
            taken[name] = f"pooled by {part.title}"


def warn_of_what_misleads(net: Network) -> None:
    """Warn of a rule that reads another dendrite than its synapses are on, and of slow parts that are faster than the tick or
    too slow for it.
    """
    told: dict[str, str] = {}  # each text with the first projection that it is about
    for name, w in net.wired.items():
        for text in (*_other_dendrite(w), *_unresolved(w, net.dt * net.steps)):
            told.setdefault(text, name)
    for text, first in told.items():
        warnings.warn(f"{first}: {text}", UserWarning, stacklevel=3)


def _other_dendrite(w: Wired) -> Iterator[str]:
    dendrite, compartment = w.post.population.cell.dendrite, w.projection.compartment
    for rule in w.stack.rules:
        if "v_dendrite" in rule.reads and dendrite not in ("", compartment):
            yield (f"{rule.title} reads v_dendrite, the potential of the {dendrite} compartment, at synapses on another "
                   f"({compartment})")  # fmt: skip


def _unresolved(w: Wired, tick: float) -> Iterator[str]:
    for slow in w.stack.slow:
        times = {k: v for k, v in slow.values().items() if k.startswith("tau") and isinstance(v, float) and v > 0}
        for field, value in times.items():
            if value < tick:
                yield (f"{slow.title}.{field} is {value:g} ms and a tick {tick:g} ms, which does not resolve it; give "
                       "Simulation a shorter tick")  # fmt: skip
            left = value / tick * 2.0**-24  # half of the last bit of the reference weight, over what a tick takes of the way
            if left > STANDS:
                yield (f"{slow.title}.{field} is {value:g} ms and a tick {tick:g} ms: a weight that follows it stands still "
                       f"within {left:.2g} of where it goes, since float32 rounds such changes; give Simulation a longer "
                       "tick")  # fmt: skip


def _check(group: RuleGroup, constants: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
    rule = group.blocks[0].rule
    post = {name: jax.ShapeDtypeStruct((group.n,), "float32") for name in rule.reads}

    def once(c: Any, s: Any, x: Any) -> Any:
        answer = rule.step(SimpleNamespace(**c), s, SimpleNamespace(**x))
        if not (isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[0], Mapping)):
            raise wrong(rule, "does not return a pair; give the new variables (a dict) and a tuple with a value for each term")
        _check_values(rule, answer[1])
        return answer[0], tuple(answer[1])

    after, values = _tried(rule, "step", once, dict(constants), dict(variables), post)
    _check_variables(rule, variables, after)
    for number, value in enumerate(values, start=1):
        if value.shape not in ((), (1,), (group.n,)):
            raise wrong(rule, f"gives term {number} the shape {value.shape}; ({group.n},), one value a neuron, is needed")


def _tried(part: Part, method: str, function: Callable[..., Any], *args: Any) -> Any:
    """The shapes that a function of a part gives; what it raises becomes an error that names the part."""
    try:
        return jax.eval_shape(function, *args)
    except DescriptionError:
        raise
    except jax.errors.ConcretizationTypeError as e:
        problem = "asks for the value of an array, as Python's `if`, `and` and `float` do; use jnp.where and its like"
        raise wrong(part, problem, method) from e
    except AttributeError as e:
        known = f"; {nearest(str(e.name), vars(e.obj))}" if isinstance(e.obj, SimpleNamespace) else ""
        raise wrong(part, f"cannot run: AttributeError: {e}{known}", method) from e
    except Exception as e:
        first = next(iter(str(e).splitlines()), "")
        raise wrong(part, f"cannot run: {type(e).__name__}: {first}", method) from e


def _check_slow(part: SlowPart, variables: Sequence[str], pooled: Sequence[str], tick: float) -> None:
    """pooled : what `tick` finds in `syn` beside the variables, and `idle` does not."""
    syn = {name: jax.ShapeDtypeStruct((SYNAPSES,), "float32") for name in ("w", *variables)}
    means = {name: syn["w"] for name in pooled}
    modulators = {name: jax.ShapeDtypeStruct((), "float32") for name in MODULATORS}
    constants = part.constants(tick)

    def advance(syn: Any, means: Any, modulators: Any) -> Any:
        c = SimpleNamespace(**{key: jnp.float32(value) for key, value in constants.items()})
        if part.pooled:
            _check_pool(part, _mapping(part, "pool", part.pool(c, syn)))
        return _mapping(part, "tick", part.tick(c, syn | means, modulators)), _mapping(part, "idle", part.idle(c, syn))

    for method, after in zip(("tick", "idle"), _tried(part, "tick", advance, syn, means, modulators), strict=True):
        for name, value in after.items():
            if name not in syn | means:
                raise wrong(part, f"returns {name!r}, which `variables` does not list; {nearest(name, syn)}", method)
            _check_shape(part, method, name, value)


def _check_pool(part: SlowPart, given: Mapping[str, Any]) -> None:
    for name in part.pooled:
        if name not in given:
            raise wrong(part, f"does not return {name!r}, which `pooled` lists", "pool")
        _check_shape(part, "pool", name, given[name])


def _check_shape(part: SlowPart, method: str, name: str, value: Any) -> None:
    if value.shape not in ((), (SYNAPSES,)):
        raise wrong(part, f"returns {name!r} in the shape {value.shape}; one value a synapse is needed", method)


def _mapping(part: SlowPart, method: str, answer: Any) -> dict[str, Any]:
    """What a method of a slow part returned, as arrays; it must be a dict."""
    if not isinstance(answer, Mapping):
        kind = type(answer).__name__
        raise wrong(part, f"returns {kind}; a dict of the variables that change, such as dict(w=...), is needed", method)
    return {name: jnp.asarray(value) for name, value in answer.items()}


def _check_values(rule: Rule, values: Any) -> None:
    n = len(rule.terms())
    if not isinstance(values, tuple | list):
        hint = " (a comma makes a tuple of one: (value,))" if n == 1 else ""
        raise wrong(rule, f"returns its values as {type(values).__name__}; a tuple of {n}, one for each term, is needed{hint}")
    if len(values) != n:
        raise wrong(rule, f"returns {len(values)} values; `terms` names {n}, and each needs one")


def _check_variables(rule: Rule, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    for name in before:
        if name not in after:
            raise wrong(rule, f"does not return the variable {name!r}; all of `state` is needed: {', '.join(before)}")
    for name, value in after.items():
        if name not in before:
            raise wrong(rule, f"returns the variable {name!r}, which `state` does not list; {nearest(name, before)}")
        had = before[name]
        if (value.shape, value.dtype) != (had.shape, had.dtype):
            form = f"{value.dtype} {value.shape}; {had.dtype} {had.shape}, as at the start,"
            raise wrong(rule, f"returns the variable {name!r} as {form} is needed")


def wrong(part: Part, problem: str, method: str = "step") -> DescriptionError:
    """The error that names the part and its method."""
    return DescriptionError(f"{part.title}.{method}: {problem}")

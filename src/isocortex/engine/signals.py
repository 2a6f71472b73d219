"""Rules sorted into groups that are advanced together, and the postsynaptic signals that the kernel reads.

A rule is advanced once for each different (rule, gates, postsynaptic population), whatever the number of projections. The
terms of a stack that a synapse would treat alike (same kind, same presynaptic trace or resting value) are summed into one
column, so that the kernel sees the fewest numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from isocortex.anatomy.circuit import Projection
from isocortex.engine.groups import Span
from isocortex.errors import DescriptionError, nearest
from isocortex.plasticity.rule import Gate, Integral, Jump, Leak, Rule, Term, Trace
from isocortex.plasticity.stack import Stack

Key = Trace | str | None
"""What tells two terms of a kind apart: the trace of an integral or jump, the resting variable of a leak."""
Form = tuple[type[Rule], tuple[type, ...], tuple[str, ...]]
"""Rules of one form are advanced together: class, kinds of terms, names of constants."""
Blocks = dict[tuple[int, Rule, tuple[Gate, ...]], Span]
"""(first cell, rule, gates) -> postsynaptic population."""
MANY = 100
"""Cells of a rule, on average, from which it is advanced by itself."""
KINDS = (Integral, Leak, Jump)
"""In this order: what is integrated over time comes first."""


@dataclasses.dataclass(frozen=True)
class Block:
    """One rule on one postsynaptic population; `offset` is its place in its group."""

    rule: Rule
    gates: tuple[Gate, ...]
    span: Span
    offset: int


@dataclasses.dataclass(frozen=True)
class RuleGroup:
    """All blocks whose rules have the same class, kinds of terms and names of constants."""

    name: str
    rule: type[Rule]
    n: int
    blocks: tuple[Block, ...]

    def find(self, rule: Rule, gates: tuple[Gate, ...], span: Span) -> Block | None:
        """The block of a rule on a population, if it is here."""
        same = (b for b in self.blocks if type(b.rule) is type(rule) and b.rule == rule and b.gates == gates and b.span is span)
        return next(same, None)


@dataclasses.dataclass(frozen=True)
class Column:
    """One number a cell: the sum of some terms. `sources`: (rule's place in the stack, term's place in the rule)."""

    kind: type
    sources: tuple[tuple[int, int], ...]


@dataclasses.dataclass(frozen=True)
class SignalBlock:
    """The rules of one stack on one postsynaptic population; `keys` has one entry a column."""

    rules: tuple[Rule, ...]
    gates: tuple[Gate, ...]
    span: Span
    offset: int
    keys: tuple[Key, ...]


@dataclasses.dataclass(frozen=True)
class SignalGroup:
    """All blocks whose stacks have the same form. The columns of a cell stand side by side, from `base` on."""

    name: str
    columns: tuple[Column, ...]
    base: int
    n: int
    blocks: tuple[SignalBlock, ...]
    feeds: tuple[tuple[str, tuple[int, ...]], ...]
    """For each rule of the stack: its group, and the offset there of each block."""
    captured: bool
    """Whether what is induced goes elsewhere than into the weight, so that the weight's leaks do not concern it."""

    @property
    def stride(self) -> int:
        return len(self.columns)

    @property
    def summed(self) -> int:
        """How many columns, the first ones, are integrated over time."""
        return sum(c.kind is not Jump for c in self.columns)

    @property
    def aged_by(self) -> tuple[int, ...]:
        """The leaks that what the integrals gather is subject to."""
        kinds = [c.kind for c in self.columns]
        return () if self.captured or Integral not in kinds else tuple(i for i, kind in enumerate(kinds) if kind is Leak)

    def place(self, block: SignalBlock, column: int) -> int:
        """Where a column of a block's first cell is; the next cell follows `stride` further on."""
        return self.base + block.offset * self.stride + column


def key_of(term: Term) -> Key:
    """See `Key`."""
    return term.rest if isinstance(term, Leak) else term.trace


def merged(rules: Sequence[Rule]) -> list[tuple[Column, Key]]:
    """The columns of a stack: integrals, then leaks, then jumps, each in the order in which the rules first name them."""
    found: dict[tuple[type, Key], list[tuple[int, int]]] = {}
    for place, rule in enumerate(rules):
        for number, term in enumerate(rule.terms()):
            found.setdefault((type(term), key_of(term)), []).append((place, number))
    ordered = sorted(found.items(), key=lambda item: KINDS.index(item[0][0]))
    return [(Column(kind, tuple(sources)), key) for (kind, key), sources in ordered]


def _targets(
    stacks: Mapping[str, Stack], projections: Sequence[Projection], spans: Mapping[str, Span]
) -> Iterator[tuple[Stack, Span]]:
    """The plastic projections, by the place of their targets."""
    plastic = [p for p in projections if p.name in stacks and stacks[p.name].rules]
    for p in sorted(plastic, key=lambda p: spans[p.post].first):
        for rule in stacks[p.name].rules:
            _check_terms(rule)
            _check_signals(rule, spans[p.post], p)
        yield stacks[p.name], spans[p.post]


def rule_groups(stacks: Mapping[str, Stack], projections: Sequence[Projection], spans: Mapping[str, Span]) -> list[RuleGroup]:
    """One block for each different (rule, gates, postsynaptic population), sorted into groups.

    Rules of one form are advanced together, with one number a cell where their constants differ; reading these costs more
    than a group of its own does where a rule has many cells.
    """
    keyed: dict[Form, Blocks] = {}
    for stack, span in _targets(stacks, projections, spans):
        for rule in stack.rules:
            form = (type(rule), tuple(type(t) for t in rule.terms()), tuple(rule.constants(1.0)))
            keyed.setdefault(form, {})[(span.first, rule, stack.gates)] = span
    groups: list[RuleGroup] = []
    for (cls, *_), members in ((form, part) for form, whole in keyed.items() for part in _parted(whole)):
        blocks, n = [], 0
        for (_, rule, gates), span in members.items():
            blocks.append(Block(rule, gates, span, n))
            n += span.n
        groups.append(RuleGroup(f"{cls.__name__}{len(groups)}", cls, n, tuple(blocks)))
    return groups


def _parted(members: Blocks) -> list[Blocks]:
    """The members of a form together, or, where a rule has `MANY` cells on average, those of each rule."""
    by_rule: dict[Rule, Blocks] = {}
    for key, span in members.items():
        by_rule.setdefault(key[1], {})[key] = span
    return list(by_rule.values()) if sum(s.n for s in members.values()) >= MANY * len(by_rule) else [members]


def signal_groups(
    stacks: Mapping[str, Stack], projections: Sequence[Projection], spans: Mapping[str, Span], rules: Sequence[RuleGroup]
) -> list[SignalGroup]:
    """One block for each different (rules of a stack, gates, postsynaptic population), sorted by the form of the stack."""
    form = tuple[tuple[str, ...], tuple[Column, ...], bool]
    keyed: dict[form, dict[tuple[int, tuple[Rule, ...], tuple[Gate, ...]], tuple[SignalBlock, tuple[int, ...]]]] = {}
    for stack, span in _targets(stacks, projections, spans):
        fed = [_feeding(rule, stack.gates, span, rules) for rule in stack.rules]
        named = merged(stack.rules)
        of_form = keyed.setdefault((tuple(g.name for g, _ in fed), tuple(c for c, _ in named), bool(stack.captures)), {})
        block = SignalBlock(stack.rules, stack.gates, span, 0, tuple(key for _, key in named))
        of_form.setdefault((span.first, stack.rules, stack.gates), (block, tuple(b.offset for _, b in fed)))
    groups: list[SignalGroup] = []
    base = 0
    for (names, columns, captured), members in keyed.items():
        blocks, n = [], 0
        for block, _ in members.values():
            blocks.append(dataclasses.replace(block, offset=n))
            n += block.span.n
        offsets = [places for _, places in members.values()]
        feeds = tuple((name, tuple(o[i] for o in offsets)) for i, name in enumerate(names))
        groups.append(SignalGroup(f"signals{len(groups)}", columns, base, n, tuple(blocks), feeds, captured))
        base += n * len(columns)
    return groups


def _feeding(rule: Rule, gates: tuple[Gate, ...], span: Span, groups: Sequence[RuleGroup]) -> tuple[RuleGroup, Block]:
    for group in groups:
        block = group.find(rule, gates, span)
        if block is not None:
            return group, block
    raise AssertionError(f"{rule.title} on {span.name} is in no group")


def _check_terms(rule: Rule) -> None:
    terms = rule.terms()
    if not (isinstance(terms, tuple | list) and terms and all(isinstance(t, Integral | Jump | Leak) for t in terms)):
        raise DescriptionError(f"{rule.title}.terms: gives {terms!r}; a tuple of Integral, Jump and Leak is needed")


def _check_signals(rule: Rule, span: Span, p: Projection) -> None:
    given = span.population.cell.signals
    for signal in rule.reads:
        if signal not in given:
            raise DescriptionError(
                f"{p.title}: {rule.title} reads the signal {signal!r}, which {type(span.population.cell).__name__} "
                f"({span.name}) does not give; {nearest(signal, given)}"
            )


def distinct_traces(groups: Sequence[SignalGroup]) -> list[Trace]:
    """All presynaptic traces that some column needs."""
    return list(
        dict.fromkeys(key for group in groups for block in group.blocks for key in block.keys if isinstance(key, Trace))
    )

"""What `isocortex learn --streams` lists: streams, learners and arms, each with its settings, and the keys of ``--set``."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from isocortex.describe import Description

WIDTH = 80


def listing() -> tuple[dict[str, Any], str]:
    """The document, and the text."""
    from isocortex.learn.baselines.registry import BASELINES
    from isocortex.learn.protocol_compare import Comparison
    from isocortex.learn.protocol_learners import CORTICAL, FULL, every_arm, settings_of
    from isocortex.learn.streams.registry import STREAMS

    document: dict[str, Any] = {
        "streams": {name: recipe.summary for name, recipe in STREAMS.items()},
        "learners": {CORTICAL: "the library's own (CorticalClassifier)"} | {k: entry.title for k, entry in BASELINES.items()},
        "arms": [FULL, *every_arm()],
        "stream_settings": {name: settings(recipe) for name, recipe in STREAMS.items()},
        "learner_settings": {name: settings_of(name) for name in (CORTICAL, *BASELINES)},
        "set": settings(Comparison),
    }
    return document, "\n".join(_lines(document))


def settings(cls: type[Description]) -> dict[str, dict[str, str]]:
    """Each field with its default, as it would be given, and what the class says of it."""
    told = _told(cls)
    return {
        f.name: {"default": _given(f.default), "doc": _doc(f.metadata) or told.get(f.name, "")}
        for f in dataclasses.fields(cls)  # type: ignore[arg-type]
    }


def _given(value: Any) -> str:
    """Numbers as TOML has them, several texts with the sign that is no comma (see `parse_spec`)."""
    if isinstance(value, tuple):
        return ";".join(map(str, value)) if all(isinstance(v, str) for v in value) else str(list(value))
    return str(value)


def _doc(metadata: Mapping[str, Any]) -> str:
    return str(metadata.get("doc") or metadata.get("quantity", {}).get("doc", ""))


def _told(cls: type) -> dict[str, str]:
    """The texts that stand below fields; Python keeps them in the source alone."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            found[ast.unparse(field.target)] = " ".join(str(text.value.value).split()).replace("`", "")
    return found


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    width = max(map(len, [*document["streams"], *document["learners"]])) + 2
    yield "streams, with settings after a colon: few-shot:shots=1,among=50"
    for name, summary in document["streams"].items():
        yield from _wrapped(f"  {name:{width}}", summary)
        yield from _settings(document["stream_settings"][name], width + 4)
    yield "learners, with settings after a colon: cortical:size=small,critical_period=300"
    for name, title in document["learners"].items():
        yield from _wrapped(f"  {name:{width}}", title)
        given = ", ".join(f"{key}={value}" for key, value in document["learner_settings"][name].items())
        yield from _wrapped(" " * (width + 4), given)
    yield "arms of the cortical learner (full is always there; all: each of the others)"
    yield from (f"  {arm}" for arm in document["arms"])
    yield "keys of --set KEY=VALUE, and of a file for --config"
    yield from _settings(document["set"], 2)


def _settings(found: Mapping[str, Mapping[str, str]], indent: int) -> Iterator[str]:
    for key, about in found.items():
        yield from _wrapped(" " * indent, f"{key}={about['default']}  {about['doc']}")


def _wrapped(first: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * (len(first) + 2), break_on_hyphens=False)

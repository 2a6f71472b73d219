"""`isocortex rules`: the parts that a sheet can name, and all there is to know about one."""

from __future__ import annotations

import dataclasses
import inspect
import pathlib
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isocortex.commands.options import Json, Sets
from isocortex.commands.output import Output

if TYPE_CHECKING:
    from rich.table import Table

    from isocortex.describe import Description
    from isocortex.plasticity.rule import Part

RuleFiles = Annotated[
    list[pathlib.Path] | None, typer.Option("--rules", metavar="FILE", help="A Python file with parts of your own; it is run.")
]


def rules(
    name: Annotated[str | None, typer.Argument(help="The part to show; without it all are listed.")] = None,
    plot: Annotated[
        pathlib.Path | None, typer.Option("--plot", metavar="FILE", help="Draw its spike-timing window (.svg, .png or .pdf).")
    ] = None,
    sets: Sets = None,
    files: RuleFiles = None,
    as_json: Json = False,
) -> None:
    """List the plasticity rules and other parts, or show one: equation, parameters with units, sources, published sets."""
    from isocortex.config import load_config
    from isocortex.errors import DescriptionError
    from isocortex.plasticity import registry

    output = Output(as_json)
    load_rule_files(files)
    if name is None:
        for option, given in (("--plot", plot), ("--set", sets)):
            if given:
                raise DescriptionError(f"{option}: needs a rule; give its name, such as isocortex rules pair_stdp {option} ...")
        found = registry.parts()
        output.result({"parts": [brief(n, cls) for n, cls in found.items()]}, _listing(found))
        return
    cls = registry.part(name, "rules")
    rows = parameters(cls)
    if sets:
        made = load_config(cls, None, sets)
        rows = [row | {"value": getattr(made, row["name"])} for row in rows]
        _tell_units(output, rows, sets)
    document = brief(name, cls) | {"import": import_of(cls), "parameters": rows, "sets": published(cls)}
    if plot is not None:
        from isocortex.report.window import draw_window

        document |= {"plot": str(plot)}
        draw_window(load_config(cls, None, sets or []), plot)
    output.result(document, *_shown(document))


def load_rule_files(files: list[pathlib.Path] | None) -> None:
    """Run the files that the user named and register the parts in them."""
    from isocortex.plasticity import registry

    for file in files or ():
        registry.load_file(file)


def brief(name: str, cls: type[Part]) -> dict[str, str]:
    """What a listing says of a part."""
    first = re.sub(r":\w+:`([^`]*)`|``([^`]*)``", r"\1\2", (inspect.getdoc(cls) or "").partition("\n")[0])
    return dict(name=name, kind=cls.kind, what=first, equation=cls.equation, meant_for=cls.meant_for, reference=cls.reference)


def import_of(cls: type[Part]) -> str:
    """How Python code gets a part; empty for one of a user's file."""
    from isocortex import rules as everywhere

    if getattr(everywhere, cls.__name__, None) is cls:
        return f"from isocortex.rules import {cls.__name__}"
    return f"from {cls.__module__} import {cls.__name__}" if cls.__module__.startswith("isocortex.") else ""


def _tell_units(output: Output, rows: list[dict[str, Any]], sets: list[str]) -> None:
    """Say which unit a bare number is taken in."""
    from isocortex.config import parse_set

    units = {row["name"]: row["unit"] for row in rows}
    for keys, value in map(parse_set, sets):
        if not isinstance(value, str) and units[keys[0]] not in ("", "1"):
            output.note(f"{keys[0]}: {value} without a unit is taken in {units[keys[0]]}")


def parameters(cls: type[Description]) -> list[dict[str, Any]]:
    """A row a parameter: name, default, unit, allowed, meaning, source."""
    rows = []
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        q = field.metadata.get("quantity", {})
        default = None if field.default is dataclasses.MISSING else field.default
        if isinstance(default, str) and q:
            default = getattr(cls(), field.name)  # as text with a unit: show the number
        row = dict(name=field.name, default=default, unit=q.get("unit", ""), allowed=_allowed(field.metadata))
        rows.append(row | dict(doc=q.get("doc", field.metadata.get("doc", "")), source=q.get("source", "")))
    return rows


def _allowed(metadata: Any) -> str:
    if "choice" in metadata:
        return ", ".join(metadata["choice"])
    q = metadata.get("quantity", {})
    words = {"above": "> {:g}", "least": "≥ {:g}", "most": "≤ {:g}"}
    return ", ".join(text.format(q[key]) for key, text in words.items() if q.get(key) is not None)


def published(cls: type[Part]) -> list[dict[str, Any]]:
    """The published parameter sets."""
    return [dict(name=name, values=values, source=source) for name, (values, source) in cls.sets.items()]


def _listing(found: dict[str, type[Part]]) -> Table:
    from rich.table import Table

    table = Table(title="Parts of a sheet", title_justify="left")
    for heading in ("name", "kind", "what it is"):
        table.add_column(heading, no_wrap=heading == "name")
    for name, cls in sorted(found.items(), key=lambda item: (item[1].kind, item[0])):
        table.add_row(name, cls.kind, brief(name, cls)["what"])
    return table


def _shown(document: dict[str, Any]) -> list[Any]:
    from rich.markup import escape
    from rich.table import Table

    shown: list[Any] = [f"[bold]{escape(document['name'])}[/bold] ({escape(document['kind'])})  {escape(document['what'])}"]
    for key, label in (("equation", "equation"), ("meant_for", "meant for"), ("reference", "source"), ("import", "in Python")):
        if document[key]:
            shown.append(f"  {label}: {escape(document[key])}")
    table = Table()
    numbers = ("default", "value") if any("value" in row for row in document["parameters"]) else ("default",)
    for heading in ("parameter", *numbers, "unit", "allowed", "meaning", "source"):
        table.add_column(heading, justify="right" if heading in numbers else "left", overflow="fold")
    for row in document["parameters"]:
        shown_numbers = (f"{row[k]:g}" if isinstance(row[k], float) else str(row[k]) for k in numbers)
        table.add_row(row["name"], *shown_numbers, *(escape(str(row[k])) for k in ("unit", "allowed", "doc", "source")))
    if document["parameters"]:
        shown.append(table)
    for given in document["sets"]:
        values = ", ".join(f"{k} = {v}" for k, v in given["values"].items())
        shown.append(f"  set [bold]{escape(given['name'])}[/bold]: {escape(values)}  ({escape(given['source'])})")
    if "plot" in document:
        shown.append(f"window: {escape(document['plot'])}")
    return shown

"""`isocortex sheet`: who learns by which rules, and why."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING, Annotated

import typer

from isocortex.commands.options import Json
from isocortex.commands.output import Output
from isocortex.commands.rules import RuleFiles, load_rule_files

if TYPE_CHECKING:
    from isocortex.anatomy.circuit import Cortex
    from isocortex.plasticity.explain import Explanation
    from isocortex.plasticity.sheet import Sheet

UNITS = (
    "\ntimes in ms, rates in Hz, bounds of weights in multiples of the reference weight; isocortex rules NAME says what each is"
)


def sheet(
    name: Annotated[
        str, typer.Argument(metavar="[NAME|FILE]", help="default, textbook, slices, mechanisms, or a sheet in TOML.")
    ] = "default",
    area: Annotated[
        str, typer.Option("--area", metavar="NAME|FILE", help="potjans, laminar, or an anatomy in TOML.")
    ] = "laminar",
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="PART[@SELECTOR]",
            help="Take a part or a kind of part away, everywhere or on some pathways; may be repeated.",
        ),
    ] = None,
    uniform: Annotated[bool, typer.Option("--uniform", help="One set of rules for all layers, with the same means.")] = False,
    swap: Annotated[str | None, typer.Option("--swap", metavar="A,B", help="Exchange two layers, such as L23,L5.")] = None,
    files: RuleFiles = None,
    out: Annotated[pathlib.Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the sheet as TOML.")] = None,
    as_json: Json = False,
) -> None:
    """Show which stack of rules each pathway of an anatomy gets from a sheet, and which entry says so."""
    from rich.text import Text

    from isocortex.plasticity.sheet import Sheet

    load_rule_files(files)
    cortex = anatomy(area)
    chosen = lesioned(Sheet.load(name), cortex, without or [], uniform, swap)
    explanation = chosen.explain(cortex)
    if out is not None:
        chosen.write(out)
    output = Output(as_json)
    shown = Text(in_blocks(explanation, output.results.width))
    output.result({"sheet": chosen.name, "area": area} | explanation.to_dict(), shown, UNITS)


def in_blocks(explanation: Explanation, width: int) -> str:
    """A block for each stack: what it is, which entries made it, and the projections that have it by kind; then the entries.

    Lines are folded to `width`.
    """
    blocks: dict[tuple[str, tuple[int, ...], tuple[int, ...]], dict[str, list[str]]] = {}
    for row in explanation.rows:
        kinds = blocks.setdefault((row.stack, row.entries, row.lost), {})
        kinds.setdefault(row.kind or "other", []).append(row.projection)
    lines: list[str] = []
    for (stack, entries, lost), kinds in sorted(blocks.items(), key=lambda item: item[0][0] == "static"):
        over = f", in place of {', '.join(map(str, lost))}" if lost else ""
        lines += folded(stack, width, 4)
        lines.append(f"  entries      {', '.join(map(str, entries)) or '-'}{over}")
        for kind, names in kinds.items():
            lines += folded(f"  {kind:12s} {'  '.join(names)}", width, 15)
        lines.append("")
    return "\n".join(lines + [line for text in explanation.legend() for line in folded(text, width, 5)])


def folded(text: str, width: int, hang: int) -> list[str]:
    """Fold at blanks; lines after the first are indented by `hang`."""
    import textwrap

    indent = " " * hang
    return textwrap.wrap(text, max(width, 40), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def anatomy(name: str) -> Cortex:
    """The cortex of a word or of a TOML file.

    Raises
    ------
    DescriptionError : neither a known word nor a name that ends in ``.toml``.
    """
    from isocortex.anatomy.circuit import Cortex
    from isocortex.errors import DescriptionError, nearest

    if name == "potjans":
        from isocortex.anatomy.potjans import potjans_area

        return Cortex((potjans_area(),))
    if name == "laminar":
        from isocortex.anatomy.laminar import laminar_area

        return Cortex((laminar_area(),))
    if not name.endswith(".toml"):
        raise DescriptionError(f"--area: {name!r} is no anatomy and no .toml file; {nearest(name, ('potjans', 'laminar'))}")
    from isocortex.anatomy.toml import read_cortex

    return read_cortex(name)


def lesioned(chosen: Sheet, cortex: Cortex, without: list[str], uniform: bool, swap: str | None) -> Sheet:
    """The sheet after the lesions asked for: first what is taken away, then the swap, then the mean over layers."""
    from isocortex.errors import DescriptionError

    for wanted in without:
        name, at, where = wanted.partition("@")
        chosen = chosen.without(name.strip(), where.strip() if at else None)
    if swap is not None:
        a, comma, b = swap.partition(",")
        if not comma or not a.strip() or not b.strip():
            raise DescriptionError(f"--swap: {swap!r} is no pair of layers; give two with a comma, such as L23,L5")
        chosen = chosen.swapped(a.strip(), b.strip())
    return chosen.uniform(cortex) if uniform else chosen

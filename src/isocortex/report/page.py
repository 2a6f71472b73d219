"""The report: one HTML file that needs nothing else."""

from __future__ import annotations

import dataclasses
import math
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from isocortex.errors import DataError
from isocortex.measure.learned import OF_LEARNERS, learned, noise_of
from isocortex.report.headline import headline
from isocortex.report.templates import rendered
from isocortex.report.theme import layer_colour, layer_order, layer_title
from isocortex.report.words import CAPTIONS, MEASURES
from isocortex.results.atomic import write_text

SMALLER_IS_BETTER = ("tau90",)
WITHOUT_BEST = ("rate_hz", "decode_start", "decode_digits", "weights_changed", "changed", "reverted")


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure of one arm: SVG, or images with what stands above each; with a heading."""

    title: str
    svg: str = ""
    images: tuple[tuple[str, str], ...] = ()
    colour: str = ""


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of the page: figures by arm (or one group without a name) and the caption that says how they are made."""

    title: str
    caption: str
    groups: tuple[tuple[str, tuple[Figure, ...]], ...]
    wide: bool = True


def build_report(summary: Mapping[str, Any], arrays: Mapping[str, Any], path: str | pathlib.Path) -> None:
    """Write the page.

    Parameters
    ----------
    summary : what a run returns: ``arms`` -> ``layers`` -> measures, ``baselines``, ``seed``, times, ``checksum``. Optional:
        ``phases`` ({"name", "first", "last"} in presentations), ``definitions`` (measure -> meaning), ``config``.
    arrays : all optional. ``rasters[arm]`` = (times ms, ids, [(population, first id, last id)]) and,
        where it is known, [(onset ms, class)] of the images; ``receptive_fields[arm][layer]`` of shape (cells, h, w), or a
        mapping of such by when ("before", "after"); ``weights[arm][pathway]`` = (start, end), 1-D;
        ``time_courses[arm][layer]`` = {"presentation", "decode", "tuning_change", "rate"};
        ``examples[phase]`` of shape (images, h, w). ``circuit``: see `isocortex.report.figures.circuit`.
    path : the file to write.

    Raises
    ------
    DataError : the summary has no arms.
    RunError : the file cannot be written; a former one is untouched.
    """
    write_text(path, render(summary, arrays))


def render(summary: Mapping[str, Any], arrays: Mapping[str, Any]) -> str:
    """The page as text."""
    if not isinstance(summary.get("arms"), Mapping):
        raise DataError("report: the summary has no 'arms'; give what a run returned")
    return rendered(
        "template.html",
        summary=summary,
        head=headline(summary),
        facts=facts(summary),
        table=table(summary),
        sections=sections(summary, arrays),
        captions=CAPTIONS,
        config=_flat(summary.get("config") or {}),
    )


def facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Short labelled facts for the top of the page; those that the run does not give are left out."""
    made: list[tuple[str, str]] = [("seed", str(summary.get("seed", "-")))]
    biological, wall = summary.get("bio_s"), summary.get("wall_s")
    n = len(summary["arms"])
    whole = "biological time" if n == 1 else f"biological time, {n} arms together"
    for label, seconds in ((whole, biological), ("wall time", wall)):
        if seconds is not None:
            made.append((label, f"{seconds:.3g} s" if seconds < 100 else f"{seconds:.0f} s"))
    if biological and wall is not None:
        made.append(("wall time a biological second", f"{wall / biological:.2g} s"))
    if summary.get("checksum"):
        made.append(("checksum", str(summary["checksum"])[:16]))
    return made


def table(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Headings with meanings, and rows by arm with the best of each column marked."""
    layers = [values for arm in summary["arms"].values() for values in arm["layers"].values()]
    keys = [k for k in MEASURES if any(k in values for values in layers)]
    given = summary.get("definitions") or {}
    noise = noise_of(summary["arms"])
    headings = [(MEASURES[k][0], given.get(k, MEASURES[k][2])) for k in keys]
    arms = []
    for name, arm in summary["arms"].items():
        best = {k: _best(arm["layers"], k, noise) for k in keys}
        rows = []
        for layer in layer_order(arm["layers"]):
            cells = [(shown(arm["layers"][layer], k, MEASURES[k][1]), layer == best[k]) for k in keys]
            rows.append((layer_title(layer), layer_colour(layer), cells))
        arms.append((name, rows))
    return {"headings": headings, "arms": arms, "baselines": list((summary.get("baselines") or {}).items())}


def _best(layers: Mapping[str, Mapping[str, Any]], key: str, noise: float) -> str | None:
    asked = {k: v for k, v in layers.items() if key not in OF_LEARNERS or learned(v, noise)}
    values = {k: v[key] for k, v in asked.items() if v.get(key) is not None and not math.isnan(v[key])}
    if len(values) < 2 or key in WITHOUT_BEST:
        return None
    return (min if key in SMALLER_IS_BETTER else max)(values, key=lambda k: values[k])


def shown(values: Mapping[str, Any], key: str, decimals: int) -> str:
    """A number, with half of its 95 % interval where there is one; a dash where there is none."""
    value, interval = values.get(key), values.get("intervals", {}).get(key)
    if value is None or math.isnan(value):
        return "-"
    spread = f" ±{(interval[1] - interval[0]) / 2:.{decimals}f}" if interval else ""
    return f"{value:.{decimals}f}{spread}"


def sections(summary: Mapping[str, Any], arrays: Mapping[str, Any]) -> list[Section]:
    """The figures that the arrays allow, in the order of the page."""
    from isocortex.report.figures.courses import courses
    from isocortex.report.figures.gradient import gradient
    from isocortex.report.figures.raster import raster
    from isocortex.report.figures.weights import histograms

    phases: Sequence[Mapping[str, Any]] = summary.get("phases") or ()
    chance = (summary.get("baselines") or {}).get("chance")
    made = []
    if summary["arms"]:
        made.append(
            Section("Fast on top, lasting below?", CAPTIONS["gradient"], (("", (Figure("", gradient(summary["arms"])),)),))
        )
    measured = {arm: v for arm, v in (arrays.get("time_courses") or {}).items() if len(v)}
    if measured:
        drawn = Figure("", courses(measured, phases, chance))
        made.append(Section("Learning over time", CAPTIONS["courses"], (("", (drawn,)),)))
    by_arm: dict[str, tuple[str, str, Callable[[Any], tuple[Figure, ...]]]] = {
        "receptive_fields": ("Learned receptive fields", "fields", _fields),
        "weights": ("Weights before and after", "weights", lambda v: (Figure("", histograms(v)),)),
        "rasters": ("Spikes", "rasters", lambda v: (Figure("", raster(*v)),)),
    }
    for key, (title, caption, draw) in by_arm.items():
        groups = tuple((str(arm), draw(values)) for arm, values in (arrays.get(key) or {}).items() if len(values))
        if groups:
            made.append(Section(title, CAPTIONS[caption], groups, wide=key != "receptive_fields"))
    if arrays.get("circuit"):
        from isocortex.report.figures.circuit import circuit

        made.append(Section("The circuit", CAPTIONS["circuit"], (("", (Figure("", circuit(arrays["circuit"])),)),)))
    examples = arrays.get("examples")
    if examples is not None and len(examples):
        made.append(Section("What was shown", CAPTIONS["examples"], (("", _examples(examples)),), wide=False))
    return made


def _fields(layers: Mapping[str, Any]) -> tuple[Figure, ...]:
    """A figure a layer: one mosaic, or one before and one after; all have as many columns, so that cells are alike in size."""
    from isocortex.report.figures.fields import mosaic

    made = []
    for layer in layer_order(layers):
        fields = layers[layer] if isinstance(layers[layer], Mapping) else {"": layers[layer]}
        shown = {when: np.asarray(v)[:48] for when, v in fields.items() if np.asarray(v).ndim == 3 and len(v)}
        images = tuple((str(when), mosaic(v, fill=True)) for when, v in shown.items())
        if images:
            made.append(Figure(layer_title(layer), images=images, colour=layer_colour(layer)))
    return tuple(made)


def _examples(examples: Any) -> tuple[Figure, ...]:
    from isocortex.report.figures.fields import mosaic

    phases = examples.items() if isinstance(examples, Mapping) else [("", examples)]
    return tuple(
        Figure(str(name), images=(("", mosaic(np.asarray(images)[:16], each=False)),)) for name, images in phases if len(images)
    )


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested values as dotted keys."""
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)))
    return rows

"""The page of a comparison: one HTML file that needs nothing else, in the style of the report."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isocortex.errors import DataError
from isocortex.learn.metrics.interval import LEAST
from isocortex.report.learning.compared import by_experience, earned_over_arms, less_rivals
from isocortex.report.learning.figures import matrices, over_the_stream, shots
from isocortex.report.learning.units import by_area
from isocortex.report.page import Figure, Section
from isocortex.report.templates import rendered

CAPTIONS = {
    "seen": "Accuracy on held-out samples of everything seen so far. Dashed: where the world changes, untold. "
    "Blue: the library's own learner; colours: the best baselines; grey: the others.",
    "current": "Accuracy on held-out samples of what is being learned now, just before and after each change: how deep it "
    "falls, and how soon it is back.",
    "shots": "One sample of each class at a time, in one pass; bands are 95 % intervals over the seeds.",
    "matrix": "Rows: after learning this experience. Columns: accuracy on this experience. Empty: not seen yet.",
    "surprise": "Surprise over time: mean surprise at samples right before they are learned, in standard deviations of "
    "familiar samples, for learners that have such a measure. Dashed: where the world changes, untold.",
    "units": "The units of L2/3 that won most often, one seed: the patch that each is the mean of. Units of a second area are "
    "seen through those of the first. Blue: darker, red: brighter than the mean (in colour images: as they are).",
    "rivals": "Accuracy less that of the same readout on random local filters (and of the best baseline), paired by seed, with "
    "95 % intervals.",
    "earned": "The full learner less each arm, paired by seed, with 95 % intervals. Blue: clear of zero; grey: an interval "
    "that holds zero has shown nothing.",
    "places": "The same on each experience, after the whole stream. Blue: the full learner is better; red: the arm is; dots: "
    "clear of zero.",
}


def build_page(
    document: Mapping[str, Any], curves: Mapping[str, Any], columns: Sequence[tuple[str, str]], path: pathlib.Path
) -> None:
    """Write the page.

    Parameters
    ----------
    document : of the comparison (rows, arms, definitions). curves : what its figures show.
    columns : (key, heading) of the table. path : the file.

    Raises
    ------
    DataError : the file cannot be written.
    """
    try:
        path.write_text(render(document, curves, columns), encoding="utf-8")
    except OSError as e:
        raise DataError(f"report: {path} cannot be written ({e.strerror})") from None


def render(document: Mapping[str, Any], curves: Mapping[str, Any], columns: Sequence[tuple[str, str]]) -> str:
    """The page as text."""
    rows = [*document["rows"], *(r for arm, r in document["arms"].items() if arm != "full")]
    return rendered(
        "learning/template.html",
        document=document,
        title=headline(document),
        headings=[(heading, document["definitions"].get(key, "")) for key, heading in columns],
        rows=[(r, [cell(r, key) for key, _ in columns]) for r in rows],
        sections=sections(document, curves),
    )


def headline(document: Mapping[str, Any]) -> str:
    """The sentence on top: who is best, by how much, and whether that is clear of zero."""
    best, rows = document["best_baseline"], {r["learner"]: r for r in document["rows"]}
    where = f"on {document['data']}, {document['stream']}"
    own = next((r for r in document["rows"] if not r["baseline"]), None)
    if own is None or own["difference"] is None:
        return (
            f"The best baseline {where} is {rows[best]['title']}: {rows[best]['accuracy']:.1%}" if best else f"Learners {where}"
        )
    d = own["difference"]
    if d["n"] < LEAST or math.isnan(d["low"]):
        said = f"{'one seed' if d['n'] == 1 else 'two seeds'}, so that nothing can be said about the difference"
    elif d["low"] > 0:
        said = "better than the best baseline, interval clear of zero"
    else:
        said = "worse than the best baseline" if d["high"] < 0 else "no clear difference to the best baseline"
    return f"{own['title']} {where}: {own['accuracy']:.1%}, {said} ({rows[best]['title']}, {rows[best]['accuracy']:.1%})"


def cell(row: Mapping[str, Any], key: str) -> str:
    """A value as the page shows it."""
    if key == "difference":
        d = row["difference"]
        return "-" if d is None else f"{100 * d['mean']:+.1f}{_half(d['low'], d['high'])}"
    value = row[key]
    if value is None or math.isnan(value):
        return "-"
    if key == "bytes":
        return amount(value)
    if key in ("seconds", "predict_seconds"):
        return f"{value:.2g}" if value < 10 else f"{value:.0f}"
    if key == "recovery":
        return "never" if math.isinf(value) else f"{value:.0f}"
    low, high = row["intervals"][key]
    return f"{100 * value:.1f}" + (_half(low, high) if key == "accuracy" else "")


def _half(low: float, high: float) -> str:
    return "" if low is None or math.isnan(low) else f" ±{50 * (high - low):.1f}"


def amount(bytes: float) -> str:
    """Bytes in the largest unit that leaves a number of at least 1."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes >= size:
            return f"{bytes / size:.3g} {unit}"
    return f"{bytes:.0f} B"


def sections(document: Mapping[str, Any], curves: Mapping[str, Any]) -> list[Section]:
    """The figures, those that the runs allow."""
    made = [_section("All so far", "seen", over_the_stream(curves, "seen", "accuracy on all seen so far"))]
    if len(document["experiences"]) > 1:
        made.append(_section("When the world changes", "current", over_the_stream(curves, "current", "accuracy now")))
    if any(len(r["n_shot"]) > 1 for r in document["rows"]):
        made.append(_section("From few samples", "shots", shots(document["rows"], curves)))
    own = next((r for r in document["rows"] if r["differences"]), None)
    if own is not None and less_rivals(own, document["best_baseline"]):
        made.append(_section("Against filters that learn nothing", "rivals", less_rivals(own, document["best_baseline"])))
    if len(document["arms"]) > 1:
        made.append(_section("What was earned", "earned", earned_over_arms(document)))
        if len(document["experiences"]) > 1:
            made.append(_section("What was earned, by experience", "places", by_experience(document)))
    if len(document["experiences"]) > 1 and any(not np.isnan(np.diag(v["matrix"])).any() for v in curves["learners"].values()):
        made.append(_section("Accuracy matrices", "matrix", matrices(curves, document["experiences"])))
    if any(np.isfinite(v["surprise"]).any() for v in curves["learners"].values()):
        made.append(_section("Surprise over time", "surprise", over_the_stream(curves, "surprise", "surprise")))
    shown = next((v["units"] for v in curves["learners"].values() if v["units"]), None)
    if shown:
        made.append(_section("Features by area", "units", by_area(shown)))
    return made


def _section(title: str, caption: str, drawn: str) -> Section:
    return Section(title, CAPTIONS[caption], (("", (Figure("", drawn),)),))

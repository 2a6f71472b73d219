"""The report: honest words, a page that needs nothing else, figures that show what they are given."""

from __future__ import annotations

import base64
import copy
import io
import pathlib
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from PIL import Image

from isocortex.errors import DataError, DescriptionError, RunError
from isocortex.plasticity.rule import Rule, Soft
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.report.figures.fields import mosaic
from isocortex.report.headline import headline
from isocortex.report.page import build_report, render, table
from isocortex.report.store import load_run, save_run
from isocortex.report.theme import layer_colour, layer_order
from isocortex.report.window import draw_window, stdp_window
from report_fixture import made_up_arrays, made_up_summary

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Balance(HTMLParser):
    """Collects tags that are closed wrongly, and everything that a page could load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.loads += [v or "" for k, v in attrs if k in ("src", "href", "xlink:href", "data", "srcset")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [v or "" for k, v in attrs if k in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture(scope="module")
def page() -> str:
    return render(made_up_summary(), made_up_arrays())


def changed(**layers: dict[str, Any]) -> dict[str, Any]:
    """The made-up summary with some measures of the full arm's layers changed."""
    summary = copy.deepcopy(made_up_summary())
    for name, values in layers.items():
        summary["arms"]["full"]["layers"][name] |= values
    return summary


def test_the_page_loads_nothing_and_is_well_formed(page: str) -> None:
    seen = Balance()
    seen.feed(page)
    assert seen.wrong == []
    assert seen.open == []
    assert [u for u in seen.loads if not u.startswith(("data:image/", "#"))] == []
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_the_page_has_every_figure_and_follows_light_and_dark(page: str) -> None:
    for title in ("Learning over time", "Learned receptive fields", "Weights before and after", "Spikes", "What was shown"):
        assert f"<h2>{title}</h2>" in page
    assert page.count("<svg ") == 1 + 2 + 1 + 2  # gradient, courses and rasters of two arms, weights
    assert "#010203" not in page
    assert "#040506" not in page
    assert "currentColor" in page
    assert "prefers-color-scheme: dark" in page


def test_the_page_is_the_same_each_time(page: str) -> None:
    assert render(made_up_summary(), made_up_arrays()) == page


def test_a_page_without_arrays_has_the_table_and_the_comparison() -> None:
    text = render(made_up_summary(), {})
    assert "By layer and arm" in text
    assert "Spikes" not in text


def test_names_are_escaped() -> None:
    summary = made_up_summary() | dict(experiment="<script>alert(1)</script>")
    assert "<script>alert" not in render(summary, {})


def test_the_table_marks_the_best_and_dashes_what_is_missing() -> None:
    rows = dict(table(made_up_summary())["arms"])
    headings = [h for h, _ in table(made_up_summary())["headings"]]
    tau = headings.index("tau90")
    assert [(row[0], row[2][tau]) for row in rows["full"]] == [
        ("L2/3", ("120", True)), ("L4", ("200", False)), ("L5", ("540", False)), ("L6", ("600", False)),
    ]  # fmt: skip
    assert rows["uniform"][3][2][tau] == ("-", False)


def test_an_experiment_may_say_what_its_measures_mean() -> None:
    found = table(made_up_summary() | dict(definitions=dict(tau90="my own words")))
    assert ("tau90", "my own words") in found["headings"]


def test_headline_when_both_hold() -> None:
    said = headline(made_up_summary())
    assert said.title.startswith("The default sheet shows the gradient")
    assert [(c.superficial, c.deep, c.holds) for c in said.claims] == [
        (120, 570, True), (0.35, pytest.approx(0.76), True), (0.61, pytest.approx(0.21), True),
    ]  # fmt: skip
    assert any("uniform arm does not show it" in r for r in said.remarks)
    assert any("not above the same classifier on the raw pixels (91.5%)" in r for r in said.remarks)
    assert any("One seed (7)" in r for r in said.remarks)


@pytest.mark.parametrize("sheet", ["textbook", "my/textbook.toml"])
def test_headline_names_the_sheet(sheet: str) -> None:
    assert headline(made_up_summary() | dict(config=dict(sheet=sheet))).title.startswith("The textbook sheet shows")


@pytest.mark.parametrize(
    ("layers", "title"),
    [
        (dict(L23=dict(tau90=900, retained=0.9)), "The default sheet does not show the gradient"),
        (dict(L23=dict(tau90=900)), "half of the gradient: deep layers kept more, but superficial layers did not learn faster"),
        (dict(L23=dict(retained=0.9)), "half of the gradient: superficial layers learned faster, but deep layers did not keep"),
        (dict(L23=dict(tau90=570, retained=0.76)), "The default sheet does not show the gradient"),  # a tie is no difference
        (dict(L23=dict(tau90=None, retained=None)), "did not measure the gradient"),
        (dict(L23=dict(tau90=float("nan"))), "Deep layers keep more than superficial ones: so it was in this run"),
    ],
)
def test_headline_says_what_does_not_hold(layers: dict[str, Any], title: str) -> None:
    assert title in headline(changed(**layers)).title


def test_what_lies_within_the_intervals_is_no_difference() -> None:
    narrow = {
        name: dict(intervals=dict(retained=[v - 0.05, v + 0.05])) for name, v in (("L23", 0.35), ("L5", 0.78), ("L6", 0.74))
    }
    wide = {name: dict(intervals=dict(retained=[0.0, 1.0])) for name in narrow}
    for layers, holds in ((narrow, True), (wide, False)):
        assert [c.holds for c in headline(changed(**layers)).claims if "keep more" in c.text] == [holds]


def test_keeping_for_want_of_learning_is_said() -> None:
    as_much = dict(L5=dict(reverted=0.61), L6=dict(reverted=0.61))
    said = headline(changed(**as_much))
    assert [c.holds for c in said.claims] == [True, True, False]
    assert any("keep more because they changed less" in r for r in said.remarks)
    assert not any("changed less" in r for r in headline(made_up_summary()).remarks)


def test_rates_that_moved_the_noise_and_what_learning_did_to_reading_are_said() -> None:
    layers = dict(
        L23=dict(rate_start=4.0, rate_digits=2.0, decode_digits=0.5, intervals=dict(decode_start=[0.55, 0.65])),
        L4=dict(
            rate_start=4.0, rate_digits=4.5, weights_changed=0.161, decode_digits=0.7, intervals=dict(decode_start=[0.55, 0.65])
        ),
        L5=dict(decode_digits=0.6, intervals=dict(decode_start=[0.55, 0.65])),
    )
    summary = changed(**layers)
    summary["arms"]["off"] = dict(layers={"L23": dict(changed=-0.02), "L5": dict(changed=0.03), "L6": dict(changed=None)})
    remarks = " ".join(headline(summary).remarks)
    assert "Rates still moved in the first phase in L2/3 (4.0 to 2.0 Hz)" in remarks and "L4 (" not in remarks
    assert "tuning changed by -0.02 to 0.03: that is the noise" in remarks
    assert "own excitatory synapses changed by 16% in L4;" in remarks
    assert "read better in L4; worse in L2/3; as well as before, within the 95 % interval, in L5" in remarks


def test_the_table_shows_intervals() -> None:
    summary = changed(L5=dict(retained=0.78, intervals=dict(retained=[0.74, 0.84])))
    found = table(summary)
    column = [h for h, _ in found["headings"]].index("Retained")
    assert dict(found["arms"])["full"][2][2][column] == ("0.78 ±0.05", True)


def test_headline_says_when_a_control_shows_it_too_and_when_there_is_none() -> None:
    summary = made_up_summary()
    summary["arms"]["uniform"] = summary["arms"]["full"]
    assert any("The uniform arm shows" in r and "not owed to the layers' own rules" in r for r in headline(summary).remarks)
    del summary["arms"]["uniform"]
    assert any("No control arm" in r for r in headline(summary).remarks)


def test_layers_lie_as_in_cortex_in_their_own_colours() -> None:
    assert layer_order(["L6", "LGN", "L4", "L23", "L5"]) == ["L23", "L4", "L5", "L6", "LGN"]
    colours = {layer_colour(f"V1.{name}E") for name in ("L23", "L4", "L5", "L6")}
    assert len(colours) == 4
    assert layer_colour("V1.L5E") == layer_colour("L5") != layer_colour("V1.L5PV")


def test_a_mosaic_places_images_in_rows_and_shows_sign() -> None:
    images = np.zeros((3, 2, 2))
    images[2] = [[-1, 0], [0, 1]]
    uri = mosaic(images, columns=2, scale=1)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))
    assert pixels.shape == (5, 5, 4)
    assert (pixels[:, 2, 3] == 0).all()  # the gap is transparent
    assert (pixels[3:, 3:, 3] == 0).all()  # there is no fourth image
    blue, red = pixels[3, 0], pixels[4, 1]
    assert blue[2] > blue[0]
    assert red[0] > red[2]


def test_a_run_folder_gives_back_what_it_was_given(tmp_path: pathlib.Path) -> None:
    summary = made_up_summary() | dict(note=np.float32(0.5), bad=float("nan"))
    arrays = made_up_arrays() | {"weights": {"full": {"V1.L4E->V1.L23E/x": (np.arange(3.0), np.arange(2.0))}}}
    save_run(tmp_path, summary, arrays)
    read, back = load_run(tmp_path)
    assert read == made_up_summary() | dict(note=0.5, bad=None)
    times, ids, bounds = back["rasters"]["full"]
    np.testing.assert_array_equal(times, arrays["rasters"]["full"][0])
    np.testing.assert_array_equal(ids, arrays["rasters"]["full"][1])
    assert [tuple(b) for b in bounds] == arrays["rasters"]["full"][2]
    start, end = back["weights"]["full"]["V1.L4E->V1.L23E/x"]
    assert (start.tolist(), end.tolist()) == ([0, 1, 2], [0, 1])
    assert render(read, back)


def test_damaged_folders_are_told(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"summary\.json: cannot be read"):
        load_run(tmp_path)
    (tmp_path / "summary.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="is not JSON"):
        load_run(tmp_path)
    (tmp_path / "summary.json").write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match="has no 'arms'"):
        load_run(tmp_path)


def test_a_page_that_cannot_be_written_is_told(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        build_report(made_up_summary(), {}, tmp_path / "none" / "report.html")


def test_the_window_of_pair_stdp_is_two_exponentials(tmp_path: pathlib.Path) -> None:
    rule = PairSTDP(A_plus=0.01, A_minus=0.004, tau_plus=15.0, tau_minus=30.0)
    lags = np.array([-60.0, -10.0, -0.5, 0.0, 0.5, 10.0, 60.0])
    expected = np.where(lags > 0, 0.01 * np.exp(-lags / 15.0), -0.004 * np.exp(lags / 30.0))
    expected[lags == 0] = 0.0  # coincident spikes do not interact
    np.testing.assert_allclose(stdp_window(rule, lags), expected, rtol=0.005, atol=2e-6)


def test_a_window_is_drawn_for_rules_of_spikes_alone(tmp_path: pathlib.Path) -> None:
    draw_window(PairSTDP(), tmp_path / "window.svg", reach=20, step=10)
    assert "<svg" in (tmp_path / "window.svg").read_text(encoding="utf-8")

    class Voltage(Rule):
        reads = ("spike", "v")

    with pytest.raises(DescriptionError, match="Voltage: reads spike, v"):
        draw_window(Voltage(), tmp_path / "x.svg")
    with pytest.raises(DescriptionError, match="no rule of induction"):
        draw_window(Soft(), tmp_path / "x.svg")

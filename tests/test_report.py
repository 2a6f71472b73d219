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
from isocortex.report.figures.circuit import RULE_COLOURS, save_circuit
from isocortex.report.figures.fields import mosaic
from isocortex.report.figures.gradient import gradient, points_of
from isocortex.report.figures.weights import piles
from isocortex.report.headline import headline
from isocortex.report.page import build_report, facts, render, table
from isocortex.report.store import load_run, save_run
from isocortex.report.theme import layer_colour, layer_order
from isocortex.report.window import draw_window, stdp_window
from isocortex.results import manifest as manifests
from report_fixture import intervals, made_up_arrays, made_up_summary

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
    """The made-up summary with some measures of the full arm's layers changed, and their intervals with them."""
    summary = copy.deepcopy(made_up_summary())
    for name, values in layers.items():
        layer = summary["arms"]["full"]["layers"][name]
        around = layer["intervals"] | intervals(values) | values.get("intervals", {})
        layer |= values | dict(intervals=around)
    return summary


def verdicts(summary: dict[str, Any]) -> list[str]:
    return [c.verdict for c in headline(summary).claims]


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
    assert page.count("<svg ") == 1 + 1 + 1 + 2  # gradient, courses, weights, rasters of two arms
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
        ("L2/3", ("120 ±20", True)), ("L4", ("200 ±20", False)), ("L5", ("540 ±20", False)), ("L6", ("600 ±20", False)),
    ]  # fmt: skip
    assert rows["uniform"][3][2][tau] == ("-", False)


def test_an_experiment_may_say_what_its_measures_mean() -> None:
    found = table(made_up_summary() | dict(definitions=dict(tau90="my own words")))
    assert ("tau90", "my own words") in found["headings"]


def test_headline_when_both_hold() -> None:
    said = headline(made_up_summary())
    assert said.title.startswith("The default sheet shows the gradient")
    assert [(c.superficial, c.deep, c.verdict) for c in said.claims] == [
        (120, 570, "yes"), (0.35, pytest.approx(0.76), "yes"), (0.61, pytest.approx(0.21), "yes"),
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
        (dict(L23=dict(tau90=900)), "half of the gradient: deep layers kept more; superficial layers did not learn faster"),
        (dict(L23=dict(retained=0.9)), "half of the gradient: superficial layers learned faster; deep layers did not keep"),
        (dict(L23=dict(tau90=570, retained=0.76)), "The default sheet does not show the gradient"),  # a tie is no difference
        (dict(L23=dict(tau90=None)), "did not measure the gradient"),
        (dict(L23=dict(retained=float("nan"))), "Superficial layers learn faster than deep ones: so it was in this run"),
        (dict(L23=dict(intervals=dict(tau90=[120, 700]))), "half of the gradient: deep layers kept more; whether superficial"),
        (dict(L23=dict(intervals=dict(tau90=[120, 700], retained=[0.3, 0.9]))), "does not clearly show the gradient: whether"),
    ],
)
def test_headline_says_what_does_not_hold(layers: dict[str, Any], title: str) -> None:
    assert title in headline(changed(**layers)).title


def test_the_interval_of_a_difference_is_that_of_two_means() -> None:
    """Of 109 [51, 176] and 169 [90, 184] presentations the ends that face each other are 67 and 79 off: 60 is within 104."""
    slow = dict(L23=dict(tau90=109, intervals=dict(tau90=[51, 176])), L6=dict(tau90=169, intervals=dict(tau90=[90, 184])))
    one_deep_layer = changed(L5=dict(tau90=None), **slow)
    claim = headline(one_deep_layer).claims[0]
    assert claim.difference == pytest.approx((60 - np.hypot(67, 79), 60 + np.hypot(58, 15)))
    assert claim.verdict == "cannot tell"
    two = headline(changed(L5=dict(tau90=169, intervals=dict(tau90=[90, 184])), **slow)).claims[0]
    assert two.difference == pytest.approx((60 - np.hypot(67, 79 / 2**0.5), 60 + np.hypot(58, 15 / 2**0.5)))


def test_a_verdict_needs_the_margin_and_an_interval_clear_of_zero() -> None:
    def kept(low: float, value: float, high: float) -> str:
        """The verdict on deep layers that retain 0.35 and more, at an interval of the difference."""
        deep = dict(retained=0.35 + value, intervals=dict(retained=[0.35 + low, 0.35 + high]))
        exact = dict(L23=dict(retained=0.35, intervals=dict(retained=[0.35, 0.35])), L5=dict(tau90=None), L6=deep)
        return verdicts(changed(**exact))[1]

    assert kept(0.01, 0.1, 0.2) == "yes"
    assert kept(-0.01, 0.1, 0.2) == "cannot tell"
    assert kept(0.01, 0.03, 0.04) == "no"  # there, but less than is asked
    assert kept(0.01, 0.03, 0.06) == "cannot tell"
    assert kept(-0.2, -0.1, 0.0) == "no"


def test_without_intervals_nothing_is_claimed() -> None:
    summary = made_up_summary()
    for values in summary["arms"]["full"]["layers"].values():
        del values["intervals"]
    assert verdicts(summary) == ["cannot tell"] * 3


def test_a_layer_that_did_not_learn_is_in_no_claim_and_never_the_best() -> None:
    """L5 keeps 0.99 of what it did not learn: deep layers are L6 alone, and the best is L6."""
    summary = changed(L5=dict(tau90=None, retained=0.99))
    assert [(c.layers, c.deep) for c in headline(summary).claims] == [
        (("L2/3", "L6"), 600), (("L2/3", "L6"), 0.74), (("L2/3", "L6"), 0.22),
    ]  # fmt: skip
    column = [h for h, _ in table(summary)["headings"]].index("Retained")
    assert [row[0] for row in dict(table(summary)["arms"])["full"] if row[2][column][1]] == ["L6"]


def test_what_changed_no_more_than_the_largest_change_without_plasticity_was_not_learned() -> None:
    layers = {name: dict(changed=0.2) for name in ("L23", "L4", "L6")} | dict(L5=dict(changed=0.1))
    summary = changed(**layers)
    assert headline(summary).claims[1].layers == ("L2/3", "L5, L6")
    summary["arms"]["off"] = dict(
        layers={"L23": dict(changed=0.01, most_changed=0.02), "L6": dict(changed=0.0, most_changed=0.11)}
    )
    said = headline(summary)
    assert said.claims[1].layers == ("L2/3", "L6")
    assert any("by up to 0.11 (the largest of all looks and layers)" in r for r in said.remarks)
    assert any("beyond noise in L2/3, L4, L6 and not in L5" in r for r in said.remarks)
    summary["arms"]["off"]["layers"]["L6"]["most_changed"] = 0.3
    assert headline(summary).claims == ()
    assert "Tuning changed beyond noise in no layer." in headline(summary).remarks


def test_a_layer_within_the_noise_is_drawn_by_its_change_alone_and_is_never_the_fastest() -> None:
    """L5 has the least tau90, of a change (0.1) below that of the arm without plasticity (0.11)."""
    layers = {name: dict(changed=0.2) for name in ("L23", "L4", "L6")} | dict(L5=dict(changed=0.1, tau90=27))
    summary = changed(**layers)
    summary["arms"]["off"] = dict(layers={"L6": dict(changed=0.0, most_changed=0.11)})
    order, full = ["L23", "L4", "L5", "L6"], summary["arms"]["full"]
    for key in ("tau90", "reverted", "retained"):
        assert [layer for _, _, layer in points_of(full, order, key, noise=0.11)] == ["L23", "L4", "L6"]
    assert points_of(full, order, "changed", noise=0.11)[2] == (0.1, 2, "L5")
    drawn, without = (gradient(dict(summary["arms"], full=dict(layers=kept))) for kept in (
        full["layers"], {k: v for k, v in full["layers"].items() if k != "L5"}
    ))  # fmt: skip
    markers = lambda text: text.count("<use ")  # noqa: E731
    assert markers(drawn) == markers(without) + 1
    column = [h for h, _ in table(summary)["headings"]].index("tau90")
    assert [row[0] for row in dict(table(summary)["arms"])["full"] if row[2][column][1]] == ["L2/3"]


def test_keeping_for_want_of_learning_is_said() -> None:
    as_much = dict(L5=dict(reverted=0.61), L6=dict(reverted=0.61))
    said = headline(changed(**as_much))
    assert [c.holds for c in said.claims] == [True, True, False]
    assert any("keep more because they changed less" in r for r in said.remarks)
    assert not any("changed less" in r for r in headline(made_up_summary()).remarks)


def test_rates_that_moved_and_weights_are_said() -> None:
    layers = dict(
        L23=dict(rate_start=4.0, rate_digits=2.0), L4=dict(rate_start=4.0, rate_digits=4.5, weights_changed=0.161)
    )  # fmt: skip
    remarks = " ".join(headline(changed(**layers)).remarks)
    assert "Rates still moved in the first phase in L2/3 (4.0 to 2.0 Hz)" in remarks and "L4 (" not in remarks
    assert "own excitatory synapses changed by 16% in L4;" in remarks


def test_reading_is_better_or_worse_where_the_paired_test_says_so_for_all_layers_together() -> None:
    read = dict(L23=(0.5, 0.001), L4=(0.7, 0.012), L5=(0.7, 0.013), L6=(0.6, 1.0))
    layers = {k: dict(decode_start=0.6, decode_digits=after, decode_p=p) for k, (after, p) in read.items()}
    remarks = " ".join(headline(changed(**layers)).remarks)
    assert "better in L4; worse in L2/3; with no clear difference in L5, L6" in remarks  # 0.05 over four layers: below 0.0125


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


def test_headline_says_what_a_control_cannot_tell() -> None:
    summary = made_up_summary()
    summary["arms"]["uniform"]["layers"]["L23"]["intervals"]["retained"] = [0.1, 0.9]
    (said,) = [r for r in headline(summary).remarks if "uniform" in r]
    assert said == "Whether the uniform arm shows better deep retention cannot be told."


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


def test_a_grid_that_is_not_full_is_as_wide_as_one_that_is() -> None:
    def width(cells: int) -> int:
        uri = mosaic(np.ones((cells, 2, 2)), columns=4, fill=True, scale=1)
        return int(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).width)

    assert width(1) == width(4) == width(7) == 4 * 2 + 3


def test_fields_are_shown_before_and_after(page: str) -> None:
    for when in ("before", "after"):
        assert page.count(f"Learned receptive fields, L2/3, {when}") == 1
    old = made_up_arrays() | dict(receptive_fields=dict(full={"L4": np.ones((3, 2, 2))}))
    assert 'alt="Learned receptive fields, L4"' in render(made_up_summary(), old)


def test_courses_name_the_phases_and_the_arms(page: str) -> None:
    drawn = page.partition("Learning over time")[2].partition("</svg>")[0]
    for words in ("full", "uniform", "0-4", "5-9", "chance"):
        assert re.search(rf">{words}<", drawn), words


def test_the_raster_says_what_came_on_and_which_class_has_which_colour(page: str) -> None:
    drawn = page.partition("<h2>Spikes</h2>")[2].partition("</svg>")[0]
    for words in ("class of the image that comes on", "3", "7", "PV"):
        assert re.search(rf">{words}<", drawn), words
    assert ">SST<" not in drawn  # there is none


def test_weights_that_lie_at_an_end_are_told() -> None:
    spread = np.linspace(0.2, 0.8, 80)
    assert piles(np.concatenate([spread, np.full(20, 2.0)])) == ["20% at 2"]
    assert piles(np.concatenate([np.zeros(30), spread[:50], np.ones(20)])) == ["30% at 0", "20% at 1"]
    assert piles(spread) == piles(np.ones(5)) == piles(np.zeros(0)) == []


def test_the_circuit_is_drawn_where_it_is_known() -> None:
    populations = [["LGN.on", 9, "", "E", True], ["V1.L4E", 80, "L4", "E", True], ["V1.L4PV", 20, "L4", "PV", False]]
    projections = [["LGN.on", "V1.L4E", "triplet"], ["V1.L4PV", "V1.L4E", "inhibitory_stdp"]]
    page = render(made_up_summary(), dict(circuit=dict(populations=populations, projections=projections)))
    drawn = page.partition("<h2>The circuit</h2>")[2].partition("</svg>")[0]
    for words in ("LGN.on: 9 cells", "L4 E", "80 cells", "L4 PV: 20 cells", "triplet", "inhibitory stdp"):
        assert re.search(rf">{words}<", drawn), words
    assert drawn.count(RULE_COLOURS[0].lower()) and drawn.count(RULE_COLOURS[1].lower())


def test_a_wiring_diagram_is_written_to_a_file(tmp_path: pathlib.Path) -> None:
    save_circuit(dict(populations=[["V1.L4E", 80, "L4", "E", True]], projections=[]), tmp_path / "circuit.svg")
    assert "80 cells" in (tmp_path / "circuit.svg").read_text(encoding="utf-8")


def test_wall_and_biological_time_give_what_stands_beside_them() -> None:
    found = dict(facts(made_up_summary() | dict(bio_s=400.0, wall_s=200.0, rtf=0.9)))
    assert found["biological time, 2 arms together"] == "400 s"
    assert (found["wall time"], found["wall time a biological second"]) == ("200 s", "0.5 s")
    alone = made_up_summary() | dict(bio_s=400.0)
    alone["arms"] = {"full": alone["arms"]["full"]}
    assert ("biological time", "400 s") in facts(alone)


def test_a_run_folder_gives_back_what_it_was_given(tmp_path: pathlib.Path) -> None:
    summary = made_up_summary() | dict(note=np.float32(0.5), bad=float("nan"))
    arrays = made_up_arrays() | {"weights": {"full": {"V1.L4E->V1.L23E/x": (np.arange(3.0), np.arange(2.0))}}}
    save_run(tmp_path, summary, arrays)
    read, back = load_run(tmp_path)
    assert read == made_up_summary() | dict(note=0.5, bad=None)
    times, ids, bounds, shown = back["rasters"]["full"]
    np.testing.assert_array_equal(times, arrays["rasters"]["full"][0])
    np.testing.assert_array_equal(ids, arrays["rasters"]["full"][1])
    assert [tuple(b) for b in bounds] == arrays["rasters"]["full"][2]
    assert [tuple(s) for s in shown] == [(110.0, "3"), (220.0, "7")]
    start, end = back["weights"]["full"]["V1.L4E->V1.L23E/x"]
    assert (start.tolist(), end.tolist()) == ([0, 1, 2], [0, 1])
    assert render(read, back)


def test_damaged_folders_are_told(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"summary\.json: cannot be read"):
        load_run(tmp_path)
    manifests.write(tmp_path / "run.json", manifests.manifest(seed=0, config={}) | dict(status="interrupted"))
    with pytest.raises(DataError, match=f"stopped before it was finished; 'isocortex resume {tmp_path}'"):
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

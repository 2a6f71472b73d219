"""The page of the slice laboratory: whole, on its own, and saying what the results say."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from isocortex.errors import RunError
from isocortex.invitro.lab import Result
from isocortex.invitro.score import verdicts
from isocortex.invitro.table import points, studies
from isocortex.report.invitro import page as pages
from isocortex.report.invitro.page import build_page, headline, render

SHARED = dict(chi2=1144.0, delta_aic=940.0)
VOID = ("meta", "br")


class Page(HTMLParser):
    """Texts, links, and whatever the page would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.add(given["href"] or "")
        else:
            self.loads += [v for k, v in given.items() if v and k in ("src", "href", "xlink:href") and not v.startswith("#")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += [data.strip()] if data.strip() else []


@pytest.fixture(scope="module")
def exact() -> list[Result]:
    """Every point as it was published, but one three and one five SEM off."""
    off = {"letzkus2006/ap3_p10": -5.0, "letzkus2006/ap3_m10": 3.0}
    return [Result(p, p.ratio + off.get(p.name, 0.0) * p.error) for p in points()]


@pytest.fixture(scope="module")
def page(exact: list[Result]) -> Page:
    return Page(render(exact, verdicts(exact, dict(critical_frequency=98.0, coincidence=15.0)), SHARED))


def test_the_page_is_whole_and_loads_nothing(page: Page) -> None:
    assert page.open == []
    assert page.loads == []


def test_the_headline_counts(exact: list[Result]) -> None:
    gating = sum(p.gates for p in points())
    assert headline(exact) == f"{gating - 2} of {gating} published points are met within 2 SEM, 1 beyond 4"
    assert headline([r for r in exact if r.z == 0 and r.point.gates][:3]).endswith("none beyond 4")
    assert headline([r for r in exact if not r.point.gates]) == "None of these points gates"


def test_every_point_study_and_gate_is_there(page: Page, exact: list[Result]) -> None:
    assert {p.name for p in points()} <= set(page.words)
    assert page.links == {f"https://doi.org/{studies()[p.study].doi}" for p in points()}
    judged = verdicts(exact, dict(critical_frequency=98.0, coincidence=15.0))
    assert [w for w in page.words if w in ("pass", "miss")] == [
        {True: "pass", False: "miss"}[v.passed] for v in judged if v.passed is not None
    ]
    left = sum(v.passed is None for v in judged)  # of all others every point is there
    assert left > 0
    assert f"Gates not judged, since not all that they need was run: {left} of which nothing was run." in page.words
    assert {v.gate.name for v in judged if v.passed is False} == {"letzkus_switch"}
    assert "AIC higher by 940" in page.words


@pytest.fixture
def without_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figure takes seconds."""
    monkeypatch.setattr(pages, "inline", lambda *_: "<svg></svg>")


@pytest.mark.usefixtures("without_figure")
def test_only_what_is_beyond_2_sem_is_marked(exact: list[Result]) -> None:
    text = render(exact, (), SHARED)
    assert re.findall(r'<td class="fails">(.*?)</td>', text) == ["-5.0", "+3.0"]


@pytest.mark.usefixtures("without_figure")
def test_a_part_of_the_table_says_nothing_of_the_whole(exact: list[Result]) -> None:
    some = [r for r in exact if r.point.study == "letzkus2006"]
    text = render(some, verdicts(some), SHARED)
    assert "AIC" not in text
    assert "sjostrom2001" not in text


@pytest.mark.usefixtures("without_figure")
def test_a_file_that_cannot_be_written_is_an_error(exact: list[Result], tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        build_page(exact[:1], (), SHARED, tmp_path / "gone" / "page.html")

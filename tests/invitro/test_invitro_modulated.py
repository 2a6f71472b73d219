"""The slice with a modulator: short silences against whole ones, the fast model against the engine, and Brzosko's dopamine."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from isocortex.errors import DataError, DescriptionError
from isocortex.invitro import lab, modulated, pathway, protocol, score, table
from isocortex.invitro.fit import model
from isocortex.invitro.pathway import pathways
from isocortex.invitro.profile import known_profiles, stack_of, values_of
from isocortex.plasticity.rules.branches import Branches
from isocortex.plasticity.rules.conversion import Conversion

CA1 = pathways()["ca1-dopamine"]
POINTS = [p for p in table.points() if p.pathway == CA1.name]


@pytest.fixture(scope="module")
def results() -> list[lab.Result]:
    return lab.measure(POINTS)


def test_dopamine_converts_less_the_later_it_comes(results: list[lab.Result]) -> None:
    """Brzosko et al. 2015: 1.69, 0.94 and 0.59; nothing without pairing, or under antagonists; APV leaves what takes back."""
    gates = {g.name: g for g in score.gates()}
    assert score.verdict(gates["brzosko_dopamine"], results).passed
    w = {r.point.point: r.simulated for r in results}
    assert w["m20_after"] > 1.3 > w["m20_after_10"] > w["m20_after_30"]
    assert w["m20_after_antagonists"] < 0.8
    assert w["m20_after_H89_after"] < 0.8
    assert w["m20_APV_after"] < 0.8 < w["m20_after_APV_after"] < 1.2
    assert w["dopamine_alone"] == pytest.approx(1.0, abs=1e-3)


def test_the_fast_model_is_the_engine(results: list[lab.Result]) -> None:
    """But for dopamine during the pairing, where the weight that grows depresses more."""
    own = [r for r in results if r.point.protocol != "brzosko_during"]
    fast = model(CA1, [r.point for r in own], values_of(pathways()["ca1"]))(known_profiles()[CA1.name].values)
    np.testing.assert_allclose([r.simulated for r in own], fast, atol=0.01)


def test_short_silences_with_faster_slow_parts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten pairs, and a modulator soon: against the whole silences."""
    near = dataclasses.replace(POINTS[1].protocol_of(), repetitions=10, modulator_from=5000.0, modulator_to=20_000.0)
    monkeypatch.setattr(table, "protocols", lambda: {POINTS[1].protocol: near})
    monkeypatch.setattr(modulated, "LATER", 1000.0)
    values = values_of(CA1) | dict(tau_tag=30_000.0, back=0.1, more=0.1)
    stack = stack_of(CA1, values)
    short = modulated.run([POINTS[1]], [stack])
    monkeypatch.setattr(modulated, "compressed", lambda s, p, _: (s, p, 1.0))
    whole = modulated.run([POINTS[1]], [stack])
    assert short[0] > 1.0
    np.testing.assert_allclose(short, whole, rtol=2e-3)


def test_the_mean_over_the_read_out_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """While dopamine acts the weight goes to its end as the tag decays; afterwards it stands still, and any window is alike."""
    p = next(q for q in POINTS if q.point == "m20_after")
    protocol, minute = p.protocol_of(), 60_000.0
    windows = {
        "none": None,
        "during": (2 * minute, 8 * minute),
        "later": (55 * minute, 60 * minute),
        "before": (1000.0, 40_000.0),
    }
    known = {name: dataclasses.replace(table.studies()[p.study], readout=w) for name, w in windows.items()}
    monkeypatch.setattr(modulated, "studies", lambda: known)
    own = [dataclasses.replace(p, study=name) for name in windows]
    stack = stack_of(CA1, values_of(CA1))
    w = dict(zip(windows, modulated.run(own, [stack] * len(own)), strict=True))
    assert w["later"] == pytest.approx(w["none"], abs=1e-5)
    assert w["before"] < 0.7
    assert w["none"] > 1.6
    tau, length = values_of(CA1)["tau_tag"], protocol.modulator_to - protocol.modulator_from
    # a window is counted from the end of induction, one interval after the last pair
    begin, end = (t + protocol.every - protocol.modulator_from for t in (2 * minute, 8 * minute))
    left = tau / (end - begin) * (np.exp(-begin / tau) - np.exp(-end / tau))
    share = (1 - left) / (1 - np.exp(-length / tau))
    assert w["during"] == pytest.approx(w["before"] + (w["none"] - w["before"]) * share, abs=3e-3)


def test_how_long_silences_must_be_goes_by_the_branches_that_are_there() -> None:
    rule = Branches(A_burst=0.0, A_pair=0.01, D_pre=0.01, tau_plus=10.0, tau_y=20.0, tau_c=1.0)
    assert sorted(rule.times()) == [1.0, 10.0, 20.0]
    assert 114.0 in rule.replace(A_burst=0.01).times()
    assert 50.0 in rule.replace(D_alone=0.01).times()


def test_a_slow_part_stands_among_the_parameters(tmp_path: Path) -> None:
    stack = stack_of(CA1, values_of(CA1))
    (slow,) = stack.slow
    assert isinstance(slow, Conversion)
    assert slow.tau_tag == pytest.approx(known_profiles()[CA1.name].values["tau_tag"])
    (blocked,) = stack_of(CA1, values_of(CA1), ("PKA",)).slow
    assert isinstance(blocked, Conversion)
    assert blocked.back == blocked.more == 0
    file = tmp_path / "mine.toml"
    text = (Path(pathway.__file__).parent / "data" / "pathways.toml").read_text()
    for old, new, said in (
        ('name = "conversion"', 'name = "conversoin"', "did you mean 'conversion'"),
        ('name = "conversion"', 'name = "conversion"\ntau = 3.0', r"slow.tau|'tau'"),
    ):
        file.write_text(text.replace(old, new, 1))
        with pytest.raises(DescriptionError, match=said):
            pathway.pathways(file)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('modulator = "DA"', 'modulator = "dopamine"', "modulator: 'dopamine' is not known"),
        ('modulator_to = "2 min"', "", "modulator_to: is missing"),
        ('"2 min"', '"30 s"', "must be after modulator_from"),
    ],
)
def test_a_bad_modulator_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = ('[x]\npre = 1\npost = 1\nlag = "10 ms"\nrepetitions = 2\nevery = "1 s"\n'
            'modulator = "DA"\nmodulator_from = "1 min"\nmodulator_to = "2 min"\n')  # fmt: skip
    file = tmp_path / "mine.toml"
    file.write_text(text)
    assert protocol.protocols(file)["x"].modulator_to == 120_000.0
    bad = tmp_path / "bad.toml"
    bad.write_text(text.replace(old, new))
    with pytest.raises(DescriptionError, match=said):
        protocol.protocols(bad)


def test_beside_a_slow_part_only_its_own_parameters_are_fitted() -> None:
    with pytest.raises(DescriptionError, match=r"ca1-dopamine\.free\.A_pair: beside a slow part"):
        model(dataclasses.replace(CA1, free=dict(A_pair=(0.001, 0.1))), POINTS, values_of(pathways()["ca1"]))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("brzosko2015,x,ca1,brzosko_after,,10 ms,,1.0,0.1,5,no,page,s", "brzosko_after has a modulator, which only a pathway"),
        ("sjostrom2004,x,l5-l5,sjostrom2004_burst,,,,1.0,0.1,5,no,page,s", "sjostrom2004_burst has a step of current, which"),
    ],
)
def test_what_the_slice_would_pass_over_is_refused(tmp_path: Path, row: str, said: str) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(",".join(table.COLUMNS) + "\n" + row + "\n")
    with pytest.raises(DataError, match=said):
        table.points(file)

"""Claims over seeds: effects, intervals, verdicts, and the runs that are there, missing or of another kind."""

from __future__ import annotations

import json
import math
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from isocortex.cli import main
from isocortex.errors import DataError
from isocortex.experiments import digits
from isocortex.experiments.claims import CLAIMS, Judged, joined, judge
from isocortex.experiments.estimate import Estimate
from isocortex.report.figures.claims import save_claims
from isocortex.results import manifest as manifests

BY_NAME = {c.name: c for c in CLAIMS}
Arms = dict[str, Any]


def layers(tau90: Mapping[str, float | None], **more: Mapping[str, float]) -> dict[str, Any]:
    """The measures of an arm, each by layer."""
    return dict(layers={f"V1.{k}E": dict(tau90=v) | {m: by[k] for m, by in more.items() if k in by} for k, v in tau90.items()})


def run_of(seed: int, **arms: dict[str, Any]) -> dict[str, Any]:
    return dict(seed=seed, arms=arms, config=dict(neurons=300, seed=seed, arms=list(arms), out=f"there/{seed}"))


def fast(by: float) -> dict[str, Any]:
    """L2/3 reaches 90 % `by` presentations before L5 and L6."""
    return layers(dict(L23=100.0, L4=50.0, L5=90.0 + by, L6=110.0 + by))


def test_an_effect_is_the_mean_over_some_layers_less_that_over_others() -> None:
    arm = layers(dict(L23=40.0, L4=1.0, L5=150.0, L6=170.0), decode_start=dict(L23=0.5, L4=0.8, L5=0.6, L6=0.6),
                 decode_digits=dict(L23=0.54, L4=0.8, L5=0.6, L6=0.64))  # fmt: skip
    assert BY_NAME["faster"].effect(arm, 0.0) == pytest.approx(160 - 40)
    assert BY_NAME["reads"].effect(arm, 0.0) == pytest.approx(0.08 / 4)


def test_only_layers_that_learned_are_asked_how_fast_they_were_and_all_how_much_they_changed() -> None:
    changed = dict(L23=0.2, L4=0.2, L5=0.05, L6=0.1)
    arm = layers(dict(L23=40.0, L4=1.0, L5=27.0, L6=170.0), changed=changed)
    assert BY_NAME["faster"].effect(arm, 0.08) == pytest.approx(170 - 40)
    assert BY_NAME["changes"].effect(arm, 0.08) == pytest.approx(0.2 - 0.075)
    assert BY_NAME["faster"].effect(arm, 0.15) is None  # no deep layer is left


@pytest.mark.parametrize("n", [2, 3, 9])
def test_the_interval_is_that_of_students_t(n: int) -> None:
    values = np.random.default_rng(n).normal(1.0, 2.0, n)
    found, known = Estimate.of(values), ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx((values.mean(), known.low, known.high))
    assert found.clear == (ttest_1samp(values, 0.0).pvalue < 0.05)


def test_one_seed_has_no_interval_and_none_no_mean() -> None:
    one = Estimate.of([0.3])
    assert one is not None and not one.spread and not one.clear and math.isnan(one.low)
    assert Estimate.of([]) is None


@pytest.mark.parametrize(
    ("full", "uniform", "swapped", "why"),
    [
        ([50, 60, 70], [1, 0, -1], [-2, 3, 0], ""),
        ([50, 60, 70], [40, 70, 60], [0, 0, 1], "cannot be told from 'uniform'"),
        ([50, 60, 70], [1, 0, -1], [45, 65, 62], "cannot be told from 'swapped'"),
        ([50, -60, 70], [1, 0, -1], [0, 0, 1], "cannot be told from no effect"),
        ([-50, -60, -70], [1, 0, -1], [0, 0, 1], "it is the other way round"),
        ([50], [1], [0], "one seed only"),
    ],
)
def test_a_claim_passes_when_it_is_clear_of_zero_and_of_every_control(
    full: list[float], uniform: list[float], swapped: list[float], why: str
) -> None:
    runs = {
        seed: dict(full=fast(a), uniform=fast(b), swapped=fast(c))
        for seed, (a, b, c) in enumerate(zip(full, uniform, swapped, strict=True))
    }
    (judged,) = judge(runs, [BY_NAME["faster"]])
    assert judged.why == why
    assert judged.passes == (not why)
    assert judged.effects["uniform"] == dict(enumerate(uniform))


def test_pairs_are_of_one_seed_and_a_seed_without_an_effect_is_left_out() -> None:
    """Effects differ by seed much more than by arm: pairing tells 10 from noise. Seed 2 has no deep layer with uniform."""
    none = layers(dict(L23=100.0, L5=None, L6=None))
    runs = {
        0: dict(full=fast(10), uniform=fast(0)),
        1: dict(full=fast(1011), uniform=fast(1000)),
        2: dict(full=fast(500), uniform=none),
    }
    (judged,) = judge(runs, [BY_NAME["faster"]])
    assert judged.less["uniform"] is not None
    assert judged.less["uniform"].values == (10, 11)
    assert judged.alone is not None and len(judged.alone.values) == 3


def test_a_control_that_is_not_there_cannot_be_passed() -> None:
    runs = {seed: dict(full=fast(50 + seed), uniform=fast(0)) for seed in range(4)}
    assert judge(runs, [BY_NAME["faster"]])[0].why == "there is no arm 'swapped' to compare with"


def test_runs_of_one_seed_are_put_together_and_arms_that_not_all_have_left_out() -> None:
    runs = dict(a=run_of(0, full=fast(1)), b=run_of(0, off=fast(2)), c=run_of(1, full=fast(3), off=fast(4), swapped=fast(5)))
    assert {seed: list(arms) for seed, arms in joined(runs).items()} == {0: ["full", "off"], 1: ["full", "off"]}


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ({}, "there are no runs"),
        (dict(a=run_of(0, off=fast(1))), "has no arm 'full'"),
        (dict(a=run_of(0, full=fast(1)), b=run_of(1, full=fast(1)) | dict(config=dict(neurons=400))), "is 300 in a and 400"),
        (dict(a=run_of(0, full=dict(fast(1), checksum="1")), b=run_of(0, full=dict(fast(1), checksum="2"))), "ended otherwise"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_together_is_refused(runs: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        joined(runs)


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, tuple[str, ...]]]:
    """A main job that only says what it would run, and leaves what the real one leaves; seed 3 is stopped the first time."""
    calls: list[tuple[str, int, tuple[str, ...]]] = []

    def finish(verb: str, config: digits.Config, keep: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
        calls.append((verb, config.seed, config.arms))
        folder = pathlib.Path(config.out)
        facts = manifests.manifest(seed=config.seed, config=config.values(), experiment="digits")
        if config.seed == 3 and verb == "run":
            manifests.write(folder / "run.json", facts | dict(status="interrupted"))
            raise KeyboardInterrupt
        effect = dict(full=60.0 + config.seed, uniform=1.0, swapped=-1.0, off=0.0)
        found = run_of(config.seed, **{arm: fast(effect[arm]) for arm in config.arms}) | dict(config=config.values())
        keep(found)
        manifests.write(folder / "run.json", facts | dict(status="finished"))
        return found

    def run(config: digits.Config, progress: object, keep: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
        return finish("run", config, keep)

    def resume(folder: pathlib.Path, progress: object, keep: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in manifests.read(folder / "run.json")["config"].items()}
        return finish("resume", digits.Config.make(values), keep)

    monkeypatch.setattr(digits, "run", run)
    monkeypatch.setattr(digits, "resume", resume)
    return calls


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["claims", *map(str, arguments)])
    printed = capsys.readouterr()
    return int(left.value.code or 0), printed.out, printed.err


def test_what_is_missing_is_run_and_nothing_twice(
    job: list[tuple[str, int, tuple[str, ...]]], capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    out = ("--out", tmp_path / "there", "--json", "--quiet")
    code, printed, _ = call(capsys, "--seeds", "1,2", "--arms", "full,uniform", *out)
    assert code == 0
    assert job == [("run", 1, ("full", "uniform")), ("run", 2, ("full", "uniform"))]
    assert [c["full"]["mean"] for c in json.loads(printed)["claims"] if c["name"] == "faster"] == [61.5]
    job.clear()
    code, printed, _ = call(capsys, "--seeds", "1,2", *out)  # all four arms
    assert job == [("run", 1, ("swapped", "off")), ("run", 2, ("swapped", "off"))]
    document = json.loads(printed)
    assert document["seeds"] == [1, 2]
    assert list(document["claims"][0]["less"]) == ["uniform", "swapped", "off"]
    job.clear()
    assert call(capsys, "--seeds", "1,2", *out)[1] == printed
    assert job == []


def test_a_run_that_was_stopped_is_gone_on_with(
    job: list[tuple[str, int, tuple[str, ...]]], capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    command = ("--seeds", "2,3", "--out", tmp_path / "there")
    code, printed, said = call(capsys, *command)
    assert (code, printed) == (1, "")
    assert "stopped; the same command again goes on" in said
    job.clear()
    code, printed, said = call(capsys, *command)
    assert code == 0
    assert [verb for verb, _, _ in job] == ["resume"]
    assert "faster" in printed and "2 seeds" in printed


def test_a_folder_of_other_settings_is_refused_before_anything_is_run(
    job: list[tuple[str, int, tuple[str, ...]]], capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    call(capsys, "--seeds", "2", "--out", tmp_path)
    job.clear()
    code, _, said = call(capsys, "--seeds", "1,2", "--out", tmp_path, "--set", "neurons=400")
    assert code == 2
    assert "neurons is 2500 in" in said and "400 in this command" in said
    assert job == []


def test_finished_runs_are_judged_by_their_folders_and_drawn(
    job: list[tuple[str, int, tuple[str, ...]]], capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    call(capsys, "--seeds", "1,2,4", "--out", tmp_path)
    plot = tmp_path / "claims.svg"
    code, printed, _ = call(capsys, *(tmp_path / f"seed-{s}" for s in (1, 2, 4)), "--plot", plot)
    assert code == 0
    assert "L2/3 learns faster than the deep layers" in printed and ": passes" in printed
    text = plot.read_text()
    assert text.count("does not pass") == len(CLAIMS) - 1


def test_a_claim_that_nothing_was_measured_for_is_drawn_without_a_scale(tmp_path: pathlib.Path) -> None:
    nothing = [Judged(claim, {}, None, {"uniform": None}, "was measured in no run") for claim in CLAIMS]
    save_claims(nothing, tmp_path / "claims.svg")
    assert (tmp_path / "claims.svg").read_text().count("measured in no run") == len(CLAIMS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seeds", "1,x"], "whole numbers of at least 0"),
        (["--seeds", "1,1"], "each once"),
        (["--arms", "uniform"], "has no 'full'"),
        (["--arms", "full,unifrm"], "did you mean 'uniform'"),
        (["--plot", "x.gif"], "must end in"),
        (["--plot", "nowhere/x.svg"], "is not there"),
        (["somewhere", "--seeds", "1"], "--seeds does nothing here"),
        (["nowhere"], "give the folder of a finished run"),
    ],
)
def test_a_mistake_is_told_before_anything_is_run(
    arguments: list[str], words: str, job: list[tuple[str, int, tuple[str, ...]]], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, printed, said = call(capsys, *arguments)
    assert (code, printed, job) == (2, "", [])
    assert words in said

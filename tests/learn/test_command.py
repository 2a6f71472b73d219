"""`isocortex learn`: the table, the document, the page; runs that are not repeated; mistakes; Ctrl-C."""

from __future__ import annotations

import html.parser
import json
import os
import pathlib
import signal
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from isocortex.cli import main
from isocortex.commands.learn_progress import LearnProgress
from isocortex.commands.resume import resume
from isocortex.errors import DataError
from isocortex.learn import protocol_compare
from isocortex.learn.baselines import BASELINES, NearestMean

Run = Callable[..., tuple[int, str, str]]
SMALL = ("--set", "most=15", "--set", "shots=[1,5]", "--seeds", "2", "--learners")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Run:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("ISOCORTEX_DATA", raising=False)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["learn", *(str(a) for a in arguments)])
        printed = capsys.readouterr()
        return int(left.value.code or 0), printed.out, printed.err

    return call


def test_the_document_has_what_it_promises(run: Run, tmp_path: pathlib.Path) -> None:
    code, out, err = run(*SMALL, "blind,ncm,lda", "--json", "--no-report", "--out", tmp_path / "a")
    assert code == 0
    document = json.loads(out)
    assert (document["stream"], document["data"]) == ("class-incremental", "digits, 15 a class")
    assert [r["learner"] for r in document["rows"]] == ["blind", "ncm", "lda"]
    assert document["arms"] == {}
    blind, ncm, _ = document["rows"]
    assert blind["accuracy"] == pytest.approx(0.1, abs=0.01)
    assert ncm["accuracy"] > 0.7 and document["best_baseline"] in ("ncm", "lda")
    for row in document["rows"]:
        for key in ("average_accuracy", "forgetting", "learning_accuracy", "bytes", "seconds", "anytime_accuracy", "recovery"):
            assert row[key] is not None, key
        low, high = row["intervals"]["accuracy"]
        assert low <= row["accuracy"] <= high
        assert set(row["n_shot"]) == {"1", "5"}
        assert np.mean(list(row["seeds"].values())) == pytest.approx(row["accuracy"])
    best = document["best_baseline"]
    assert next(r for r in document["rows"] if r["learner"] == best)["difference"] is None
    assert blind["difference"]["to"] == best and blind["difference"]["mean"] < -0.5
    assert "100 %" in err and "ETA" in err
    assert json.loads((tmp_path / "a" / "learn.json").read_text(encoding="utf-8"))["rows"] == document["rows"]


def test_the_table_fits_80_columns_and_says_what_its_columns_mean(run: Run) -> None:
    code, out, _ = run(*SMALL, "ncm,fourier-bytes", "-q")
    assert code == 0
    for text in ("ncm", "fourier-bytes", "less best", "±", "mean_j R[T, j]", "max_{j <= i <= T} R[i, j] - R[T, j]", "page: "):
        assert text in out
    tables = out[: out.index("mean_j R[T, j]")].splitlines()[:-1]
    assert max(len(line.rstrip()) for line in tables) <= 80
    assert "…" not in out


def test_the_page_needs_nothing_else(run: Run, tmp_path: pathlib.Path) -> None:
    run(*SMALL, "ncm,lda,joint", "-q", "--out", tmp_path / "a")
    page = (tmp_path / "a" / "learn.html").read_text(encoding="utf-8")
    html.parser.HTMLParser().feed(page)
    assert page.count("<svg") == 4  # all so far, change, few samples, matrices
    for text in ("nearest class mean", "joint network (ceiling)", "Accuracy matrices", "font: 16px/1.55"):
        assert text in page
    assert "http://" not in page.replace("http://www.w3.org", "") and 'src="' not in page


def test_arms_and_rivals_are_compared_pair_by_pair(run: Run, tmp_path: pathlib.Path) -> None:
    """One command gives each arm and each rival, with intervals, in the document, the tables and the page."""
    options = ("--set", "most=30", "--set", "shots=[1,5]", "--set", "checks=1", "--seeds", "2", "--stream", "lifelong")
    options = (*options, "--learners", "cortical:size=small,local,local-bytes,lda", "--arms", "uniform,without:decorrelation")
    code, out, _ = run(*options, "--json", "-q", "--out", tmp_path / "a")
    assert code == 0
    document = json.loads(out)
    own = document["rows"][0]
    accuracies = {r["learner"]: r["seeds"] for r in document["rows"]}
    assert set(own["differences"]) == {"local", "local-bytes", "lda"}
    for rival, found in own["differences"].items():
        each = [own["seeds"][s] - accuracies[rival][s] for s in ("0", "1")]
        assert found["accuracy"]["mean"] == pytest.approx(np.mean(each)) and found["accuracy"]["n"] == 2
        reach = 12.706 * np.std(each, ddof=1) / np.sqrt(2)  # Student's t, one degree of freedom
        assert found["accuracy"]["high"] - found["accuracy"]["mean"] == pytest.approx(reach, rel=1e-3, abs=1e-9)
        assert set(found["n_shot"]) == {"1", "5"} and len(found["experiences"]) == len(document["experiences"])
    assert set(document["arms"]) == {"full", "uniform", "without:decorrelation"}
    worse = document["arms"]["without:decorrelation"]["differences"]["cortical:size=small"]
    assert worse["accuracy"]["mean"] == pytest.approx(document["arms"]["without:decorrelation"]["accuracy"] - own["accuracy"])
    assert np.mean([d["mean"] for d in worse["experiences"]]) == pytest.approx(worse["accuracy"]["mean"])
    out = run(*options, "-q", "--out", tmp_path / "a")[1]
    for text in ("less each, points", "5 a class", "earned over each arm", "no decorrelation", "runs had been done before"):
        assert text in out
    page = (tmp_path / "a" / "learn.html").read_text(encoding="utf-8")
    for text in (
        "Against filters that learn nothing",
        "What was earned, by experience",
        "Features by area",
        "Surprise over time",
    ):
        assert text in page


def test_all_arms_are_those_of_the_sheet(run: Run) -> None:
    from isocortex.learn.protocol_learners import cortical, every_arm  # noqa: PLC0415

    arms = every_arm()
    assert {"uniform", "swapped", "imprinted", "random", "without:reversal", "without:gate", "without:fixation"} <= set(arms)
    for arm in arms:
        cortical(arm)(0).partial_fit(np.zeros((2, 8, 8)), [0, 1])  # each can be made


def test_runs_already_done_are_not_repeated(run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = json.loads(run(*SMALL, "ncm,lda", "--json", "-q", "--no-report", "--out", tmp_path / "a")[1])

    def forbidden(*arguments: object, **named: object) -> None:
        raise AssertionError("was run again")

    real = protocol_compare.run
    monkeypatch.setattr(protocol_compare, "run", forbidden)
    again = json.loads(run(*SMALL, "ncm,lda", "--json", "-q", "--no-report", "--out", tmp_path / "a")[1])
    assert again["rows"] == first["rows"]
    assert "4 of 4 runs had been done before" in run(*SMALL, "ncm,lda", "-q", "--no-report", "--out", tmp_path / "a")[1]
    done: list[Any] = []
    monkeypatch.setattr(
        protocol_compare, "run", lambda stream, learner, **k: done.append(learner) or real(stream, learner, **k)
    )
    run(*SMALL, "ncm,lda,knn", "-q", "--no-report", "--out", tmp_path / "a")
    assert [type(d).__name__ for d in done] == ["NearestNeighbours"] * 2
    run(*SMALL, "ncm", "--stream", "class-incremental:classes=2", "-q", "--no-report", "--out", tmp_path / "a")
    assert len(done) == 4  # another stream: done anew


def test_ctrl_c_keeps_what_is_finished(run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = NearestMean.partial_fit, []

    def interrupting(self: Any, X: Any, y: Any = None, *, modulators: Any = None) -> Any:
        calls.append(len(X))
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return real(self, X, y, modulators=modulators)

    monkeypatch.setattr(NearestMean, "partial_fit", interrupting)
    code, out, err = run(*SMALL, "blind,ncm", "-q", "--out", tmp_path / "a")
    assert (code, out) == (1, "")
    assert f"1 of 4 runs are kept in {tmp_path / 'a'}" in err
    code, out, _ = run(*SMALL, "blind,ncm", "-q", "--out", tmp_path / "a")
    assert code == 0 and "1 of 4 runs had been done before" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stream", "clas-incremental"], "did you mean 'class-incremental'"),
        (["--stream", "class-incremental:classes=11"], "1 to 9 is needed"),
        (["--stream", "label-noise:kind=classs"], "did you mean 'class'"),
        (["--learners", "nmc"], "did you mean 'ncm'"),
        (["--learners", "knn:neighbors=3"], "did you mean 'neighbours'"),
        (["--learners", "ncm,ncm"], "one is there twice"),
        (["--learners", "cortical:random_state=4"], "use --seeds"),
        (["--learners", "knn:seed=4"], "use --seeds"),
        (["--learners", "cortical:sheet=uniform", "--arms", "swapped"], "the arm 'swapped' sets it too"),
        (["--learners", "cortical:units=random", "--arms", "imprinted"], "the arm 'imprinted' sets it too"),
        (["--learners", "knn:neighbours=1.5"], "is 1.5; a whole number is needed"),
        (["--learners", "fly:active=few"], "is 'few'; a number is needed"),
        (["--learners", "softmax:rate=fast"], "is 'fast'; a number is needed"),
        (["--learners", "local:features=100"], "use --set features"),
        (["--stream", "few-shot:new=11"], "11 is no class of digits"),
        (["--seeds", "many"], "give how many (5) or which (3,7)"),
        (["--seeds", "0"], "at least one seed"),
        (["--seeds", "1,1"], "different whole numbers"),
        (["--data", "gone"], "gone: is not there"),
        (["--set", "most=0"], "at least 1"),
        (["--set", "sed=1"], "did you mean 'seeds'"),
        (["--set", "bytes=100", "--learners", "relu-bytes"], "100 bytes are too few"),
    ],
)
def test_mistakes_exit_with_2_before_anything_is_run(run: Run, tmp_path: pathlib.Path, arguments: list[str], said: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in " ".join(err.split()), err
    assert "Traceback" not in err
    assert not (tmp_path / "runs").exists()


def test_a_mistake_with_json_is_one_document(run: Run) -> None:
    code, out, _ = run("--json", "--stream", "drift")
    assert code == 2 and "concept-drift" in json.loads(out)["error"]


def test_a_folder_that_cannot_be_made(run: Run, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, _, err = run(*SMALL, "blind", "--out", tmp_path / "file" / "below")
    assert code == 2 and "cannot be made" in err


def test_streams_and_learners_are_listed(run: Run) -> None:
    code, out, _ = run("--streams")
    assert code == 0
    for name in ("lifelong", "few-shot", "cortical", *BASELINES):
        assert f"  {name} " in out
    for text in ("  full\n", "size=large", "critical_period=auto", "neighbours=3", "held_out=0.2  Share that is held out"):
        assert text in out
    assert max(map(len, out.splitlines())) <= 80
    document = json.loads(run("--streams", "--json")[1])
    assert {"streams", "learners", "arms"} <= set(document)
    assert "full" in document["arms"] and "cortical" in document["learners"]


def test_every_setting_that_is_listed_says_what_it_is_and_can_be_given(run: Run) -> None:
    """Each default, given as it is listed, is the default."""
    from isocortex.config import load_config  # noqa: PLC0415
    from isocortex.learn.protocol_compare import Comparison  # noqa: PLC0415
    from isocortex.learn.streams.registry import recipe  # noqa: PLC0415

    document = json.loads(run("--streams", "--json")[1])
    assert set(document["set"]) == set(Comparison.field_names())
    for name, found in document["stream_settings"].items():
        given = [f"{k}={about['default']}" for k, about in found.items() if about["default"] != "None"]
        assert recipe(f"{name}:{','.join(given)}") == recipe(name)
    given = [f"{k}={about['default']}" for k, about in document["set"].items() if about["default"] != "None"]
    assert load_config(Comparison, None, given) == Comparison()
    for found in (document["set"], *document["stream_settings"].values()):
        assert all(about["doc"] for about in found.values())


def test_arms_bring_in_the_learner_that_they_are_arms_of(run: Run) -> None:
    """Two seeds say nothing of an interval, however narrow: no star, and it says so; both costs stand in the table."""
    options = (*SMALL, "ncm", "--arms", "imprinted", "--stream", "few-shot:new=3,among=10", "--set", "checks=1", "-q")
    code, out, err = run(*options, "--no-report")
    assert code == 0, err
    assert "cortical" in out and "imprinted" in out
    tables, _, notes = out.partition("mean_j R[T, j]")
    assert "*" not in tables and "no * below 3 seeds" in notes
    assert "learn s/1000" in tables and "predict s/1000" in tables
    row = json.loads(run(*options, "--no-report", "--json")[1])["rows"][0]
    assert row["seconds"] > 0 and row["predict_seconds"] > 0


@pytest.mark.parametrize(("n", "said"), [(1, "one seed"), (2, "two seeds"), (3, "interval clear of zero")])
def test_the_headline_says_nothing_of_fewer_than_three_seeds(n: int, said: str) -> None:
    from isocortex.report.learning.page import headline  # noqa: PLC0415

    low, high = (float("nan"),) * 2 if n == 1 else (0.01, 0.01)
    own = {
        "baseline": False,
        "title": "cortical",
        "accuracy": 0.9,
        "difference": {"mean": 0.01, "low": low, "high": high, "n": n},
    }
    rows = [
        own | {"learner": "cortical"},
        {"baseline": True, "learner": "ncm", "title": "nearest class mean", "accuracy": 0.89},
    ]
    assert said in headline({"best_baseline": "ncm", "data": "digits", "stream": "class-incremental", "rows": rows})


def test_the_command_that_resumes_runs_names_the_one_that_resumes_comparisons(run: Run, tmp_path: pathlib.Path) -> None:
    run(*SMALL, "blind", "-q", "--no-report", "--out", tmp_path / "a")
    with pytest.raises(DataError, match="isocortex learn"):
        resume(tmp_path / "a")


@pytest.mark.parametrize("stream", ["lifelong", "few-shot:among=20", "covariate-shift:unlabelled=10", "imbalanced:ratio=2"])
def test_other_streams_make_tables_and_pages(run: Run, stream: str) -> None:
    code, out, err = run(
        "--set", "most=60", "--set", "shots=", "--seeds", "1", "--learners", "ncm,lda,softmax", "-q", "--stream", stream
    )
    assert code == 0, err
    assert stream in out


def test_vectors_leave_local_filters_out(run: Run, tmp_path: pathlib.Path) -> None:
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{c}" for c in "pq" for a, b in rng.normal(c == "q", 0.3, (30, 2))]
    header = "@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute class {p,q}\n@data\n"
    (tmp_path / "v.arff").write_text(header + "\n".join(rows))
    code, out, err = run(
        "--data", tmp_path / "v.arff", "--set", "shots=", "--set", "features=20", "--seeds", "1", "-q", "--json", "--no-report"
    )
    assert code == 0, err
    names = [r["learner"] for r in json.loads(out)["rows"]]
    assert "local" not in names and "relu-bytes" in names


class Fake(NearestMean):
    """Stands in for the cortical learner: has its constructor and its arms."""

    def __init__(self, random_state: int = 0, sheet: str | None = None, units: str = "learned") -> None:
        super().__init__()
        self.random_state, self.sheet, self.units = random_state, sheet, units

    def partial_fit(self, X: Any, y: Any = None, *, modulators: Any = None) -> Any:
        """At an arm with a lesion it learns from dark images, that is, nothing."""
        return super().partial_fit(X if self.sheet is None else np.zeros_like(X), y)

    def transform(self, X: Any) -> Any:
        return np.zeros((len(X), 90))


def test_the_cortical_learner_and_its_arms_are_taken_in_when_there(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    from isocortex.learn import protocol_learners  # noqa: PLC0415

    modules = {"isocortex.learn.classifier": types.SimpleNamespace(CorticalClassifier=Fake)}
    found = types.SimpleNamespace(import_module=modules.__getitem__, util=types.SimpleNamespace(find_spec=modules.get))
    monkeypatch.setattr(protocol_learners, "importlib", found)
    code, out, err = run(
        *SMALL, "cortical,ncm,relu", "--arms", "uniform,without:gate", "--json", "-q", "--no-report", "--out", tmp_path / "a"
    )
    assert code == 0, err
    document = json.loads(out)
    assert [r["learner"] for r in document["rows"]] == ["cortical", "ncm", "relu"]
    assert set(document["arms"]) == {"full", "uniform", "without:gate"}
    difference = document["arms"]["uniform"]["difference"]
    assert difference["to"] == "cortical" and difference["mean"] < -0.3
    cortical, ncm, relu = document["rows"]
    assert not cortical["baseline"] and cortical["accuracy"] == ncm["accuracy"]
    # made equal to the cortical learner: 90 features, whose moments alone take 4 * 90 * 91 / 2 bytes
    assert 4 * 90 * 91 / 2 < relu["bytes"] < 60_000
    assert "uniform" in run(*SMALL, "cortical,ncm,relu", "--arms", "uniform", "-q", "--out", tmp_path / "a")[1]


def test_progress_tells_share_samples_and_time_to_go() -> None:
    now = [0.0]
    shown = LearnProgress(1000, enabled=False, clock=lambda: now[0])
    shown.update(0)
    now[0] = 10.0
    shown.update(250)
    shown.doing = "seed 1, lda"
    assert shown.line(250) == " 25 %  250/1,000 samples  ETA 00:30  seed 1, lda"


def test_runs_found_done_say_nothing_of_the_time_to_go() -> None:
    """A third was there at once; then 100 samples take 10 s, so that the other 600 of 1,000 take a minute."""
    now = [0.0]
    shown = LearnProgress(1000, enabled=False, clock=lambda: now[0])
    shown.update(0)
    shown.found += 300
    shown.update(300)
    assert "ETA --:--" in shown.line(300)
    now[0] = 10.0
    shown.update(400)
    assert "ETA 01:00" in shown.line(400)

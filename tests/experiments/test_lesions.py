"""The lesion matrix: protocols on columns that answer by formula, verdicts of made-up scores, and runs that stop and go on."""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from isocortex.cli import main
from isocortex.errors import DataError, DescriptionError
from isocortex.experiments.lesions import capabilities as C
from isocortex.experiments.lesions import matrix as runs
from isocortex.experiments.lesions.arms import Arm, arms_of, usual_arms
from isocortex.experiments.lesions.capabilities import CAPABILITIES, PLAN, Capability, Plan
from isocortex.experiments.lesions.column import Columns, Stopped, cortex
from isocortex.experiments.lesions.config import Config
from isocortex.experiments.lesions.judge import Matrix, document, judge
from isocortex.experiments.lesions.subject import CELLS, Subject
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.sheet import Entry, Sheet
from isocortex.progress import Progress
from isocortex.report.figures.lesions import save_matrix
from isocortex.results import manifest as manifests

NAMES = tuple(c.name for c in CAPABILITIES)
Scores = dict[str, dict[str, Sequence[float]]]


def quiet(*a: Any, **k: Any) -> Progress:
    return Progress(*a, **k, enabled=False)


# ------------------------------------------------------------------ protocols, on a column whose rates are known


class Known(Subject):
    """A column whose cells fire `base` Hz to a stimulus and 1 Hz to nothing, with what each presentation adds to it.

    adds : by stimulus, Hz that a presentation adds while it learns and the modulators named by `gates` are above 1.
    keeps : the share of what was added that a rest of more than a minute leaves.
    """

    def __init__(self, base: float = 10.0, keeps: float = 1.0, gates: str = "", **adds: float) -> None:
        self.base, self.keeps, self.gates, self.adds = base, keeps, gates, adds
        self.added = dict.fromkeys(adds, 0.0)
        self.levels = {"ACh": 1.0, "DA": 1.0}
        self.spikes, self.learning, self.current = {p: np.zeros((1, n)) for p, n in CELLS.items()}, True, 0.0
        self.last = ""

    def rate(self, population: str, sources: str) -> np.ndarray:
        more = sum(v for name, v in self.added.items() if name in sources)
        return np.full((1, CELLS[population]), self.base + more if sources else 1.0)

    def show(self, sources: str, ms: float) -> None:
        for p in CELLS:
            self.spikes[p] = self.spikes[p] + self.rate(p, sources) * ms / 1e3
        if self.learning:
            self.learn(sources, ms)
        self.last = sources or self.last

    def learn(self, sources: str, ms: float) -> None:
        if ms > 60e3:
            self.added = {k: self.keeps * v for k, v in self.added.items()}
        elif not self.gates or self.levels[self.gates] > 1:
            shown = sources if self.gates != "DA" else self.last  # reward comes after the stimulus
            if shown in self.adds:
                self.added[shown] += self.adds[shown]

    def counts(self, population: str) -> np.ndarray:
        return self.spikes[population]

    def modulator(self, name: str, level: float) -> None:
        self.levels[name] = level

    def excite(self, pA: float) -> None:
        self.current = pA

    def learns(self, on: bool) -> None:
        self.learning = on


def test_attention_is_the_preference_gained_and_letting_go_what_a_rest_takes_of_it() -> None:
    """Twelve presentations under acetylcholine add 12 Hz to 10: (22 - 10) / 32; a rest leaves a half: (16 - 10) / 26."""
    found = C.attention(Known(gates="ACh", keeps=0.5, A=1.0, B=1.0))
    assert found["attends"] == pytest.approx([12 / 32])
    assert found["lets_go"] == pytest.approx([12 / 32 - 6 / 26])


def test_value_is_the_preference_for_what_reward_follows_and_it_lasts_as_far_as_it_is_kept() -> None:
    found = C.reward(Known(gates="DA", keeps=0.25, A=0.5, B=0.5))
    assert found["values"] == pytest.approx([6 / 26])
    assert found["lasts"] == pytest.approx([1.5 / 21.5])


def test_binding_is_the_preference_for_the_context_that_came_with_the_stimulus() -> None:
    class Apical(Known):
        """The context that is shown with the stimulus gains 1 Hz a time, for whatever stimulus."""

        def learn(self, sources: str, ms: float) -> None:
            super().learn("C" if sources == "AC" else "", ms)

    found = C.context(Apical(keeps=0.5, C=1.0), times=4)
    assert found["binds"] == pytest.approx([4 / 24])
    assert found["recalls"] == pytest.approx([2 / 22])


def test_tuning_is_the_mean_preference_of_cells_that_fire_whichever_way_it_goes() -> None:
    """Before, no cell tells A from B. After, of 40 cells 10 prefer A and 10 B, 3 to 1, and 20 are silent: 1/2 on average."""

    class Tuned(Known):
        def rate(self, population: str, sources: str) -> np.ndarray:
            found = np.zeros((1, CELLS[population]))
            found[:, :10], found[:, 10:20] = (3.0, 1.0) if sources == "A" else (1.0, 3.0)
            return found if self.added["A"] > 0 else np.ones_like(found)

    assert C.exposure(Tuned(A=1.0))["tunes"] == pytest.approx([0.5])


@pytest.mark.parametrize(("after", "holds"), [(8.0, 0.0), (4.0, 1.0), (4.0 * 2**0.5, 0.5), (2.0, 0.0), (16.0, -1.0)])
def test_holding_is_by_how_many_octaves_rates_come_back_and_overshoot_counts_against_it(after: float, holds: float) -> None:
    """4 Hz before, 8 at first under the current."""

    class Excited(Known):
        def rate(self, population: str, sources: str) -> np.ndarray:
            now = 4.0 if not self.current else after if self.added["A"] else 8.0
            return np.full((1, CELLS[population]), now)

    assert C.excitation(Excited(A=1.0))["holds"] == pytest.approx([holds])


def test_a_column_that_learns_nothing_scores_nothing() -> None:
    for protocol in PLAN.protocols:
        assert all(v == pytest.approx([0.0]) for v in protocol(Known()).values())


def test_nothing_is_learned_while_responses_are_looked_at() -> None:
    column = Known(A=1.0)
    assert column.responses("L23E", "A", "", times=2)[0] == pytest.approx(np.full((1, 40), 10.0))
    assert column.added["A"] == 0 and column.learning


def test_protocols_score_every_capability_once_and_their_time_is_counted() -> None:
    scored = [name for protocol in PLAN.protocols for name in protocol(Known())]
    assert scored == list(NAMES)
    look = 2 * 8 * 0.6  # s: two stimuli, eight times, half a second and a pause each
    exposure, attention = 2 * look + 60 * 0.8, 3 * look + 12 * 1.6 + 120
    reward, context = 3 * look + 12 * 5.5 + 180, 3 * look + 12 * 2.4 + 120
    assert PLAN.duration() == pytest.approx(1e3 * (30 + exposure + attention + reward + context + 30 + 60))


# ------------------------------------------------------------------ arms


def test_the_usual_arms_are_the_controls_and_every_mechanism_of_the_sheet() -> None:
    parts = ("triplet", "transmitter_induced", "gate", "relaxation", "eligibility", "tagging", "burst", "consolidation")
    assert usual_arms(Sheet.load("mechanisms")) == (
        "full", "off", "uniform", "swapped", *(f"without:{p}" for p in (*parts, "inhibitory_stdp", "scaling"))
    )  # fmt: skip


def test_a_sheet_that_names_no_layers_has_none_exchanged() -> None:
    sheet = Sheet((Entry("kind=lateral", (PairSTDP(),), "alike in all layers"),))
    assert usual_arms(sheet) == ("full", "off", "uniform", "without:pair_stdp")


def test_every_mechanism_of_the_sheet_is_somewhere_in_the_columns_and_all_that_is_needed_is_a_mechanism() -> None:
    arms = {a.name: a for a in arms_of(Config(columns=3))}
    assert not any(a.absent for a in arms.values())
    for name, arm in arms.items():
        if name.startswith("without:"):
            assert arm.lost == {name.removeprefix("without:")}
    assert arms["off"].lost >= {part for c in CAPABILITIES for part in c.needs}
    assert arms["full"].lost == frozenset()


def test_an_arm_that_changes_no_pathway_is_absent(tmp_path: pathlib.Path) -> None:
    sheet = tmp_path / "mine.toml"
    sheet.write_text(
        'schema = 1\n[[entry]]\nselect = "kind=lateral"\nparts = [{ name = "triplet" }]\n'
        '[[entry]]\nselect = "*.* -> *.L6E"\noptional = true\nparts = [{ name = "bcm" }]\n'
    )
    found = arms_of(Config(sheet=str(sheet), arms=("full", "without:bcm", "without:triplet")))
    assert [(a.name, a.absent) for a in found] == [("full", False), ("without:bcm", True), ("without:triplet", False)]


def test_the_sheet_says_why_and_goes_for_other_areas() -> None:
    sheet = Sheet.load("mechanisms")
    assert all(len(e.doc) > 20 and e.optional for e in sheet.entries)
    assert not sheet.explain(cortex(2)).unmatched
    stacks = sheet.resolve(cortex(2))
    assert {p.kind for p in cortex(2).all_projections()} == {"thalamic", "lateral", "interneuron", "feedback"}
    assert "V2.C->V2.L5E:apical" in stacks and "V1.L5E->V1.L5SST" not in stacks


# ------------------------------------------------------------------ verdicts

TWO = (Capability("sees", "It sees", "share", ("a", "b")), Capability("hears", "It hears", "share", ("b",)))


def arm(name: str, *lost: str, absent: bool = False) -> Arm:
    return Arm(name, frozenset(lost), absent)


def judged(**scores: tuple[Sequence[float], Sequence[float]]) -> Matrix:
    """A matrix of two capabilities. ``a=...`` is the arm without a, and so on."""
    lost = {"a": ("a",), "b": ("b",), "c": ("c",), "uniform": (), "swapped": ("b",), "full": ()}
    arms = [arm(name if len(name) > 1 else f"without:{name}", *lost[name]) for name in scores]
    plain = {a.name: dict(sees=one, hears=other) for a, (one, other) in zip(arms, scores.values(), strict=True)}
    return judge(arms, plain, TWO)


FULL = [1.0, 1.1, 0.9, 1.0]
NONE = [0.01, -0.02, 0.02, -0.01]
HALF = [0.5, 0.58, 0.42, 0.5]
TWICE = [2.0, 2.15, 1.85, 2.0]
VAGUE = [1.4, 0.8, 1.0, 0.9]


@pytest.mark.parametrize(
    ("scores", "verdict"), [(NONE, "lost"), (HALF, "less"), (FULL, "same"), (VAGUE, "same"), (TWICE, "more")]
)
def test_a_verdict_says_what_is_left(scores: list[float], verdict: str) -> None:
    assert judged(full=(FULL, FULL), c=(scores, FULL)).rows[0].cells["sees"].verdict == verdict


def test_p_is_that_of_the_paired_t_test() -> None:
    """Differences 1, 2, 3: t = 2 sqrt(3), and with two degrees of freedom p = 1 - t / sqrt(t^2 + 2)."""
    found = judge([arm("full"), arm("off")], dict(full=dict(sees=[1, 2, 3]), off=dict(sees=[0, 0, 0])), TWO[:1])
    assert found.rows[0].cells["sees"].q == pytest.approx(1 - 12**0.5 / 14**0.5)


def test_false_discoveries_are_counted_over_the_whole_matrix() -> None:
    """Benjamini and Hochberg: of four, the smallest p is multiplied by four; one of them alone would be clear."""
    full, weak = [1.0, 1.0, 1.0], [0.7, 0.8, 0.75]  # t = sqrt(75), p = 1 - sqrt(75 / 77) = 0.0131
    p = 1 - (75 / 77) ** 0.5
    alone = judge([arm("full"), arm("x")], dict(full=dict(sees=full), x=dict(sees=weak)), TWO[:1])
    assert alone.rows[0].cells["sees"].verdict == "less"
    among = judge(
        [arm("full"), arm("x"), arm("y")],
        {k: dict(sees=weak if k == "x" else full, hears=full) for k in ("full", "x", "y")},
        TWO,
    )
    assert among.rows[0].cells["sees"].q == pytest.approx(4 * p)
    assert among.rows[0].cells["sees"].verdict == "same"
    assert among.rows[1].cells["hears"].q == 1.0


def test_columns_are_paired() -> None:
    """Columns differ by ten times what the lesion takes."""
    columns = np.array([1.0, 5.0, 9.0, 13.0])
    less = (columns - [0.4, 0.42, 0.38, 0.4]).tolist()
    cell = judged(full=(columns.tolist(), FULL), c=(less, FULL)).rows[0].cells["sees"]
    assert cell.clear and cell.less.mean == pytest.approx(0.4)


def test_what_was_expected_is_found_or_not_and_what_was_not_expected_is_listed() -> None:
    found = judged(full=(FULL, FULL), a=(NONE, HALF), b=(FULL, NONE), c=(TWICE, NONE))
    assert found.needed(TWO[0]) == dict(a="lost", b="same")
    assert found.needed(TWO[1]) == dict(b="lost")
    assert [(name, capability) for name, capability, _ in found.unexpected()] == [
        ("without:a", "hears"),
        ("without:c", "hears"),
    ]
    assert {row.arm.name: [c.expected for c in row.cells.values()] for row in found.rows} == {
        "without:a": [True, False], "without:b": [True, True], "without:c": [False, False]
    }  # fmt: skip


def test_a_part_that_was_not_taken_away_or_is_nowhere_is_no_finding() -> None:
    scores = {name: dict(sees=FULL, hears=FULL) for name in ("full", "off")}
    found = judge([arm("full"), arm("off", "a", "b"), arm("without:a", absent=True)], scores, TWO)
    assert found.needed(TWO[0]) == dict(a="absent", b="not asked")
    assert found.rows[1].cells == {}


def test_a_capability_is_there_if_it_is_clear_of_zero_and_of_the_layers_if_both_controls_have_less() -> None:
    found = judged(full=(FULL, NONE), uniform=(HALF, NONE), swapped=(NONE, NONE))
    assert (found.there("sees"), found.layer_specific("sees")) == (True, True)
    assert (found.there("hears"), found.layer_specific("hears")) == (False, False)
    assert judged(full=(FULL, FULL), uniform=(VAGUE, NONE), swapped=(NONE, NONE)).layer_specific("sees") is False
    assert judged(full=(FULL, FULL), uniform=(NONE, NONE)).layer_specific("sees") is None


def test_what_is_not_there_cannot_be_lost_against_expectation() -> None:
    """The full sheet is clearly above the arm, but not above zero."""
    found = judged(full=([0.1, -0.1, 0.12, -0.1], FULL), c=([-0.9, -1.1, -0.88, -1.1], FULL))
    assert found.rows[0].cells["sees"].breaks and not found.there("sees")
    assert found.unexpected() == []


def test_the_document_is_plain_and_whole() -> None:
    found = json.loads(json.dumps(document(judged(full=(FULL, FULL), a=(NONE, FULL))), allow_nan=False))
    assert [c["needs"] for c in found["capabilities"]] == [dict(a="lost", b="not asked"), dict(b="not asked")]
    (row,) = found["arms"]
    assert row["scores"]["sees"]["columns"] == NONE and row["scores"]["sees"]["verdict"] == "lost"


# ------------------------------------------------------------------ runs that stop and go on


class Formula(Known):
    """Columns that need no engine: each scores a number of its own, more by 1 with a sheet than without."""

    made: list[str] = []

    def __init__(self, columns: int, sheet: Sheet | None, *, dt: float, seed: int, tell: Callable[..., bool]) -> None:
        super().__init__()
        self.columns, self.level, self.tell = columns, seed + (sheet is not None), tell
        self.made.append("off" if sheet is None else sheet.name)

    def keep(self) -> None:
        pass

    def again(self) -> None:
        if self.tell(1.0, {}):
            raise Stopped


def one_by_one(
    job: Callable[..., Any], names: Sequence[str], arguments: tuple[Any, ...], total: float, progress: object, stopping: str
) -> None:
    for name in names:
        job(name, *arguments, lambda done, rates: False)


def numbered(c: Subject) -> Mapping[str, np.ndarray]:
    return {name: c.level + np.arange(c.columns) / 10 for name in NAMES} if isinstance(c, Formula) else {}


SHORT = Plan(lambda c: None, (numbered,))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sheets that columns were made with; these need no engine and no processes."""
    monkeypatch.setattr(Formula, "made", [])
    monkeypatch.setattr(runs, "Columns", Formula)
    monkeypatch.setattr(runs, "side_by_side", one_by_one)
    return Formula.made


def small(out: pathlib.Path, *arms: str, **more: Any) -> Config:
    return Config(columns=3, arms=arms or ("full", "off"), out=str(out), **more)


def test_every_arm_is_kept_and_none_is_run_twice(made: list[str], tmp_path: pathlib.Path) -> None:
    found = runs.run(small(tmp_path), quiet, SHORT)
    assert runs.scores(found)["full"]["tunes"] == [1.0, 1.1, 1.2]
    assert runs.scores(found)["off"]["tunes"] == [0.0, 0.1, 0.2]
    assert manifests.read(tmp_path / "run.json")["status"] == "finished"
    made.clear()
    more = runs.run(small(tmp_path, "full", "off", "without:burst"), quiet, SHORT)
    assert made == ["mechanisms, without burst"]
    assert {k: more[k] for k in found} == found


def test_an_arm_that_failed_is_run_again_and_the_others_are_not(
    made: list[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(job: Callable[..., Any], names: Sequence[str], arguments: tuple[Any, ...], *more: Any) -> None:
        one_by_one(job, names[:1], arguments, *more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(runs, "side_by_side", killed)
        with pytest.raises(KeyboardInterrupt):
            runs.run(small(tmp_path), quiet, SHORT)
    assert manifests.read(tmp_path / "run.json")["status"] == "interrupted"
    made.clear()
    runs.run(small(tmp_path), quiet, SHORT)
    assert made == ["off"]


def test_an_arm_that_is_stopped_leaves_no_scores(made: list[str], tmp_path: pathlib.Path) -> None:
    runs.run_arm("full", small(tmp_path), SHORT, lambda done, rates: True)
    assert not list(tmp_path.iterdir())


def test_an_absent_arm_is_not_run(made: list[str], tmp_path: pathlib.Path) -> None:
    sheet = tmp_path / "mine.toml"
    sheet.write_text((Sheet.load("mechanisms") + Sheet.from_toml(
        '[[entry]]\nselect = "*.* -> *.L6E"\noptional = true\nparts = [{ name = "bcm" }]'
    )).to_toml())  # fmt: skip
    config = small(tmp_path / "run", "full", "without:bcm", sheet=str(sheet))
    pathlib.Path(config.out).mkdir()
    assert list(runs.run(config, quiet, SHORT)) == ["full"]
    found = judge(arms_of(config), runs.scores(runs.run(config, quiet, SHORT)))
    assert found.rows[0].arm.absent and found.rows[0].cells == {}


@pytest.mark.parametrize(
    ("more", "words"),
    [(dict(seed=1), "has seed = 0, this command 1"), (dict(dt=0.25), "has dt = 0.5, this command 0.25"),
     (dict(sheet="default"), "has sheet = 'mechanisms'")],
)  # fmt: skip
def test_a_folder_of_other_settings_is_refused(
    more: dict[str, Any], words: str, made: list[str], tmp_path: pathlib.Path
) -> None:
    runs.run(small(tmp_path), quiet, SHORT)
    with pytest.raises(DataError, match=words):
        runs.prepare(small(tmp_path, **more))


def test_a_folder_of_another_sheet_of_the_same_name_or_of_another_run_is_refused(
    made: list[str], tmp_path: pathlib.Path
) -> None:
    sheet, folder = tmp_path / "mine.toml", tmp_path / "run"
    folder.mkdir()
    sheet.write_text(Sheet.load("mechanisms").to_toml())
    runs.run(small(folder, sheet=str(sheet)), quiet, SHORT)
    sheet.write_text(Sheet.load("mechanisms").paced(2.0).to_toml())
    with pytest.raises(DataError, match="another sheet or other rules of this name"):
        runs.prepare(small(folder, sheet=str(sheet)))
    manifests.write(folder / "run.json", manifests.manifest(seed=0, config={}, experiment="digits"))
    with pytest.raises(DataError, match="is no lesion matrix"):
        runs.prepare(small(folder))
    with pytest.raises(DataError, match=r"run.json: is missing"):
        runs.prepare(small(tmp_path))


def test_a_damaged_file_says_which_arm_to_run_again(made: list[str], tmp_path: pathlib.Path) -> None:
    runs.run(small(tmp_path), quiet, SHORT)
    (tmp_path / "off.arm.json").write_text("{}")
    with pytest.raises(DataError, match=r"off.arm.json: is damaged .*delete it to run this arm again"):
        runs.run(small(tmp_path), quiet, SHORT)


# ------------------------------------------------------------------ on the engine

TINY = Plan(
    functools.partial(C.settle, seconds=1),
    (
        functools.partial(C.exposure, times=1, looks=1),
        functools.partial(C.attention, times=1, rest=100.0, looks=1),
        functools.partial(C.reward, times=1, rest=100.0, looks=1),
        functools.partial(C.context, times=1, rest=100.0, looks=1),
        functools.partial(C.excitation, seconds=1, looks=1),
    ),
)


def test_scores_are_the_same_in_processes_of_their_own_and_the_time_is_as_counted(tmp_path: pathlib.Path) -> None:
    """Two arms side by side; one of them again in this process."""
    beside, alone = small(tmp_path / "beside", "full", "off"), small(tmp_path / "alone", "full")
    for config in (beside, alone):
        pathlib.Path(config.out).mkdir()
    found = runs.scores(runs.run(beside, quiet, TINY))
    told: list[tuple[float, Mapping[str, float]]] = []
    runs.run_arm("full", alone, TINY, lambda done, rates: told.append((done, rates)) is not None)
    kept = json.loads((tmp_path / "alone" / "full.arm.json").read_text())
    assert kept["scores"] == found["full"] != found["off"]
    assert told[-1][0] == TINY.duration()
    assert set(told[-1][1]) == {"L23", "L5"} and all(1 < rate < 20 for rate in told[-1][1].values())


def test_columns_learn_only_while_they_may_and_go_back_to_what_was_kept() -> None:
    columns = Columns(2, Sheet.load("mechanisms"), dt=0.5, seed=0, tell=lambda done, rates: False)

    def weights() -> np.ndarray:
        return np.concatenate([columns.sim.weights(f"V{i}.A->V{i}.L23E:basal").w for i in (1, 2)])

    columns.keep()
    first = weights()
    columns.learns(False)
    columns.show("A", 200.0)
    assert (weights() == first).all()
    assert (columns.counts("L23E").sum(1) > 0).all() and columns.counts("L5E").shape == (2, 40)
    columns.learns(True)
    columns.modulator("NE", 2.0)  # nothing listens, and nothing is said
    columns.show("A", 300.0)
    seen = weights(), columns.counts("L23E")
    assert (seen[0] != first).any()
    columns.again()
    assert (weights() == first).all() and not columns.counts("L23E").any()


def test_a_column_that_is_told_to_stop_does() -> None:
    columns = Columns(1, None, dt=0.5, seed=0, tell=lambda done, rates: True)
    with pytest.raises(Stopped):
        columns.show("", 100.0)


# ------------------------------------------------------------------ the command


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A run that only says which arms it was asked for, and gives each made-up scores: 0 where a part is missing."""
    asked: list[tuple[str, ...]] = []

    def run(config: Config, progress: object, prepared: Sequence[Arm]) -> dict[str, Any]:
        arms = [a for a in prepared if not a.absent]
        asked.append(tuple(a.name for a in arms))
        noise = np.random.default_rng(0)
        return {
            a.name: dict(
                scores={c.name: (not a.lost & set(c.needs)) + noise.normal(0, 0.01, config.columns) for c in CAPABILITIES}
            )
            for a in arms
        }

    monkeypatch.setattr(runs, "run", run)
    return asked


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["lesions", *map(str, arguments)])
    printed = capsys.readouterr()
    return int(left.value.code or 0), printed.out, printed.err


def test_the_command_prints_the_matrix_and_draws_it(
    kept: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    plot = tmp_path / "matrix.svg"
    code, printed, _ = call(capsys, "--out", tmp_path / "run", "--plot", plot, "--quiet")
    assert code == 0
    assert "tunes: Cells of L2/3" in printed and "needs triplet (found: lost)" in printed
    (gate,) = [line for line in printed.splitlines() if line.split()[:1] == ["gate"]]
    assert gate.count("▼*") == 2, "attends and lets_go"
    text = plot.read_text()
    assert "without inhibitory_stdp" in text and "one rule for all layers" in text and "binds" in text


def test_the_commands_document_has_everything(
    kept: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    code, printed, _ = call(capsys, "--out", tmp_path, "--arms", "full,without:burst", "--set", "columns=4", "--json", "-q")
    found = json.loads(printed)
    assert (code, found["seed"], found["columns"], found["sheet"]) == (0, 0, 4, "mechanisms")
    assert kept == [("full", "without:burst")]
    assert {c["name"]: c["needs"] for c in found["capabilities"]}["binds"] == dict(burst="lost")
    assert found["arms"][0]["parts_lost"] == ["burst"]


def test_a_stop_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(config: Config, progress: object, prepared: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "run", stopped)
    code, printed, said = call(capsys, "--out", tmp_path)
    assert (code, printed) == (1, "") and "the same command again goes on" in said


def test_the_keys_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed, _ = call(capsys, "--keys")
    assert code == 0 and "columns" in printed and "mechanisms" in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--arms", "full,without:tripplet"], "did you mean 'triplet'"),
        (["--arms", "full,unifrm"], "did you mean 'uniform'"),
        (["--arms", "off"], "'full' is needed"),
        (["--sheet", "mechanism"], "did you mean 'mechanisms'"),
        (["--sheet", "none.toml"], "cannot be read"),
        (["--set", "column=4"], "did you mean 'columns'"),
        (["--set", "columns=2"], "at least 3"),
        (["--seed", "-1"], "at least 0"),
        (["--plot", "x.gif"], "must end in"),
        (["--plot", "nowhere/x.svg"], "is not there"),
        (["--rules", "none.py"], "none.py"),
        (["--columns", "4"], "columns is a key: --set columns=..."),
    ],
)
def test_a_mistake_is_told_before_anything_is_run(
    arguments: list[str], words: str, kept: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, printed, said = call(capsys, *arguments)
    assert (code, printed, kept) == (2, "", [])
    assert words in said
    assert not list(tmp_path.iterdir())


def test_a_capability_that_is_not_there_and_an_absent_arm_are_drawn_without_colour(tmp_path: pathlib.Path) -> None:
    scores = {name: dict(sees=FULL, hears=NONE) for name in ("full", "off")}
    found = judge([arm("full"), arm("off", "a"), arm("without:a", absent=True)], scores, TWO)
    save_matrix(found, tmp_path / "matrix.svg")
    assert (tmp_path / "matrix.svg").read_text().count("absent") == 2


def test_arms_are_given_once() -> None:
    with pytest.raises(DescriptionError, match="each once"):
        Config(arms=("full", "full"))

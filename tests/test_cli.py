"""The command line: exit codes, what goes to which stream, and what a mistake is told."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from isocortex import experiments, rules
from isocortex.cli import main
from isocortex.commands import doctor
from isocortex.commands.rules import parameters as rule_rows
from isocortex.describe import Description, choice, quantity
from isocortex.errors import RunError
from isocortex.plasticity import registry
from isocortex.report.store import load_run
from report_fixture import made_up_arrays, made_up_summary

KEPT = ("weights", "examples")  # enough for a page, quickly drawn
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(a) for a in arguments])
        printed = capsys.readouterr()
        return int(left.value.code or 0), printed.out, printed.err

    return call


class Config(Description):
    seed: int = 0
    dt: float = quantity(0.5, "ms", above=0)
    data: str = choice("digits", ("digits", "mnist"))
    out: str | None = None


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> types.SimpleNamespace:
    """A main job that does nothing but say so, in place of the real one."""

    arrays = {k: v for k, v in made_up_arrays().items() if k in KEPT}

    def finished(config: Config, progress: Callable[..., Any], keep: Callable[..., None], *_: object) -> dict[str, Any]:
        with progress(1000.0, title="full") as shown:
            shown.update(0.0)
            shown.update(1000.0, {"L23E": 1.5})
        print("noise from a library")
        found = made_up_summary() | dict(seed=config.seed, arrays=arrays)
        keep(found)
        return found

    made = types.SimpleNamespace(Config=Config, run=finished, prepare=lambda config: None)
    made.resume = lambda folder, progress, keep: finished(Config(seed=11), progress, keep)
    monkeypatch.setattr(experiments, "digits", made, raising=False)
    return made


def test_help_lists_the_verbs(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for verb in ("run", "claims", "lesions", "learn", "invitro", "resume", "report", "rules", "sheet", "bench", "doctor"):
        assert f" {verb} " in out


def test_the_command_starts_without_the_heavy_libraries() -> None:
    heavy = ("jax", "numba", "matplotlib", "zarr", "scipy", "sklearn", "numpy")
    code = f"import sys, isocortex.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"})
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "'run'"),
        (["run", "--sead", "1"], "--seed"),
        (["rules", "pair_stpd"], "did you mean 'pair_stdp'?"),
        (["sheet", "--area", "potjan"], "did you mean 'potjans'?"),
        (["sheet", "none.toml", "--area", "potjans"], "none.toml"),
        (["rules", "mine"], "(for one of your own give its file first: --rules FILE"),
        (["rules", "--plot", "x.png"], "needs a rule"),
        (["rules", "--set", "eta=1"], "--set: needs a rule"),
        (["rules", "triplet", "--set", "foo=1"], "TripletSTDP.foo: no such key (in --set foo=1)"),
        (["rules", "triplet", "--set", "eta=-1"], "TripletSTDP.eta: is -1; must be at least 0"),
        (["rules", "triplet", "--set", "tau_plus='3 mV'"], "TripletSTDP.tau_plus: '3 mV' is a voltage"),
        (["rules", "pair_stdp", "--plot", "x.gif"], "must end in .svg, .png, .pdf"),
        (["rules", "soft", "--plot", "x.png"], "Soft: is no rule of induction"),
        (["rules", "pair_stdp", "--plot", "x.png", "--set", "A_pluss=1"], "did you mean 'A_plus'?"),
        (["bench", "plastik"], "did you mean 'plastic'?"),
        (["run", "--neurons", "400"], "no option --neurons; neurons is a key: --set neurons=..."),
        (["run", "--nuerons=400"], "did you mean the key neurons?"),
        (["claims", "--learn", "20"], "learn is a key"),
        (["run", "--rules", "none.py"], "Config.rules"),
        (["sheet", "none.toml"], "sheet 'none.toml': cannot be read (No such file or directory); a TOML file or one of"),
        (["sheet", "--out", "no/such/folder/x.toml"], "cannot be written (No such file or directory); choose another file"),
        (["resume", "nowhere"], "nowhere is no folder"),
        (["report", "nowhere"], "cannot be read"),
    ],
)
def test_a_mistake_exits_with_2_says_what_is_allowed_and_leaves_stdout_alone(
    run: Run, job: object, arguments: list[str], said: str
) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert said in err
    assert "Traceback" not in err
    assert out == ""


def test_run_prints_the_table_and_writes_the_folder(run: Run, job: object, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "there"
    code, out, err = run("run", "--seed", 5, "--out", folder)
    assert code == 0
    for text in ("full", "uniform", "L23", "tau90", "0.86", "pixels_ridge 0.915", "9f2c4e1a7b3d5f60", "report.html"):
        assert text in out
    assert "noise from a library" not in out
    assert "noise from a library" in err
    assert "100 %" in err
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    summary, arrays = load_run(folder)
    assert summary["seed"] == 5
    assert set(arrays) == set(KEPT)


def test_the_table_of_a_run_fits_80_columns_and_shows_intervals(
    run: Run, job: types.SimpleNamespace, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    found = made_up_summary()
    for arm in found["arms"].values():
        for v in arm["layers"].values():
            v |= dict(
                decode_start=0.71,
                decode_digits=0.73,
                changed=-0.02,
                intervals=dict(changed=[-0.1, 0.1], reverted=[0.2, 0.6], retained=[0.7, 1.1]),
            )
    job.run = lambda *_: found
    code, out, _ = run("run", "--out", tmp_path / "a", "--no-report", "-q")
    assert code == 0
    table = out.partition("baselines")[0].splitlines()
    (row,) = [line.split() for line in table if line.strip().startswith("full")]
    assert "ridge  ridge  ridge" in out and "before  after    end" in out
    assert row == ["full", "L23", "2.1", "0.71", "0.73", "0.81", "120", "-0.02±0.10", "0.61±0.20", "0.35±0.20"]
    assert max(len(line.rstrip()) for line in table) <= 80


def test_a_long_name_of_an_arm_leaves_the_numbers_of_a_run_their_room(
    run: Run, job: types.SimpleNamespace, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    found = made_up_summary()
    intervals = dict(changed=[-0.1, 0.1], reverted=[0.2, 0.6], retained=[0.7, 1.1])
    layers = {
        name: v | dict(decode_start=0.71, decode_digits=0.73, intervals=intervals)
        for name, v in found["arms"]["full"]["layers"].items()
    }
    name = "without:inhibitory_stdp@*.* -> *.L23E"
    found["arms"] = {name: found["arms"]["full"] | dict(layers=layers)}
    job.run = lambda *_: found
    out = run("run", "--out", tmp_path / "a", "--no-report", "-q")[1]
    assert "…" not in out and out.count("0.71") == len(layers)
    table = out.partition("baselines")[0].splitlines()
    assert "without:" in "".join(table) and "*.L23E" in "".join(table)
    assert max(len(line.rstrip()) for line in table) <= 80


def test_the_keys_of_set_are_listed_with_defaults_units_and_meanings(run: Run) -> None:
    code, out, _ = run("run", "--keys")
    assert code == 0
    (shown,) = [line for line in out.splitlines() if line.split()[:1] == ["shown"]]
    assert shown.split()[1:3] == ["100", "ms"] and "an image is shown for" in shown
    keys = {row["name"]: row for row in json.loads(run("run", "--keys", "--json")[1])["keys"]}
    assert keys.keys() >= {"neurons", "learn", "look", "marks", "arms"}
    assert all(row["doc"] for row in keys.values())


def test_a_progress_says_once_what_its_letters_mean(run: Run, job: object, tmp_path: pathlib.Path) -> None:
    err = run("run", "--out", tmp_path / "a", "--no-report")[2]
    assert err.count("RTF: real-time factor, seconds of computing a biological second") == 1


def test_what_a_progress_means_is_not_said_before_a_mistake(
    run: Run, job: types.SimpleNamespace, tmp_path: pathlib.Path
) -> None:
    def fail(config: Config, *_: object) -> dict[str, Any]:
        raise RunError("cannot begin")

    job.run = fail
    assert run("run", "--out", tmp_path / "a")[2] == "isocortex: cannot begin\n"


def test_json_is_one_document_and_quiet_is_quiet(run: Run, job: object, tmp_path: pathlib.Path) -> None:
    code, out, err = run("run", "--json", "--quiet", "--out", tmp_path / "a", "--no-report")
    assert code == 0
    document = json.loads(out)
    assert document["arms"]["full"]["layers"]["L5"]["retained"] == 0.78
    assert "arrays" not in document
    assert "%" not in err
    assert not (tmp_path / "a" / "report.html").exists()


def test_an_error_with_json_is_one_document_too(run: Run, job: object) -> None:
    code, out, err = run("run", "--json", "--set", "data=minst")
    assert code == 2
    assert json.loads(out) == {
        "error": "Config.data: 'minst' is not known; allowed: digits, mnist; did you mean 'mnist'?",
        "exit_code": 2,
    }
    assert "Config.data" in err


def test_a_run_that_fails_exits_with_1(run: Run, job: types.SimpleNamespace, tmp_path: pathlib.Path) -> None:
    def fail(config: Config, *_: object) -> dict[str, Any]:
        raise RunError("V1.L5E: the potential is not finite at 12 ms")

    job.run = fail
    code, out, err = run("run", "--out", tmp_path / "a")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == "isocortex: V1.L5E: the potential is not finite at 12 ms"


def test_ctrl_c_says_how_to_resume_and_exits_with_1(run: Run, job: types.SimpleNamespace, tmp_path: pathlib.Path) -> None:
    def stop(config: Config, *_: object) -> dict[str, Any]:
        raise KeyboardInterrupt

    job.run = stop
    code, _, err = run("run", "--out", tmp_path / "a")
    assert code == 1
    assert f"isocortex resume {tmp_path / 'a'}" in err


def test_resume_goes_on_in_its_folder(run: Run, job: object, tmp_path: pathlib.Path) -> None:
    code, out, _ = run("resume", tmp_path, "--json", "-q")
    assert (code, json.loads(out)["seed"]) == (0, 11)
    assert (tmp_path / "summary.json").exists()


def test_a_folder_with_something_in_it_is_not_written_to(run: Run, job: object, tmp_path: pathlib.Path) -> None:
    (tmp_path / "mine").write_text("", encoding="utf-8")
    code, _, err = run("run", "--out", tmp_path)
    assert code == 2
    assert "not empty" in err
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_without_out_every_run_has_a_folder_of_its_own(
    run: Run, job: object, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(3):
        assert run("run", "-q", "--no-report")[0] == 0
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == ["digits-seed0", "digits-seed0-2", "digits-seed0-3"]


def test_a_report_can_be_written_again(run: Run, job: object, tmp_path: pathlib.Path) -> None:
    run("run", "-q", "--out", tmp_path / "a")
    before = (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    code, out, _ = run("report", tmp_path / "a", "--out", tmp_path / "again.html", "--json")
    assert code == 0
    assert json.loads(out)["report"] == str(tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == before


def test_a_rule_is_shown_with_units_defaults_and_sources(run: Run) -> None:
    code, out, _ = run("rules", "pair_stdp")
    assert code == 0
    for text in ("tau_plus", "20", "ms", "> 0", "Song, Miller & Abbott 2000", "song2000", "all, nearest", "dw = "):
        assert text in out
    document = json.loads(run("rules", "pair_stdp", "--json")[1])
    (tau,) = [p for p in document["parameters"] if p["name"] == "tau_plus"]
    assert (tau["default"], tau["unit"], tau["allowed"]) == (20.0, "ms", "> 0")


def test_a_rule_is_shown_as_it_is_set(run: Run) -> None:
    code, out, err = run("rules", "triplet", "--set", "tau_plus=15", "--set", "tau_minus='0.03 s'")
    assert code == 0
    assert "value" in out
    assert err == "tau_plus: 15 without a unit is taken in ms\n"
    document = json.loads(run("rules", "triplet", "--set", "tau_minus='0.03 s'", "--json")[1])
    values = {p["name"]: (p["default"], p["value"]) for p in document["parameters"]}
    assert values["tau_minus"][1] == 30.0
    assert values["tau_plus"][0] == values["tau_plus"][1]


def test_what_a_rule_is_imported_as_works(run: Run) -> None:
    for name in registry.parts():
        document = json.loads(run("rules", name, "--json")[1])
        found: dict[str, Any] = {}
        exec(document["import"], found)
        assert found[document["import"].split()[-1]] is registry.part(name)
    assert "from isocortex.rules import TripletSTDP" in run("rules", "triplet")[1]


def test_all_parts_of_the_library_are_in_one_place() -> None:
    assert {getattr(rules, name) for name in rules.__all__} == set(registry._builtin().values())


def test_python_m_runs_the_command() -> None:
    command = [sys.executable, "-m", "isocortex", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"})
    assert done.stdout.startswith("isocortex ")


def test_a_rule_of_ones_own_is_listed(run: Run, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from isocortex.plasticity.rules.pair import PairSTDP\n\n\nclass CliTestRule(PairSTDP):\n"
        '    """Mine alone."""\n\n    name = "cli_test_rule"\n',
        encoding="utf-8",
    )
    code, out, _ = run("rules", "--rules", file, "--json")
    assert code == 0
    assert {"cli_test_rule", "pair_stdp"} <= {p["name"] for p in json.loads(out)["parts"]}


def test_a_sheet_says_who_gets_what(run: Run, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "sheet.toml"
    code, _, err = run("sheet", _written_sheet(file), "--area", "potjans", "--json")
    assert code == 0, err
    rows = json.loads(run("sheet", file, "--area", "potjans", "--json")[1])["rows"]
    stacks = {r["projection"]: r["stack"] for r in rows}
    assert "pair_stdp" in stacks["V1.L23E->V1.L23E"]
    assert "pair_stdp" not in stacks["V1.L5E->V1.L5E"]


def test_a_sheet_says_what_its_numbers_are_in(run: Run) -> None:
    assert "times in ms, rates in Hz" in run("sheet", "--area", "potjans")[1]


def test_a_sheet_fits_80_columns_and_names_every_projection(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run("sheet", "textbook")
    rows = json.loads(run("sheet", "textbook", "--json")[1])["rows"]
    assert code == 0
    assert max(len(line) for line in out.splitlines()) <= 80
    assert sorted(word for word in out.split() if "->V1." in word) == sorted(r["projection"] for r in rows)
    block = next(b for b in out.split("\n\n") if "V1.L4E->V1.L23E:basal" in b)
    assert " ".join(block.split()).startswith("triplet, transmitter_induced(delta=0.00014), scaling(rho_0=0.9)")
    assert "entries 1, 8, 15" in " ".join(block.split())


def test_swap_exchanges_the_layers(run: Run, tmp_path: pathlib.Path) -> None:
    file = _written_sheet(tmp_path / "sheet.toml")
    rows = json.loads(run("sheet", file, "--area", "potjans", "--swap", "L23,L5", "--json")[1])["rows"]
    stacks = {r["projection"]: r["stack"] for r in rows}
    assert "pair_stdp" in stacks["V1.L5E->V1.L5E"]
    assert "pair_stdp" not in stacks["V1.L23E->V1.L23E"]
    assert run("sheet", file, "--area", "potjans", "--swap", "L23")[0] == 2


def test_a_part_is_taken_away_on_some_pathways(run: Run, tmp_path: pathlib.Path) -> None:
    def stacks(*options: str) -> dict[str, str]:
        rows = json.loads(run("sheet", "default", *options, "--json")[1])["rows"]
        return {r["projection"]: r["stack"] for r in rows}

    full, hurt = stacks(), stacks("--without", "consolidation@*.* -> *.L5E")
    changed = {name for name in full if full[name] != hurt[name]}
    assert changed == {name for name, stack in full.items() if "->V1.L5E" in name and "consolidation" in stack}
    assert len(changed) > 3
    assert not any("consolidation" in hurt[name] for name in changed)
    code, _, err = run("sheet", "--without", "consolidation@*.* -> *.L44E")
    assert (code, "did you mean 'L4E'" in err) == (2, True)


def _written_sheet(file: pathlib.Path) -> pathlib.Path:
    from isocortex.plasticity.entry import Entry
    from isocortex.plasticity.rules.pair import PairSTDP
    from isocortex.plasticity.sheet import Sheet

    Sheet((Entry("*.L23E -> *.L23E", (PairSTDP(),)),)).write(file)
    return file


@pytest.mark.parametrize(("found", "expected"), [({"kernel": "numba"}, 0), ({"ok": False, "kernel": "broken"}, 1)])
def test_doctor_fails_when_its_self_test_does(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, found: dict[str, Any], expected: int
) -> None:
    monkeypatch.setenv("ISOCORTEX_CACHE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "isocortex.engine.doctor", types.SimpleNamespace(self_test=lambda: found))
    code, out, _ = run("doctor", "--json")
    document = json.loads(out)
    assert (code, document["ok"]) == (expected, expected == 0)
    assert document["packages"].keys() >= {"jax", "numba", "numpy"}
    assert document["cache"] == {"ok": True, "folder": str(tmp_path)}
    assert document["self_test"]["kernel"] == found["kernel"]


def test_doctor_names_a_cache_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    monkeypatch.setenv("ISOCORTEX_CACHE", str(file / "below"))
    found = doctor.cache_folder()
    assert not found["ok"]
    assert str(file) in found["folder"]
    assert "ISOCORTEX_CACHE" in found["error"]


def test_doctor_says_what_its_numbers_are(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv("ISOCORTEX_CACHE", str(tmp_path))
    found = {"first_s": 34.92316483399918, "second_s": 0.058945}
    monkeypatch.setitem(sys.modules, "isocortex.engine.doctor", types.SimpleNamespace(self_test=lambda: found))
    lines = {" ".join(line.split()) for line in run("doctor")[1].splitlines()}
    assert "self-test: first result, with compiling (s) 34.9" in lines
    assert "self-test: a biological second after that (s) 0.0589" in lines


def test_every_parameter_of_a_part_has_a_meaning() -> None:
    own = {name: cls for name, cls in registry.parts().items() if cls.__module__.startswith("isocortex.")}
    assert [(name, row["name"]) for name, cls in own.items() for row in rule_rows(cls) if not row["doc"]] == []

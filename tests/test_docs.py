"""The examples of the documents run as printed, and what the documents say of each other is so."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest

from isocortex.cli import app, main
from isocortex.config import load_config
from isocortex.experiments.config import Config
from isocortex.experiments.materials import prepare
from isocortex.experiments.summary import DEFINITIONS
from isocortex.report.store import save_run
from report_fixture import made_up_arrays, made_up_summary

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def python_blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("block", python_blocks(), ids=["simulator", "learner"])
def test_the_example_runs_as_printed(block: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "example.py"
    file.write_text(block, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, str(file)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "the example prints its result"
    assert not re.search(r"\b(nan|inf)\b", done.stdout)


@pytest.mark.parametrize("block", python_blocks(), ids=["simulator", "learner"])
def test_an_example_has_ten_lines_of_code(block: str) -> None:
    assert len([line for line in block.splitlines() if line.strip()]) <= 10


def test_the_blocks_of_your_own_network_run_one_after_the_other(tmp_path: pathlib.Path) -> None:
    text = (ROOT / "docs" / "network.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) + text.count("```toml") == text.count("```") / 2, "every other block is Python and runs"
    file = tmp_path / "network.py"
    file.write_text("\n".join(blocks), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "MPLBACKEND": "Agg"}
    command = [sys.executable, "-W", "error::UserWarning", str(file)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "raster.png").exists()
    assert not re.search(r"\b(nan|inf)\b", done.stdout)


def test_the_rule_of_your_own_goes_by_the_command_line_as_printed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs" / "network.md").read_text(encoding="utf-8")
    (rule,) = re.findall(r"```python\n(from isocortex import Entry, Integral.*?)\n\n\nlayers = ", text, flags=re.DOTALL)
    (sheet,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "mine.py").write_text(rule, encoding="utf-8")
    (tmp_path / "mine.toml").write_text(sheet, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for command in re.findall(r"`isocortex ((?:rules|sheet) mine\S* [^`]*)`", text):
        with pytest.raises(SystemExit) as left:
            main(command.split())
        assert not left.value.code, capsys.readouterr().err
    assert (tmp_path / "window.png").exists() and "mine(tau_plus=15)" in capsys.readouterr().out
    chosen = load_config(Config, sheet="mine.toml", rules=["mine.py"], arms=("full", "off"))
    assert prepare(chosen).schedule is not None


def test_the_main_jobs_folder_is_read_back_as_printed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs" / "main_job.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    summary = made_up_summary() | dict(definitions=DEFINITIONS)
    save_run(tmp_path / "runs" / "digits-seed0", summary, made_up_arrays())
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "main_job.md", "exec"), {})
    said = capsys.readouterr().out
    assert "full {'L23': 2.1" in said and "rate_hz: mean rate" in said


def test_links_into_the_repository_lead_somewhere() -> None:
    for file in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", file.read_text(encoding="utf-8")):
            assert (file.parent / target).exists(), f"{file.name}: {target}"


def test_the_readme_names_every_command() -> None:
    for command in app.registered_commands:
        assert f"isocortex {command.name}" in README


def test_the_lock_holds_every_dependency_at_one_exact_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").split()
    locked = {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines}
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines)
    for wanted in (*project["dependencies"], *project["optional-dependencies"]["dev"]):
        assert re.split(r"[><=~! ]", wanted)[0].lower() in locked


def test_versions_agree() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")

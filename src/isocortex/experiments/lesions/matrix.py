"""All arms of the lesion matrix, side by side; what each has scored is kept as soon as it is known."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from isocortex.errors import DataError, IsocortexError, RunError
from isocortex.experiments.arms import arm_sheet
from isocortex.experiments.lesions.arms import Arm, arms_of, fingerprint, sheet_of
from isocortex.experiments.lesions.capabilities import CAPABILITIES, PLAN, Plan
from isocortex.experiments.lesions.column import Columns, Stopped, Tell, cortex
from isocortex.experiments.lesions.config import Config
from isocortex.experiments.pool import side_by_side
from isocortex.experiments.session import slug
from isocortex.jsonable import jsonable
from isocortex.results import manifest as manifests
from isocortex.results.atomic import write_text

MAY_DIFFER = ("arms", "out")
"""What commands that go on with one folder may differ in."""
STOPPING = "stopping: arms that are done are kept; Ctrl-C again to leave at once"
Kept = dict[str, dict[str, Any]]


def run_arm(arm: str, config: Config, plan: Plan, tell: Tell) -> None:
    """One arm, in a process of its own: settle, then every protocol from there; writes its scores, unless `tell` stops it.

    Raises
    ------
    RunError : the state is no longer finite, or the file cannot be written.
    """
    began = time.perf_counter()
    sheet = arm_sheet(arm, sheet_of(config), cortex(config.columns))
    columns = Columns(config.columns, sheet, dt=config.dt, seed=config.seed, tell=tell)
    scores: dict[str, Any] = {}
    try:
        plan.settle(columns)
        columns.keep()
        for protocol in plan.protocols:
            columns.again()
            scores |= protocol(columns)
    except Stopped:
        return
    except RunError as e:
        raise RunError(f"arm {arm}: {e}") from e
    facts = dict(arm=arm, scores=jsonable(scores), run_s=round(time.perf_counter() - began, 3))
    write_text(_file(Path(config.out), arm), manifests.dumps(facts), "the scores of other arms")


def run(config: Config, progress: Callable[..., Any], plan: Plan = PLAN, prepared: Sequence[Arm] | None = None) -> Kept:
    """Run what is not in the folder ``config.out`` yet; returns what is kept of each arm that is not absent.

    plan : what columns are shown. It is not among what a folder is checked for. prepared : what `prepare` returned for this
    configuration.

    Raises
    ------
    KeyboardInterrupt : stopped by Ctrl-C; the arms that are done are kept.
    DataError : the folder holds another run, or a file of it is damaged.
    RunError : an arm failed; the arms that are done are kept.
    """
    folder, arms = Path(config.out), prepare(config) if prepared is None else prepared
    names = [a.name for a in arms if not a.absent]
    missing = [name for name in names if not _file(folder, name).exists()]
    began, before = time.perf_counter(), _spent(folder)
    facts = manifests.manifest(seed=config.seed, config=config.values(), experiment="lesions", sheet=fingerprint(config))

    def note(status: str, **more: Any) -> None:
        wall = round(before + time.perf_counter() - began, 3)
        manifests.write(folder / "run.json", facts | dict(status=status, wall_s=wall, **more))

    if missing:
        note("running")
        try:
            side_by_side(run_arm, missing, (config, plan), plan.duration(), progress, STOPPING)
        except BaseException as e:
            with contextlib.suppress(IsocortexError):  # a full disk: the first error is the one to tell
                note("interrupted", error=f"{type(e).__name__}: {e}" if str(e) else type(e).__name__)
            raise
        note("finished")
    return {name: _read(folder, name, config.columns) for name in names}


def prepare(config: Config) -> list[Arm]:
    """The arms; finds what is wrong with a configuration before anything runs: sheet, arms, the folder."""
    arms = arms_of(config)
    if config.out:
        check(config)
    return arms


def check(config: Config) -> None:
    """Refuse a folder that holds something else than this run.

    Raises
    ------
    DataError : it is not empty and has no run of this experiment, or one with other settings or another sheet.
    """
    folder = Path(config.out)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    facts = manifests.read(folder / "run.json")
    if facts.get("experiment") != "lesions" or not isinstance(facts.get("config"), dict):
        raise DataError(f"{folder}: is no lesion matrix; choose another folder with --out")
    mine = jsonable(config.values())
    for key in mine:
        if key not in MAY_DIFFER and facts["config"].get(key) != mine[key]:
            raise DataError(f"{folder}: has {key} = {facts['config'].get(key)!r}, this command {mine[key]!r}; give the same, "
                            "or choose another folder with --out")  # fmt: skip
    if facts.get("sheet") != fingerprint(config):
        raise DataError(f"{folder}: was made with another sheet or other rules of this name; choose another folder with --out")


def _spent(folder: Path) -> float:
    """Seconds that earlier commands took for this run."""
    path = folder / "run.json"
    spent = manifests.read(path).get("wall_s") if path.exists() else 0.0
    return float(spent) if isinstance(spent, int | float) else 0.0


def _file(folder: Path, arm: str) -> Path:
    return folder / f"{slug(arm)}.arm.json"


def _read(folder: Path, arm: str, columns: int) -> dict[str, Any]:
    path = _file(folder, arm)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        lengths = {name: len(kept["scores"][name]) for name in (c.name for c in CAPABILITIES)}
        if set(lengths.values()) != {columns}:
            raise ValueError(f"it has not {columns} scores of each capability")
        return dict(kept)
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise DataError(f"{path}: is damaged ({e}); delete it to run this arm again") from None


def scores(kept: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Sequence[float]]]:
    """Arm -> capability -> a score a column, of what `run` returned."""
    return {arm: dict(found["scores"]) for arm, found in kept.items()}

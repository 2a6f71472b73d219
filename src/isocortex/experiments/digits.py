"""The main job: a layered area is shown digits, then altered ones, then digits again, at several arms of the sheet.

What each layer learned, kept and gave up is measured from spike counts while plasticity is off; `summary.DEFINITIONS` says how.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isocortex.errors import DataError, IsocortexError, RunError
from isocortex.experiments import session
from isocortex.experiments import summary as S
from isocortex.experiments.arm import run_arm
from isocortex.experiments.circuit import digits_cortex, wiring
from isocortex.experiments.config import Config
from isocortex.experiments.materials import SIDE, Materials, prepare, sheet_of
from isocortex.experiments.pool import side_by_side
from isocortex.experiments.schedule import LEARN, Schedule
from isocortex.results import checksum
from isocortex.results import manifest as manifests
from isocortex.results.atomic import storage_error

__all__ = ["Config", "prepare", "resume", "run"]

Keep = Callable[[Mapping[str, Any]], None]
"""What is called with the summary before the files of the arms are removed, so that nothing is lost if it fails."""


def bio_ms(config: Config, schedule: Schedule) -> float:
    """Biological time of one arm."""
    return (len(schedule) + config.settle) * (config.shown + config.pause)


def run(
    config: Config, progress: Callable[..., Any], keep: Keep | None = None, prepared: Materials | None = None
) -> dict[str, Any]:
    """Run all arms. Returns the summary; its ``arrays`` are what the figures need.

    Parameters
    ----------
    keep : called with the summary; only when it is done is the run finished, and are the files of the arms removed.
    prepared : what `prepare` returned for this configuration.

    Raises
    ------
    KeyboardInterrupt : stopped by Ctrl-C; with `config.out`, `resume` continues from there.
    RunError : an arm or a file failed; with `config.out`, what the arms had computed is there.
    """
    shown = prepare(config) if prepared is None else prepared
    facts = manifests.manifest(
        seed=config.seed, config=config.values(), threads=1, experiment="digits", shown=shown.checksum(), wall_s=0.0
    )
    return _run(config, shown, progress, keep or (lambda _: None), facts)


def resume(folder: Path, progress: Callable[..., Any], keep: Keep | None = None) -> dict[str, Any]:
    """Continue a stopped run with its own configuration.

    Raises
    ------
    DataError : no run of this experiment, one that is finished, or one whose data have changed.
    """
    facts = manifests.read(folder / "run.json")
    if facts.get("experiment") != "digits" or not isinstance(facts.get("config"), dict):
        raise DataError(f"{folder}: is no run of this experiment; give a folder that 'isocortex run' made")
    if facts.get("status") == "finished":
        raise DataError(f"{folder}: is finished; 'isocortex report {folder}' writes its report again")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in facts["config"].items()}
    config = Config.make(values | dict(out=str(folder)), "run.json")
    shown = prepare(config)
    if facts.get("shown") != shown.checksum():
        raise DataError(f"{folder}: the images of {config.data!r} are not those that the run began with; restore them")
    return _run(config, shown, progress, keep or (lambda _: None), facts)


def _run(
    config: Config, shown: Materials, progress: Callable[..., Any], keep: Keep, facts: Mapping[str, Any]
) -> dict[str, Any]:
    spent = facts.get("wall_s")
    began, before = time.perf_counter(), float(spent) if isinstance(spent, int | float) else 0.0

    def note(status: str, **more: Any) -> None:
        if config.out:
            wall = round(before + time.perf_counter() - began, 3)
            manifests.write(Path(config.out) / "run.json", dict(facts) | dict(status=status, wall_s=wall, **more))

    note("running")
    try:
        results = side_by_side(run_arm, config.arms, (config, shown), bio_ms(config, shown.schedule), progress)
        found = _summary(config, shown.schedule, results, before + time.perf_counter() - began)
        keep(found)
        note("finished", checksum=found["checksum"], rtf=found["rtf"])
    except BaseException as e:
        with contextlib.suppress(IsocortexError):  # a full disk: the first error is the one to tell
            note("interrupted", error=f"{type(e).__name__}: {e}" if str(e) else type(e).__name__)
        if isinstance(e, OSError):  # a compiler's cache, say: what is written elsewhere says so itself
            e = storage_error(e.filename or config.out or "cache", e, "what was saved of the arms")
        if isinstance(e, RunError) and config.out:
            raise RunError(f"{e}; what the arms had computed is in {config.out}") from e
        raise e
    if config.out:
        for arm in config.arms:
            session.discard(Path(config.out), arm)
    return found


def _summary(config: Config, schedule: Schedule, results: Mapping[str, Any], wall: float) -> dict[str, Any]:
    bio = sum(r["bio_s"] for r in results.values())
    phases = {str(p["name"]): schedule.image[schedule.phase == p["name"]] for p in schedule.phases}
    learned = {name: schedule.images[i[schedule.kind[schedule.phase == name] == LEARN][:8]] for name, i in phases.items()}
    together = checksum.checksum({arm: np.frombuffer(bytes.fromhex(r["checksum"]), np.uint8) for arm, r in results.items()})
    return dict(
        experiment="digits", seed=config.seed, bio_s=bio, wall_s=wall, rtf=sum(r["run_s"] for r in results.values()) / bio,
        checksum=together, arms={arm: dict(layers=r["layers"], checksum=r["checksum"]) for arm, r in results.items()},
        baselines=_baselines(schedule), phases=list(schedule.phases), definitions=S.DEFINITIONS, config=config.values(),
        arrays=dict(
            rasters={arm: r["raster"] for arm, r in results.items()},
            receptive_fields={arm: r["receptive_fields"] for arm, r in results.items()},
            weights={arm: r["weights"] for arm, r in results.items() if r["weights"]},
            time_courses={arm: r["time_courses"] for arm, r in results.items()},
            examples=learned,
            circuit=wiring(digits_cortex(config.neurons, SIDE), sheet_of(config)),
        ),
    )  # fmt: skip


def _baselines(s: Schedule) -> dict[str, float]:
    """Guessing, and the same readouts on the pixels of the same images."""
    from isocortex.measure.decode import decode_folds  # noqa: PLC0415

    shown = s.image[s.look(s.back)]
    pixels = s.images.reshape(len(s.images), -1).astype(float)
    found = decode_folds(pixels[shown], s.labels[shown])
    return dict(chance=found.chance, pixels_ridge=found.ridge, pixels_mean=found.nearest_mean)

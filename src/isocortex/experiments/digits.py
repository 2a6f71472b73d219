"""The main job: a layered area is shown digits, then altered ones, then digits again, at several arms of the sheet.

What each layer learned, kept and gave up is measured from spike counts while plasticity is off; `summary.DEFINITIONS` says how.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isocortex.describe import Description, choice, quantity
from isocortex.errors import DataError
from isocortex.experiments import summary as S
from isocortex.experiments.arms import arm_sheet
from isocortex.experiments.circuit import digits_cortex
from isocortex.experiments.pool import side_by_side
from isocortex.experiments.schedule import TEST, TRAIN, Plan, Schedule, make_schedule
from isocortex.experiments.session import Session, Timing
from isocortex.measure.fields import count_weighted_fields
from isocortex.measure.selectivity import class_variance
from isocortex.results import checksum
from isocortex.results import manifest as manifests

SIDE = 10  # the relay has SIDE x SIDE ON and OFF cells
SAMPLE_MS = 1500.0  # of the raster
RETINA = dict(base=2.0, mean=60.0)  # Hz


class Config(Description):
    """What the main job is run with."""

    seed: int = 0
    data: str = "digits"
    arms: tuple[str, ...] = ("full", "uniform", "off")
    altered: str = choice("rotate", ("rotate", "invert", "permute", "blur", "noise"), doc="the changed statistics")
    neurons: int = 2500
    dt: float = quantity(0.25, "ms", above=0, most=0.5, doc="time step")
    pace: float = quantity(10.0, "1", above=0, doc="all plasticity that many times as fast (see Sheet.paced)")
    set_points: float = quantity(1.5, "1", above=0, doc="factor of the sheet's target rates: the area is driven, not at rest")
    settle: int = 100
    learn: int = 200
    again: int = 100
    probes: int = 60
    train: int = 120
    test: int = 80
    shown: float = quantity(100.0, "ms", above=0, doc="an image is shown for")
    pause: float = quantity(10.0, "ms", least=0, doc="between images")
    marks: tuple[float, ...] = (0.15, 0.5, 1.0)
    sheet: str = "default"
    rules: tuple[str, ...] = ()
    out: str = ""

    def validate(self) -> None:
        for field in ("neurons", "settle", "learn", "again", "probes", "train", "test", "seed"):
            value = getattr(self, field)
            least = 0 if field in ("seed", "settle") else 10
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise self.error(field, f"is {value!r}; a whole number of at least {least} is needed")
        if not self.arms or len(set(self.arms)) != len(self.arms):
            raise self.error("arms", f"are {self.arms!r}; at least one, each once")
        if list(self.marks) != sorted(self.marks) or not self.marks or self.marks[0] <= 0 or self.marks[-1] != 1.0:
            raise self.error("marks", f"are {self.marks!r}; ascending fractions of a phase, the last 1.0")


def materials(config: Config) -> tuple[Schedule, tuple[np.ndarray, np.ndarray], np.ndarray]:
    """The schedule, the relay's rates for every image (Hz), and the rates that the area settles with."""
    from isocortex.tasks.data import load  # noqa: PLC0415
    from isocortex.tasks.encode import RateCode  # noqa: PLC0415

    images = load(config.data, most=6000) if config.data != "digits" else load("digits")
    train, held_out = images.split(0.3, config.seed)
    plan = Plan(config.learn, config.again, config.marks, config.probes, config.train, config.test)
    schedule = make_schedule(train, held_out, plan, config.altered, config.seed)
    rates = RateCode(size=SIDE, **RETINA).rates(schedule.images)
    rng = np.random.default_rng([config.seed, 7])
    chosen = rng.integers(0, len(train), config.settle)
    return schedule, rates, rng.permuted(np.stack([r[chosen] for r in rates]), axis=2)


def check(config: Config) -> None:
    """Find what is wrong with a configuration before anything is made: the data, the sheet, the arms."""
    materials(config)
    cortex = digits_cortex(config.neurons, SIDE)
    for arm in config.arms:
        sheet = arm_sheet(arm, sheet_of(config), cortex)
        if sheet is not None:
            sheet.resolve(cortex)


def bio_ms(config: Config, schedule: Schedule) -> float:
    """Biological time of one arm."""
    return (len(schedule) + config.settle) * (config.shown + config.pause)


def sheet_of(config: Config) -> Any:
    """The sheet that the arms are made of: paced, with set points for a driven area."""
    from isocortex.plasticity import registry  # noqa: PLC0415
    from isocortex.plasticity.sheet import Sheet  # noqa: PLC0415

    for path in config.rules:
        registry.load_file(path)
    sheet = Sheet.default() if config.sheet == "default" else Sheet.read(config.sheet)
    driven = [e.replace(parts=tuple(_driven(p, config.set_points) for p in e.parts)) for e in sheet.entries]
    return sheet.replace(entries=tuple(driven)).paced(config.pace)


def _driven(part: Any, factor: float) -> Any:
    """A part with a target rate gets a higher one."""
    return part.replace(rho_0=part.rho_0 * factor) if "rho_0" in part.field_names() else part


def run(config: Config, progress: Callable[..., Any]) -> dict[str, Any]:
    """Run all arms. Returns the summary; its ``arrays`` are what the figures need.

    Raises
    ------
    KeyboardInterrupt : stopped by Ctrl-C; with `config.out`, `resume` continues from there.
    """
    began = time.perf_counter()
    schedule, _, _ = materials(config)
    if config.out:
        facts = manifests.manifest(seed=config.seed, config=config.values(), threads=1, experiment="digits")
        manifests.write(Path(config.out) / "run.json", facts)
    results = side_by_side(run_arm, config.arms, (config,), bio_ms(config, schedule), progress)
    wall = time.perf_counter() - began
    found = _summary(config, schedule, results, wall)
    if config.out:
        manifests.write(
            Path(config.out) / "run.json",
            facts | dict(status="finished", wall_s=wall, checksum=found["checksum"], rtf=found["rtf"]),
        )
    return found


def resume(folder: Path, progress: Callable[..., Any]) -> dict[str, Any]:
    """Continue a stopped run with its own configuration."""
    facts = manifests.read(folder / "run.json")
    if facts.get("experiment") != "digits":
        raise DataError(f"{folder}: is no run of this experiment; give a folder that 'isocortex run' made")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in facts["config"].items()}
    return run(Config.make(values | dict(out=str(folder)), "run.json"), progress)


def run_arm(arm: str, config: Config, tell: Callable[[float, Mapping[str, float]], bool]) -> dict[str, Any]:
    """One arm, in a process of its own: everything from building to measuring."""
    from isocortex.engine.simulation import Simulation  # noqa: PLC0415

    schedule, rates, noise = materials(config)
    cortex = digits_cortex(config.neurons, SIDE)
    sim = Simulation(cortex, arm_sheet(arm, sheet_of(config), cortex), dt=config.dt, seed=config.seed)
    began = time.perf_counter()
    session = Session.start(sim, schedule, rates, noise, Timing(config.shown, config.pause, RETINA["base"]))
    folder = Path(config.out) if config.out else None
    if folder:
        session.load(folder, arm)
    finished = session.run(lambda s, _: tell(s.time, by_layer(s)))
    if folder and not finished:
        session.save(folder, arm)
        return dict(finished=False)
    if folder:
        session.discard(folder, arm)
    return _measured(config, session) | dict(bio_s=sim.time / 1e3, run_s=time.perf_counter() - began, checksum=sim.checksum())


def by_layer(sim: Any) -> dict[str, float]:
    """Mean rates of the excitatory populations of the area, for the progress line."""
    return {name.partition(".")[2]: rate for name, rate in sim.rates().items() if name.startswith("V1.") and name.endswith("E")}


def _measured(config: Config, session: Session) -> dict[str, Any]:
    s = session.schedule
    phases = tuple(str(p["name"]) for p in s.phases)
    layers, courses = {}, {}
    for name, counts in session.counts.items():
        span = session.sim.net.spans[name]
        if span.population.layer is None:
            continue
        values, course = S.layer_measures(counts, s, config.shown, len(config.marks))
        weights = S.weight_measures(session.weights, name, ("start", phases[0], phases[1]))
        layers[span.population.layer], courses[span.population.layer] = values | weights, course
    order = [layer for layer in ("L23", "L4", "L5", "L6") if layer in layers]
    return dict(
        finished=True,
        layers={layer: layers[layer] for layer in order},
        time_courses={layer: courses[layer] for layer in order},
        weights=S.weight_samples(session.weights, phases[-1]),
        receptive_fields=_fields(session),
        raster=_raster(session.sim),
    )


def _fields(session: Session, most: int = 24, spikes: int = 20) -> dict[str, np.ndarray]:
    """Receptive fields after the last phase, (cells, h, w): of the cells whose counts tell classes apart best."""
    s = session.schedule
    last = int(s.checkpoint[s.kind == TEST].max())
    shown = np.concatenate([s.of(kind, last) for kind in (TRAIN, TEST)])
    out = {}
    for name, counts in session.counts.items():
        layer, seen = session.sim.net.spans[name].population.layer, counts[shown].astype(float)
        active = np.flatnonzero(seen.sum(0) >= spikes)
        if layer is None or not len(active):
            continue
        told = np.nan_to_num(class_variance(seen[:, active], s.labels[s.image[shown]]), nan=-1.0)
        best = active[np.argsort(-told, kind="stable")[:most]]
        out[layer] = count_weighted_fields(s.images[s.image[shown]], seen[:, best])
    return out


def _raster(sim: Any) -> tuple[np.ndarray, np.ndarray, list[tuple[str, int, int]]]:
    """The last stretch of all spikes of the area, ids counted from the top layer down."""
    times, ids, bounds, first = [], [], [], 0
    for name in sorted((n for n in sim.net.spans if n.startswith("V1.")), key=lambda n: n[3:]):
        t, i = sim.spikes(name)
        late = t >= sim.time - SAMPLE_MS
        times.append(t[late] - (sim.time - SAMPLE_MS))
        ids.append(i[late] + first)
        bounds.append((name, first, first + sim.net.spans[name].n - 1))
        first += sim.net.spans[name].n
    return np.concatenate(times), np.concatenate(ids), bounds


def _summary(config: Config, schedule: Schedule, results: Mapping[str, Any], wall: float) -> dict[str, Any]:
    bio = sum(r["bio_s"] for r in results.values())
    phases = {str(p["name"]): schedule.image[schedule.phase == p["name"]] for p in schedule.phases}
    learned = {name: schedule.images[i[schedule.kind[schedule.phase == name] == 0][:8]] for name, i in phases.items()}
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
        ),
    )  # fmt: skip


def _baselines(schedule: Schedule) -> dict[str, float]:
    from isocortex.measure.decode import chance, decode  # noqa: PLC0415

    last = int(schedule.checkpoint[schedule.kind == TEST].max())
    a, b = (schedule.image[schedule.of(kind, last)] for kind in (TRAIN, TEST))
    pixels = schedule.images.reshape(len(schedule.images), -1).astype(float)
    found = decode(pixels[a], schedule.labels[a], pixels[b], schedule.labels[b])
    return dict(chance=chance(schedule.labels[a], schedule.labels[b]), pixels_ridge=found.ridge, pixels_mean=found.nearest_mean)

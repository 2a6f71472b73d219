"""What is shown, made once before anything runs, and found wrong there if it is wrong."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from isocortex.experiments.arms import arm_sheet, load_sheet
from isocortex.experiments.circuit import digits_cortex
from isocortex.experiments.config import Config
from isocortex.experiments.schedule import LEARN, Plan, Schedule, make_schedule
from isocortex.plasticity.sheet import Sheet
from isocortex.results.checksum import checksum

SIDE = 10  # the relay has SIDE x SIDE ON and OFF cells
RETINA = dict(base=2.0, mean=60.0)  # Hz


@dataclasses.dataclass(frozen=True, eq=False)
class Materials:
    """The schedule; the relay's rates for every image, (images, cells) in Hz for ON and OFF cells; and the rates that the area
    settles with, (2, patterns, cells) in Hz."""

    schedule: Schedule
    rates: tuple[np.ndarray, np.ndarray]
    noise: np.ndarray

    def checksum(self) -> str:
        """A text that changes when what is shown changes."""
        s = self.schedule
        return checksum(dict(image=s.image, kind=s.kind, on=self.rates[0], off=self.rates[1], noise=self.noise))


def prepare(config: Config) -> Materials:
    """Make what is shown, and find what is wrong with a configuration before anything runs: the data, the sheet, the arms."""
    cortex = digits_cortex(config.neurons, SIDE)
    for arm in config.arms:
        sheet = arm_sheet(arm, sheet_of(config), cortex)
        if sheet is not None:
            sheet.resolve(cortex)
    return materials(config)


def materials(config: Config) -> Materials:
    """Load the images and plan what is shown when."""
    from isocortex.tasks.data import load  # noqa: PLC0415
    from isocortex.tasks.encode import RateCode  # noqa: PLC0415

    images = load(config.data, most=6000) if config.data != "digits" else load("digits")
    train, held_out = images.split(0.3, config.seed)
    plan = Plan(config.learn, config.again, config.marks, config.look)
    schedule = make_schedule(train, held_out, plan, config.altered, config.seed)
    rates = RateCode(size=SIDE, **RETINA).rates(schedule.images)
    return Materials(schedule, rates, unstructured(rates, learned_images(schedule), config.settle, config.seed))


def learned_images(schedule: Schedule) -> np.ndarray:
    """The images that may be learned from, upright and altered: (images,) indices."""
    return np.unique(schedule.image[schedule.kind == LEARN])


def unstructured(rates: tuple[np.ndarray, np.ndarray], images: np.ndarray, number: int, seed: int) -> np.ndarray:
    """Patterns (2, number, cells) in which every relay cell has the rates that it has in `images`, each on its own.

    So cells can settle to the drive that images bring, and nothing that makes an image can be learned.
    """
    rng = np.random.default_rng([seed, 7])
    return np.stack([r[rng.choice(images, (number, r.shape[1])), np.arange(r.shape[1])] for r in rates])


def sheet_of(config: Config) -> Sheet:
    """The sheet that the arms are made of: paced, with set points for a driven area."""
    sheet = load_sheet(config.sheet, config.rules)
    driven = [e.replace(parts=tuple(_driven(p, config.set_points) for p in e.parts)) for e in sheet.entries]
    return sheet.replace(entries=tuple(driven)).paced(config.pace)


def _driven(part: Any, factor: float) -> Any:
    """A part with a target rate gets a higher one."""
    return part.replace(rho_0=part.rho_0 * factor) if "rho_0" in part.field_names() else part

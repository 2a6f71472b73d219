"""What the main job is run with."""

from __future__ import annotations

import math

from isocortex.checks import is_whole
from isocortex.describe import Description, choice, quantity, setting

LEAST = dict(seed=0, settle=0, neurons=100, look=20)
COUNTS = ("neurons", "settle", "learn", "again", "look", "seed")


class Config(Description):
    """What the main job is run with."""

    seed: int = setting(0, "of all random numbers")
    data: str = setting("digits", "digits, IDX files (as of MNIST), or a folder or tar of images by class")
    arms: tuple[str, ...] = setting(("full", "uniform", "off"), "of full, uniform, off, swapped, without:PART[@SELECTOR]")
    altered: str = choice("rotate", ("rotate", "invert", "permute", "blur", "noise"), doc="the changed statistics")
    neurons: int = setting(2500, "cells of the area, at least 100")
    dt: float = quantity(0.25, "ms", above=0, most=0.5, doc="time step")
    pace: float = quantity(10.0, "1", above=0, doc="all plasticity that many times as fast (see Sheet.paced)")
    set_points: float = quantity(1.5, "1", above=0, doc="factor of the sheet's target rates: the area is driven, not at rest")
    settle: int = setting(150, "patterns without structure before the first look, while everything learns")
    learn: int = setting(200, "images learned in the first phase, and as many altered ones in the second; at least 10")
    again: int = setting(100, "images learned in the third phase, the return; at least 10")
    look: int = setting(180, "held-out images of a look, which are never learned from; at least 20")
    shown: float = quantity(100.0, "ms", above=0, doc="an image is shown for")
    pause: float = quantity(10.0, "ms", least=0, doc="between images")
    marks: tuple[float, ...] = setting((0.15, 0.5, 1.0), "looks after these shares of the first and of the third phase")
    sheet: str = setting("default", "a sheet of the library by name, or a TOML file")
    rules: tuple[str, ...] = setting((), "Python files with rules of one's own")
    out: str = setting("", "folder of the run; --out gives it")

    def validate(self) -> None:
        for field in COUNTS:
            value = getattr(self, field)
            least = LEAST.get(field, 10)
            if not is_whole(value, least):
                raise self.error(field, f"is {value!r}; a whole number of at least {least} is needed")
        if not self.arms or len(set(self.arms)) != len(self.arms):
            raise self.error("arms", f"are {self.arms!r}; at least one, each once")
        if self.shown < self.dt:
            raise self.error("shown", f"is {self.shown:g} ms; at least a time step, {self.dt:g} ms, is needed")
        self._validate_marks()

    def _validate_marks(self) -> None:
        given = list(self.marks)
        ascending = all(math.isfinite(m) for m in given) and all(a < b for a, b in zip([0.0, *given], given, strict=False))
        if not given or not ascending or given[-1] != 1.0:
            raise self.error("marks", f"are {self.marks!r}; ascending fractions of a phase, the last 1.0")
        shortest = min(self.learn, self.again)
        if len({round(m * shortest) for m in given} | {0}) <= len(given):
            raise self.error("marks", f"are {self.marks!r}; two of them fall on one of {shortest} presentations")

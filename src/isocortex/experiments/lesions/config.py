"""What the lesion matrix is made with."""

from __future__ import annotations

from isocortex.checks import is_whole
from isocortex.describe import Description, quantity, setting

LEAST_COLUMNS = 3


class Config(Description):
    """What the lesion matrix is made with."""

    seed: int = setting(0, "of all random numbers: one set of columns")
    columns: int = setting(8, "each with wiring and input of its own, the unit of the statistics; at least 3")
    dt: float = quantity(0.5, "ms", above=0, most=0.5, doc="time step")
    arms: tuple[str, ...] = setting((), "of full, off, uniform, swapped, without:PART[@SELECTOR]; empty: all of them")
    sheet: str = setting("mechanisms", "a sheet of the library by name, or a TOML file")
    rules: tuple[str, ...] = setting((), "Python files with rules of one's own")
    out: str = setting("", "folder of the run; --out gives it")

    def validate(self) -> None:
        for field, least in (("seed", 0), ("columns", LEAST_COLUMNS)):
            value = getattr(self, field)
            if not is_whole(value, least):
                raise self.error(field, f"is {value!r}; a whole number of at least {least} is needed")
        if len(set(self.arms)) != len(self.arms):
            raise self.error("arms", f"are {self.arms!r}; each once")

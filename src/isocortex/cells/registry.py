"""Cell models by class name, so that files can name them."""

from __future__ import annotations

import functools
import importlib

from isocortex.cells.cell import Cell
from isocortex.errors import DescriptionError, nearest

MODULES = ("lif", "sources", "conductance", "adex", "pyramidal", "trunk", "forced")


@functools.cache
def cell_models() -> dict[str, type[Cell]]:
    """Class name -> class, of every cell model of the library (a cell model is a `Cell` that can `step`)."""
    found: dict[str, type[Cell]] = {}
    for name in MODULES:
        module = importlib.import_module(f"isocortex.cells.{name}")
        for value in vars(module).values():
            own = isinstance(value, type) and issubclass(value, Cell) and value.__module__ == module.__name__
            if own and value.step is not Cell.step:
                found[value.__name__] = value
    return found


def cell_model(name: str) -> type[Cell]:
    """Look a cell model up by its class name.

    Raises
    ------
    DescriptionError : no such model; the message names the nearest.
    """
    models = cell_models()
    if name not in models:
        raise DescriptionError(f"cell.model: no cell model {name!r}; {nearest(name, models)}")
    return models[name]

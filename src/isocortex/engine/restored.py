"""What a checkpoint gives back: the state, also of older files, and the folder of its run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isocortex.errors import DataError
from isocortex.results.folder import RunFolder


def restored_state(mine: Mapping[str, Any], found: Mapping[str, Any], areas: int) -> dict[str, Any]:
    """The state of a file in the shape of one's own. areas : how many there are; older files have one level for all."""
    state: dict[str, Any] = _like(mine, dict(dose=mine["dose"]) | _renamed(found))
    for key in ("modulators", "dose"):
        state[key] = {name: np.broadcast_to(v, areas) for name, v in state[key].items()}
    return state


def folder_of(path: str | Path, out: str | Path, stores: Mapping[str, Any], header: Mapping[str, Any]) -> RunFolder:
    """The run folder that a checkpoint was written with; any other is refused, since what it holds would be lost.

    Raises
    ------
    DataError : the folder holds another run, or the checkpoint has its recordings in itself.
    """
    folder = RunFolder.open(out)
    if folder.manifest.get("model") != header.get("model"):
        raise DataError(f"{out}: holds another run than that of {path}; choose the folder of that run")
    kept = [*stores.get("spikes", {}).values(), *(store for name, store in stores.items() if name != "spikes")]
    if any("data" in store for store in kept):
        raise DataError(f"{out}: holds a run already, and {path} has its own recordings; choose a new folder")
    return folder


def _renamed(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a file: in older ones an injected current, always into the soma, is named without its compartment."""
    given = state.get("inputs", {}).items()
    inputs = {group: {"soma:current" if k == "current" else k: v for k, v in own.items()} for group, own in given}
    return dict(state) | (dict(inputs=inputs) if inputs else {})


def _like(tree: Any, found: Any) -> Any:
    """`found` in the shape of `tree`; branches that hold nothing are not in a file."""
    if isinstance(tree, Mapping):
        return {key: _like(value, found.get(key, {}) if isinstance(found, Mapping) else {}) for key, value in tree.items()}
    return found

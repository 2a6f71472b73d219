"""Run folders as `xarray` trees, read lazily, whatever state the run was left in."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.errors import ZarrUserWarning

from isocortex.errors import DataError
from isocortex.results import manifest as manifests
from isocortex.results.folder import CHECKPOINT, DATA, MANIFEST
from isocortex.results.zarrlog import committed, decode, facts, missing_files

_BLOCK = 1 << 22


def open_run(path: Path | str) -> xr.DataTree:
    """Open a run folder for reading; arrays are loaded when they are used.

    Returns
    -------
    A tree with ``spikes/<population>`` (`time` in ms and `neuron` over `spike`) and
    ``samples/<population or projection>/<variable>``. Its attributes are `manifest` (``run.json``), `status` and `notes`, a
    list of what is not as it should be: a run that was killed, files that are missing.

    Raises
    ------
    DataError : there is no run folder, or nothing in it can be read; the message says what is missing.
    """
    path = Path(path)
    if not path.is_dir():
        raise DataError(f"{path}: there is no such run folder")
    manifest, notes = _manifest(path)
    nodes: dict[str, xr.Dataset] = {}
    for group, folder in _groups(path, notes):
        name = "/".join(decode(p) for p in folder.relative_to(path / DATA).parts)
        try:
            lost = missing_files(group, folder)
            if lost:
                notes.append(f"{name}: {len(lost)} files are missing or empty ({', '.join(lost[:3])}); left out")
                continue
            nodes[name] = _dataset(path / DATA, group)
        except Exception as e:  # zarr and xarray raise errors of many kinds for metadata that they cannot read
            notes.append(f"{name}: cannot be read ({type(e).__name__}: {e}); left out")
    if not nodes and not manifest:
        raise DataError(f"{path}: nothing in it can be read; {'; '.join(notes)}")
    nodes["/"] = xr.Dataset(attrs={"manifest": manifest, "status": manifest.get("status", "unknown"), "notes": notes})
    return xr.DataTree.from_dict(nodes, name=path.name)


def check_run(path: Path | str) -> list[str]:
    """Read every recorded value of a run folder and return what is not as it should be (an empty list: all is well)."""
    tree = open_run(path)
    notes = list(tree.attrs["notes"])
    for node in tree.subtree:
        for name, variable in node.to_dataset(inherit=False).variables.items():
            try:
                _read_all(variable)
            except Exception as e:  # codecs raise errors of many kinds
                notes.append(f"{node.path.lstrip('/')}/{name}: cannot be read ({type(e).__name__}: {e})")
    return notes


def _manifest(path: Path) -> tuple[dict[str, Any], list[str]]:
    notes: list[str] = []
    try:
        manifest = manifests.read(path / MANIFEST)
    except DataError as e:
        return {}, [str(e)]
    if manifest.get("status") == "running":
        resume = f"; it can be continued from {CHECKPOINT}" if (path / CHECKPOINT).exists() else ""
        notes.append(f"the run is still going on, or was killed: this is what had been written{resume}")
    elif manifest.get("status") == "interrupted":
        notes.append(f"the run was interrupted ({manifest.get('error', 'by the user')}): this is what had been computed")
    return manifest, notes


def _groups(path: Path, notes: list[str]) -> Iterator[tuple[zarr.Group, Path]]:
    """Every group that holds recordings, and its folder."""
    data = path / DATA
    if not data.is_dir():
        notes.append(f"{DATA} is missing; there are no recordings")
        return
    for kind, depth in (("spikes", 1), ("samples", 2)):
        for folder in sorted(data.glob("/".join([kind, *["*"] * depth]))):
            if not folder.is_dir():
                continue
            name = "/".join(decode(p) for p in folder.relative_to(data).parts)
            try:
                group = zarr.open_group(folder, mode="r", use_consolidated=False, zarr_format=3)
                labelled = "labels" in group.attrs and group.attrs.get("kind") == kind
            except Exception as e:  # zarr raises errors of many kinds for metadata that it cannot read
                notes.append(f"{name}: cannot be read ({type(e).__name__}: {e}); left out")
                continue
            if labelled:
                yield group, folder
            else:
                notes.append(f"{name}: was not complete when the run stopped; left out")


def _dataset(data: Path, group: zarr.Group) -> xr.Dataset:
    attrs = facts(group)
    names, rows, labels = attrs["arrays"], committed(group), attrs.pop("labels")
    grows = "spike" if attrs["kind"] == "spikes" else "time"
    ds = xr.Dataset()
    for name in names:  # one by one: a run that was killed while it wrote may have arrays of different length
        rest = [n for n in names if n != name]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ZarrUserWarning)  # about the file that was being written when a run was killed
            one = xr.open_zarr(
                group.store, group=group.path, consolidated=False, zarr_format=3, chunks=None, drop_variables=rest
            )
        one = one.isel({grows: slice(0, rows)}, missing_dims="ignore")
        one[name].attrs.pop("grows", None)
        ds = ds.merge(one if attrs["kind"] == "spikes" or name == attrs["name"] else one.set_coords(name))
    ds.attrs = {k: v for k, v in attrs.items() if k not in ("rows", "name", "arrays")}
    return ds.assign_coords(labels)


def _read_all(variable: xr.Variable) -> None:
    """Load block by block, so that a run larger than memory can be checked."""
    if not variable.ndim:
        return
    row = max(1, variable.dtype.itemsize * int(np.prod(variable.shape[1:], dtype=np.int64)))
    step = max(1, _BLOCK // row)
    for start in range(0, variable.shape[0], step):
        np.asarray(variable[start : start + step].values)

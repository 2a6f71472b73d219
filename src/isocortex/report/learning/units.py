"""The learned units of each area, as images."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isocortex.report.theme import figure, svg

_COLUMNS = 12
_MOST = 48


def by_area(units: Mapping[str, np.ndarray]) -> str:
    """A mosaic an area, two areas a row.

    units : area -> (units, height, width, channels), in the range -1 to 1.
    """
    rows = -(-len(units) // 2)
    columns = min(2, len(units))
    with figure(10.0, 2.35 * rows + 0.2, rows, columns) as (made, axes):
        for ax in axes.flat:
            ax.set_axis_off()
        for ax, (area, fields) in zip(axes.flat, units.items(), strict=False):
            tiled = mosaic(np.asarray(fields, float)[:_MOST], _COLUMNS)
            if tiled.shape[2] == 3:
                ax.imshow((np.nan_to_num(tiled) + 1) / 2, interpolation="nearest")
            else:
                ax.imshow(tiled.mean(2), cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
            edge = fields.shape[1]
            ax.set_title(f"{area}: {min(len(fields), _MOST)} units, {edge} by {edge} pixels", fontsize=9.5)
        return svg(made, f"Learned units of {', '.join(units)}")


def mosaic(fields: np.ndarray, columns: int) -> np.ndarray:
    """Images (n, height, width, channels) side by side, a pixel apart; (height, width, channels), 0 between them."""
    n, height, width, channels = fields.shape
    rows = -(-n // columns)
    out = np.zeros((rows * (height + 1) - 1, columns * (width + 1) - 1, channels))
    for k, field in enumerate(fields):
        i, j = divmod(k, columns)
        out[i * (height + 1) : i * (height + 1) + height, j * (width + 1) : j * (width + 1) + width] = field
    return out

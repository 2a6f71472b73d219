"""A made-up run, in the form that an experiment returns, for the tests of the report and the command line."""

from __future__ import annotations

from typing import Any

import numpy as np

LAYERS = ("L23", "L4", "L5", "L6")


SPREAD = dict(tau90=20.0, reverted=0.03, retained=0.03)  # half of an interval


def layer(rate: float, ridge: float, mean: float, tau90: float | None, reverted: float, retained: float) -> dict[str, Any]:
    measured = dict(tau90=tau90, reverted=reverted, retained=retained)
    return dict(rate_hz=rate, decode_ridge=ridge, decode_mean=mean, **measured, intervals=intervals(measured))


def intervals(measured: dict[str, float | None]) -> dict[str, list[float]]:
    """Narrow intervals around what was measured."""
    return {k: [v - SPREAD[k], v + SPREAD[k]] for k, v in measured.items() if k in SPREAD and v is not None}


def made_up_summary() -> dict[str, Any]:
    """Superficial layers fast, deep ones lasting at the full sheet; no difference at the uniform one."""
    full = dict(L23=layer(2.1, 0.81, 0.74, 120, 0.61, 0.35), L4=layer(4.3, 0.86, 0.79, 200, 0.4, 0.5),
                L5=layer(6.0, 0.72, 0.66, 540, 0.2, 0.78), L6=layer(1.8, 0.55, 0.49, 600, 0.22, 0.74))  # fmt: skip
    uniform = dict(L23=layer(2.2, 0.8, 0.73, 300, 0.4, 0.55), L4=layer(4.2, 0.85, 0.8, 310, 0.4, 0.52),
                   L5=layer(5.8, 0.7, 0.66, 290, 0.41, 0.54), L6=layer(1.9, 0.56, 0.47, None, 0.4, 0.56))  # fmt: skip
    return dict(
        experiment="digits", seed=7, bio_s=412.5, wall_s=280.2, rtf=0.68, checksum="9f2c4e1a7b3d5f60", report="report.html",
        arms=dict(full=dict(layers=full), uniform=dict(layers=uniform)), baselines=dict(chance=0.1, pixels_ridge=0.915),
        phases=[dict(name="digits 0-4", first=0, last=400), dict(name="digits 5-9", first=400, last=800)],
        config=dict(seed=7, data="digits", dt=0.5, arms=["full", "uniform"], stimulus=dict(rate=60.0)),
    )  # fmt: skip


def made_up_arrays(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    bounds = [("V1.L23E", 0, 399), ("V1.L23PV", 400, 499), ("V1.L4E", 500, 899), ("V1.L4PV", 900, 999),
              ("V1.L5E", 1000, 1199), ("V1.L5PV", 1200, 1249), ("V1.L6E", 1250, 1499), ("V1.L6PV", 1500, 1549)]  # fmt: skip
    spikes = 9000
    times, ids = np.sort(rng.uniform(0, 1000, spikes)), rng.integers(0, 1550, spikes)
    x = np.arange(0, 801, 40)
    y, x8 = np.mgrid[0:8, 0:8]
    angle, shift = rng.uniform(0, np.pi, (4, 32, 1, 1)), rng.uniform(-1, 1, (4, 32, 1, 1))
    wave = np.cos((x8 - 3.5) * np.cos(angle) + (y - 3.5) * np.sin(angle) + 3 * shift)
    blobs = np.clip(wave * np.exp(-((x8 - 3.5) ** 2 + (y - 3.5) ** 2) / 9), 0, None)
    later = {name: dict(before=blobs[i], after=blobs[i, ::-1]) for i, name in enumerate(LAYERS)}
    pathways = ("V1.L4E->V1.L23E", "V1.L23E->V1.L23E", "V1.L23E->V1.L5E", "V1.L5E->V1.L6E", "LGN.relay->V1.L4E")
    speed = dict(L23=80, L4=130, L5=330, L6=390)

    def arm(factor: float) -> dict[str, Any]:
        return {
            name: dict(presentation=x, decode=0.1 + 0.75 * (1 - np.exp(-x / (tau * factor))) + rng.normal(0, 0.012, len(x)),
                       tuning_change=1 - np.exp(-x / (tau * factor)), rate=3 + rng.normal(0, 0.2, len(x)))
            for name, tau in speed.items()
        }  # fmt: skip

    start = {p: rng.normal(1.0, 0.1, 3000).clip(0) for p in pathways}
    end = {p: np.where(rng.random(3000) < 0.7, rng.gamma(1.5, 0.3, 3000), rng.normal(1.7, 0.15, 3000)) for p in pathways}
    return dict(
        rasters=dict(full=(times, ids, bounds, [(110.0, "3"), (220.0, "7")]), uniform=(times, ids, bounds)),
        receptive_fields=dict(full=later),
        weights=dict(full={p: (start[p], end[p]) for p in pathways}),
        time_courses=dict(full=arm(1.0), uniform=arm(2.0)),
        examples={"digits 0-4": blobs[0, :8] * 16, "digits 5-9": blobs[1, :8] * 16},
    )

"""The weight that gives a wanted postsynaptic potential, for any cell with a leaky membrane."""

from __future__ import annotations

from typing import Any

from isocortex.anatomy.scaling import psc_of_psp
from isocortex.cells.cell import EXCITATORY_RECEPTORS, Cell
from isocortex.errors import DescriptionError

HOLDING = -60.0
"""Potential (mV) at which conductances are converted: a cell in an active network, between rest and threshold."""


def weight_of_psp(cell: Cell, psp: float, receptor: str = "AMPA", compartment: str = "soma") -> float:
    """Jump (pA or nS, the cell's unit) whose postsynaptic potential peaks at `psp` (mV, a size, without sign).

    The compartment is taken as a leaky membrane of its own with an exponential current (`psc_of_psp`); a conductance is the
    current over the driving force at `HOLDING`. For 0.15 mV onto 250 pF and 10 ms: 87.8 pA at 0.5 ms, and with 5 ms of
    AMPA 15 pA, hence 15 / 60 mV = 0.25 nS.

    Raises
    ------
    DescriptionError : the cell has no capacitance and leak that are known here; then the weight must be given.
    """
    capacitance, tau_m = _membrane(cell, compartment)
    values: dict[str, Any] = cell.values()
    current = psc_of_psp(psp, capacitance, tau_m, values[f"tau_{receptor}"])
    if cell.weight_unit == "pA":
        return current
    reversal = values["E_AMPA"] if receptor in EXCITATORY_RECEPTORS else values[f"E_{receptor}"]
    return current / abs(reversal - HOLDING)


def _membrane(cell: Cell, compartment: str) -> tuple[float, float]:
    """Capacitance (pF) and time constant (ms) of a compartment."""
    v: dict[str, Any] = cell.values()
    if compartment == "apical" and {"C_d", "tau_d"} <= v.keys():
        return v["C_d"], v["tau_d"]
    if {"C_s", "tau_s"} <= v.keys():
        return v["C_s"], v["tau_s"]
    if {"C_m", "tau_m"} <= v.keys():
        return v["C_m"], v["tau_m"]
    if {"C_m", "g_L"} <= v.keys():
        return v["C_m"], v["C_m"] / v["g_L"]
    raise DescriptionError(
        f"weight_of_psp.cell: {type(cell).__name__} has neither C_m and tau_m nor C_m and g_L; give the weight"
    )

"""The outcome of a comparison."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A number measured, against a tolerance that was stated before."""

    what: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the number is within its bounds; one that is not a number is not."""
        above = self.least is None or self.value >= self.least
        below = self.most is None or self.value <= self.most
        return bool(above and below and self.value == self.value)

    @property
    def tolerance(self) -> str:
        """The bounds as text."""
        parts = [f"at least {self.least:g}"] if self.least is not None else []
        parts += [f"at most {self.most:g}"] if self.most is not None else []
        return " and ".join(parts) + (f" {self.unit}" if self.unit else "")

    def line(self) -> str:
        """``pass  what: value (tolerance)``."""
        unit = f" {self.unit}" if self.unit else ""
        note = f"; {self.note}" if self.note else ""
        return f"{'pass' if self.passed else 'FAIL'}  {self.what}: {self.value:.6g}{unit} ({self.tolerance}{note})"

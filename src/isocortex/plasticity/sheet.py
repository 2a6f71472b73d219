"""The plasticity sheet: all that differs between layers, in one table."""

from __future__ import annotations

from pathlib import Path

from isocortex.anatomy.circuit import Area, Cortex, as_cortex
from isocortex.describe import Description
from isocortex.errors import DataError
from isocortex.plasticity import lesion, sheet_toml
from isocortex.plasticity.entry import Entry, assign
from isocortex.plasticity.explain import Explanation, explain
from isocortex.plasticity.stack import Stack

__all__ = ["Entry", "Sheet"]


class Sheet(Description, kw_only=False):
    """An ordered list of entries, like a style sheet. Plain data; every method gives a new sheet and changes none.

    **Precedence.** For each projection the entries whose selectors match are taken in the order of the sheet. One with
    ``mode="replace"`` (the default) throws away what stands and puts its parts; one with ``mode="add"`` appends its parts.
    Only the order counts, not how specific a selector is. What no entry matches is static, and so is what an entry
    without parts matches last. A selector that matches nothing is an error unless its entry is `optional`.

    >>> Sheet((
    ...     Entry("kind=lateral", (PairSTDP(), Soft(w_max=2.0)), "all lateral synapses"),
    ...     Entry("*.L5E -> *.L5E", (PairSTDP(eta=0.1),), "slower in layer 5"),
    ... ))  # doctest: +SKIP
    """

    entries: tuple[Entry, ...] = ()
    name: str = ""
    doc: str = ""

    def validate(self) -> None:
        given = self.entries
        object.__setattr__(self, "entries", (given,) if isinstance(given, Entry) else tuple(given))
        for entry in self.entries:
            if not isinstance(entry, Entry):
                raise self.error("entries", f"{entry!r} is no entry; give Entry(select, parts)")

    @classmethod
    def default(cls) -> Sheet:
        """The sheet of the main job (``profiles/default.toml``)."""
        return cls.load("default")

    @classmethod
    def load(cls, source: str | Path) -> Sheet:
        """A sheet of the library by its name (`sheet_toml.names`), or the sheet in a TOML file.

        Raises
        ------
        DescriptionError : a word that is neither the name of a sheet nor a file; what `read` raises.
        """
        return cls._of(sheet_toml.load(source))

    @classmethod
    def read(cls, path: str | Path) -> Sheet:
        """Read a TOML file (see `isocortex.plasticity.sheet_toml`)."""
        return cls._of(sheet_toml.read(path))

    @classmethod
    def from_toml(cls, text: str, where: str = "sheet") -> Sheet:
        """Read TOML text; `where` names it in messages."""
        return cls._of(sheet_toml.loads(text, where))

    def to_toml(self) -> str:
        """Every entry with every parameter and its unit; `from_toml` gives back an equal sheet."""
        return sheet_toml.dumps(sheet_toml.SheetData(self.entries, self.name, self.doc))

    def write(self, path: str | Path) -> None:
        """Write `to_toml` to a file."""
        try:
            Path(path).write_text(self.to_toml(), encoding="utf-8")
        except OSError as e:
            raise DataError(f"sheet {str(path)!r}: cannot be written ({e.strerror or e}); choose another file") from None

    def __add__(self, other: Sheet) -> Sheet:
        """The entries of `other` after these, so that they win."""
        return self.replace(entries=self.entries + other.entries)

    def resolve(self, cortex: Cortex | Area) -> dict[str, Stack]:
        """Projection name -> stack, for every projection that is not static.

        Raises
        ------
        DescriptionError : a selector matches nothing (the message names the nearest), parts cannot stand together, or a
            rule reads a signal that the postsynaptic cell does not give.
        """
        return {a.projection.name: a.stack for a in assign(self.entries, as_cortex(cortex, "Sheet.resolve")) if a.stack.parts}

    def explain(self, cortex: Cortex | Area) -> Explanation:
        """Who gets what and why: `rows`, or readable text by ``str``."""
        return explain(self.entries, as_cortex(cortex, "Sheet.explain"))

    def without(self, name: str, on: str | None = None) -> Sheet:
        """Take a part away, by its name (``scaling``) or its kind (``homeostasis``): everywhere, or on some pathways.

        name : where a part and a kind have one name, the part is meant; ``kind=consolidation`` is the kind.
        on : the pathways, a selector such as ``"*.* -> *.L5E"``. These then have an entry of their own, the last of the sheet;
            that none of them has the part, or that there are none, is an error once the sheet meets a cortex.

        Without its weight dependence a stack has the additive one. An entry that loses all its parts stays and makes its
        synapses static. A name that the sheet does not use is an error that suggests the nearest.
        """
        where = "" if on is None else f" on {on}"
        return self._lesioned(lesion.without(self.entries, name, on), f"without {name}{where}")

    def uniform(self, cortex: Cortex | Area) -> Sheet:
        """One set of rules for all layers, with the same mean rates and time constants; see `lesion.uniform`.

        It needs the cortex, because a mean over synapses does.
        """
        return self._lesioned(lesion.uniform(self.entries, as_cortex(cortex, "Sheet.uniform")), "uniform")

    def paced(self, factor: float) -> Sheet:
        """The sheet `factor` times as fast; see `isocortex.plasticity.lesion.paced`."""
        return self if factor == 1 else self._lesioned(lesion.paced(self.entries, factor), f"{factor:g} times as fast")

    def swapped(self, a: str, b: str) -> Sheet:
        """Exchange two layers' names in all selectors (but those of `fixed` entries); twice is the sheet itself.

        An entry that then names what the anatomy has not (``*.L23E:apical``, say) is an error unless it is `optional`.
        """
        return self._lesioned(lesion.swapped(self.entries, a, b), "")

    def _lesioned(self, entries: tuple[Entry, ...], label: str) -> Sheet:
        return self.replace(entries=entries, name=", ".join(x for x in (self.name, label) if x))

    @classmethod
    def _of(cls, data: sheet_toml.SheetData) -> Sheet:
        return cls(data.entries, data.name, data.doc)

"""What goes where: results to standard output, as text or as one JSON document; everything else to standard error."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from isocortex.jsonable import jsonable


class Output:
    """Standard output for results, standard error for the rest."""

    def __init__(self, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json, self.quiet = as_json, quiet
        self.results = Console(highlight=False)
        self.notes = Console(stderr=True, highlight=False)

    def result(self, document: Mapping[str, Any], *shown: RenderableType) -> None:
        """Print the document with ``--json``, else what is to be shown for it."""
        if self.as_json:
            sys.stdout.write(json.dumps(jsonable(document), indent=2, allow_nan=False) + "\n")
            return
        for item in shown:
            self.results.print(item, soft_wrap=isinstance(item, Text))  # tables fold, text is left as it is

    def note(self, text: str) -> None:
        """Say something on standard error, unless quiet."""
        if not self.quiet:
            self.notes.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def stdout_kept_clean(self) -> Iterator[None]:
        """Send whatever libraries print on standard output to standard error while inside."""
        kept = sys.stdout
        sys.stdout = sys.stderr
        try:
            yield
        finally:
            sys.stdout = kept


def fixed(value: Any, digits: int = 2) -> str:
    """A number with `digits` decimals; a dash where there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"

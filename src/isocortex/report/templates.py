"""Pages: each one HTML file that needs nothing else, in one look (`base.html`, `style.css`)."""

from __future__ import annotations

from typing import Any


def rendered(template: str, **values: Any) -> str:
    """The text of a template of this package, filled in; a value that it names and does not get is an error."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("isocortex.report", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    return environment.get_template(template).render(**values)

"""What all tests share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from isocortex.plasticity import registry


@pytest.fixture(autouse=True, scope="session")
def ctrl_c() -> Iterator[None]:
    """Ctrl-C acts as in a terminal, also where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def own_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that a test registers are gone after it."""
    monkeypatch.setattr(registry, "_own", dict(registry._own))

"""The kernel that runs: Numba inside the compiled program."""

from __future__ import annotations

from typing import Any

from isocortex.engine.kernel import handlers


class Compiled:
    """The four functions, as calls that XLA makes into compiled code on its own buffers."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self.inflow = handlers.call_inflow
        self.fire = handlers.call_fire
        self.deliver = handlers.call_deliver
        self.settle = handlers.call_settle

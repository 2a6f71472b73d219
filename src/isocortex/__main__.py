"""``python -m isocortex``: the command line."""

from __future__ import annotations

from isocortex.cli import main

if __name__ == "__main__":
    main()

"""docs/learn.md: its example runs as printed, and its commands are ones that the command line takes."""

from __future__ import annotations

import itertools
import os
import pathlib
import re
import shlex
import subprocess
import sys

from isocortex.commands.learn import _names
from isocortex.config import load_config
from isocortex.learn.baselines.registry import Room
from isocortex.learn.protocol_compare import Comparison
from isocortex.learn.protocol_learners import line_up

ROOT = pathlib.Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "learn.md").read_text(encoding="utf-8")


def test_the_example_runs_as_printed(tmp_path: pathlib.Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    (tmp_path / "example.py").write_text(block, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "example.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) > 0.9


def test_learners_and_keys_in_the_commands_are_known() -> None:
    commands = [c for c in re.findall(r"```\n(isocortex learn .*?)\n```", TEXT) if "--learners" in c]
    assert commands
    for command in commands:
        words = shlex.split(command)
        given = {w: v for w, v in itertools.pairwise(words) if w.startswith("--")}
        load_config(Comparison, None, [v for w, v in itertools.pairwise(words) if w == "--set"])
        assert line_up(_names(given["--learners"]) or (), (), Room(450, 10**6, (8, 8), 10))

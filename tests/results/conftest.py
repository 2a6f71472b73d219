"""A small disk, to fill up."""

import subprocess

import pytest


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB, where the system lets us mount one."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield place
    subprocess.run(["umount", place], check=True)

"""A run folder can be read at any moment, and says what is wrong with it."""

import itertools
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import zarr

import isocortex
from isocortex.errors import DataError, RunError
from isocortex.results import atomic
from isocortex.results.checkpoint import read_checkpoint, write_checkpoint
from isocortex.results.folder import RunFolder
from isocortex.results.manifest import manifest
from isocortex.results.reading import check_run, open_run
from isocortex.results.samples import Sampled, SampleStore
from isocortex.results.spikes import Cells, SpikeStore

CELLS = (Cells("V1.L23E", 0, 5, "L23", "E"), Cells("V1.L4E", 5, 5, "L4", "E"))


def written(path, **more):
    """A finished run of 4 spikes and 3 samples."""
    folder = RunFolder.create(path, manifest(seed=3, config={"dt": 0.1}, threads=2))
    spikes = SpikeStore(CELLS, 0.1, folder.log)
    samples = SampleStore(Sampled("V1.L23E", "v", "cell", 2, "mV", {"neuron": np.array([0, 3])}), folder.log)
    spikes.append([1, 2, 3, 4], [0, 5, 1, 6])
    samples.append([1.0, 2.0, 3.0], np.zeros((3, 2), np.float32))
    folder.finish(checksum=spikes.checksum(), time_ms=100.0, **more)
    return path


def test_a_finished_run_says_what_it_was(tmp_path):
    path = written(tmp_path / "run", real_time_factor=0.5)
    said = json.loads((path / "run.json").read_text())
    assert (said["status"], said["seed"], said["config"], said["real_time_factor"]) == ("finished", 3, {"dt": 0.1}, 0.5)
    assert {"python", "isocortex", "jax", "numba", "numpy"} <= set(said["versions"])
    assert said["host"]["threads"] == 2
    assert open_run(path).attrs["notes"] == []
    assert check_run(path) == []


def test_a_manifest_names_no_person_and_no_place(monkeypatch, tmp_path):
    monkeypatch.setenv("USER", "somebody-by-name")
    text = (written(tmp_path / "somewhere") / "run.json").read_text()
    for secret in ("somebody-by-name", "somewhere", str(Path.home()), os.uname().nodename, str(Path.cwd())):
        assert f'"{secret}' not in text and f"{secret}/" not in text


def test_what_is_no_json_is_refused_before_anything_is_lost(tmp_path):
    folder = RunFolder.open(written(tmp_path / "run"))
    before = (folder.path / "run.json").read_text()
    for bad in (float("nan"), object()):
        with pytest.raises((ValueError, TypeError)):
            folder.update(real_time_factor=bad)
    assert (folder.path / "run.json").read_text() == before


def test_a_folder_in_use_is_not_overwritten(tmp_path):
    path = written(tmp_path / "run")
    with pytest.raises(DataError, match="holds a run already; continue it, or choose another folder"):
        RunFolder.create(path, manifest(seed=1, config={}))
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="is there already"):
        RunFolder.create(tmp_path / "file", manifest(seed=1, config={}))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="cannot be written"):
        RunFolder.create(tmp_path / "run", manifest(seed=1, config={}))


def test_a_parent_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        RunFolder.create(tmp_path / "file" / "run", manifest(seed=1, config={}))


def test_wrong_status_suggests_the_nearest(tmp_path):
    folder = RunFolder.open(written(tmp_path / "run"))
    with pytest.raises(ValueError, match="did you mean 'finished'"):
        folder.update(status="finish")


def test_a_full_disk_leaves_the_former_manifest(tmp_path, monkeypatch):
    folder = RunFolder.open(written(tmp_path / "run"))

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(RunError, match=r"run\.json: the disk is full; kept: the recordings and the previous run\.json"):
        folder.update(time_ms=7.0)
    assert RunFolder.open(folder.path).manifest["time_ms"] == 100.0


def test_an_error_in_a_run_is_written_down_and_its_spikes_are_kept(tmp_path):
    path = tmp_path / "run"
    with pytest.raises(RunError, match="not finite"), RunFolder.create(path, manifest(seed=1, config={})) as folder:
        SpikeStore(CELLS, 0.1, folder.log).append([5], [2])
        raise RunError("V1.L23E: v is not finite at 0.5 ms")
    tree = open_run(path)
    assert tree.attrs["status"] == "interrupted"
    assert "not finite at 0.5 ms" in tree.attrs["notes"][0]
    assert tree["spikes/V1.L23E/time"].values.tolist() == [0.5]


def test_a_disk_that_is_really_full_loses_nothing(small_disk):
    """Run until the disk is full, make room, go on: the recordings are those of a run that was never stopped."""
    path, memory, rng = small_disk / "run", SpikeStore(CELLS, 0.1), np.random.default_rng(0)
    folder = RunFolder.create(path, manifest(seed=1, config={}))
    (small_disk / "other").write_bytes(bytes(1_850_000))
    folder.flush_bytes = 1
    store, failed = SpikeStore(CELLS, 0.1, folder.log), 0
    for k in range(40):
        steps, ids = 5000 * k + np.arange(5000), rng.integers(0, 10, 5000).astype(np.int32)
        memory.append(steps, ids)
        try:
            store.append(steps, ids)
        except RunError as e:
            failed += 1
            assert "run: the disk is full; kept: " in str(e)
            tree = open_run(path)
            for c in CELLS:
                times = tree[f"spikes/{c.name}/time"].values
                assert np.array_equal(times, memory.spikes(c.name)[0][: len(times)] * 0.1)
            (small_disk / "other").unlink(missing_ok=True)
    assert failed == 1
    folder.finish()
    assert store.checksum() == memory.checksum()
    assert check_run(path) == []


class Evil:
    """Leaves a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


class TestDamage:
    """Half-written and damaged folders."""

    def test_nothing_there(self, tmp_path):
        for ask in (open_run, RunFolder.open):
            with pytest.raises(DataError, match="there is no such run folder"):
                ask(tmp_path / "none")

    def test_another_folder(self, tmp_path):
        with pytest.raises(DataError, match=r"run\.json: is missing.*data\.zarr is missing"):
            open_run(tmp_path)

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", "\x00", '{"format": "other"}', '{"format": "isocortex-run", "version": 9}']
    )
    def test_a_bad_manifest_does_not_hide_the_recordings(self, tmp_path, text):
        path = written(tmp_path / "run")
        (path / "run.json").write_text(text)
        tree = open_run(path)
        assert tree["spikes/V1.L23E/neuron"].values.tolist() == [0, 1]
        assert "run.json" in tree.attrs["notes"][0]
        with pytest.raises(DataError, match=r"run\.json"):
            RunFolder.open(path)

    def test_no_recordings(self, tmp_path):
        path = written(tmp_path / "run")
        shutil.rmtree(path / "data.zarr")
        assert open_run(path).attrs["notes"] == ["data.zarr is missing; there are no recordings"]

    @pytest.mark.parametrize("damage", [Path.unlink, lambda p: p.write_bytes(b"")])
    def test_a_lost_chunk_is_not_read_as_zeros(self, tmp_path, damage):
        path = written(tmp_path / "run")
        damage(path / "data.zarr/spikes/V1.L23E/neuron/c/0")
        tree = open_run(path)
        assert "spikes/V1.L23E: 1 files are missing or empty (neuron/0)" in tree.attrs["notes"][0]
        assert list(tree["spikes"]) == ["V1.L4E"]

    @pytest.mark.parametrize("whole_group", [False, True])
    def test_nothing_in_a_folder_is_unpickled(self, tmp_path, whole_group):
        path, ran = written(tmp_path / "run"), tmp_path / "ran"
        place = path / "data.zarr/spikes/V1.L23E"
        facts = json.loads((place / "zarr.json").read_text())["attributes"]
        shutil.rmtree(place if whole_group else place / "neuron")
        if whole_group:
            zarr.create_group(place, zarr_format=2, attributes=facts).create_array("time", data=np.zeros(2, np.int64))
        array = dict(zarr_format=2, shape=[2], chunks=[2], dtype="<i8", compressor=None, fill_value=0, order="C")
        (place / "neuron").mkdir()
        (place / "neuron/.zarray").write_text(json.dumps(array | {"filters": [{"id": "pickle", "protocol": 4}]}))
        (place / "neuron/0").write_bytes(pickle.dumps(Evil(ran)))
        assert any(n.startswith("spikes/V1.L23E") for n in check_run(path))
        with pytest.raises(DataError):
            SpikeStore(CELLS, 0.1, RunFolder.open(path).log)
        assert not ran.exists()

    def test_a_codec_that_is_not_ours_is_refused(self, tmp_path):
        path = written(tmp_path / "run")
        at = path / "data.zarr/spikes/V1.L23E/neuron/zarr.json"
        at.write_text(
            at.read_text().replace('"zstd"', '"gzip"').replace('"level": 1,', '"level": 1').replace('"checksum": true', "")
        )
        with pytest.raises(DataError, match=r"neuron: is coded by gzip; only bytes, zstd are read"):
            SpikeStore(CELLS, 0.1, RunFolder.open(path).log)

    def test_a_damaged_chunk_is_found_by_the_check(self, tmp_path):
        path = written(tmp_path / "run")
        chunk = path / "data.zarr/spikes/V1.L23E/time/c/0"
        raw = bytearray(chunk.read_bytes())
        raw[len(raw) // 2] ^= 255
        chunk.write_bytes(bytes(raw))
        assert [n.partition(":")[0] for n in check_run(path)] == ["spikes/V1.L23E/time"]

    @pytest.mark.parametrize("file", ["zarr.json", "time/zarr.json", "neuron/zarr.json"])
    @pytest.mark.parametrize("text", [None, "", "{}", "not json"])
    def test_bad_metadata_of_one_population_leaves_the_others(self, tmp_path, file, text):
        path = written(tmp_path / "run")
        at = path / "data.zarr/spikes/V1.L23E" / file
        at.unlink() if text is None else at.write_text(text)
        tree = open_run(path)
        assert tree["spikes/V1.L4E/neuron"].values.tolist() == [0, 1]
        assert any(n.startswith("spikes/V1.L23E") for n in tree.attrs["notes"])
        assert "V1.L23E" not in tree["spikes"].children
        with pytest.raises(DataError, match=r"V1\.L23E"):  # and is not continued, which would take its spikes away
            SpikeStore(CELLS, 0.1, RunFolder.open(path).log)
        assert (path / "data.zarr/spikes/V1.L23E/neuron/c/0").is_file()


@pytest.mark.parametrize("stop", [1, 2, 4, 5, 7, 8, 10, 11, 19, 26, 34, 37])
def test_a_crash_between_any_two_file_operations_leaves_a_readable_run(tmp_path, monkeypatch, stop):
    """Every rename is a point where a process can die; what was committed before it must be there, and nothing else."""
    path, committed = tmp_path / "run", 0
    count, replace = itertools.count(), Path.replace

    class Died(BaseException):
        pass

    def dying(self, target):
        if next(count) >= stop:
            raise Died
        return replace(self, target)

    folder = RunFolder.create(path, manifest(seed=1, config={}))
    monkeypatch.setattr(Path, "replace", dying)
    try:
        store = SpikeStore(CELLS[:1], 1.0, folder.log)
        for k in range(100):
            store.append([2 * k, 2 * k + 1], [k % 5, k % 5])
            store.flush()
            committed = 2 * k + 2
    except Died:
        pass
    monkeypatch.undo()
    tree = open_run(path)
    if "spikes" in tree:
        times = tree["spikes/V1.L23E/time"].values
        assert times.tolist() == list(range(len(times)))
        assert len(times) in (committed, committed + 2)  # it may die after the commit
    else:
        assert committed == 0
    again = SpikeStore(CELLS[:1], 1.0, RunFolder.open(path).log)  # and the run goes on
    rows = len(again)
    again.append([rows], [0])
    again.flush()
    assert len(open_run(path)["spikes/V1.L23E/time"]) == rows + 1


WRITER = """
import sys, numpy as np
from isocortex.results.folder import RunFolder
from isocortex.results.manifest import manifest
from isocortex.results.checkpoint import read_checkpoint, write_checkpoint
from isocortex.results.spikes import Cells, SpikeStore
folder = RunFolder.create(sys.argv[1], manifest(seed=1, config={}))
folder.flush_bytes = 1
store = SpikeStore([Cells("V1.L23E", 0, 5)], 1.0, folder.log)
for k in range(10**9):
    steps = np.arange(1000) + 1000 * k
    store.append(steps, (steps % 5).astype(np.int32))
    write_checkpoint(folder.checkpoint, {"step": np.int64(k), "w": np.full(10**5, k, np.float32)}, {"model": "m"})
    print(k, flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.011, 0.037])
def test_kill_9_leaves_a_readable_run_and_a_whole_checkpoint(tmp_path, delay):
    path = tmp_path / "run"
    env = os.environ | {"PYTHONPATH": str(Path(isocortex.__file__).parents[1])}
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, env=env, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == 3:
            break
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read()
    process.wait()
    last = int(rest.split()[-1]) if rest.split() else 3
    tree = open_run(path)
    times, neurons = (tree[f"spikes/V1.L23E/{k}"].values for k in ("time", "neuron"))
    assert len(times) >= 1000 * (last + 1)
    assert np.array_equal(times, np.arange(len(times)))
    assert np.array_equal(neurons, np.arange(len(times)) % 5)
    assert "still going on, or was killed" in tree.attrs["notes"][0]
    assert "continued from checkpoint.npz" in tree.attrs["notes"][0]
    arrays, _ = read_checkpoint(path / "checkpoint.npz", model="m")
    assert arrays["step"] >= last
    assert np.all(arrays["w"] == arrays["step"])


def test_a_killed_run_goes_on_from_its_checkpoint(tmp_path):
    folder = RunFolder.create(tmp_path / "run", manifest(seed=1, config={}))
    store = SpikeStore(CELLS, 1.0, folder.log)
    store.append([1, 2], [0, 6])
    write_checkpoint(folder.checkpoint, {"spikes": store.state()}, {})
    store.append([3], [0])
    folder.flush()
    del folder, store  # killed after more was written than the checkpoint knows
    folder = RunFolder.open(tmp_path / "run")
    store = SpikeStore(CELLS, 1.0, folder.log)
    store.restore(read_checkpoint(folder.checkpoint)[0]["spikes"])
    store.append([3, 4], [1, 7])
    folder.finish()
    tree = open_run(tmp_path / "run")
    assert tree["spikes/V1.L23E/time"].values.tolist() == [1, 3]
    assert tree["spikes/V1.L4E/time"].values.tolist() == [2, 4]
    assert tree["spikes/V1.L23E/neuron"].values.tolist() == [0, 1]

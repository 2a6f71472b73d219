"""Spikes and samples: the same in memory and on disk, for any chunking, after any interruption."""

import errno

import hypothesis.strategies as st
import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import given, settings

from isocortex.errors import DataError, DescriptionError, RunError
from isocortex.results import checksum
from isocortex.results.folder import RunFolder
from isocortex.results.log import MemoryLog
from isocortex.results.manifest import manifest
from isocortex.results.reading import open_run
from isocortex.results.samples import Sampled, SampleStore
from isocortex.results.spikes import Cells, SpikeStore

CELLS = (Cells("V1.L23E", 10, 5, "L23", "E"), Cells("V1.L4PV", 15, 3, "L4", "PV"), Cells("A.in", 30, 2))
WEIGHTS = Sampled("V1.L4E->V1.L23E", "w", "synapse", 4, "nS", {"pre": np.arange(4), "post": np.arange(4)[::-1], "layer": "L23"})


def new_folder(path, **settings):
    folder = RunFolder.create(path, manifest(seed=1, config={}))
    for name, value in settings.items():
        setattr(folder, name, value)
    return folder


def expected(steps, ids, cells):
    """Plain selection, one population at a time."""
    mine = (ids >= cells.first) & (ids < cells.first + cells.n)
    return steps[mine], ids[mine] - cells.first


SPIKES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), max_size=40)
CUTS = st.lists(st.integers(0, 40), max_size=3)


@given(spikes=SPIKES, cuts=CUTS)
@settings(max_examples=60, deadline=None)
def test_spikes_come_back_by_population_for_any_chunking(spikes, cuts):
    steps = np.sort(np.array([s for s, _ in spikes], np.int64))
    ids = np.array([i for _, i in spikes], np.int32)
    store = SpikeStore(CELLS, 0.1)
    for part in np.split(np.arange(len(ids)), sorted(cuts)):
        store.append(steps[part], ids[part])
    nest = {"spikes": {}}
    for c in CELLS:
        want_steps, want_ids = expected(steps, ids, c)
        got_steps, got_ids = store.spikes(c.name)
        assert got_steps.tolist() == want_steps.tolist()
        assert got_ids.tolist() == want_ids.tolist()
        assert (got_steps.dtype, got_ids.dtype) == (np.int64, np.int32)
        nest["spikes"][c.name] = {"time": want_steps.astype(np.int64), "neuron": want_ids.astype(np.int32)}
    assert store.checksum() == checksum.checksum(nest)


@given(spikes=SPIKES, cuts=CUTS, flush=st.sampled_from([1, 50, 10**6]))
@settings(max_examples=12, deadline=None)
def test_disk_gives_what_memory_gives(spikes, cuts, flush, tmp_path_factory):
    path = tmp_path_factory.mktemp("r") / "run"
    steps = np.sort(np.array([s for s, _ in spikes], np.int64))
    ids = np.array([i for _, i in spikes], np.int32)
    memory, disk = SpikeStore(CELLS, 0.1), SpikeStore(CELLS, 0.1, new_folder(path, flush_bytes=flush).log)
    for part in np.split(np.arange(len(ids)), sorted(cuts)):
        memory.append(steps[part], ids[part])
        disk.append(steps[part], ids[part])
    assert disk.checksum() == memory.checksum()
    assert len(disk) == len(memory)
    disk.flush()
    tree = open_run(path)
    for c in CELLS:
        xr.testing.assert_identical(tree[f"spikes/{c.name}"].to_dataset().load(), memory.dataset(c.name))


def test_a_dataset_of_spikes_has_units_and_layers():
    store = SpikeStore(CELLS, 0.1)
    store.append([3, 7], [11, 14])
    ds = store.dataset("V1.L23E")
    assert ds.time.values.tolist() == pytest.approx([0.3, 0.7])
    assert ds.time.attrs["units"] == "ms"
    assert ds.neuron.values.tolist() == [1, 4]
    assert {k: str(v.values) for k, v in ds.coords.items()} == {
        "population": "V1.L23E", "area": "V1", "layer": "L23", "cell_class": "E",
    }  # fmt: skip


def test_what_was_given_may_change_afterwards():
    store, steps, ids = SpikeStore(CELLS, 1.0), np.array([1, 2]), np.array([10, 11], np.int32)
    store.append(steps, ids)
    steps[:], ids[:] = 99, 14
    assert [a.tolist() for a in store.spikes("V1.L23E")] == [[1, 2], [0, 1]]


def test_wrong_asks_are_answered():
    store = SpikeStore(CELLS, 0.1)
    with pytest.raises(DescriptionError, match=r"'V1.L23' is not recorded; .*did you mean 'V1.L23E'"):
        store.spikes("V1.L23")
    with pytest.raises(ValueError, match="two lists of one length"):
        store.append([1, 2], [1])
    with pytest.raises(DescriptionError, match="A and B share neurons"):
        SpikeStore([Cells("A", 0, 5), Cells("B", 4, 5)], 0.1)
    samples = SampleStore(WEIGHTS)
    with pytest.raises(ValueError, match=r"V1.L4E->V1.L23E/w.w: has the shape \(1, 3\); \(rows, 4\)"):
        samples.append([0.0], np.zeros((1, 3), np.float32))
    with pytest.raises(DescriptionError, match="coords: pre has the shape"):
        Sampled("a", "w", "synapse", 3, "nS", {"pre": np.arange(4)})
    with pytest.raises(DescriptionError, match="did you mean 'synapse'"):
        Sampled("a", "w", "synapses", 3, "nS")


def test_samples_on_disk_are_those_in_memory(tmp_path):
    rng = np.random.default_rng(0)
    folder = new_folder(tmp_path / "run", flush_bytes=100)
    memory, disk = SampleStore(WEIGHTS), SampleStore(WEIGHTS, folder.log)
    for k in range(7):
        block = rng.normal(size=(2, 4)).astype(np.float32)
        block[0, 1] = np.nan
        for store in (memory, disk):
            store.append([2.0 * k, 2.0 * k + 1], block)
    folder.flush()
    ds = open_run(tmp_path / "run")["samples/V1.L4E->V1.L23E/w"].to_dataset().load()
    xr.testing.assert_identical(ds, memory.dataset())
    assert ds.w.dims == ("time", "synapse")
    assert (ds.w.attrs["units"], ds.time.attrs["units"], str(ds.layer.values)) == ("nS", "ms", "L23")
    assert ds.post.values.tolist() == [3, 2, 1, 0]
    assert disk.checksum() == memory.checksum()
    assert np.array_equal(disk.read(3, 9)[1], memory.read(3, 9)[1], equal_nan=True)


def test_a_projection_without_synapses_can_be_sampled(tmp_path):
    folder = new_folder(tmp_path / "run")
    store = SampleStore(Sampled("a->b", "w", "synapse", 0, "nS", {"pre": np.zeros(0, np.int32)}), folder.log)
    store.append([1.0], np.zeros((1, 0), np.float32))
    folder.flush()
    tree = open_run(tmp_path / "run")
    assert tree["samples/a->b/w"].to_dataset().w.shape == (1, 0)


def test_a_wide_variable_is_cut_into_chunks_and_comes_back(tmp_path):
    n = (1 << 20) + 3  # wider than a chunk
    folder = new_folder(tmp_path / "run")
    store = SampleStore(Sampled("a->b", "w", "synapse", n, "nS"), folder.log)
    block = np.arange(2 * n, dtype=np.float32).reshape(2, n)
    store.append([1.0, 2.0], block)
    folder.flush()
    ds = open_run(tmp_path / "run")["samples/a->b/w"].to_dataset()
    assert np.array_equal(ds.w.isel(time=1, synapse=slice(n - 5, None)).values, block[1, -5:])
    assert np.array_equal(store.read()[1], block)


@pytest.mark.parametrize("on_disk", [False, True])
def test_going_back_to_a_state_and_continuing_equals_never_stopping(tmp_path, on_disk):
    logs = new_folder(tmp_path / "run", flush_bytes=40).log if on_disk else MemoryLog
    store, straight = SpikeStore(CELLS, 0.1, logs), SpikeStore(CELLS, 0.1)
    parts = [(np.arange(5) + 5 * k, np.array([10, 15, 11, 31, 14])) for k in range(4)]
    for part in parts:
        straight.append(*part)
    for part in parts[:2]:
        store.append(*part)
    state = store.state()
    store.append([11, 12], [10, 10])  # spikes of a future that will not be
    store.flush()
    store = SpikeStore(CELLS, 0.1, RunFolder.open(tmp_path / "run").log if on_disk else MemoryLog)  # another process
    store.restore(state)
    for part in parts[2:]:
        store.append(*part)
    assert store.checksum() == straight.checksum()
    assert store.spikes("V1.L23E")[0].tolist() == straight.spikes("V1.L23E")[0].tolist()


def test_a_state_in_memory_can_go_on_disk_but_not_the_other_way(tmp_path):
    memory, disk = SpikeStore(CELLS, 0.1), SpikeStore(CELLS, 0.1, new_folder(tmp_path / "run").log)
    memory.append([1, 2], [10, 31])
    disk.restore(memory.state())
    assert disk.checksum() == memory.checksum()
    with pytest.raises(DataError, match="counts on 1 recorded rows and 0 are here; continue in the run folder"):
        SpikeStore(CELLS, 0.1).restore(disk.state())
    with pytest.raises(DataError, match="both must record the same populations"):
        SpikeStore(CELLS[:1], 0.1).restore(disk.state())


def test_a_folder_of_another_model_is_not_continued(tmp_path):
    new_folder(tmp_path / "run").log(SampleStore(WEIGHTS)._log.spec)
    other = Sampled("V1.L4E->V1.L23E", "w", "synapse", 4, "nS", {"pre": np.zeros(4, int), "post": np.arange(4)[::-1]})
    with pytest.raises(DataError, match="pre: the run folder holds other values; it was written by another model"):
        SampleStore(other, RunFolder.open(tmp_path / "run").log)
    bigger = Sampled("V1.L4E->V1.L23E", "w", "synapse", 5, "nS")
    with pytest.raises(DataError, match=r"the run folder holds float32 rows of shape \(4,\)"):
        SampleStore(bigger, RunFolder.open(tmp_path / "run").log)


def test_time_alone_makes_old_rows_go_to_disk(tmp_path):
    now = [0.0]
    folder = new_folder(tmp_path / "run")
    folder.clock = lambda: now[0]
    store = SpikeStore(CELLS, 0.1, folder.log)
    store.append([1], [10])
    assert open_run(tmp_path / "run")["spikes/V1.L23E"].sizes["spike"] == 0
    now[0] = 6.0
    store.append([2], [15])  # of another population
    assert open_run(tmp_path / "run")["spikes/V1.L23E"].sizes["spike"] == 1


def test_a_full_disk_keeps_what_was_computed(tmp_path, monkeypatch):
    folder = new_folder(tmp_path / "run", flush_bytes=1)
    store, memory = SpikeStore(CELLS, 0.1, folder.log), SpikeStore(CELLS, 0.1)
    for s in (store, memory):
        s.append([1, 2, 3], [10, 11, 31])
    write = zarr.Array.__setitem__

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zarr.Array, "__setitem__", full)
    with pytest.raises(RunError, match=r"run: the disk is full; kept: 2 rows of spikes/V1.L23E on disk, 1 more in memory"):
        store.append([4, 4], [12, 30])
    memory.append([4, 4], [12, 30])
    tree = open_run(tmp_path / "run")
    assert tree["spikes/V1.L23E/neuron"].values.tolist() == [0, 1]
    assert store.spikes("V1.L23E")[0].tolist() == [1, 2, 4]  # still in memory
    assert store.spikes("A.in")[0].tolist() == [3, 4]  # so are those of the populations that come after
    monkeypatch.setattr(zarr.Array, "__setitem__", write)
    store.flush()  # somebody has made room
    assert store.checksum() == memory.checksum()
    assert open_run(tmp_path / "run")["spikes/V1.L23E/neuron"].values.tolist() == [0, 1, 2]

"""What must not matter does not: how a run is cut, a checkpoint in between, looking, threads, the length of a tick."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.support import Unbounded, balanced, forced, matrix
from isocortex.engine.record import Record
from isocortex.engine.simulation import Simulation
from isocortex.errors import DataError
from isocortex.plasticity.rule import Gate, ShortTerm, Soft
from isocortex.plasticity.rules.consolidation import Consolidation, Relaxation
from isocortex.plasticity.rules.heterosynaptic import Heterosynaptic
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.tagging import TagAndCapture
from isocortex.plasticity.rules.triplet import TripletSTDP
from isocortex.plasticity.stack import Stack
from isocortex.results.checkpoint import read_checkpoint, write_checkpoint
from isocortex.results.reading import open_run
from plasticity.trains import poisson

FULL = Stack(
    rules=(TripletSTDP(A2_minus=0.01, A3_plus=0.02), Heterosynaptic()),
    weight=Soft(),
    gates=(Gate(),),
    slow=(
        Consolidation(tau=5000.0),
        TagAndCapture(theta_tag=0.0, theta_p=1e-3, tau_rise=500.0, tau_c=500.0),
        Relaxation(tau=5000.0),
    ),
    short_term=ShortTerm(U=0.3, tau_rec=200.0),
)
RECORDS = [
    Record("net.E", "v", every=0.7, sample=5),
    Record("net.E->net.E", "w", sample=9),
    Record("net.E->net.E", "w_slow", every=160.0),
]


def make(**options: object) -> Simulation:
    sim = balanced(FULL, record=RECORDS, currents=["net.E"], **({"seed": 4} | options))
    sim.set_input("net.E", 20.0, "current")
    return sim


def recorded(sim: Simulation) -> list[np.ndarray]:
    return [a for r in RECORDS for a in sim.samples(r.target, r.variable)]


@pytest.fixture(scope="module")
def whole() -> Simulation:
    """331.3 ms in one go, with the modulator raised after 120.2 ms."""
    sim = make()
    sim.run(120.2)
    sim.set_modulator("ACh", 1.7)
    sim.run(211.1)
    return sim


def same(one: Simulation, other: Simulation) -> None:
    assert one.checksum() == other.checksum()
    for a, b in zip(recorded(one), recorded(other), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_network_is_alive(whole: Simulation) -> None:
    """So that the comparisons below compare something."""
    assert 2 < whole.rates()["net.E"] < 100
    assert np.abs(whole.weights("net.E->net.E").w - make().weights("net.E->net.E").w).max() > 0.5


def test_many_short_runs_are_one_long_run(whole: Simulation) -> None:
    sim = make()
    for piece in (0.1, 0.1, 7.0, 72.8, 0.0, 40.2):
        sim.run(piece)
    sim.set_modulator("ACh", 1.7)
    for piece in [1.1] * 90 + [112.1]:
        sim.run(piece)
    assert sim.time == pytest.approx(331.3)
    same(sim, whole)


def test_a_checkpoint_continues_to_the_last_bit(whole: Simulation, tmp_path: Path) -> None:
    """Within a tick, with inputs, a modulator that changes later, and recorders in the middle of an interval."""
    first = make()
    first.run(77.3)
    first.save(tmp_path / "a.ckpt")
    again = make()
    again.load(tmp_path / "a.ckpt")
    again.run(42.9)
    again.set_modulator("ACh", 1.7)
    again.run(100)
    again.save(tmp_path / "b.ckpt")
    last = Simulation.restore(tmp_path / "b.ckpt", again.cortex, {"net.E->net.E": FULL}, record=RECORDS, currents=["net.E"])
    last.run(111.1)
    same(last, whole)
    assert last.counts == whole.counts


def test_a_run_that_is_kept_on_disk_is_gone_on_with_in_its_folder(whole: Simulation, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    first = make(out=folder)
    first.run(77.3)
    first.save(folder / "a.ckpt")
    last = Simulation.restore(folder / "a.ckpt", first.cortex, {"net.E->net.E": FULL}, record=RECORDS, out=str(folder))
    last.run(42.9)
    last.set_modulator("ACh", 1.7)
    last.run(211.1)
    same(last, whole)
    last.folder.finish()
    tree = open_run(folder)
    assert (tree.attrs["status"], tree.attrs["notes"]) == ("finished", [])
    np.testing.assert_allclose(tree["spikes/net.E"]["time"], whole.spikes("net.E")[0])


def test_the_folder_of_another_run_is_not_written_over(tmp_path: Path) -> None:
    """Neither that of another description, nor by a checkpoint that holds its recordings itself."""
    theirs, mine = make(out=tmp_path / "theirs"), make()
    for sim in (theirs, mine):
        sim.run(20)
    theirs.finish()
    mine.save(tmp_path / "mine.ckpt")
    theirs.save(tmp_path / "theirs" / "a.ckpt")
    other = Simulation(theirs.cortex, {"net.E->net.E": FULL}, dt=theirs.dt, seed=99, out=tmp_path / "other")
    other.run(5)
    other.finish()
    before = {name: str(open_run(tmp_path / name)) for name in ("theirs", "other")}
    for file, folder, said in (("theirs/a.ckpt", "other", "holds another run"), ("mine.ckpt", "theirs", "its own recordings")):
        with pytest.raises(DataError, match=said):
            Simulation.restore(tmp_path / file, mine.cortex, {"net.E->net.E": FULL}, record=RECORDS, out=tmp_path / folder)
    assert before == {name: str(open_run(tmp_path / name)) for name in ("theirs", "other")}


def test_older_checkpoints_are_gone_on_with(whole: Simulation, tmp_path: Path) -> None:
    """In those, modulators and doses were one number each, and an injected current had no compartment."""
    first = make()
    first.run(77.3)
    first.save(tmp_path / "new.ckpt")
    arrays, header = read_checkpoint(tmp_path / "new.ckpt")
    state = arrays["state"]
    for key in ("modulators", "dose"):
        state[key] = {name: v[0] for name, v in state[key].items()}
    renamed = [own for own in state["inputs"].values() if "soma:current" in own]
    for own in renamed:
        own["current"] = own.pop("soma:current")
    assert renamed
    write_checkpoint(tmp_path / "old.ckpt", arrays, header)
    last = Simulation.restore(tmp_path / "old.ckpt", first.cortex, {"net.E->net.E": FULL}, record=RECORDS)
    last.run(42.9)
    last.set_modulator("ACh", 1.7)
    last.run(211.1)
    same(last, whole)


def test_given_spikes_are_saved(tmp_path: Path) -> None:
    def fresh() -> Simulation:
        return forced([poisson(50, 400, 1.0, 1)], [poisson(50, 400, 1.0, 2)], {("r", 3, 2): Stack(rules=(PairSTDP(),))}, 1.0)

    whole, first, second = fresh(), fresh(), fresh()
    whole.run(400)
    first.run(150)
    first.save(tmp_path / "a.ckpt")
    second.set_spikes("V.A", [], [])
    second.load(tmp_path / "a.ckpt")
    second.run(250)
    assert second.checksum() == whole.checksum()


def test_looking_does_not_disturb(whole: Simulation) -> None:
    sim = make()
    for i in range(12):
        sim.run(10.0)
        for _ in range(1 + i % 2):
            sim.weights("net.E->net.E")
        sim.spikes("net.E"), sim.checksum(), sim.rates(), recorded(sim)
    sim.run(0.2)
    sim.set_modulator("ACh", 1.7)
    sim.run(200.0)
    sim.weights("net.E->net.I")
    sim.run(11.1)
    same(sim, whole)


def test_weights_within_a_tick_are_those_that_a_tick_would_settle() -> None:
    """Nothing is lost or taken twice by looking: the same trains with ticks of 50 and of 10 ms, read at 37 ms."""
    pre, post = poisson(80, 60, 1.0, 1), poisson(80, 60, 1.0, 2)
    read = []
    for tick in (50.0, 37.0, 10.0):
        sim = forced([pre], [post], {("r", 2, 3): Stack(rules=(PairSTDP(),), weight=Unbounded())}, 1.0, tick=tick)
        sim.run(37)
        read.append(matrix(sim, "r", 2, 3)[0, 0])
    assert read[0] != 1
    np.testing.assert_allclose(read, read[0], rtol=2e-7)


def test_the_length_of_a_tick_does_not_matter() -> None:
    """Beyond float32, for rules without slow parts and bounds: 2 s at 30 Hz."""
    trains = [poisson(30, 2000, 1.0, i) for i in range(12)]
    stack = Stack(rules=(TripletSTDP(A2_minus=0.01, A3_plus=0.02),), weight=Unbounded())
    found = []
    for tick in (100.0, 50.0, 13.0, 1.0):
        sim = forced(trains[:6], trains[6:], {("r", 4, 3): stack}, 1.0, tick=tick)
        sim.run(2000)
        found.append(matrix(sim, "r", 4, 3))
    assert np.abs(found[0] - 1).max() > 0.5
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], atol=2e-5)


def test_learning_off_freezes_weights_while_cells_go_on() -> None:
    sim = make()
    sim.run(93.0)
    before = sim.weights("net.E->net.E")
    counts = dict(sim.counts)
    sim.learning = False
    assert not sim.learning
    sim.run(160.7)
    after = sim.weights("net.E->net.E")
    np.testing.assert_array_equal(after.w, before.w)
    np.testing.assert_array_equal(after.slow["w_slow"], before.slow["w_slow"])
    assert sim.counts["net.E"] > counts["net.E"]
    sim.learning = True
    sim.run(80)
    assert np.abs(sim.weights("net.E->net.E").w - before.w).max() > 0.1


def test_a_modulator_at_zero_gain_freezes_induction_too() -> None:
    """Gate: max(0, 1 + (M - 1)); at M = 0 nothing is induced, at M = 2 twice as much."""
    pre, post = poisson(50, 300, 1.0, 1), poisson(50, 300, 1.0, 2)
    found = {}
    for level in (0.0, 1.0, 2.0):
        sim = forced([pre], [post], {("r", 1, 0): Stack(rules=(PairSTDP(),), weight=Unbounded(), gates=(Gate(),))}, 1.0)
        sim.set_modulator("ACh", level)
        sim.run(300)
        found[level] = matrix(sim, "r", 1, 0)[0, 0] - 1
    assert found[0.0] == 0 != found[1.0]
    assert found[2.0] == pytest.approx(2 * found[1.0], rel=1e-4)


SCRIPT = """
import sys; sys.path[:0] = {paths!r}
from engine.test_engine_invariance import make
sim = make(); sim.run(331.3); print(sim.checksum())
"""


def test_the_number_of_threads_does_not_matter() -> None:
    """Two processes: one thread for everything, and as many as there are."""
    script = SCRIPT.format(paths=[p for p in sys.path if p])
    found = []
    for threads, flags in (("1", "--xla_cpu_multi_thread_eigen=false"), ("2", "")):
        environment = os.environ | dict(XLA_FLAGS=flags, NUMBA_NUM_THREADS=threads, OMP_NUM_THREADS=threads)
        command = [sys.executable, "-c", script]
        if threads == "1" and hasattr(os, "sched_setaffinity"):
            command[2] = f"import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n{script}"
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=180)
        found.append(done.stdout.split()[-1])
    sim = make()
    sim.run(331.3)
    assert found == [sim.checksum()] * 2


def test_two_seeds_differ() -> None:
    one, other = make(), make(seed=5)
    one.run(50)
    other.run(50)
    assert one.checksum() != other.checksum()
    assert not np.array_equal(one.spikes("net.E")[0], other.spikes("net.E")[0])

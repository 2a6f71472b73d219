"""The main job, small: it runs end to end, can be stopped and resumed, and says what is wrong before it starts."""

import errno
import json
import os
import signal
import threading
import time

import numpy as np
import pytest
from dying import dies, never_stops, stops_when_asked

from isocortex.errors import DataError, DescriptionError, RunError
from isocortex.experiments import digits, pool
from isocortex.experiments.arm import run_arm
from isocortex.experiments.arms import arm_sheet
from isocortex.experiments.circuit import digits_cortex
from isocortex.experiments.digits import Config
from isocortex.experiments.materials import SIDE, materials, sheet_of
from isocortex.experiments.session import slug
from isocortex.experiments.summary import DEFINITIONS
from isocortex.plasticity.rules.branches import Branches
from isocortex.progress import Progress
from isocortex.results import manifest as manifests

SMALL = dict(neurons=300, settle=4, learn=20, again=10, look=40, marks=(1.0,), shown=40.0, dt=0.5)


def never(done_ms, rates):
    return False


def arm(name, config, tell=never):
    return run_arm(name, config, materials(config), tell)


def quiet(*a, **k):
    return Progress(*a, **k, enabled=False)


@pytest.fixture(scope="module")
def whole():
    return arm("full", Config(**SMALL))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    kept = []
    config = Config(**SMALL, arms=("full", "off"), out=str(folder))
    summary = digits.run(config, quiet, lambda found: kept.append((found["checksum"], len(list(folder.glob("*.npz"))))))
    return folder, summary, kept


def test_an_arm_gives_every_measure_of_every_layer(whole):
    assert list(whole["layers"]) == ["L23", "L4", "L5", "L6"]
    for values in whole["layers"].values():
        assert set(values) == set(DEFINITIONS)
        assert values["rate_hz"] >= 0 and 0 <= values["decode_ridge"] <= 1
        assert all(low <= values[key] <= high for key, (low, high) in values["intervals"].items())


def test_learning_changed_weights_and_the_off_arm_did_not(whole):
    assert all(v["weights_changed"] > 0 for v in whole["layers"].values())
    off = arm("off", Config(**SMALL))
    assert all(v["weights_changed"] is None for v in off["layers"].values())


def test_an_arm_stopped_and_resumed_equals_one_never_stopped(whole, tmp_path):
    config = Config(**SMALL, out=str(tmp_path))
    each = config.shown + config.pause
    for stop_at in (3, 37):  # while settling, and in the middle
        stopped = arm("full", config, lambda done_ms, rates, stop_at=stop_at: done_ms >= stop_at * each)
        assert stopped == {"finished": False}
    resumed = arm("full", config)
    assert resumed["checksum"] == whole["checksum"]
    assert resumed["layers"] == whole["layers"]


def test_a_finished_arm_is_not_computed_again(whole, tmp_path):
    config = Config(**SMALL, out=str(tmp_path))
    arm("full", config)

    def shows_nothing(done_ms, rates):
        raise AssertionError("something was shown again")

    assert arm("full", config, shows_nothing)["checksum"] == whole["checksum"]
    assert len(list(tmp_path.glob("*.npz"))) == 2  # each save takes the place of the former


def test_a_save_that_fails_leaves_the_former_one(whole, tmp_path, monkeypatch):
    config = Config(**SMALL, out=str(tmp_path))
    each = config.shown + config.pause
    arm("full", config, lambda done_ms, rates: done_ms >= 9 * each)

    def full_disk(*a, **k):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)  # after the checkpoint, before what was counted
    with pytest.raises(RunError, match="disk is full"):
        arm("full", config, lambda done_ms, rates: done_ms >= 20 * each)
    monkeypatch.undo()
    resumed = arm("full", config)
    assert resumed["checksum"] == whole["checksum"] and resumed["layers"] == whole["layers"]


@pytest.mark.parametrize("name", ["full.session.npz", "full.*.checkpoint.npz"])
def test_a_half_written_file_is_named(tmp_path, name):
    config = Config(**SMALL, out=str(tmp_path))
    arm("full", config, lambda done_ms, rates: True)
    (path,) = tmp_path.glob(name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=path.name):
        arm("full", config)


def test_a_run_with_two_arms_in_processes_of_their_own(finished):
    folder, summary, _ = finished
    assert list(summary["arms"]) == ["full", "off"]
    assert {"experiment", "seed", "bio_s", "wall_s", "rtf", "checksum", "arms", "baselines"} <= set(summary)
    assert summary["baselines"]["pixels_ridge"] > summary["baselines"]["chance"]
    json.dumps({k: v for k, v in summary.items() if k != "arrays"})
    manifest = json.loads((folder / "run.json").read_text())
    assert manifest["status"] == "finished" and manifest["checksum"] == summary["checksum"]
    arrays = summary["arrays"]
    for times, ids, bounds, _ in arrays["rasters"].values():
        assert len(times) == len(ids) > 0 and ids.max() <= bounds[-1][2]
    fields = arrays["receptive_fields"]["full"]["L4"]
    assert fields["before"].shape == fields["after"].shape and fields["after"].shape[1:] == (8, 8)
    assert all(np.isfinite(f).all() for f in fields.values()) and (fields["before"] != fields["after"]).any()


def test_the_raster_says_which_images_came_on_when(finished):
    """The last 1.5 s of looks of 50 ms each: 30 images, the last of which came on 50 ms before the end."""
    _, summary, _ = finished
    s = materials(Config(**SMALL)).schedule
    shown = summary["arrays"]["rasters"]["full"][3]
    np.testing.assert_allclose([at for at, _ in shown], 50.0 * np.arange(30))
    assert [label for _, label in shown] == [str(k) for k in s.labels[s.image[-30:]]]


def test_the_diagram_has_the_plastic_projections_with_their_rules(finished):
    _, summary, _ = finished
    circuit = summary["arrays"]["circuit"]
    names = {name for name, *_ in circuit["populations"]}
    assert {"LGN.on", "LGN.off", "V1.L23E", "V1.L5SST", "V1.L6VIP"} <= names
    wires = {(pre, post): rule for pre, post, rule in circuit["projections"]}
    assert {name for pair in wires for name in pair} <= names
    assert wires["V1.L4PV", "V1.L4E"] == "inhibitory_stdp" and wires["LGN.on", "V1.L4E"] == "triplet"
    assert not any(post.endswith(("PV", "SST", "VIP")) for _, post in wires)


def test_the_noise_is_the_largest_change_at_any_look(finished):
    _, summary, _ = finished
    for arm, layers in summary["arrays"]["time_courses"].items():
        for layer, course in layers.items():
            known = [abs(v) for v in course["tuning_change"] if v is not None]
            assert summary["arms"][arm]["layers"][layer]["most_changed"] == (max(known) if known else None)


def test_what_the_arms_saved_is_removed_only_when_the_summary_is_kept(finished):
    folder, summary, kept = finished
    assert kept == [(summary["checksum"], 4)]  # two files an arm were there
    assert not list(folder.glob("*.npz"))
    with pytest.raises(DataError, match="is finished"):
        digits.resume(folder, quiet)


def test_stopped_after_one_arm_the_run_says_so_and_resumes(finished, tmp_path, monkeypatch):
    """One worker takes one arm after the other; the stop comes while the second runs."""
    _, never_stopped, _ = finished
    config = Config(**SMALL, arms=("full", "off"), out=str(tmp_path))
    monkeypatch.setattr(pool, "processors", lambda: 1)

    def stop_in_the_second_arm():
        while not (tmp_path / "off.session.npz").exists() and not over.wait(0.02):
            pass
        os.kill(os.getpid(), signal.SIGINT)

    over = threading.Event()
    watcher = threading.Thread(target=stop_in_the_second_arm)
    watcher.start()
    with pytest.raises(KeyboardInterrupt):
        try:
            digits.run(config, quiet)
        finally:
            over.set()
            watcher.join()
    manifest = json.loads((tmp_path / "run.json").read_text())
    assert (manifest["status"], manifest["error"]) == ("interrupted", "KeyboardInterrupt")
    assert {p.name for p in tmp_path.glob("*.session.npz")} == {"full.session.npz", "off.session.npz"}
    with np.load(tmp_path / "full.session.npz") as full, np.load(tmp_path / "off.session.npz") as off:
        assert int(full["done"]) > int(off["done"])
    resumed = digits.resume(tmp_path, quiet)
    assert resumed["checksum"] == never_stopped["checksum"]
    assert resumed["arms"] == never_stopped["arms"]
    assert resumed["wall_s"] > manifest["wall_s"]


def test_a_stop_is_answered_and_arms_that_had_not_begun_do_not_begin(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pool, "processors", lambda: 1)
    begun = tmp_path / "begun"
    waiter = threading.Thread(target=interrupt_once_there, args=(begun,))
    waiter.start()
    with pytest.raises(KeyboardInterrupt):
        pool.side_by_side(stops_when_asked, ("one", "two", "three"), (str(begun),), 1.0, quiet)
    waiter.join()
    assert begun.read_text() == "one"
    assert capsys.readouterr().err.count(pool.STOPPING) == 1


def test_a_second_stop_ends_arms_that_do_not_stop(tmp_path):
    begun = tmp_path / "begun"
    waiter = threading.Thread(target=interrupt_once_there, args=(begun, 2))
    waiter.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        pool.side_by_side(never_stops, ("one",), (str(begun),), 1.0, quiet)
    waiter.join()
    assert time.monotonic() - started < 30


def interrupt_once_there(path, times=1):
    for _ in range(600):
        if path.exists():
            break
        time.sleep(0.05)
    for _ in range(times):
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)


def test_a_run_whose_summary_cannot_be_kept_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(digits, "side_by_side", lambda job, names, given, *_: {n: job(n, *given, never) for n in names})
    config = Config(**SMALL, arms=("off",), out=str(tmp_path))

    def full_disk(found):
        raise RunError("summary.json: the disk is full")

    with pytest.raises(RunError, match="disk is full; what the arms had computed is in"):
        digits.run(config, quiet, full_disk)

    def full_cache(found):
        raise OSError(errno.ENOSPC, "No space left on device", "/cache/kernel.nbi")

    with pytest.raises(RunError, match=r"/cache/kernel\.nbi: the disk is full"):
        digits.resume(tmp_path, quiet, full_cache)
    assert json.loads((tmp_path / "run.json").read_text())["status"] == "interrupted"
    assert (tmp_path / "off.session.npz").exists()


def test_a_process_that_was_ended_from_outside_is_told():
    with pytest.raises(RunError, match="arms full, off: a process was ended from outside"):
        pool.side_by_side(dies, ("full", "off"), (), 1.0, quiet)


def test_other_images_are_not_resumed(tmp_path):
    config = Config(**SMALL, out=str(tmp_path))
    facts = manifests.manifest(seed=0, config=config.values(), experiment="digits", shown="other", wall_s=0.0)
    manifests.write(tmp_path / "run.json", facts | dict(status="interrupted"))
    with pytest.raises(DataError, match="not those that the run began with"):
        digits.resume(tmp_path, quiet)


@pytest.mark.parametrize(("layer", "spared"), [("L23E", "L5E"), ("L5E", "L23E")])
def test_an_arm_takes_a_part_from_some_pathways(layer, spared):
    config = Config(**SMALL)
    cortex = digits_cortex(config.neurons, SIDE)
    learns = arm_sheet(f"without:branches@*.* -> *.{layer}", sheet_of(config), cortex).resolve(cortex)
    having = [name for name, stack in learns.items() if any(isinstance(rule, Branches) for rule in stack.rules)]
    onto = {name.partition("->")[2].partition(":")[0] for name in having}
    assert f"V1.{layer}" not in onto and f"V1.{spared}" in onto


def test_files_of_an_arm_have_names_that_every_disk_takes():
    arms = ("full", "without:kind=homeostasis", "without:soft@*.* -> *.L5E:basal", "without:soft@*.* -> *.L5E")
    names = [slug(arm) for arm in arms]
    assert names[:2] == ["full", "without-kind=homeostasis"] and len(set(names)) == len(names)
    assert not set("".join(names)) & set('<>:"/\\|?* ')


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(arms=("without:branches@*.* -> *.L7E",)), "no population 'L7E'"),
        (dict(arms=("full", "unifrom")), "did you mean 'uniform'"),
        (dict(arms=("without:scalin",)), "did you mean 'scaling'"),
        (dict(altered="rotat"), "did you mean 'rotate'"),
        (dict(marks=(0.5, 0.2)), "ascending"),
        (dict(learn=3), "at least 10"),
        (dict(dt=-1), "more than 0 ms"),
        (dict(arms=()), "at least one"),
        (dict(marks=(float("nan"), 1.0)), "ascending"),
        (dict(marks=(0.01, 0.02, 1.0)), "fall on one"),
        (dict(shown=0.2), "a time step, 0.5 ms"),
        (dict(neurons=10), "at least 100"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(change, words):
    with pytest.raises(DescriptionError, match=words):
        digits.prepare(Config(**(SMALL | change)))

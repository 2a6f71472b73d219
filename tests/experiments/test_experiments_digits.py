"""The main job, small: it runs end to end, can be stopped and resumed, and says what is wrong before it starts."""

import json

import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.experiments import digits
from isocortex.experiments.digits import Config
from isocortex.progress import Progress

SMALL = dict(neurons=300, settle=4, learn=20, again=10, probes=20, train=20, test=20, marks=(1.0,), shown=40.0, dt=0.5)


def never(done_ms, rates):
    return False


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return digits.run_arm("full", Config(**SMALL), never)


def test_an_arm_gives_every_measure_of_every_layer(whole):
    assert list(whole["layers"]) == ["L23", "L4", "L5", "L6"]
    for values in whole["layers"].values():
        assert set(values) == set(digits.S.DEFINITIONS)
        assert values["rate_hz"] >= 0 and 0 <= values["decode_ridge"] <= 1


def test_learning_changed_weights_and_the_off_arm_did_not(whole):
    assert all(v["weights_changed"] > 0 for v in whole["layers"].values())
    off = digits.run_arm("off", Config(**SMALL), never)
    assert all(v["weights_changed"] is None for v in off["layers"].values())


def test_stopped_and_resumed_equals_never_stopped(whole, tmp_path):
    config = Config(**SMALL, out=str(tmp_path))
    each = config.shown + config.pause
    for stop_at in (3, 37):  # while settling, and in the middle
        stopped = digits.run_arm("full", config, lambda done_ms, rates, stop_at=stop_at: done_ms >= stop_at * each)
        assert stopped == {"finished": False}
    resumed = digits.run_arm("full", config, never)
    assert resumed["checksum"] == whole["checksum"]
    assert resumed["layers"] == whole["layers"]
    assert not list(tmp_path.glob("*.npz"))


def test_run_and_resume_with_two_arms_in_processes_of_their_own(tmp_path, capsys):
    config = Config(**SMALL, arms=("full", "off"), out=str(tmp_path))
    summary = digits.run(config, lambda *a, **k: Progress(*a, **k, enabled=False))
    assert list(summary["arms"]) == ["full", "off"]
    assert {"experiment", "seed", "bio_s", "wall_s", "rtf", "checksum", "arms", "baselines"} <= set(summary)
    assert summary["baselines"]["pixels_ridge"] > summary["baselines"]["chance"]
    json.dumps({k: v for k, v in summary.items() if k != "arrays"})
    manifest = json.loads((tmp_path / "run.json").read_text())
    assert manifest["status"] == "finished" and manifest["checksum"] == summary["checksum"]
    for times, ids, bounds in summary["arrays"]["rasters"].values():
        assert len(times) == len(ids) > 0 and ids.max() <= bounds[-1][2]
    fields = summary["arrays"]["receptive_fields"]["full"]["L4"]
    assert fields.shape[1:] == (8, 8) and np.isfinite(fields).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(arms=("full", "unifrom")), "did you mean 'uniform'"),
        (dict(arms=("without:scalin",)), "did you mean 'scaling'"),
        (dict(altered="rotat"), "did you mean 'rotate'"),
        (dict(marks=(0.5, 0.2)), "ascending"),
        (dict(learn=3), "at least 10"),
        (dict(dt=-1), "more than 0 ms"),
        (dict(arms=()), "at least one"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(change, words):
    with pytest.raises(DescriptionError, match=words):
        digits.check(Config(**(SMALL | change)))

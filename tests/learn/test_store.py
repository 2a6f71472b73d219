"""A learner as a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isocortex.errors import DataError
from isocortex.learn import CorticalClassifier
from isocortex.learn.rates import default_sheet
from learn.digits import digits, learner


@pytest.mark.parametrize("n", [60, 500])
@pytest.mark.parametrize("names", [np.arange(10), np.array([f"d{i}" for i in range(10)]), np.array(list("abcdefghij"), object)])
def test_a_loaded_learner_is_the_same_now_and_later(tmp_path: Path, n: int, names: np.ndarray) -> None:
    x, y, test, _ = digits()
    labels = names[y]
    model = learner(sheet=default_sheet().without("reopening")).fit(x[:n], labels[:n])
    model.partial_fit(1 - x[n : n + 40]).save(tmp_path / "learner.npz") if n > 100 else model.save(tmp_path / "learner.npz")
    again = CorticalClassifier.load(tmp_path / "learner.npz")
    for step in (0, 1):
        np.testing.assert_array_equal(model.predict_proba(test), again.predict_proba(test))
        np.testing.assert_array_equal(model.surprise(test), again.surprise(test))
        assert list(model.classes_) == list(again.classes_)
        for each in (model, again) if step == 0 else ():
            each.partial_fit(x[600:700], labels[600:700])


def test_a_world_that_is_forming_is_kept(tmp_path: Path) -> None:
    """It was made from the familiar world as that stood when 60 inverted images had been met; since then that has grown."""
    x, y, test, _ = digits()
    model = learner().fit(x[:400], y[:400]).partial_fit(1 - x[400:460]).partial_fit(x[500:800], y[500:800])
    model.save(tmp_path / "learner.npz")
    again = CorticalClassifier.load(tmp_path / "learner.npz")
    np.testing.assert_array_equal(again.decision_function(1 - test), model.decision_function(1 - test))


@pytest.mark.parametrize("path", [str, Path])
def test_a_sheet_given_by_its_path_is_kept_as_the_path(tmp_path: Path, path: type) -> None:
    x, y, test, _ = digits()
    (tmp_path / "my schema.toml").write_text(default_sheet().to_toml(), encoding="utf-8")
    model = learner(sheet=path(tmp_path / "my schema.toml")).fit(x[:60], y[:60])
    model.save(tmp_path / "learner.npz")
    again = CorticalClassifier.load(tmp_path / "learner.npz")
    assert again.get_params()["sheet"] == str(tmp_path / "my schema.toml")
    np.testing.assert_array_equal(again.predict_proba(test), model.predict_proba(test))


def test_nothing_is_pickled(tmp_path: Path) -> None:
    x, y, _, _ = digits()
    learner().fit(x[:200], y[:200]).save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert all(file[k].dtype != object for k in file.files)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"\x80\x04K\x01."])
def test_what_is_not_a_learner_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match="is not a learner"):
        CorticalClassifier.load(tmp_path / "a.npz")
    with pytest.raises(DataError):
        CorticalClassifier.load(tmp_path / "missing.npz")


def test_a_class_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    tree = np.frombuffer(b'{"dict": {"schema": 1, "x": {"class": "Popen", "fields": {}}}}', np.uint8)
    np.savez(tmp_path / "a.npz", tree=tree)
    with pytest.raises(DataError, match="Popen"):
        CorticalClassifier.load(tmp_path / "a.npz")


def test_a_learner_of_an_older_library_is_refused(tmp_path: Path) -> None:
    """Its parts lack what is kept now, which would show only when it goes on learning."""
    tree = np.frombuffer(b'{"dict": {"schema": 1}}', np.uint8)
    np.savez(tmp_path / "old.npz", tree=tree)
    with pytest.raises(DataError, match="another version; schema 4"):
        CorticalClassifier.load(tmp_path / "old.npz")

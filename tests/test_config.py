"""Run configurations: which source wins, and what a mistake is told."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isocortex.config import dump_config, load_config, parse_set, read_toml
from isocortex.describe import Description, choice, quantity
from isocortex.errors import DataError, DescriptionError


class Stimulus(Description):
    rate: float = quantity(20.0, "Hz", least=0)
    classes: tuple[int, ...] = (0, 1)


class Job(Description):
    seed: int = 0
    dt: float = quantity(0.5, "ms", above=0)
    data: str = choice("digits", ("digits", "mnist"))
    arms: tuple[str, ...] = ("full", "uniform")
    stimulus: Stimulus = Stimulus()
    learning: bool = True
    noise: float | None = None
    out: pathlib.Path | None = None


def write(path: pathlib.Path, text: str) -> pathlib.Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_it_is_the_defaults() -> None:
    assert load_config(Job) == Job()


def test_a_file_wins_over_defaults_a_set_over_the_file_and_a_keyword_over_all(tmp_path: pathlib.Path) -> None:
    file = write(tmp_path / "job.toml", 'seed = 1\ndata = "mnist"\nnoise = 2\n[stimulus]\nrate = "0.05 kHz"\n')
    job = load_config(Job, file, ["seed=2", "noise=0.5"], seed=3, out=None)
    assert (job.seed, job.data, job.noise, job.stimulus.rate, job.out) == (3, "mnist", 0.5, 50.0, None)


def test_a_dotted_set_keeps_the_rest_of_its_table(tmp_path: pathlib.Path) -> None:
    file = write(tmp_path / "job.toml", "[stimulus]\nrate = 5\nclasses = [3]\n")
    job = load_config(Job, file, ["stimulus.rate=7 Hz"])
    assert job.stimulus == Stimulus(rate=7.0, classes=(3,))


def test_units_are_read_in_sets() -> None:
    assert load_config(Job, None, ["dt=0.0001 s"]).dt == pytest.approx(0.1)


@pytest.mark.parametrize("text", ["arms=full,swapped", 'arms=["full", "swapped"]', "arms= full , swapped "])
def test_several_words_are_split_at_commas(text: str) -> None:
    assert load_config(Job, None, [text]).arms == ("full", "swapped")


class Looks(Description):
    marks: tuple[float, ...] = (0.5, 1.0)
    classes: tuple[int, ...] = (0,)


@pytest.mark.parametrize("text", ["marks=0.2,1", "marks= 0.2 , 1.0", "marks=[0.2, 1]"])
def test_several_numbers_are_split_at_commas(text: str) -> None:
    """As `--keys` shows them."""
    assert load_config(Looks, None, [text, "classes=3,4"]) == Looks(marks=(0.2, 1.0), classes=(3, 4))


def test_a_word_among_numbers_is_named() -> None:
    with pytest.raises(DescriptionError, match=r"Looks\.marks\[1\]: is 'all' \(in --set marks=0.2,all\); a number is needed"):
        load_config(Looks, None, ["marks=0.2,all"])
    with pytest.raises(DescriptionError, match=r"Looks\.classes\[0\]: is '1.5'.*a whole number"):
        load_config(Looks, None, ["classes=1.5,2"])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("sede=1", ["Job.sede", "no such key", "--set sede=1", "did you mean 'seed'"]),
        ("stimulus.rat=1", ["Job.stimulus.rat", "did you mean 'rate'"]),
        ("seed=many", ["Job.seed", "'many'", "a whole number"]),
        ("seed=1.5", ["Job.seed", "1.5", "a whole number"]),
        ("seed=true", ["Job.seed", "True", "a whole number"]),
        ("seed=nan", ["Job.seed", "nan", "a whole number"]),
        ("learning=1", ["Job.learning", "true or false"]),
        ("data=minst", ["Job.data", "'minst'", "did you mean 'mnist'"]),
        ("dt=0", ["Job.dt", "0 ms", "more than 0"]),
        ("dt=1 mV", ["Job.dt", "voltage", "time"]),
        ("stimulus.rate=-1", ["Stimulus.rate", "-1 Hz", "at least 0"]),
        ("stimulus.classes=a", ["Job.stimulus.classes[0]", "'a'", "a whole number"]),
        ("stimulus=5", ["Job.stimulus", "5", "a table with rate, classes is needed"]),
        ("noise=loud", ["Job.noise", "'loud'", "a number"]),
        ("seed", ["--set", "'seed'", "KEY=VALUE"]),
        ("=1", ["--set", "KEY=VALUE"]),
    ],
)
def test_a_mistake_is_told_with_object_value_and_what_is_allowed(text: str, parts: list[str]) -> None:
    with pytest.raises(DescriptionError) as caught:
        load_config(Job, None, [text])
    for part in parts:
        assert part in str(caught.value)


def test_a_mistake_in_a_file_names_the_file(tmp_path: pathlib.Path) -> None:
    file = write(tmp_path / "job.toml", "[stimulus]\nratte = 1\n")
    with pytest.raises(DescriptionError, match=r"Job\.stimulus\.ratte.*job\.toml.*'rate'"):
        load_config(Job, file)


def test_a_missing_file_and_one_that_is_not_toml_are_told_apart(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"none\.toml: cannot be read"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(DataError, match=r"bad\.toml: is not TOML"):
        read_toml(write(tmp_path / "bad.toml", "seed = = 1"))


def test_a_value_may_hold_an_equals_sign() -> None:
    assert parse_set("a.b=x=y") == (["a", "b"], "x=y")


@given(
    seed=st.integers(-(2**40), 2**40),
    dt=st.floats(1e-6, 1e6),
    arms=st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3).map(tuple),
    rate=st.floats(0, 1e9),
    noise=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, seed: int, dt: float, arms: tuple[str, ...], rate: float, noise: float | None
) -> None:
    job = Job(seed=seed, dt=dt, arms=arms, stimulus=Stimulus(rate=rate), noise=noise, out=pathlib.Path("a/b"))
    file = tmp_path_factory.getbasetemp() / "round.toml"
    file.write_bytes(dump_config(job).encode("utf-8"))
    assert load_config(Job, file) == job
